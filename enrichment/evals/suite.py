"""Asking a model every case several times. A case passes when every trial does: a write has no second chance."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from enrichment.evals.cases import Case
from enrichment.evals.grading import paper
from enrichment.evals.scoring import Interval, Verdict, wilson
from enrichment.gate.answer_text import AnswerText
from enrichment.gate.version import gate_version
from enrichment.model.answer import Answer
from enrichment.model.prompts import PROMPT_VERSION

Task = Literal["map_fields", "audit_cells"]


class Door(Protocol):
    """The way to a model, as the fleet has it (`enrichment.model.client.Model`)."""

    def complete(
        self,
        name: str,
        schema: dict[str, Any],
        system: str,
        user_json: str,
        model: str,
        max_output_tokens: int,
        timeout: float,
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class CaseResult:
    """`faults`: what was wrong in any trial, each once."""

    id: str
    story: str
    passed: int
    trials: int
    faults: tuple[str, ...]

    @property
    def interval(self) -> Interval:
        return wilson(self.passed, self.trials)

    def document(self, bar: float) -> dict[str, Any]:
        return {
            "id": self.id,
            "story": self.story,
            "passed": self.passed,
            "trials": self.trials,
            "lower": round(self.interval.lower, 4),
            "upper": round(self.interval.upper, 4),
            "verdict": self.interval.against(bar).value,
            "faults": list(self.faults),
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One model's answers to the cases of one task.

    targets_version and cases_version are digests of what the cases ask for, and of the cases with their labels.
    """

    task: Task
    model: str
    bar: float
    trials: int
    results: tuple[CaseResult, ...]
    prompt_version: str
    gate_version: str
    targets_version: str
    cases_version: str
    tokens: tuple[int, int]

    @property
    def passed(self) -> int:
        return sum(result.passed == result.trials for result in self.results)

    @property
    def interval(self) -> Interval:
        """Over cases, each counted once: trials of one case are no independent evidence of how good a model is."""
        return wilson(self.passed, len(self.results))

    @property
    def verdict(self) -> Verdict:
        return self.interval.against(self.bar)

    def document(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "model": self.model,
            "verdict": self.verdict.value,
            "bar": self.bar,
            "passed": self.passed,
            "cases": len(self.results),
            "trials": self.trials,
            "lower": round(self.interval.lower, 4),
            "upper": round(self.interval.upper, 4),
            "versions": {
                "prompt": self.prompt_version,
                "gate": self.gate_version,
                "targets": self.targets_version,
                "cases": self.cases_version,
            },
            "tokens": {"input": self.tokens[0], "output": self.tokens[1]},
            "results": [result.document(self.bar) for result in self.results],
        }


def evaluate(
    cases: Sequence[Case],
    door: Door,
    *,
    task: Task,
    model: str,
    trials: int,
    bar: float,
    max_output_tokens: int = 16_000,
    timeout: float = 120.0,
    on_trial: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Ask a model every case of one task `trials` times. `on_trial` is told the case's id after each.

    Raises:
        AssayError: what `Model.complete` raises; an answer that cannot be had says nothing about the model.
    """
    chosen = [case for case in cases if case.task == task]
    results = []
    sent = received = 0
    for case in chosen:
        asked = paper(case)
        graded: list[tuple[str, ...]] = []
        for _ in range(trials):
            request = asked.request
            answer = door.complete(
                request.name, request.schema, request.system, request.user_json, model, max_output_tokens, timeout
            )
            graded.append(asked.grade(AnswerText(answer.text, answer.finish_reason, answer.refusal)))
            sent, received = sent + answer.input_tokens, received + answer.output_tokens
            on_trial(case.id)
        faults = tuple(dict.fromkeys(fault for one in graded for fault in one))
        results.append(CaseResult(case.id, case.story, sum(not one for one in graded), trials, faults))
    return Evaluation(
        task=task,
        model=model,
        bar=bar,
        trials=trials,
        results=tuple(results),
        prompt_version=PROMPT_VERSION,
        gate_version=gate_version(),
        targets_version=_digest(case.target.target().version for case in chosen),
        cases_version=_digest(case.model_dump_json() for case in chosen),
        tokens=(sent, received),
    )


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(set(texts))).encode()).hexdigest()[:16]
