"""map: each record gets its shape, and with it the plan in force. Records without a plan are held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from enrichment import members as chunk_members
from enrichment import planning, shapes
from enrichment.context import Context
from enrichment.growing import assign_shapes
from enrichment.json_text import loads
from enrichment.members import Member, as_rows, from_rows
from enrichment.stages.outcome import Advance, Finish, Outcome
from enrichment.store import items, jobs, ledger, plans, records, unwriting
from enrichment.store import shapes as shape_rows
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.work import Claimed
from schemas.shape import ShapeView
from schemas.source import Source


def assign_plans(context: Context, tx: Tx, work: Claimed, fetched: Mapping[str, Any]) -> Outcome:
    """Sort the chunk's records by plan; the artifact names, per plan, the records that the gate judges."""
    source, target = context.source(work.source), context.target(work.target)
    chunk = from_rows(fetched["members"])
    if (forced := work.args.get("plan_id")) is not None:
        return Advance({"groups": [{"plan": forced, "members": as_rows(chunk)}]}, {"mapped": len(chunk)})
    views = _shapes(context, tx, source, chunk)
    in_force = plans.in_force(
        tx,
        source=source.name,
        target=target.name,
        target_version=target.version,
        shape_ids=sorted({view.id for view in views.values()}),
    )
    found = plans.get_many(tx, in_force.values())
    chosen = {shape: found[plan_id] for shape, plan_id in in_force.items()}
    unchanged = _unchanged(tx, work, chunk, {r: in_force.get(v.id) for r, v in views.items()})
    written = items.written_meanwhile(tx, work.job_id, {r: in_force[views[r].id] for r in sorted(unchanged)})
    same = [(m.record_id, m.observation) for m in chunk if m.record_id in unchanged - written]
    items.move(tx, work.job_id, same, "unchanged")
    groups: dict[int, list[Member]] = {}
    held: list[tuple[str, int, int]] = []
    for member in chunk:
        view = views[member.record_id]
        if member.record_id in unchanged:
            continue
        if (plan_id := in_force.get(view.id)) is None:
            held.append((member.record_id, member.observation, view.id))
        else:
            groups.setdefault(plan_id, []).append(member)
    items.hold_without_plan(tx, work.job_id, held)
    _ask_for_plans(context, tx, work, views, chosen, held)
    counts = {"mapped": len(chunk), "held": len(held), "unchanged": len(unchanged - written)}
    if not groups:
        return Finish(counts)
    listed = [{"plan": plan_id, "members": as_rows(found)} for plan_id, found in sorted(groups.items())]
    return Advance({"groups": listed}, counts)


def _shapes(context: Context, tx: Tx, source: Source, chunk: Sequence[Member]) -> dict[str, ShapeView]:
    """Each record's shape by its id. Of records of one structure only the first is read."""
    known = records.members(tx, source.name, [m.record_id for m in chunk])
    views = {view.id: view for view in shape_rows.of_source(tx, source.name)}
    assigned: dict[str, ShapeView] = {}
    alike: dict[bytes | str, list[Member]] = {}
    for member in chunk:
        seen = known.get(member.record_id)
        current = seen is not None and seen.observation == member.observation
        if seen is not None and current and seen.shape_id in views:
            assigned[member.record_id] = views[seen.shape_id]
        else:
            mark = seen.structure if seen is not None and current else None
            alike.setdefault(mark or member.record_id, []).append(member)
    if not alike:
        return assigned
    first = {members[0]: members for members in alike.values()}
    structures, groups = [], []
    for member, raw in chunk_members.read(tx, list(first)):
        record = loads(raw.body, max_depth=source.max_depth)
        structures.append(shapes.structure(record))  # type: ignore[arg-type]  # fetch lets only objects through
        groups.append(first[member])
    grown = assign_shapes(tx, source.name, structures, shapes_per_day=context.tuning.shapes_per_day)
    fresh = [(member, view) for view, members in zip(grown.assigned, groups, strict=True) for member in members]
    records.store_assignments(tx, source.name, [(m.record_id, m.observation, v.id, v.revision) for m, v in fresh])
    return assigned | {member.record_id: view for member, view in fresh}


def _unchanged(tx: Tx, work: Claimed, chunk: Sequence[Member], plan_of: Mapping[str, int | None]) -> set[str]:
    """Records whose observation already has a standing assertion under the plan, target and gate in force.

    None of a dry run: it shows what would be written, also where that stands already, and counts it so at its end.
    """
    job = None if work.job_id is None else jobs.get(tx, work.job_id)
    if job is not None and (job.dry_run or job.scope.get("refresh")):
        return set()
    if not unwriting.may_count(tx, source=work.source or "", target=work.target or ""):
        return set()  # staged again, they become what stands then
    observed = [(m.record_id, m.observation) for m in chunk]
    known = ledger.standing(tx, work.target or "", work.source or "", observed=observed)
    if not known:
        return set()
    return {
        m.record_id
        for m in chunk
        if (plan := plan_of[m.record_id]) is not None and (m.record_id, m.observation, plan) in known
    }


def _ask_for_plans(
    context: Context,
    tx: Tx,
    work: Claimed,
    views: Mapping[str, ShapeView],
    chosen: Mapping[int, PlanRow],
    held: Sequence[tuple[str, int, int]],
) -> None:
    target = context.target(work.target)
    for shape_id in sorted({shape for _, _, shape in held}):
        planning.ask_for_plan(
            tx,
            source=work.source or "",
            target=target,
            shape_id=shape_id,
            job_id=work.job_id,
            tuning=context.tuning,
        )
    # In one order, since two chunks may file the same works.
    for _, view in sorted({v.id: v for v in views.values()}.items()):
        plan = chosen.get(view.id)
        if plan is not None and planning.should_ask_again(plan, view):
            planning.ask_for_successor(
                tx, source=work.source or "", target=target, shape_id=view.id, job_id=work.job_id, tuning=context.tuning
            )
