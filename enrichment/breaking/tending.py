"""What the dispatcher does for breakers at every turn: cool-downs end, and one piece of work may probe."""

from __future__ import annotations

from datetime import datetime

from enrichment.breaking import keys, machine
from enrichment.breaking.guarding import Jitter, jitter
from enrichment.breaking.keys import Key
from enrichment.breaking.machine import Breaker, State
from enrichment.model.failures import QUOTA
from enrichment.store import breakers, plans, staging
from enrichment.store import work as work_rows
from enrichment.store.breakers import Kept
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.work import NewWork

#: Seconds in which a probe that was woken may take its lease, before another one is.
_OFFER = 5.0


def tend(tx: Tx, *, stretch: Jitter = jitter) -> None:
    """Move breakers on whose time has come, and see to it that a half open one gets its probe."""
    breakers.wake_forgotten(tx)
    for kept in breakers.to_tend(tx):

        def move(breaker: Breaker, now: datetime) -> Breaker:
            return machine.tend(breaker, now=now, jitter=stretch())

        _, after = breakers.change(tx, kept.key, move)
        if after.state == State.HALF_OPEN and after.lease is None and breakers.offer(tx, kept, seconds=_OFFER):
            _find_probe(tx, kept)


def _find_probe(tx: Tx, kept: Kept) -> None:
    """Work that waits on the key; else, for a planner, rows of it to look at, or the last shape it failed on."""
    if kept.key.kind != "quality":
        found = breakers.wake_one(tx, kept.key, kinds=None)
        if not found and kept.key.kind == "model":
            # What found the quota used up waits on that; nobody else may be there to find it back.
            breakers.wake_one(tx, kept.key, kinds=None, waits_on=QUOTA)
        return
    if breakers.wake_one(tx, kept.key, kinds=("plan", "judge")):
        return
    unseen = next((p for p in plans_of(tx, kept.key) if breakers.unseen_rows(tx, p.id, limit=1)), None)
    if unseen is not None:
        work_rows.file(
            tx,
            NewWork(
                kind="judge",
                stage="judge",
                job_id=plans.newest_job(tx, unseen.id),
                source=unseen.source,
                target=unseen.target,
                shape_id=unseen.shape_id,
                plan_id=unseen.id,
                dedup=f"probe:{kept.key.text}",
                args={"probe": True},
            ),
        )
    elif kept.shape_id is not None:
        work_rows.file(
            tx,
            NewWork(
                kind="plan",
                stage="plan",
                source=kept.key.source,
                target=kept.key.target,
                shape_id=kept.shape_id,
                dedup=f"probe:{kept.key.text}",
                args={"probe": kept.key.model, "key": kept.key.text},
            ),
        )


def plans_of(tx: Tx, key: Key) -> list[PlanRow]:
    """Plans with staged rows that use a binding which this key stands for: what is in quarantine while it is open."""
    found = plans.get_many(tx, staging.plans_with_rows(tx)).values()
    return [plan for plan in found if key in keys.of_plan(plan)]
