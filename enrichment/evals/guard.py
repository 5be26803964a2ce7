"""Stops calls to a model that failed its evals while the fleet runs: what a start refuses, a call is refused too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from enrichment.asking import Call
from enrichment.evals.scoring import Verdict
from enrichment.evals.suite import Task
from enrichment.model.answer import Answer
from enrichment.model.prompts import PROMPT_VERSION
from enrichment.store import evaluations
from enrichment.store.database import Database
from schemas.errors import WaitingError

#: What a call is for -> the task whose evals it has to pass.
TASKS: Final[Mapping[str, Task]] = {"planning": "map_fields", "audit": "audit_cells"}
#: Seconds after which refused work looks again whether the model has passed by now.
_WAIT = 300.0


class _Through:
    """Nothing is held for a call, so that nothing has to be given back."""

    def sent(self) -> None: ...

    def answered(self, answer: Answer) -> None: ...

    def failed(self, error: Exception, *, sent: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Looks at the last verdict on the model before each of its calls."""

    database: Database

    def admit(self, call: Call) -> _Through:
        """
        Raises:
            WaitingError: the model's last verdict with this prompt is `fail` (`evaluation:<model>`).
        """
        task = TASKS.get(call.purpose)
        if task is None:
            return _Through()
        with self.database.transaction() as tx:
            last = evaluations.latest(tx, task=task, model=call.model, prompt_version=PROMPT_VERSION)
        if last is not None and last.verdict == Verdict.FAIL:
            raise WaitingError(
                f"{call.model} failed the evals of {task} with prompt {PROMPT_VERSION}",
                waits_on=f"evaluation:{call.model}",
                seconds=_WAIT,
                hint="see what fails: assay eval --stored; mend it, then run: assay eval",
            )
        return _Through()
