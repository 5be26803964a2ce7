"""A successor of a plan in force: compared with it in shadow before any record of its is used, and put on probation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from enrichment import chunks, sampling_rows, shadow
from enrichment import members as chunk_members
from enrichment.compiled_plans import compile_plan
from enrichment.context import Context
from enrichment.json_text import loads
from enrichment.members import Member
from enrichment.plan_standing import unreplaced
from enrichment.shadow import Said
from enrichment.store import plan_fields, plan_notes, plans, records
from enrichment.store.database import Tx
from enrichment.store.plan_fields import FieldRow
from enrichment.store.plans import PlanRow
from schemas.errors import TerminalError
from schemas.json_types import Json, Record
from schemas.plan import FieldState, PlanBody, PlanState
from schemas.shadow import Shadow
from schemas.target import Target

IN_FORCE: Final = frozenset({PlanState.PROBATION, PlanState.RELEASED})
#: Records that both plans are executed over: so many of the oldest that are stored, and so many of the newest.
_HALF: Final = 250


@dataclass(frozen=True, slots=True)
class Compared:
    """What executing both plans over stored records gave, and what of it nothing explains."""

    shadow: Shadow
    unexplained: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        return {**self.shadow.document(), "unexplained": list(self.unexplained)}


def in_force(tx: Tx, source: str, target: Target, shape_id: int) -> int | None:
    """The plan that serves a shape."""
    found = plans.in_force(tx, source=source, target=target.name, target_version=target.version, shape_ids=[shape_id])
    return found.get(shape_id)


def stands_before(tx: Tx, latest: PlanRow | None) -> PlanRow | None:
    """The plan that a new one of its shape succeeds: the latest one; of a refused successor the plan that served beside
    it, also where that fell since: what it knows of its bindings is not forgotten. Of one that fell whole the plan that
    serves on.
    """
    fell = latest is not None and latest.state in {PlanState.REFUSED, PlanState.CONDEMNED}
    if latest is None or not fell or latest.predecessor is None:
        return latest
    before = plans.get(tx, latest.predecessor)
    serves_no_more = before.state == PlanState.CONDEMNED and latest.state == PlanState.REFUSED
    return before if before.state in IN_FORCE or serves_no_more else latest


def records_served(context: Context, tx: Tx, plan: PlanRow) -> list[Record]:
    """Records of a plan's shape, old ones and new ones, as far as their payloads are still stored."""
    source, shape = context.source(plan.source), plan.shape_id
    found = [
        *records.first_of_shape(tx, source=plan.source, shape_id=shape, since_revision=0, limit=_HALF),
        *records.of_shape(tx, source=plan.source, shape_id=shape, since_revision=0, limit=_HALF),
    ]
    by_payload: dict[int, dict[Member, None]] = {}
    for m in found:
        by_payload.setdefault(m.payload_id, {})[Member(m.record_id, m.observation, m.payload_id, m.ordinal)] = None
    parsed: list[Json] = []
    for members in by_payload.values():
        try:
            read = list(chunk_members.read(tx, list(members)))
        except TerminalError:
            # What is no longer stored is not compared.
            continue
        parsed += [loads(raw.body, max_depth=source.max_depth) for _, raw in read]
    return [record for record in parsed if isinstance(record, Mapping)]


def compare(context: Context, before: PlanRow, after: PlanBody, served: list[Record]) -> Compared:
    """Execute the plan in force and its successor over the same records.

    Explained is what the successor was made for: fields that it binds otherwise, and the companions that may not be
    written without them. All else has to stay as it is.
    """
    target, source = context.target(before.target), context.source(before.source)
    first = context.plans.gate(before, target, source)
    second = compile_plan(target, after, source)
    found = shadow.compare((Said.by(first(record)), Said.by(second(record))) for record in served)
    bound = [b.target for b in after.bindings]
    new = frozenset(bound) - shadow.kept(before.body, after, condemned=before.condemned)
    explained = new | target.emptied_with(new, bound) | {f.name for f in target.fields if _names(f.currency_field, new)}
    return Compared(found, shadow.unexplained(found, explained))


def _names(currency: str | None, new: frozenset[str]) -> bool:
    return currency is not None and currency in new


def since(before: PlanRow | None) -> int:
    """The revision after which records came that go back through: none where a field was lost, of which all have it."""
    if before is None or unreplaced(before):
        return 0
    waiting = before.state == PlanState.PROBATION and before.predecessor is not None
    return int(before.evidence.get("since", before.shape_revision)) if waiting else before.shape_revision


def fields(before: PlanRow | None, body: PlanBody) -> list[FieldRow]:
    """A kept binding keeps its audit state; a new one begins its probation.

    What is drawn of the plan before and not judged yet is judged on that one's account: a successor that counted it too
    would wait for verdicts that never come, and empty cells for which it had rows to look at.
    """
    if before is None or before.state in {PlanState.REFUSED, PlanState.SUPERSEDED}:
        return [FieldRow(b.target, FieldState.PROBATION) for b in body.bindings]
    known = {f.name: replace(f, drawn=f.audited) for f in before.fields}
    same = shadow.kept(before.body, body, condemned=before.condemned)
    return [
        known[b.target] if b.target in same and b.target in known else FieldRow(b.target, FieldState.PROBATION)
        for b in body.bindings
    ]


def file_sample(context: Context, tx: Tx, plan: PlanRow, *, limit: int) -> int:
    """A successor earns its release on records that came since the widening, or on any where it has what was condemned
    filled anew; until then its predecessor serves. Gives how many it has not had yet were found, `limit` at most.
    """
    came = records.to_map_again(
        tx,
        source=plan.source,
        target=plan.target,
        shape_id=plan.shape_id,
        since_revision=int(plan.evidence.get("since", 0)),
        limit=limit,
        besides=plan.id,
    )
    size = context.tuning.chunk_size
    return chunks.file_for(tx, plan.id, came, source=plan.source, target=plan.target, size=size)


def file_more(context: Context, tx: Tx, plan: PlanRow) -> bool:
    """What a successor was given did not decide all of its fields: it is given as many records again. Once fewer are
    left it has them all, and takes over as it is, as the first plan of a small source would serve. The plan's row is
    locked exclusively. Gives whether there were any.

    Each sample is as large as all before it, so that there are few of them even where hardly a record fills the field,
    and records that the gate refuses, which look as if the plan had not had them, cannot make it go on for ever.
    """
    target = context.targets.get(plan.target)
    if target is None or target.version != plan.target_version:
        # Nobody writes by this plan while its target is another one; should it become the same again, it goes on.
        return False
    if plan.predecessor is None or not sampling_rows.is_short(plan) or not plans.is_beside(tx, plan.id):
        return False
    # Before anything is looked for: what the predecessor merges meanwhile would be in no sample.
    plans.get(tx, plan.predecessor, lock="UPDATE")
    limit = int(plan.evidence.get("sampled", context.tuning.successor_sample))
    filed = file_sample(context, tx, plan, limit=limit)
    plan_notes.sampled(tx, plan.id, 2 * limit)
    if filed < limit:
        plans.supersede_older(tx, plan)
    return filed > 0


def accept(context: Context, tx: Tx, plan_id: int) -> None:
    """Put a successor on probation after all, on a person's word; nothing where another plan came meanwhile."""
    plan = plans.get(tx, plan_id, lock="UPDATE")
    if plan.state != PlanState.REFUSED or plan.predecessor is None:
        return
    before = plans.get(tx, plan.predecessor, lock="KEY SHARE")
    plan_fields.add(tx, plan.id, fields(before, plan.body))
    plans.set_state(tx, plan.id, PlanState.PROBATION)
    if before.state in IN_FORCE:
        file_sample(context, tx, plan, limit=context.tuning.successor_sample)
        return
    size = context.tuning.chunk_size
    chunks.release_held(tx, source=plan.source, target=plan.target, shape_id=plan.shape_id, size=size)
