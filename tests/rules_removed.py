"""Every rule of the gate, every signal of the evidence and every guard of the release, taken out in turn: the test that
fails without it.

    python -m tests.rules_removed            the table; exits with 1 where a rule could go unnoticed
    python -m tests.rules_removed --unit     without what needs a database

A rule is taken out in a process of its own, in which its one test then runs. Every such test passes with the rule.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final

import pytest
from psycopg import sql

ROOT: Final = Path(__file__).resolve().parents[1]
_SECONDS: Final = 60
_OURS: Final = frozenset({"schemas", "enrichment", "tasks", "workers", "tests"})
#: Of a failure only that it failed is of interest; looking it up would take longer than the test.
_QUIETLY: Final = (
    "-q",
    "-x",
    "--tb=no",
    *("-p", "no:unraisableexception"),
    *("-p", "no:threadexception"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
#: What the tests use, loaded once for all processes.
_LOADED: Final = (
    "hypothesis",
    "hypothesis.strategies",
    "enrichment.pipeline",
    "enrichment.gate.compiled",
    "enrichment.gate.answers",
    "enrichment.gate.plan_rules",
    "enrichment.model.client",
    "enrichment.store.migration",
    "tests.inline_fleet",
    "tests.hostile_model",
    "workers.embedded",
)
_GATE = "tests/unit/gate/"
_CELLS = f"{_GATE}test_rules_removed.py::test_a_cell_rule_holds_its_case"
_ANSWERS = f"{_GATE}test_strict_answers.py::test_what_is_no_answer_is_refused_by_its_own_rule"
_BINDINGS = f"{_GATE}test_strict_answers.py::test_a_wrong_binding_refuses_its_field_alone"
_RECORDS = f"{_GATE}test_every_rule_matters.py"
_PLANS = f"{_GATE}test_plan_rules.py::test_refused_by_its_rule_and_by_no_other"
_FORMS = f"{_GATE}test_strict_answers.py"
_SIGNALS = "tests/unit/evidence/test_signals.py::test_a_swap_that_one_signal_tells_is_refused"
_STATES = "tests/integration/test_state_rules.py"


def _exchange(old: object, new: object) -> None:
    """Put `new` wherever `old` is known by a name or is a default: a rule is taken out of all that is loaded."""
    for module in [m for name, m in sys.modules.items() if name.partition(".")[0] in _OURS]:
        for name, value in list(vars(module).items()):
            if value is old:
                setattr(module, name, new)
            defaults = value.__kwdefaults__ if isinstance(value, FunctionType) else None
            for argument in [a for a, default in (defaults or {}).items() if default is old]:
                value.__kwdefaults__[argument] = new


def _without(module: str, name: str, keep: Callable[[Any], bool]) -> None:
    rules = getattr(importlib.import_module(module), name)
    left = tuple(rule for rule in rules if keep(rule))
    if len(left) == len(rules):
        raise LookupError(f"{module}.{name} has no such rule")
    _exchange(rules, left)


def _by_code(module: str, name: str, code: str) -> Callable[[], None]:
    return lambda: _without(module, name, lambda rule: rule.code.value != code)


def _by_name(check: str) -> Callable[[], None]:
    return lambda: _without("enrichment.gate.binding_checks", "BINDING_CHECKS", lambda c: c.__name__ != check)


def _replaced(module: str, name: str, stand_in: Callable[[ModuleType], Any]) -> Callable[[], None]:
    """What is no member of a list is replaced by what a gate without it would do.

    It is looked up at once: a rule that was moved elsewhere since must not count as one that nobody misses.
    """
    found = importlib.import_module(module)
    rule = getattr(found, name)
    return lambda: _exchange(rule, stand_in(found))


def _first_object(module: ModuleType) -> Callable[[str], object]:
    return lambda text: module._DECODER.raw_decode(text[text.index("{") :])[0]


def _named(_: ModuleType) -> Callable[[Any, Any], object]:
    return lambda _plan, offer: ([], frozenset(offer.fields))


def _unknown_members_pass() -> None:
    wire = importlib.import_module("enrichment.gate.wire")
    models = [
        m for m in vars(wire).values() if getattr(m, "__module__", "") == wire.__name__ and hasattr(m, "model_rebuild")
    ]
    for model in models:
        model.model_config = {**model.model_config, "extra": "ignore"}
    for model in models:
        model.model_rebuild(force=True)


@dataclass(frozen=True, slots=True)
class Removal:
    """One rule of design and code, what takes it out, and the test that notices."""

    scope: str
    code: str
    what: str
    test: str
    remove: Callable[[], None]

    @property
    def name(self) -> str:
        return f"{self.scope}:{self.code}" + (f":{self.what}" if self.what else "")


def _cell(code: str, case: str) -> Removal:
    return Removal("cell", code, "", f"{_CELLS}[{case}]", _by_code("enrichment.gate.cells", "CELL_RULES", code))


def _record(code: str, test: str) -> Removal:
    remove = _by_code("enrichment.gate.records", "RECORD_RULES", code)
    return Removal("record", code, "", f"{_RECORDS}::{test}", remove)


def _plan(code: str, case: str) -> Removal:
    return Removal("plan", code, "", f"{_PLANS}[{case}]", _by_code("enrichment.gate.plan_rules", "PLAN_RULES", code))


def _answer(code: str, case: str) -> Removal:
    remove = _by_code("enrichment.gate.answer_text", "ANSWER_RULES", code)
    return Removal("plan", code, "", f"{_ANSWERS}[{case}-{code}]", remove)


def _malformed(check: str, what: str, case: str) -> Removal:
    return Removal("plan", "malformed", what, f"{_BINDINGS}[{case}]", _by_name(check))


def _signal(name: str) -> Removal:
    def remove() -> None:
        _without("enrichment.evidence.signals", "SIGNALS", lambda signal: signal.name != name)

    return Removal("signal", name, "", f"{_SIGNALS}[{name}]", remove)


def _state(code: str, test: str, module: str, name: str, stand_in: Callable[[ModuleType], Any]) -> Removal:
    return Removal("state", code, name.strip("_"), f"{_STATES}::{test}", _replaced(module, name, stand_in))


def _guard(name: str, test: str, module: str, what: str, stand_in: Callable[[ModuleType], Any]) -> Removal:
    return Removal("release", name, what.strip("_"), f"tests/{test}", _replaced(module, what, stand_in))


def _gives(value: object) -> Callable[[ModuleType], Any]:
    """A guard that has nothing against anything."""
    return lambda _: lambda *_args, **_more: value


def _first_look_only(_: ModuleType) -> Callable[..., str]:
    words = {"unsupported": "defect"}
    return lambda cell, _row, first, _second: words.get(first.get(cell, "unsure"), first.get(cell, "unsure"))


def _all_staged(_: ModuleType) -> Callable[..., list[int]]:
    def mergeable(tx: Any, plan_id: int, *, limit: int, **_more: Any) -> list[int]:
        rows = tx.execute(
            "SELECT id FROM staged WHERE plan_id = %s AND state = 'staged' ORDER BY id LIMIT %s", (plan_id, limit)
        ).fetchall()
        return [row["id"] for row in rows]

    return mergeable


def _never(_: ModuleType) -> Callable[..., sql.Composable]:
    return lambda *_args: sql.SQL("false")


_EVIDENCE: Final = (
    *("name", "spelling", "description", "qualifiers", "kind_by_name", "kind_by_values"),
    *("unit_by_name", "unit_by_values"),
    *("bounds", "distribution", "trusted_rows", "siblings"),
)

#: What stands between a plan and the table, beside the rules of the gate.
_GUARDS: Final = (
    _guard(
        "sequential_test",
        "unit/audit/test_release.py::test_the_sequential_test_decides",
        "enrichment.audit.release",
        "sequential_test",
        _gives("released"),
    ),
    _guard(
        "blind_auditor",
        "unit/audit/test_release.py::test_a_recall_that_was_measured_decides_who_is_blind",
        "enrichment.audit.release",
        "known_recall",
        _gives(None),
    ),
    _guard(
        "blind_auditor",
        "integration/test_auditors_audited.py::test_one_that_sees_swaps_and_nothing_else_releases_nothing",
        "enrichment.auditor_recall",
        "recall",
        _gives(None),
    ),
    _guard(
        "auditor_gone_blind",
        "integration/test_auditors_gone_blind.py::test_wrong_deliveries_are_not_written_on_the_word_of_one_that_saw_enough_long_ago",
        "enrichment.auditor_recall",
        "gone_blind",
        _gives(frozenset()),
    ),
    _guard(
        "sample_of_a_part",
        "unit/audit/test_switching.py::test_a_part_that_comes_later_is_looked_at",
        "enrichment.audit.switching",
        "released_sample",
        _gives(80),
    ),
    _guard(
        "doubted_auditor",
        "integration/test_auditors_audited.py::test_one_that_saw_nothing_of_what_little_was_planted_is_doubted_and_a_person_asked_at_the_end",
        "enrichment.audit.release",
        "in_doubt",
        _gives(None),
    ),
    _guard(
        "overlooked_swaps",
        "unit/audit/test_release.py::test_one_class_of_defects_may_be_overlooked_by_who_sees_the_others",
        "enrichment.audit.release",
        "overlooks",
        _gives(None),
    ),
    _guard(
        "doubted_swaps",
        "integration/test_auditors_audited.py::test_one_that_saw_none_of_the_few_swaps_that_rows_allow_releases_nothing",
        "enrichment.auditor_recall",
        "may_overlook_swaps",
        _gives(None),
    ),
    _guard(
        "confirmation",
        "unit/test_confirming.py::test_what_is_no_token_is_refused",
        "enrichment.confirming",
        "require",
        _gives(None),
    ),
    _guard(
        "second_look",
        "integration/test_probation.py::test_an_unconfirmed_doubt_blocks_its_own_row_alone",
        "enrichment.looks",
        "word",
        _first_look_only,
    ),
    _guard(
        "held_rows",
        "integration/test_probation.py::test_rows_are_held_until_their_fields_are_decided",
        "enrichment.store.staging",
        "mergeable",
        _all_staged,
    ),
    _guard(
        "own_rows",
        "integration/test_after_release.py::test_what_was_asked_before_a_new_test_counts_for_nothing_in_it",
        "enrichment.store.samples",
        "judged",
        lambda _: lambda _tx, _plan, verdicts, **_more: dict(verdicts),
    ),
    _guard(
        "withdrawn_at_once",
        "integration/test_after_release.py::test_a_row_that_needs_the_cell_found_wrong_goes_at_once[name]",
        "enrichment.looking_back",
        "_withdraw",
        _gives(None),
    ),
    _guard(
        "found_wrong_before",
        "integration/test_wrong_cells.py::test_a_reported_value_does_not_come_back_when_its_record_changes_elsewhere",
        "enrichment.store.wrong_cells",
        "among",
        _gives({}),
    ),
    _guard(
        "tested_anew",
        "integration/test_probation.py::test_one_defect_after_release_holds_the_field_until_its_new_test_has_passed",
        "enrichment.probation",
        "_tested_anew",
        lambda _: lambda _before, now: now,
    ),
    _guard(
        "conditions",
        "integration/test_after_release.py::test_another_auditor_or_gate_puts_a_released_plan_back_on_probation[auditor]",
        "enrichment.conditions",
        "has_changed",
        _gives(value=False),
    ),
    _guard(
        "drift",
        "integration/test_after_release.py::test_a_field_that_moves_after_release_is_on_probation_again",
        "enrichment.audit.drift",
        "moved",
        _gives(()),
    ),
    _guard(
        "contradicted",
        "integration/test_after_release.py::test_dates_whose_order_turns_after_release_do_not_stand",
        "enrichment.contradicting",
        "is_contradicted",
        _gives(value=False),
    ),
    _guard(
        "quarantine",
        "integration/test_breakers.py"
        "::test_rows_of_a_released_plan_stay_staged_while_its_key_is_open_and_a_fresh_audit_closes_it",
        "enrichment.merging.merge",
        "_in_quarantine",
        _gives(frozenset()),
    ),
    _guard(
        "high_risk",
        "integration/test_reviews.py::test_a_risky_field_waits_for_a_person_whatever_audits_say",
        "enrichment.probation",
        "_question",
        _gives(None),
    ),
    _guard(
        "successor_compared",
        "integration/test_shapes_growing.py"
        "::test_a_successor_that_would_refuse_what_is_accepted_now_is_not_tried_before_a_person_says_so",
        "enrichment.shadow",
        "unexplained",
        _gives(()),
    ),
    _guard(
        "existing_rows",
        "integration/test_existing_rows.py::test_more_wait_for_an_approval_bound_to_the_plan_expiring_and_used_once",
        "enrichment.approving",
        "require",
        _gives(None),
    ),
    _guard(
        "witnesses",
        "integration/test_evidence_of_plans.py::test_records_in_which_a_rival_says_something_else_are_audited_first",
        "enrichment.witnesses",
        "contested",
        _gives(frozenset()),
    ),
)

REMOVALS: Final[tuple[Removal, ...]] = (
    *_GUARDS,
    *(_signal(name) for name in _EVIDENCE),
    _answer("oversize", "given_answer2"),
    _answer("repetition", "given_answer4"),
    _answer("refusal", "given_answer0"),
    Removal(
        "plan",
        "malformed",
        "text around the JSON",
        f"{_FORMS}::test_a_broken_form_refuses_the_whole_answer",
        _replaced("enrichment.gate.answer_text", "_one_object", _first_object),
    ),
    Removal(
        "plan",
        "malformed",
        "unknown members",
        f"{_FORMS}::test_a_broken_form_refuses_the_whole_answer[confidence]",
        _unknown_members_pass,
    ),
    Removal(
        "plan",
        "malformed",
        "a field missing or twice",
        f"{_FORMS}::test_a_missing_field_and_one_named_twice_are_refused_alone",
        _replaced("enrichment.gate.answers", "_named_once", _named),
    ),
    _malformed("_alternatives", "number of alternatives", "four alternatives"),
    _malformed("_paths", "number of pointers", "no path"),
    _malformed("_operations", "number of operations", "five operations"),
    _malformed("_offered_paths", "a pointer not offered", "pointer"),
    _malformed("_offered_operations", "an operation not offered", "operation"),
    _malformed("_gathering", "several pointers", "late first"),
    _malformed("_arguments", "arguments", "argument missing"),
    _malformed("_words_of_its_own", "text of the plan's own", "words between"),
    _plan("invented", "a pointer that exists nowhere"),
    _plan("kind_mismatch", "money as a count"),
    _plan("unit_mismatch", "millions for full units"),
    _plan("rival_source", "profit where revenue stands beside it"),
    _plan("ambiguous", "dates in both orders"),
    _plan("source_reused", "one source for two amounts"),
    _plan("type", "numbers for a text that nothing makes of them"),
    _plan("pattern", "names where a pattern wants codes"),
    _plan("not_allowed", "a column of which no value is one of those allowed"),
    _cell("type", "type-'True'"),
    _cell("secret", "secret-'https://user:hunter2'"),
    _cell("kind_mismatch", "kind_mismatch-'https://example.org/'"),
    _cell("unit_mismatch", "unit_mismatch-'USD 5000'"),
    _cell("ambiguous", "ambiguous-'$ 5000'"),
    _cell("out_of_range", "out_of_range-'4'"),
    _cell("pattern", "pattern-'A1'"),
    _cell("not_allowed", "not_allowed-'c'"),
    _cell("injection", "injection-'<script>alert(1)</sc'"),
    _record("identity_missing", "test_a_record_without_its_key_is_rejected"),
    _record("invariant_broken", "test_a_record_that_contradicts_itself_is_rejected"),
    _state(
        "identity_conflict",
        "test_an_id_that_changes_its_row_is_a_question",
        "enrichment.store.state_rules",
        "_identity_conflict",
        _never,
    ),
    _state(
        "jump",
        "test_a_value_far_from_what_stood_there_is_a_question",
        "enrichment.store.state_rules",
        "_row_jump",
        _never,
    ),
    _state(
        "jump",
        "test_a_value_far_from_its_column_s_history_is_a_question",
        "enrichment.store.state_rules",
        "_column_jump",
        _never,
    ),
    _state(
        "tampered",
        "test_a_row_that_somebody_changed_is_refused[kept]",
        "enrichment.merging.tampering",
        "tampered",
        _gives(frozenset()),
    ),
    _state(
        "tampered",
        "test_a_row_that_somebody_changed_is_refused[forged]",
        "enrichment.merging.tampering",
        "_not_re_executed",
        lambda _: lambda *_args: set(),
    ),
)


def _begin(tests: Sequence[str], remove: Callable[[], None] = lambda: None) -> int:
    """Start a process that takes a rule out, or none, and runs tests; gives its number."""
    process = os.fork()
    if process:
        return process
    signal.alarm(_SECONDS)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        code = 99
        try:
            remove()
            code = int(pytest.main([*_QUIETLY, *tests]))
        finally:
            os._exit(code)
    raise AssertionError


def _ended(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def table(removals: Sequence[Removal]) -> list[tuple[Removal, bool]]:
    """Each rule, and whether its test fails without it. A run that could not even begin is no failure of it.

    Raises:
        RuntimeError: the tests do not pass while every rule is in place, so that their failures would say nothing.
    """
    for name in _LOADED:
        importlib.import_module(name)
    gc.freeze()
    if _ended(_begin([r.test for r in removals])) != int(pytest.ExitCode.OK):
        raise RuntimeError("a test fails while every rule is in place; run the tests first")
    found: list[tuple[Removal, bool]] = []
    for two in (removals[i : i + 2] for i in range(0, len(removals), 2)):
        processes = [_begin([removal.test], removal.remove) for removal in two]
        found += [(r, _ended(p) == int(pytest.ExitCode.TESTS_FAILED)) for r, p in zip(two, processes, strict=True)]
    return found


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rules_removed", description=__doc__)
    parser.add_argument("--unit", action="store_true", help="leave out what needs a database")
    asked = parser.parse_args(argv)
    os.chdir(ROOT)
    found = table([r for r in REMOVALS if not (asked.unit and "/integration/" in r.test)])
    for removal, noticed in found:
        rule = f"{removal.code}" + (f" ({removal.what})" if removal.what else "")
        sys.stdout.write(f"{removal.scope:8}{rule:45}{'fails: ' if noticed else 'UNNOTICED: '}{removal.test}\n")
    unnoticed = sum(not noticed for _, noticed in found)
    sys.stdout.write(f"{len(found)} rules taken out, {unnoticed} unnoticed\n")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
