"""Answers are graded by what they give; cases that are none are refused with their place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from enrichment.evals import Verdict, evaluate, load_cases, shipped_cases
from enrichment.evals.grading import paper
from enrichment.gate.answer_text import AnswerText
from enrichment.model.answer import Answer
from schemas.errors import ConfigurationError

FIELDS = [
    {"name": "name", "type": "string", "kind": "name"},
    {"name": "staff", "type": "integer", "kind": "count"},
    {"name": "lei", "type": "string", "kind": "code"},
]
MAPPING = {
    "id": "plain",
    "story": "a count in text",
    "task": "map_fields",
    "target": {"name": "company", "fields": FIELDS},
    "records": [
        {"name": "Alba", "people": "3,167", "revenue": "12"},
        {"name": "Brix", "people": "1,002", "revenue": "9"},
    ],
    "rubric": {"staff": {"gives": [3167, 1002]}, "lei": {"abstain": True}, "name": {"never_reads": ["/revenue"]}},
}
AUDIT = {
    "id": "plain-audit",
    "story": "a count in text",
    "task": "audit_cells",
    "target": {"name": "company", "fields": FIELDS},
    "records": [{"name": "Alba", "people": "3,167"}],
    "rows": [{"record": 0, "cells": {"staff": 3168}, "verdicts": {"staff": ["unsupported", "unsure"]}}],
}


def loaded(tmp_path: Path, *cases: dict[str, Any]) -> Any:
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(case) + "\n" for case in cases))
    return load_cases([path])


def plan(**bound: tuple[str, str | None]) -> str:
    """An answer that binds these fields, each by a pointer and an operation, and leaves the others empty."""
    bindings = [
        {"target": name, "alternatives": [{"paths": [path], "ops": [] if op is None else [{"op": op, "args": []}]}]}
        for name, (path, op) in bound.items()
    ]
    left = [{"target": f["name"], "reason": "absent"} for f in FIELDS if f["name"] not in bound]
    return json.dumps({"bindings": bindings, "abstained": left})


RIGHT = {"name": ("/name", None), "staff": ("/people", "parse_integer")}


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (plan(**RIGHT), None),
        (plan(staff=RIGHT["staff"]), None),
        (plan(name=RIGHT["name"]), "staff was left empty"),
        (plan(**RIGHT, lei=("/revenue", None)), "lei reads /revenue, and should be left empty"),
        (plan(name=("/revenue", None), staff=RIGHT["staff"]), "name reads /revenue"),
        (plan(name=("/name", None), staff=("/revenue", "parse_integer")), "staff of record 1 is 12 instead of 3167"),
        (plan(name=("/name", None), staff=("/nowhere", None)), "staff is refused: malformed"),
        ("Sure! " + plan(**RIGHT), "the answer is refused: malformed"),
    ],
)
def test_plans_are_graded_by_what_they_give(tmp_path: Path, answer: str, fault: str | None) -> None:
    (case,) = loaded(tmp_path, MAPPING)
    faults = paper(case).grade(AnswerText(answer, "stop", None))
    assert (not faults) if fault is None else any(found.startswith(fault) for found in faults), faults


@pytest.mark.parametrize(("word", "right"), [("unsupported", True), ("unsure", True), ("supported", False)])
def test_verdicts_are_graded(tmp_path: Path, word: str, right: bool) -> None:
    (case,) = loaded(tmp_path, AUDIT)
    asked = paper(case)
    verdicts = [{"id": cell, "verdict": word} for cell in asked.request.cells]
    assert (not asked.grade(AnswerText(json.dumps({"verdicts": verdicts}), "stop", None))) is right


def test_a_cell_without_verdict_is_not_right(tmp_path: Path) -> None:
    rows = [{"record": 0, "cells": {"staff": 3167}, "verdicts": {"staff": ["supported"]}}]
    (case,) = loaded(tmp_path, {**AUDIT, "rows": rows})
    assert paper(case).grade(AnswerText('{"verdicts": []}', "stop", None))


class Turns:
    """A model that gives its answers in turn."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    def complete(self, *asked: Any) -> Answer:
        return Answer(self.answers.pop(0), "stop", None, asked[4], 7, 3, 0.0)


def test_a_case_passes_only_if_every_trial_does(tmp_path: Path) -> None:
    cases = loaded(tmp_path, MAPPING, {**MAPPING, "id": "again"}, AUDIT)
    seen: list[str] = []
    model = Turns(plan(**RIGHT), plan(**RIGHT), plan(**RIGHT), plan())
    found = evaluate(cases, model, task="map_fields", model="m", trials=2, bar=0.9, on_trial=seen.append)
    assert seen == ["plain", "plain", "again", "again"]
    assert [(r.id, r.passed) for r in found.results] == [("plain", 2), ("again", 1)]
    assert (found.passed, found.verdict, found.tokens) == (1, Verdict.INCONCLUSIVE, (28, 12))
    assert found.results[1].faults == ("staff was left empty",)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"task": "other"}, "task"),
        ({"task": "map_field"}, "no eval case: has an unknown task"),
        ({"story": 3}, "story: is no text"),
        ({"rubric": {"staff": {}}}, "abstain, gives, reads or never_reads"),
        ({"rubric": {"nobody": {"abstain": True}}}, "names no field"),
        ({"rubric": {"staff": {"gives": [1]}}}, "1 values for 2 records"),
        ({"rubric": {"staff": {"gives": [1, 2], "abstain": True}}}, "left empty and be bound"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_is_no_case_is_refused(tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        loaded(tmp_path, {**MAPPING, **change})


def test_ids_are_unique(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="stands twice"):
        loaded(tmp_path, MAPPING, MAPPING)


def test_there_are_enough_cases_of_both_tasks() -> None:
    """Fewer than 35 of a task cannot pass a bar of 0.9, however good the model."""
    cases = shipped_cases()
    assert len(cases) >= 70
    assert min(sum(c.task == task for c in cases) for task in ("map_fields", "audit_cells")) >= 35
