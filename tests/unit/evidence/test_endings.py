"""What the ending of a name suggests is no certainty, and a number of an employee is no number of employees."""

from __future__ import annotations

import pytest

from enrichment.evidence import infer_source_kind, infer_target_kind, plausible_target_kinds
from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.sampling import sample_fields
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding
from schemas.target import Target, TargetField

RECORDS = [
    {"EMP_ID": f"{10_000 + n}", "SAL_BONUS": 1_200 + 37 * n, "charges_mensuelles": 20 + 13 * n, "wheels": 2 + n % 3}
    for n in range(20)
]


def refused(field: TargetField, path: str) -> list[str]:
    key = TargetField(name="key", type="string", identity=True)
    target = Target(name="employee", table="employee", fields=(key, field))
    bound = Binding(target=field.name, alternatives=(Alternative(paths=(path,)),))
    return [r.rule for r in check_plan_evidence(target, sample_fields(RECORDS), RECORDS, (bound,))]


@pytest.mark.parametrize(("name", "path"), [("bonus", "/SAL_BONUS"), ("monthly_fees", "/charges_mensuelles")])
def test_money_whose_name_ends_as_a_plural_does_is_no_count(name: str, path: str) -> None:
    assert refused(TargetField(name=name, type="number", kind=Kind.MONEY, unit="EUR"), path) == []
    assert infer_source_kind(path, [1_200, 1_237]).known is not Kind.COUNT


def test_whole_numbers_of_something_plural_are_still_counts() -> None:
    assert infer_source_kind("/wheels", [2, 3, 4]).known is Kind.COUNT
    assert refused(TargetField(name="bonus", type="number", kind=Kind.MONEY, unit="EUR"), "/wheels") == [
        "kind_mismatch"
    ]


@pytest.mark.parametrize("name", ["employee_no", "employee_number", "staff_no"])
def test_a_number_of_an_employee_may_be_an_identifier(name: str) -> None:
    field = TargetField(name=name, type="string")
    assert infer_target_kind(field) is not Kind.COUNT
    assert Kind.IDENTIFIER in plausible_target_kinds(field)
    assert refused(field, "/EMP_ID") == []
