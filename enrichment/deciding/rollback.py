"""Un-writing on a person's word: a plan, fields of it, or a job. First it is said what that would do; then it is filed.

The rows are changed by refold work, part by part, each part one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from enrichment import confirming, planning, probation
from enrichment.context import Context
from enrichment.store import deciding, jobs, open_work, plan_fields, plans, unwriting
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.target_table import resolve
from enrichment.store.unwriting import Consequences
from enrichment.store.work import NewWork
from schemas.errors import ConflictError, UsageError, nearest
from schemas.plan import FieldState, PlanState
from schemas.states import JobState

_MADE_ROWS = frozenset({PlanState.PROBATION, PlanState.RELEASED, PlanState.SUPERSEDED})
_ENDED = frozenset({JobState.DONE, JobState.PARTIAL, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Approval:
    """Who does it and why; `secret` signs tokens, `now` is seconds since 1970, `confirm` the token of the dry run."""

    by: str
    reason: str
    secret: bytes
    now: float
    confirm: str | None = None


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What it would do, or does. `confirm`: the token that doing it needs; null once it is being done."""

    what: Consequences
    done: bool
    confirm: str | None = None


def rollback_plan(
    context: Context, tx: Tx, plan_id: int, approval: Approval, *, fields: Sequence[str] | None = None
) -> tuple[PlanRow, RolledBack]:
    """Withdraw all that a plan, or fields of it, ever asserted. Its records go back through under a successor.

    Whoever merges rows of the plan holds its row shared until the commit, and this takes it exclusively: what is
    merged before is withdrawn, and nothing is merged after. A look, which may take long, holds up nobody. A field that
    the target requires takes the plan along.

    Raises:
        NotFoundError: there is no such plan.
        UsageError: it does not bind such a field.
        ConflictError: it has fallen already, or the token is for other content (`confirmation`).
    """
    plan = plans.get(tx, plan_id, lock=None if approval.confirm is None else "UPDATE")
    if approval.confirm is not None:
        plan_fields.lock(tx, plan_id)
    names, whole = _meant(context, plan, fields)
    table = resolve(tx, context.target(plan.target))
    found = unwriting.consequences_of_plan(tx, table, plan_id, fields=None if whole else names)
    subject = _subject("plan", plan_id, approval.by, names, plan.state, found)
    if approval.confirm is None:
        return plan, RolledBack(found, done=False, confirm=_token(approval, subject))
    _require(approval, subject, f"rolling back plan {plan_id}")
    plan_fields.save(tx, plan.id, [replace(f, state=FieldState.CONDEMNED) for f in plan.fields if f.name in names])
    deciding.note(tx, plan.id, act="rollback", fields=names, by=approval.by, reason=approval.reason)
    after = plans.get(tx, plan_id)
    probation.condemn(context, tx, after, names, set(names) if whole else set(), None)
    if not whole:
        planning.file_merge(tx, after)
    return plans.get(tx, plan_id), RolledBack(found, done=True)


def rollback_job(context: Context, tx: Tx, job_id: int, approval: Approval) -> RolledBack:
    """Withdraw what a job wrote. Nothing is tried again; its written records end as withdrawn.

    Raises:
        NotFoundError: there is no such job.
        ConflictError: it has not ended, it wrote nothing that stands, or the token is for other content.
    """
    job = jobs.get(tx, job_id, lock=approval.confirm is not None)
    if job.state not in _ENDED:
        raise ConflictError(
            f"job {job_id} is {job.state}: it may still write", hint="cancel it first", code="wrong_state"
        )
    work = NewWork(
        kind="refold",
        stage="refold",
        source=job.source,
        target=job.target,
        dedup=f"rollback:job:{job_id}",
        args={"job": job_id, "by": approval.by, "why": approval.reason},
    )
    found = unwriting.consequences_of_job(tx, resolve(tx, context.target(job.target)), job.source, job_id)
    if found.assertions == 0 or open_work.is_open(tx, work.dedup or ""):
        raise ConflictError(
            f"job {job_id} wrote nothing that stands" if found.assertions == 0 else f"job {job_id} is being withdrawn",
            hint="see: assay jobs",
            code="wrong_state",
        )
    subject = _subject("job", job_id, approval.by, (), job.state, found)
    if approval.confirm is None:
        return RolledBack(found, done=False, confirm=_token(approval, subject))
    _require(approval, subject, f"rolling back job {job_id}")
    work_rows.file(tx, work)
    return RolledBack(found, done=True)


def _meant(context: Context, plan: PlanRow, fields: Sequence[str] | None) -> tuple[list[str], bool]:
    """The fields that fall, companions included, and whether the plan falls with them."""
    if plan.state not in _MADE_ROWS:
        raise ConflictError(f"plan {plan.id} is {plan.state}", hint="it asserts nothing any more", code="wrong_state")
    known = {f.name: f for f in plan.fields}
    if fields is None:
        return sorted(known), True
    for name in fields:
        if name not in known:
            raise UsageError(
                f"plan {plan.id} does not bind {name!r}{nearest(name, known)}",
                hint=f"it binds {', '.join(sorted(known))}",
                code="unknown_field",
            )
        if known[name].state == FieldState.CONDEMNED:
            raise ConflictError(
                f"{name} of plan {plan.id} was condemned", hint="it asserts nothing any more", code="wrong_state"
            )
    target = context.target(plan.target)
    names = sorted(target.emptied_with({*fields, *plan.condemned}, known) | set(fields))
    strict = {f.name for f in target.fields if f.required or f.identity}
    return (sorted(known), True) if strict & set(names) else (names, False)


def _subject(kind: str, row_id: int, by: str, fields: Sequence[str], state: str, found: Consequences) -> str:
    """All that was shown, in few characters: approving anything else needs another look."""
    shown = f"{kind}|{row_id}|{by}|{'|'.join(fields)}|{state}|{found}"
    return f"rollback|{hashlib.sha256(shown.encode()).hexdigest()}"


def _token(approval: Approval, subject: str) -> str:
    return confirming.token(approval.secret, subject, now=approval.now)


def _require(approval: Approval, subject: str, what: str) -> None:
    confirming.require(approval.secret, subject, approval.confirm, now=approval.now, what=what)
