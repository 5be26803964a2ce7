"""Asking for plans past the breaker of whoever is asked, and telling it what the gate made of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enrichment.breaking import guarding, keys
from enrichment.breaking.guarding import record
from enrichment.breaking.keys import SOURCE_FAULTS, Key
from enrichment.breaking.machine import Outcome
from enrichment.model.answer import Answer
from enrichment.model.prompts import PROMPT_VERSION
from enrichment.second_opinion import DISAGREED
from enrichment.store.database import Database
from enrichment.store.work import Claimed
from schemas.plan import Origin

if TYPE_CHECKING:
    from enrichment.asking import Asks, Models, Request
    from enrichment.plan_progress import Progress


class Planner:
    """Stands in for `Asking` in one search for a plan; `judged` is called after each answer was checked."""

    def __init__(
        self, asking: Asks, database: Database, work: Claimed, *, target_version: str, progress: Progress
    ) -> None:
        self._asking = asking
        self._database = database
        self._work = work
        self._version = target_version
        self._progress = progress
        self._asked: tuple[str, int] | None = None

    @property
    def models(self) -> Models:
        return self._asking.models

    def key(self, model: str) -> Key:
        work = self._work
        return keys.of_planner(
            work.source or "", work.target or "", self._version, model=model, prompt=str(PROMPT_VERSION)
        )

    @property
    def matcher(self) -> Key:
        return keys.of_origin(self._work.source or "", self._work.target or "", self._version, Origin.MATCHER)

    def ask(self, work: Claimed, request: Request, *, purpose: str, model: str) -> Answer:
        """As `Asking.ask`.

        Raises:
            WaitingError: the breaker of this model's plans is open; nothing was asked.
        """
        self._asked = (model, len(self._progress.refusals))
        with guarding.passing(self._database, [self.key(model)], work.id):
            return self._asking.ask(work, request, purpose=purpose, model=model)

    def judged(self) -> None:
        """The answer to the last question was checked: what was refused of it stands in the search's progress.

        One that is refused for faults of the source's data alone says nothing of the model; that another model
        disagrees speaks against neither of them.
        """
        if self._asked is None:
            return
        (model, known), self._asked = self._asked, None
        rules = {r.rule for r in self._progress.refusals[known:]} - {DISAGREED}
        if rules and rules <= SOURCE_FAULTS:
            guarding.give_back(self._database, [self.key(model)], self._work.id)
            return
        outcome = Outcome("plans", bool(rules), ", ".join(sorted(rules - SOURCE_FAULTS)))
        with self._database.transaction() as tx:
            shape = self._work.shape_id if rules else None
            record(tx, self.key(model), [outcome], holder=self._work.id, shape_id=shape)

    def matched(self) -> None:
        """The search is over; what the matcher found has passed the evidence, else it would not have been kept."""
        with self._database.transaction() as tx:
            if not guarding.passes(tx, self.matcher):
                record(tx, self.matcher, [Outcome("plans", failed=False)], holder=self._work.id)
