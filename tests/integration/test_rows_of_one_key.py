"""Tables of others in which nothing keeps a key from having two rows: which of them is meant nobody can say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fleet_ground import CRM, PLAIN, Fleet, Script, companies, company, ground
from test_rollback import roll_back_job

OWN = company(create=False, name="loose", table="loose")
COLUMNS = "(code text, name text, employees bigint, city text)"
PLAIN_TABLE = f"CREATE TABLE public.loose {COLUMNS}"
PARTITIONED = f"""
    CREATE TABLE public.loose {COLUMNS} PARTITION BY LIST (city);
    CREATE TABLE public.loose_here PARTITION OF public.loose DEFAULT
"""
VIEWED = f"""
    CREATE TABLE public.loose_below {COLUMNS};
    CREATE VIEW public.loose AS SELECT * FROM public.loose_below
"""


@pytest.fixture
def bare(database: str) -> Iterator[Fleet]:
    """No table yet."""
    made = ground(database, sources=[CRM], targets=[])
    if fleet_has_view(made):
        made.execute("DROP VIEW public.loose")
    made.execute("DROP TABLE IF EXISTS public.loose, public.loose_below")
    yield made
    made.close()


def fleet_has_view(fleet: Fleet) -> bool:
    return bool(fleet.rows("SELECT 1 FROM pg_class WHERE relname = 'loose' AND relkind = 'v'"))


@pytest.mark.parametrize("made", [PLAIN_TABLE, PARTITIONED, VIEWED], ids=["plain", "partitioned", "view"])
def test_a_key_of_two_rows_is_given_up_on_alone(bare: Fleet, database: str, made: str) -> None:
    bare.execute(made)
    fleet = ground(database, sources=[CRM], targets=[OWN], asking=Script(PLAIN))
    fleet.execute("INSERT INTO public.loose VALUES ('C-00001', 'one', 1, 'x'), ('C-00001', 'two', NULL, 'y')")
    job = fleet.enrich(companies(range(4)), target="loose")
    (letter,) = fleet.letters(job)
    assert (letter["code"], letter["record_id"]) == ("target_refused", "C-00001")
    assert "several rows of this key" in letter["issues"][0]["message"]
    assert fleet.counts(job) == {"dead": 1, "written": 3}
    twins = fleet.rows("SELECT name, employees FROM public.loose WHERE code = 'C-00001' ORDER BY name")
    assert twins == [{"name": "one", "employees": 1}, {"name": "two", "employees": None}]
    assert fleet.rows("SELECT 1 FROM assertion WHERE key = 'C-00001'") == []
    fleet.close()


def test_a_withdrawal_takes_no_row_that_somebody_put_beside_the_fleets_own(bare: Fleet, database: str) -> None:
    bare.execute(PARTITIONED)
    fleet = ground(database, sources=[CRM], targets=[OWN], asking=Script(PLAIN))
    job = fleet.enrich(companies(range(3)), target="loose")
    fleet.execute("INSERT INTO public.loose VALUES ('C-00001', 'two', 2, 'y')")
    roll_back_job(fleet, job)
    fleet.run()
    assert [row["name"] for row in fleet.rows("SELECT name FROM public.loose ORDER BY name")] == ["Company 1", "two"]
    (asked,) = fleet.rows("SELECT question ->> 'message' AS message FROM review WHERE rule = 'target_refused'")
    assert "several rows of this key" in asked["message"]
    fleet.close()
