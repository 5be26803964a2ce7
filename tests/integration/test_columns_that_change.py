"""Columns of a user's table that would hold another key or value than the record says."""

from __future__ import annotations

from typing import Any

import pytest
from fleet_ground import COMPANY, PLAIN, Fleet, Script, companies, company, ground

from schemas.errors import ConfigurationError
from schemas.source import InlineSource
from schemas.target import TargetField

CRM = InlineSource(name="crm", connector="inline", key="/id")
CODE, NAME, EMPLOYEES, CITY = COMPANY.fields
PLAINLY = TargetField(name="code", type="string", identity=True, kind="code")


def changing(database: str, change: str, *fields: TargetField) -> Fleet:
    """A fleet over a user's own table, one of whose columns is another."""
    first = ground(database)
    first.execute("DROP TABLE IF EXISTS public.strict")
    first.execute("DROP DOMAIN IF EXISTS public.tag, public.number")
    first.execute("CREATE TABLE public.strict (code text PRIMARY KEY, name text, employees bigint, city text)")
    first.execute(change)
    first.close()
    own = company(*(fields or (PLAINLY, NAME, EMPLOYEES, CITY)), create=False, name="strict", table="strict")
    return ground(database, sources=[CRM], targets=[own], asking=Script(PLAIN))


def enriched(fleet: Fleet, field: str, values: list[Any]) -> tuple[list[Any], list[tuple[str, str, str]]]:
    """What the table holds of a field, and (code, record, field) of the letters, where records have these values."""
    records = [
        {"id": f"r{n}", **one, field: value}
        for n, (one, value) in enumerate(zip(companies(range(len(values))), values, strict=True))
    ]
    job = fleet.enrich(records, target="strict")
    letters = fleet.letters(job)
    assert fleet.counts(job) == {
        name: n for name, n in {"written": len(values) - len(letters), "dead": len(letters)}.items() if n
    }
    told = sorted((one["code"], one["record_id"], one["issues"][0]["field"]) for one in letters)
    return sorted(str(row[field]) for row in fleet.table("strict")), told


UUID = "6f9619ff-8b86-d011-b42d-00c04fc964f"
DOMAIN = """name TYPE text;
    CREATE DOMAIN public.number AS integer; CREATE DOMAIN public.tag AS public.number;
    ALTER TABLE public.strict ALTER code TYPE public.tag USING 0
"""
KEYS = {
    "uuid": ("code TYPE uuid USING NULL", [UUID + "1", UUID + "2", UUID.upper() + "1", "none"], 2),
    "integer": ("code TYPE integer USING 0", ["7", "8", "007", "x7"], 2),
    "numeric": ("code TYPE numeric USING 0", ["1.5", "2", "1.50"], 2),
    "inet": ("code TYPE inet USING NULL", ["10.0.0.1", "10.0.0.0/8", "10.0.0.1/32"], 2),
    "macaddr": ("code TYPE macaddr USING NULL", ["08:00:2b:01:02:03", "08-00-2b-01-02-03"], 1),
    "name": ("code TYPE name", ["n" * 60, "n" * 63 + "a", "n" * 63 + "b"], 1),
    "padded": ("code TYPE char(5)", ["ab", "abc", "abcdef"], 2),
    "domain": (DOMAIN, ["7", "007"], 1),
    "cut domain": (
        "name TYPE text; CREATE DOMAIN public.tag AS varchar(3); ALTER TABLE public.strict ALTER code TYPE public.tag",
        ["abc", "abcd"],
        1,
    ),
}


@pytest.mark.parametrize(("change", "keys", "fit"), KEYS.values(), ids=KEYS)
def test_a_key_that_its_column_spells_otherwise_is_dead_alone(
    database: str, change: str, keys: list[str], fit: int
) -> None:
    fleet = changing(database, f"ALTER TABLE public.strict ALTER {change}")
    held, letters = enriched(fleet, "code", keys)
    assert [one.strip() for one in held] == sorted(keys[:fit])
    assert letters == [("target_refused", f"r{n}", "code") for n in range(fit, len(keys))]
    fleet.close()


def test_a_domain_over_a_type_that_takes_two_keys_for_one_is_refused(database: str) -> None:
    made = "CREATE DOMAIN public.tag AS real; ALTER TABLE public.strict ALTER code TYPE public.tag USING 0"
    with pytest.raises(ConfigurationError, match="identity column code takes different keys for one: real rounds"):
        changing(database, made)


SHARE = TargetField(name="employees", type="number", kind="quantity")
SEEN = TargetField(name="city", type="string", format="date-time", kind="datetime")
VALUES = {
    "real": ("employees TYPE real", SHARE, [1.5, 123456.7, 123456789]),
    "money": ("employees TYPE money", SHARE, [1.5, 1.25, 1.255]),
    "scale": ("employees TYPE numeric(12,2)", SHARE, [1.5, 2, 1.255]),
    "double of a count": ("employees TYPE double precision", EMPLOYEES, [7, 8, 2**53 + 1]),
    "seconds": (
        "city TYPE timestamptz(0) USING NULL",
        SEEN,
        ["2024-01-01T10:00:00Z", "2024-01-02T10:00:00Z", "2024-01-01T10:00:00.500000Z"],
    ),
    "day": (
        "city TYPE date USING NULL",
        SEEN,
        ["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "2024-01-01T10:00:00Z"],
    ),
    "hour": ("city TYPE time USING NULL", SEEN, [None, None, "2024-01-01T10:00:00Z"]),
    "name": ("city TYPE name", CITY, ["here", "there", "n" * 64]),
    "domain": (
        """name TYPE text; CREATE DOMAIN public.tag AS numeric(12,2);
        ALTER TABLE public.strict ALTER employees TYPE public.tag""",
        SHARE,
        [1.5, 2, 1.255],
    ),
}


@pytest.mark.parametrize(("change", "field", "values"), VALUES.values(), ids=VALUES)
def test_a_value_that_its_column_rounds_or_cuts_is_dead_alone(
    database: str, change: str, field: TargetField, values: list[Any]
) -> None:
    fields = [field if one.name == field.name else one for one in (PLAINLY, NAME, EMPLOYEES, CITY)]
    fleet = changing(database, f"ALTER TABLE public.strict ALTER {change}", *fields)
    held, letters = enriched(fleet, field.name, values)
    assert len(held) == 2
    assert letters == [("target_refused", "r2", field.name)]
    fleet.close()
