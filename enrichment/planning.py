"""When a plan is asked for: once per shape, and again only where something new could be said."""

from __future__ import annotations

from enrichment import questions
from enrichment.context import Tuning
from enrichment.store import held_items, items, open_work, plans, review_ends, reviews, staging, wakings
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.work import NewWork
from schemas.plan import PlanState
from schemas.shape import ShapeView
from schemas.target import Target

#: Plans that may be condemned for one revision of a shape before a person is asked.
TRIES = 3


def dedup(source: str, shape_id: int, target: Target) -> str:
    """At most one plan work is open per source, shape and target version."""
    return f"plan:{source}:{shape_id}:{target.name}:{target.version}"


def ask_for_plan(tx: Tx, *, source: str, target: Target, shape_id: int, job_id: int | None, tuning: Tuning) -> None:
    """File plan work for records that are held. It starts when enough records show what the shape is like, when the
    source has no more of them on its way, or after a while.
    """
    latest = _last_tried(tx, source=source, target=target, shape_id=shape_id)
    fell = latest is not None and latest.state not in {PlanState.PROBATION, PlanState.RELEASED}
    if latest is not None and fell and (latest.state == PlanState.REFUSED or latest.try_number >= TRIES):
        _ask_person(tx, latest, job_id)
        return
    name = dedup(source, shape_id, target)
    enough = held_items.count(tx, source=source, shape_id=shape_id, at_most=tuning.plan_at_records)
    ready = enough >= tuning.plan_at_records
    new = NewWork(
        kind="plan",
        stage="plan",
        job_id=job_id,
        source=source,
        target=target.name,
        shape_id=shape_id,
        dedup=name,
        waits_on=None if ready else f"source_idle:{source}",
        wait_seconds=None if ready else tuning.plan_wait_seconds,
    )
    # Open plan work that commits at this moment would not see the records that this transaction holds, and nobody
    # would come back for them: either it ends after us, or new work follows it.
    while (filed := work_rows.file(tx, new)) is None and not open_work.lock_open(tx, name):
        pass
    if filed is None and ready:
        wakings.begin_early(tx, name)


def _last_tried(tx: Tx, *, source: str, target: Target, shape_id: int) -> PlanRow | None:
    """The plan that a shape's records had last. A successor that was refused beside it never served any."""
    latest = plans.latest(tx, source=source, target=target.name, target_version=target.version, shape_id=shape_id)
    while latest is not None and latest.state == PlanState.REFUSED and latest.predecessor is not None:
        latest = plans.get(tx, latest.predecessor)
    return latest


def should_ask_again(plan: PlanRow, view: ShapeView) -> bool:
    """Whether a widened shape has pointers that a plan with `absent` abstentions was never asked about."""
    if not any(a.reason == "absent" for a in plan.body.abstained):
        return False
    return bool(view.pointers.keys() - set(plan.evidence.get("pointers", ())))


def ask_for_successor(
    tx: Tx, *, source: str, target: Target, shape_id: int, job_id: int | None, tuning: Tuning
) -> None:
    """File plan work for a shape that has widened since its plan was made."""
    latest = plans.latest(tx, source=source, target=target.name, target_version=target.version, shape_id=shape_id)
    if latest is None or (latest.state == PlanState.REFUSED and not _was_settled(tx, latest)):
        return
    if int(latest.evidence.get("asked", 0)) >= tuning.asking_revisions:
        _ask_person(tx, latest, job_id, rule="shape_keeps_widening")
        return
    work_rows.file(tx, _later(source, target, shape_id, job_id, tuning))


def _was_settled(tx: Tx, refused: PlanRow) -> bool:
    """Whether a person chose to stay with the plan in force: what else its shape brings is asked about again."""
    return refused.predecessor is not None and not reviews.is_open(tx, f"successor:{refused.id}")


def _later(source: str, target: Target, shape_id: int, job_id: int | None, tuning: Tuning) -> NewWork:
    """A plan in force serves meanwhile: what else the source has to show, and what else falls, is asked about once."""
    return NewWork(
        kind="plan",
        stage="plan",
        job_id=job_id,
        source=source,
        target=target.name,
        shape_id=shape_id,
        dedup=dedup(source, shape_id, target),
        waits_on=f"source_idle:{source}",
        wait_seconds=tuning.plan_wait_seconds,
    )


def ask_for_replacement(tx: Tx, plan: PlanRow, *, target: Target, job_id: int | None, tuning: Tuning) -> None:
    """File plan work for fields that a standing plan has lost: perhaps something else of the shape feeds them.

    At most TRIES plans are tried for one revision of a shape; a field that fell then stays empty.
    """
    latest = _last_tried(tx, source=plan.source, target=target, shape_id=plan.shape_id)
    if latest is None or latest.id != plan.id or latest.try_number >= TRIES:
        return
    work_rows.file(tx, _later(plan.source, target, plan.shape_id, job_id, tuning))


def return_to_held(tx: Tx, plan: PlanRow) -> None:
    """The plan fell: what it staged is void, and its records wait for the next plan of their shape."""
    staging.lock_waiting(tx, plan.id)
    items.return_staged(tx, plan.id, shape_id=plan.shape_id)
    staging.void_waiting(tx, plan.id)
    review_ends.close_of_void_rows(tx, plan_id=plan.id)


def file_merge(tx: Tx, plan: PlanRow, *, job_id: int | None = None, final: bool = False) -> None:
    """After a decision the rows that waited for it are looked at again. final: none of its source is left to come"""
    work_rows.file(
        tx,
        NewWork(
            kind="merge",
            stage="merge",
            job_id=job_id,
            source=plan.source,
            target=plan.target,
            shape_id=plan.shape_id,
            plan_id=plan.id,
            dedup=f"merge:{plan.id}",
            args={"final": True} if final else {},
        ),
    )


def _ask_person(tx: Tx, plan: PlanRow, job_id: int | None, *, rule: str = "plan_refused") -> None:
    reviews.ask(tx, questions.about_plan(tx, plan, rule=rule, job_id=job_id))
