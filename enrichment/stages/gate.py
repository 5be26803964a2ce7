"""gate: plans are executed and every record is judged. Accepted rows are staged, rejected ones are dead letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from enrichment import drifting, planning
from enrichment import members as chunk_members
from enrichment.audit.drift import Sketch
from enrichment.connectors.pages import FetchedRecord
from enrichment.context import Context
from enrichment.json_text import loads
from enrichment.members import Member, from_rows
from enrichment.staged_text import staged
from enrichment.stages.outcome import Advance, Finish, Outcome
from enrichment.store import items, jobs, letters, new_rows, plans, sketches
from enrichment.store.database import Tx
from enrichment.store.jobs import JobRow
from enrichment.store.letters import NewLetter
from enrichment.store.new_rows import NewStaged, StagedId
from enrichment.store.plans import PlanRow
from enrichment.store.work import Claimed
from schemas.plan import PlanState
from schemas.verdict import Verdict

_IN_FORCE = {PlanState.PROBATION, PlanState.RELEASED}


def judge_records(context: Context, tx: Tx, work: Claimed, mapped: Mapping[str, Any]) -> Outcome:
    """Judge the chunk's records, each by its plan, under a share lock on the plans' rows."""
    groups = mapped["groups"]
    job = None if work.job_id is None else jobs.get(tx, work.job_id)
    counts: Counter[str] = Counter()
    chosen = plans.get_many(tx, [group["plan"] for group in groups], lock="KEY SHARE")
    raw = dict(chunk_members.read(tx, [m for group in groups for m in from_rows(group["members"])]))
    accepted: list[NewStaged] = []
    dead: list[NewLetter] = []
    sketched: dict[int, Sketch] = {}
    for group in groups:
        plan = chosen[group["plan"]]
        chunk = from_rows(group["members"])
        if plan.state not in _IN_FORCE:
            _hold_again(context, tx, work, plan, chunk)
            counts["held"] += len(chunk)
            continue
        rows, refused, seen = _judge_group(context, plan, {m: raw[m] for m in chunk}, counts, of=len(raw))
        accepted += rows
        dead += refused
        sketched[plan.id] = seen
    counts["accepted"] += len(accepted)
    counts["rejected"] += len(dead)
    _bury(tx, work, job, chosen, dead)
    if job is not None and not job.dry_run:
        # What goes through once more was counted when it came.
        sketches.add(tx, sketched)
    passed = _stage(tx, work, job, chosen, accepted)
    return Advance({"groups": passed}, counts) if passed else Finish(counts)


def _hold_again(context: Context, tx: Tx, work: Claimed, plan: PlanRow, chunk: Sequence[Member]) -> None:
    """The plan fell since map chose it: its records wait for the next one."""
    items.hold_without_plan(tx, work.job_id, [(m.record_id, m.observation, plan.shape_id) for m in chunk])
    planning.ask_for_plan(
        tx,
        source=plan.source,
        target=context.target(plan.target),
        shape_id=plan.shape_id,
        job_id=work.job_id,
        tuning=context.tuning,
    )


def _judge_group(
    context: Context, plan: PlanRow, chunk: Mapping[Member, FetchedRecord], counts: Counter[str], *, of: int
) -> tuple[list[NewStaged], list[NewLetter], Sketch]:
    """What the gate accepts and what it refuses of the records of one plan, and what they look like."""
    source = context.source(plan.source)
    gate = context.plans.gate(plan, context.target(plan.target), source)
    rows: list[NewStaged] = []
    dead: list[NewLetter] = []
    verdicts: list[Verdict] = []
    for member, raw in chunk.items():
        verdict = gate(loads(raw.body, max_depth=source.max_depth))  # type: ignore[arg-type]  # objects only
        verdicts.append(verdict)
        if verdict.issues:
            counts.update(f"rule:{issue.rule}" for issue in verdict.issues)
        if verdict.outcome == "accepted":
            rows.append(staged(plan.id, member, verdict, raw.version))
        else:
            dead.append(_letter(member, verdict, plan))
    return rows, dead, drifting.sketch(verdicts, of=of)


def _stage(
    tx: Tx,
    work: Claimed,
    job: JobRow | None,
    chosen: Mapping[int, PlanRow],
    rows: Sequence[NewStaged],
) -> list[dict[str, object]]:
    """Stage all accepted rows at once; gives, per plan, the ids of those that the audit may pass on."""
    if not rows:
        return []
    found = new_rows.add(
        tx,
        rows,
        target=work.target or "",
        source=work.source or "",
        job_id=work.job_id or 0,
        dry_job=job.id if job is not None and job.dry_run else 0,
    )
    merged_soon = {i for i, p in chosen.items() if p.state == PlanState.RELEASED and not p.undecided}
    observed = {row["record_id"]: row["observation"] for row in rows}
    items.attach_staged(
        tx,
        work.job_id,
        [
            (
                one.record_id,
                observed[one.record_id],
                one.id,
                one.plan_id,
                _item_state(one, soon=one.plan_id in merged_soon),
            )
            for one in found
            if not (one.state == "staged" and one.plan_id in merged_soon and one.job_id == work.job_id)
        ],
    )
    passed: dict[int, list[int]] = {}
    for one in sorted(found, key=lambda one: (one.plan_id, one.id)):
        if one.state == "staged":
            passed.setdefault(one.plan_id, []).append(one.id)
    return [{"plan": plan_id, "staged": ids} for plan_id, ids in passed.items()]


def _item_state(one: StagedId, *, soon: bool) -> str:
    """Where a record is whose row is staged; `soon`: nothing is left to be decided on its plan."""
    if one.state == "staged":
        return "in_flight" if soon else "held"
    return {"review": "review", "dry": "unchanged"}.get(one.state, "held")


def _letter(member: Member, verdict: Verdict, plan: PlanRow) -> NewLetter:
    # The issues that reject come first.
    fatal = verdict.issues[0] if verdict.issues else None
    return NewLetter(
        record_id=member.record_id,
        code=fatal.rule if fatal is not None else "rejected",
        issues=[{"field": i.field, "rule": i.rule, "message": i.message} for i in verdict.issues],
        observation=member.observation,
        payload_id=member.payload_id,
        ordinal=member.ordinal,
        shape_id=plan.shape_id,
        plan_id=plan.id,
    )


def _bury(
    tx: Tx,
    work: Claimed,
    job: JobRow | None,
    chosen: Mapping[int, PlanRow],
    dead: Sequence[NewLetter],
) -> None:
    """Rejected records of a job are its dead letters; without a job they were counted by another before."""
    if job is None or not dead:
        return
    # One chunk is mapped for one version of its target.
    target_version = next(iter(chosen.values())).target_version
    by_code: dict[str, list[tuple[str, int]]] = {}
    for letter in dead:
        by_code.setdefault(letter.code, []).append((letter.record_id, letter.observation or 0))
    for code, observed in by_code.items():
        items.move(tx, job.id, observed, "dead", code=code)
    if job.dry_run:
        return
    letters.add(
        tx,
        dead,
        job_id=job.id,
        source=work.source or "",
        target=work.target or "",
        target_version=target_version,
        stage="gate",
        attempts=work.attempts + 1,
    )
