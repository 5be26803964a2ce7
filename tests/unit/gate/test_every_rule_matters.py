"""The list of rules that are taken out in turn is whole: whatever the gate refuses by, a named test holds."""

from __future__ import annotations

from collections import Counter

from gating import ID, binding, plan, target

from enrichment.evidence.signals import SIGNALS
from enrichment.gate.answer_text import ANSWER_RULES
from enrichment.gate.binding_checks import BINDING_CHECKS
from enrichment.gate.cells import CELL_RULES
from enrichment.gate.compiled import compile_gate
from enrichment.gate.plan_rules import PLAN_RULES
from enrichment.gate.reading import SourceReading
from enrichment.gate.records import RECORD_RULES
from schemas.target import Invariant, TargetField
from tests.rules_removed import REMOVALS

#: Rules that the design lists, by scope, and every signal of the evidence.
STATED = {
    "plan": {"oversize", "repetition", "refusal", "malformed", "invented", "kind_mismatch", "unit_mismatch"}
    | {"rival_source", "source_reused", "ambiguous", "type", "pattern", "not_allowed"},
    "cell": {"kind_mismatch", "unit_mismatch", "type", "out_of_range", "pattern", "not_allowed", "ambiguous"}
    | {"secret", "injection"},
    "record": {"identity_missing", "invariant_broken"},
    "state": {"identity_conflict", "jump", "tampered"},
    "signal": {signal.name for signal in SIGNALS},
    # what else stands between a plan and the table
    "release": {"sequential_test", "blind_auditor", "confirmation", "second_look", "held_rows", "own_rows"}
    | {"withdrawn_at_once", "tested_anew", "conditions", "drift", "quarantine", "high_risk", "successor_compared"}
    | {"contradicted", "existing_rows", "witnesses", "doubted_auditor", "doubted_swaps", "overlooked_swaps"}
    | {"found_wrong_before", "sample_of_a_part", "auditor_gone_blind"},
}


def test_every_stated_rule_is_taken_out() -> None:
    found: dict[str, set[str]] = {}
    for removal in REMOVALS:
        found.setdefault(removal.scope, set()).add(removal.code)
    assert found == STATED


def test_every_rule_of_the_code_is_taken_out() -> None:
    taken = Counter((r.scope, r.code) for r in REMOVALS)
    code = Counter(
        [("plan", rule.code.value) for rule in (*ANSWER_RULES, *PLAN_RULES)]
        + [("cell", rule.code.value) for rule in CELL_RULES]
        + [("record", rule.code.value) for rule in RECORD_RULES]
    )
    assert not code - taken
    # text around JSON, unknown members, fields missing or twice: rules that are no member of a list
    assert taken["plan", "malformed"] == len(BINDING_CHECKS) + 3


def test_a_rule_is_taken_out_once() -> None:
    assert len({r.name for r in REMOVALS}) == len({r.test for r in REMOVALS}) == len(REMOVALS)


LEFT = TargetField(name="left", type="integer")
RIGHT = TargetField(name="right", type="integer")
TABLE = target(ID, LEFT, RIGHT, invariants=(Invariant(left="left", op="<=", right="right"),))
GATE = compile_gate(TABLE, plan(*(binding(f.name, f"/{f.name}") for f in (ID, LEFT, RIGHT))), SourceReading())


def test_a_record_without_its_key_is_rejected() -> None:
    found = GATE({"left": 1, "right": 2})
    assert (found.outcome, found.key, found.issues[0].rule) == ("rejected", None, "identity_missing")


def test_a_record_that_contradicts_itself_is_rejected() -> None:
    found = GATE({"id": "a", "left": 2, "right": 1})
    assert (found.outcome, found.key, found.issues[0].rule) == ("rejected", None, "invariant_broken")
