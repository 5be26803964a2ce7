"""What was condemned for a target field is held against no other binding of it, however well it is called."""

from __future__ import annotations

import pytest

from enrichment.evidence.trusted import TrustedRows
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.plan_rules import refusals_of
from enrichment.operations import ReadSettings
from enrichment.sampling import sample_fields
from schemas.json_types import Record
from schemas.plan import Alternative, Binding
from schemas.target import Target, TargetField

RECORDS: list[Record] = [
    {"id": f"h{n}", "rooms": 40 + n * 7 % 300, "lettable": 1 + n * 11 % 300, "net_profit": 900 + n, "revenue": 70 * n}
    for n in range(1, 40)
]
ROOMS = TargetField(name="rooms", type="integer", kind="count")
GUESTS = TargetField(name="guests", type="integer", kind="count")
PROFIT = TargetField(name="profit", type="number", kind="money")
REVENUE = TargetField(name="revenue", type="number", kind="money")


def refused(
    fields: tuple[TargetField, ...], bound: dict[str, str], fallen: dict[str, str] | None = None
) -> dict[str, str]:
    """Target field -> why its binding is refused."""
    target = Target(name="hotel", table="hotel", fields=(TargetField(name="id", type="string", identity=True), *fields))
    bindings = [Binding(target=name, alternatives=(Alternative(paths=(path,)),)) for name, path in bound.items()]
    condemned = {name: frozenset({path}) for name, path in (fallen or {}).items()}
    evidence = PlanEvidence(target, sample_fields(RECORDS), RECORDS, bindings, ReadSettings(), TrustedRows(), condemned)
    return {one.target or "": one.message for one in refusals_of(evidence)}


@pytest.mark.parametrize(
    ("fields", "bound", "fallen", "told"),
    [
        pytest.param((ROOMS,), {"rooms": "/lettable"}, {"rooms": "/rooms"}, "clearly better", id="a better source"),
        pytest.param(
            (ROOMS, GUESTS),
            {"guests": "/rooms"},
            {"rooms": "/rooms"},
            "left empty",
            id="what another field is left without",
        ),
        pytest.param(
            (PROFIT, REVENUE),
            {"profit": "/revenue", "revenue": "/net_profit"},
            {"profit": "/net_profit", "revenue": "/revenue"},
            "exchanged",
            id="an exchange",
        ),
    ],
)
def test_a_condemned_source_is_no_rival(
    fields: tuple[TargetField, ...], bound: dict[str, str], fallen: dict[str, str], told: str
) -> None:
    assert any(told in message for message in refused(fields, bound).values())
    assert refused(fields, bound, fallen) == {}


def test_half_of_an_exchange_that_was_condemned_makes_none() -> None:
    bound = {"profit": "/revenue", "revenue": "/net_profit"}
    for fallen in ({"profit": "/net_profit"}, {"revenue": "/revenue"}):
        assert not any("exchanged" in why for why in refused((PROFIT, REVENUE), bound, fallen).values())


def test_it_is_a_rival_for_every_other_field() -> None:
    assert "rooms" in refused((ROOMS, GUESTS), {"rooms": "/lettable"}, {"guests": "/rooms"})
