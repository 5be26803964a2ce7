"""gate: plans are executed and every record is judged. Accepted rows are staged, rejected ones are dead letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from enrichment import members as chunk_members
from enrichment import planning
from enrichment.connectors.pages import FetchedRecord
from enrichment.context import Context
from enrichment.json_text import loads
from enrichment.members import Member, from_rows, unpacked
from enrichment.staged_text import staged
from enrichment.stages.outcome import Advance, Finish, Outcome
from enrichment.store import jobs, letters, plans, records, registry, staging
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.jobs import JobRow
from enrichment.store.letters import NewLetter
from enrichment.store.plans import PlanRow
from enrichment.store.staging import NewStaged
from enrichment.store.work import Claimed
from schemas.plan import PlanState
from schemas.verdict import Verdict

_IN_FORCE = {PlanState.PROBATION, PlanState.RELEASED}


def judge_records(context: Context, tx: Tx, work: Claimed, _: None) -> Outcome:
    """Judge the chunk plan by plan, each under a share lock on the plan's row."""
    groups = unpacked(work_rows.artifact(tx, work.id, "map"))["groups"]
    job = None if work.job_id is None else jobs.get(tx, work.job_id)
    counts: Counter[str] = Counter()
    passed: list[dict[str, object]] = []
    raw = dict(chunk_members.read(tx, [m for group in groups for m in from_rows(group["members"])]))
    for group in groups:
        plan = plans.get(tx, group["plan"], lock="SHARE")
        chunk = from_rows(group["members"])
        if plan.state not in _IN_FORCE:
            _hold_again(context, tx, work, plan, chunk)
            counts["held"] += len(chunk)
            continue
        ids = _judge_group(context, tx, work, job, plan, {m: raw[m] for m in chunk}, counts)
        if ids:
            passed.append({"plan": plan.id, "staged": ids})
    return Advance({"groups": passed}, counts) if passed else Finish(counts)


def _hold_again(context: Context, tx: Tx, work: Claimed, plan: PlanRow, chunk: Sequence[Member]) -> None:
    """The plan fell since map chose it: its records wait for the next one."""
    records.hold_without_plan(tx, work.job_id, [(m.record_id, plan.shape_id) for m in chunk])
    planning.ask_for_plan(
        tx,
        source=plan.source,
        target=context.target(plan.target),
        shape_id=plan.shape_id,
        job_id=work.job_id,
        tuning=context.tuning,
    )


def _judge_group(
    context: Context,
    tx: Tx,
    work: Claimed,
    job: JobRow | None,
    plan: PlanRow,
    chunk: Mapping[Member, FetchedRecord],
    counts: Counter[str],
) -> list[int]:
    source = context.source(plan.source)
    gate = context.plans.gate(plan, context.target(plan.target), source)
    rows: list[NewStaged] = []
    dead: list[NewLetter] = []
    for member, raw in chunk.items():
        verdict = gate(loads(raw.body, max_depth=source.max_depth))  # type: ignore[arg-type]  # objects only
        counts.update(f"rule:{issue.rule}" for issue in verdict.issues)
        if verdict.outcome == "accepted":
            rows.append(staged(member, verdict, raw.version))
        else:
            dead.append(_letter(member, verdict, plan))
    counts["accepted"] += len(rows)
    counts["rejected"] += len(dead)
    gate_id = registry.gate_in_force(tx, plan.source)
    _bury(tx, work, job, plan, dead, gate_id)
    if not rows:
        return []
    found = staging.add(
        tx,
        rows,
        target=plan.target,
        source=plan.source,
        plan_id=plan.id,
        gate_id=gate_id,
        job_id=work.job_id or 0,
        dry_job=job.id if job is not None and job.dry_run else 0,
    )
    on_its_way = "in_flight" if plan.state == PlanState.RELEASED and not plan.undecided else "held"
    states = {"staged": on_its_way, "review": "review", "dry": "unchanged"}
    records.attach_staged(
        tx, work.job_id, [(one.record_id, one.id, plan.id, states.get(one.state, "held")) for one in found]
    )
    return sorted(one.id for one in found if one.state == "staged")


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


def _bury(tx: Tx, work: Claimed, job: JobRow | None, plan: PlanRow, dead: Sequence[NewLetter], gate_id: int) -> None:
    """Rejected records of a job are its dead letters; without a job they were counted by another before."""
    if job is None or not dead:
        return
    by_code: dict[str, list[str]] = {}
    for letter in dead:
        by_code.setdefault(letter.code, []).append(letter.record_id)
    for code, ids in by_code.items():
        records.move(tx, job.id, ids, "dead", code=code)
    if job.dry_run:
        return
    letters.add(
        tx,
        dead,
        job_id=job.id,
        source=plan.source,
        target=plan.target,
        target_version=plan.target_version,
        gate_id=gate_id,
        stage="gate",
        attempts=work.attempts + 1,
    )
