"""What two fields may exchange: only what the other one's own rules let it hold."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from gating import binding, call

from enrichment.evidence.trusted import TrustedRows
from enrichment.gate.exchanges import can_hold
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.operations import ReadSettings
from enrichment.sampling import sample_fields
from schemas.json_types import Cell, Record
from schemas.kinds import Kind
from schemas.plan import Binding
from schemas.target import Target, TargetField

COUNTRIES = (("Germany", "DE"), ("France", "FR"), ("Italy", "IT"), ("Spain", "ES"), ("Norway", "NO"))
STATES = ("active", "closed", "open", "new")
KEY = TargetField(name="no", type="string", kind=Kind.IDENTIFIER, identity=True)
LAND = TargetField(name="land", type="string", kind=Kind.COUNTRY)
STATE = TargetField(name="stage", type="string", allowed=STATES)
CODE = TargetField(name="mark", type="string", kind=Kind.CODE, pattern="^[A-Z]{2}-[0-9]{3}$")
RECORDS: list[Record] = [
    {"no": f"N{n}", "k1": COUNTRIES[n % 5][0], "k2": STATES[n % 4], "k3": f"TX-{n:03d}", "k4": f"lot {n}"}
    for n in range(40)
]


def evidence(field: TargetField, bound: Binding) -> PlanEvidence:
    target = Target(name="t", table="t", fields=(KEY, field))
    return PlanEvidence(target, sample_fields(RECORDS), RECORDS, (bound,), ReadSettings())


@pytest.mark.parametrize(
    ("field", "path", "holds"),
    [
        *((STATE, "/k2", True), (STATE, "/k1", False), (STATE, "/k3", False)),
        *((LAND, "/k1", True), (LAND, "/k2", False), (LAND, "/k3", False)),
        *((CODE, "/k3", True), (CODE, "/k4", False)),
    ],
)
def test_a_field_holds_what_its_own_rules_take(field: TargetField, path: str, holds: bool) -> None:
    assert can_hold(evidence(field, binding(field.name, path)), field, path, [()]) is holds


def test_of_values_that_a_table_turns_into_allowed_ones_any_may_be_another() -> None:
    mapped = binding("stage", "/k1", ops=[call("map_values", Germany="active", France="closed")])
    assert can_hold(evidence(STATE, mapped), STATE, "/k2", [()])
    assert can_hold(evidence(STATE, mapped), STATE, "/k4", [()])


def test_a_second_source_in_another_notation_is_like_the_rows_once_it_is_read() -> None:
    rows: Mapping[tuple[str, ...], Mapping[str, Cell]] = {
        (f"X{n}",): {"no": f"X{n}", "land": COUNTRIES[n % 5][1], "stage": STATES[n % 4]} for n in range(30)
    }
    target = Target(name="t", table="t", fields=(KEY, LAND, STATE))
    bound = [
        binding("no", "/no"),
        binding("land", "/k1", ops=["parse_country"]),
        binding("stage", "/k2"),
    ]
    given = PlanEvidence(target, sample_fields(RECORDS), RECORDS, bound, ReadSettings(), TrustedRows(rows))
    read = given.weighed("/k1", LAND, bound[1].alternatives[0].ops)
    assert (read.value("distribution") or 0.0) > 0.5
    assert (given.weighed("/k1", LAND).value("distribution") or 0.0) < 0
    assert check_plan_evidence(target, sample_fields(RECORDS), RECORDS, bound, trusted=TrustedRows(rows)) == ()
