"""A country stands in a record by its code, by its name, or by both: a right plan takes each where it belongs."""

from __future__ import annotations

import pytest
from gating import binding

from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.sampling import sample_fields
from schemas.json_types import Record
from schemas.kinds import Kind
from schemas.plan import Binding
from schemas.target import Target, TargetField

KEY = TargetField(name="firm", type="string", kind=Kind.IDENTIFIER, identity=True)
CODE = TargetField(name="country_code", type="string", kind=Kind.COUNTRY)
NAMED = ("Germany", "France", "Spain", "Poland", "Norway", "Portugal")
CODES = ("DE", "FR", "ES", "PL", "NO", "PT")
#: What a column of codes is called.
COLUMNS = ("iso", "iso2", "iso_code", "cc", "alpha2", "code", "country_iso2")


def records(column: str, codes: tuple[str, ...] = CODES) -> list[Record]:
    """`column` has the code and `country` the name."""
    return [
        {"id": f"F-{n}", "geo": {column: codes[n % len(codes)], "country": NAMED[n % len(NAMED)]}} for n in range(40)
    ]


def refused(found: list[Record], fields: tuple[TargetField, ...], *bound: Binding) -> set[str]:
    target = Target(name="firm", table="firm", fields=(KEY, *fields))
    told = check_plan_evidence(target, sample_fields(found), found, (binding("firm", "/id"), *bound))
    return {one.target or "" for one in told}


@pytest.mark.parametrize("ops", [(), ("parse_country",)])
@pytest.mark.parametrize("column", COLUMNS)
def test_the_name_beside_it_is_no_rival_for_a_code(column: str, ops: tuple[str, ...]) -> None:
    code = binding("country_code", f"/geo/{column}", ops=ops)
    assert refused(records(column), (CODE,), code) == set()


@pytest.mark.parametrize("kind", [Kind.NAME, Kind.TEXT, None])
@pytest.mark.parametrize("column", COLUMNS)
def test_code_and_name_are_not_exchanged(column: str, kind: Kind | None) -> None:
    name = TargetField(name="country_name", type="string", kind=kind)
    code = binding("country_code", f"/geo/{column}", ops=("parse_country",))
    assert refused(records(column), (CODE, name), code, binding("country_name", "/geo/country")) == set()


def test_a_few_records_in_which_they_agree_prove_nothing() -> None:
    """Where a firm sits and where it is registered is mostly one country."""
    code = binding("country_code", "/geo/iso2", ops=("parse_country",))
    assert refused(records("iso2")[:19], (CODE,), code) == {"country_code"}
    assert refused(records("iso2")[:20], (CODE,), code) == set()


def test_another_country_is_a_rival() -> None:
    """The two columns say different things of a record: which of them is meant, their names tell."""
    found = records("iso2", CODES[1:])
    assert refused(found, (CODE,), binding("country_code", "/geo/iso2", ops=("parse_country",))) == {"country_code"}


def test_codes_of_something_else_are_no_countries() -> None:
    found = records("carrier_code", ("LH", "KL", "SK", "AF", "IB", "LX"))
    assert refused(found, (CODE,), binding("country_code", "/geo/carrier_code")) == {"country_code"}
