"""Staged rows become assertions and target rows: the one function behind upsert, merge and replay."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from enrichment import approving, planting_rows, questions, settling
from enrichment import members as chunk_members
from enrichment.breaking import keys as planners
from enrichment.context import Context
from enrichment.gate.companions import together
from enrichment.json_text import loads
from enrichment.members import Member
from enrichment.staged_text import jsonb_text
from enrichment.store import (
    breakers,
    folding,
    items,
    ledger,
    letters,
    plans,
    reviews,
    samples,
    staging,
    state_rules,
)
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.folding import Folded
from enrichment.store.letters import NewLetter
from enrichment.store.plans import PlanRow
from enrichment.store.staging import Locked
from enrichment.store.state_rules import StateFinding
from enrichment.store.target_table import TargetTable, resolve
from enrichment.store.work import NewWork
from schemas.codes import Code
from schemas.plan import FieldState, PlanState

_STANDING = {PlanState.PROBATION, PlanState.RELEASED}


@dataclass(slots=True)
class Merged:
    """Counts of one merge; rows are target rows."""

    asserted: int = 0
    inserted: int = 0
    updated: int = 0
    baseline: int = 0
    review: int = 0
    refused: int = 0
    held: int = 0
    orphans: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {
            "written": self.asserted,
            "inserted": self.inserted,
            "updated": self.updated,
            "review": self.review,
            "refused": self.refused,
            "held": self.held,
        }

    def add(self, folded: Folded) -> None:
        self.inserted += folded.inserted
        self.updated += folded.updated
        self.orphans += folded.orphans


def merge(
    context: Context, tx: Tx, target_name: str, staged_ids: Sequence[int], *, plan_ids: Collection[int], stage: str
) -> Merged:
    """Merge staged rows set-based in this transaction, without a round trip per record.

    Plans are read again under a share lock; a row is only merged when each cell it fills is of a released field, or
    was itself audited and supported, or is emptied because its field is condemned.

    plan_ids: of the plans that the rows are of
    """
    done = Merged()
    # Plans before rows, as whoever decides on a plan locks them.
    by_plan = plans.get_many(tx, plan_ids, lock="SHARE")
    rows = [row for row in staging.lock(tx, staged_ids) if row.state == "staged"]
    if not rows:
        return done
    table = resolve(tx, context.target(target_name))
    ledger.begin_merge(tx)
    rows = _refuse_tampered(context, tx, rows, by_plan, done, stage=stage)
    own: dict[int, list[Locked]] = {}
    for row in rows:
        own.setdefault(row.plan_id, []).append(row)
    verdicts = samples.of_rows(tx, {row.id: row.plan_id for row in rows})
    ready: list[Locked] = []
    quarantined = _in_quarantine(tx, [by_plan[plan_id] for plan_id in own]) | approving.asked(tx, own)
    for plan_id, of_plan in sorted(own.items()):
        if plan_id in quarantined:
            # A merge that waits for that takes the rows when the breaker closes, or a person has answered.
            items.move_staged(tx, [row.id for row in of_plan], "held")
            done.held += len(of_plan)
        else:
            ready += _decided(context, tx, by_plan[plan_id], of_plan, verdicts, done)
    if not ready:
        return done
    keys = sorted({row.key for row in ready})
    ledger.lock_keys(tx, target_name, keys)
    examined = state_rules.examine(tx, table, [row.id for row in ready])
    ready = _send_to_review(context, tx, table, ready, by_plan, examined.findings, done)
    done.baseline += ledger.note_baseline(tx, table, [row.key for row in ready if row.key in examined.foreign])
    _write(context, tx, table, ready, by_plan, done, additive=_alone(ready) & examined.additive, stage=stage)
    return done


def _alone(rows: Sequence[Locked]) -> frozenset[int]:
    """Rows that are the only ones of their key."""
    of_key = Counter(row.key for row in rows)
    return frozenset(row.id for row in rows if of_key[row.key] == 1)


def _in_quarantine(tx: Tx, found: Sequence[PlanRow]) -> frozenset[int]:
    """The plans of which the breaker of a planner is open. All keys are locked at once, in their order: two merges
    that each took their plans' one by one could wait for each other.
    """
    keys = {plan.id: frozenset(planners.of_plan(plan)) for plan in found}
    stopped = frozenset(breakers.stopped(tx, frozenset().union(*keys.values())))
    return frozenset(plan_id for plan_id, own in keys.items() if own & stopped)


def _decided(
    context: Context,
    tx: Tx,
    plan: PlanRow,
    rows: list[Locked],
    verdicts: Mapping[int, Mapping[str, str]],
    done: Merged,
) -> list[Locked]:
    """Of one plan's rows those that may be merged now, their condemned and refuted cells emptied."""
    if plan.state not in _STANDING:
        done.held += len(rows)
        return []
    if not plan.undecided and not plan.condemned and not any(row.id in verdicts for row in rows):
        # All is released, and of these rows nobody has said anything.
        return rows
    if planting_rows.is_blind(tx, plan):
        # What it supported may have been passed on before that was known.
        done.held += len(rows)
        return []
    undecided = [f.name for f in plan.fields if f.state == FieldState.PROBATION]
    mergeable = set(
        staging.mergeable(
            tx,
            plan.id,
            undecided=undecided,
            condemned=sorted(plan.condemned),
            risky=sorted(context.target(plan.target).risky),
            limit=len(rows),
            among=[row.id for row in rows],
        )
    )
    kept = [row for row in rows if row.id in mergeable]
    done.held += len(rows) - len(kept)
    strict = {f.name for f in context.target(plan.target).fields if f.required or f.identity}
    refuted = _refuted({row.id: verdicts[row.id] for row in kept if row.id in verdicts})
    blocked: set[int] = set()
    empty: dict[frozenset[str], list[int]] = {}
    doubted = [row.id for row in kept if plan.condemned or row.id in refuted]
    for row in staging.read(tx, doubted) if doubted else ():
        fallen = (plan.condemned - strict) | refuted.get(row.id, set())
        lost = together(context.target(plan.target), fallen, row.cells)
        if lost & strict:
            blocked.add(row.id)
        elif lost:
            empty.setdefault(lost, []).append(row.id)
    for fields, ids in empty.items():
        staging.empty_cells(tx, ids, dict.fromkeys(sorted(fields), Code.CONDEMNED.value))
    ask_about_rows(
        context, tx, plan, sorted(blocked), rule="unsupported", fields={one: refuted.get(one, set()) for one in blocked}
    )
    done.review += len(blocked)
    return [row for row in kept if row.id not in blocked]


def _refuted(verdicts: Mapping[int, Mapping[str, str]]) -> dict[int, set[str]]:
    """Cells that the audit found to be wrong, by row."""
    found = {staged_id: {f for f, v in of_row.items() if v == "defect"} for staged_id, of_row in verdicts.items()}
    return {staged_id: fields for staged_id, fields in found.items() if fields}


def _refuse_tampered(
    context: Context, tx: Tx, rows: list[Locked], by_plan: Mapping[int, PlanRow], done: Merged, *, stage: str
) -> list[Locked]:
    """Every row's digest, and for a sample the plan executed anew: nothing between gate and merge made values up."""
    changed = {row.id for row in rows if not row.intact}
    step = max(len(rows) // context.tuning.tamper_sample, 1)
    changed |= _not_re_executed(context, tx, [r for r in rows[::step] if r.id not in changed], by_plan)
    if not changed:
        return rows
    refused = [row for row in rows if row.id in changed]
    staging.set_state(tx, sorted(changed), "void")
    _bury(
        tx, refused, by_plan, code=Code.TAMPERED, stage=stage,
        message="the staged row is not what the plan gives for its record",
    )  # fmt: skip
    done.refused += len(refused)
    return [row for row in rows if row.id not in changed]


def _not_re_executed(context: Context, tx: Tx, rows: Sequence[Locked], by_plan: Mapping[int, PlanRow]) -> set[int]:
    """Rows whose plan does not give their cells for their record."""
    staged = staging.read(tx, [row.id for row in rows])
    found = {Member(r.record_id, r.observation, r.payload_id, r.ordinal): r for r in staged}
    wrong = {row.id for row in rows}
    for member, raw in chunk_members.read(tx, list(found)):
        row = found[member]
        plan = by_plan[row.plan_id]
        source = context.source(plan.source)
        # A field may have been condemned since the row was staged; its cells are emptied later, and accuse nobody.
        gate = context.plans.gate(plan, context.target(plan.target), source, as_proposed=True)
        verdict = gate(loads(raw.body, max_depth=source.max_depth))  # type: ignore[arg-type]  # objects only
        given = json.loads(jsonb_text(verdict.cells))
        same = all(given.get(name) == value for name, value in row.cells.items())
        if raw.record_id == row.record_id and verdict.key == row.key and same:
            wrong.discard(row.id)
    return wrong


def _send_to_review(
    context: Context,
    tx: Tx,
    table: TargetTable,
    rows: list[Locked],
    by_plan: Mapping[int, PlanRow],
    found: Sequence[StateFinding],
    done: Merged,
) -> list[Locked]:
    if not found:
        return rows
    answered = reviews.approved_rows(tx, sorted({finding.staged_id for finding in found}))
    open_ones: dict[int, StateFinding] = {}
    for finding in found:
        if (finding.staged_id, finding.rule) not in answered:
            open_ones.setdefault(finding.staged_id, finding)
    asked: dict[tuple[int, str], list[Locked]] = {}
    for row in rows:
        if row.id in open_ones:
            asked.setdefault((row.plan_id, open_ones[row.id].rule), []).append(row)
    for (plan_id, rule), some in asked.items():
        about = {row.id: [name] if (name := open_ones[row.id].field) else [] for row in some}
        ask_about_rows(context, tx, by_plan[plan_id], [row.id for row in some], rule=rule, fields=about)
        done.review += len(some)
    moved = {finding.staged_id for finding in found if finding.rule == Code.IDENTITY_CONFLICT} - open_ones.keys()
    for row in rows:
        if row.id in moved:
            _take_from_old_key(tx, table, row)
    return [row for row in rows if row.id not in open_ones]


def _take_from_old_key(tx: Tx, table: TargetTable, row: Locked) -> None:
    """A person said that the record is another row now: what it asserted under its old key is withdrawn.

    By work of its own, since the old key's lock would come out of order here, and its row may have to go.
    """
    work_rows.file(
        tx,
        NewWork(
            kind="refold",
            stage="refold",
            source=row.source,
            target=table.target.name,
            args={
                "moved": row.record_id,
                "to": row.key,
                "observation": row.observation,
                "plan": row.plan_id,
            },
        ),
    )


def ask_about_rows(
    context: Context,
    tx: Tx,
    plan: PlanRow,
    ids: Sequence[int],
    *,
    rule: str,
    fields: Mapping[int, Iterable[str]],
) -> None:
    """Staged rows wait for a person. fields: staged id -> the fields that are in question."""
    if not ids:
        return
    rows = staging.read(tx, ids)
    staging.set_state(tx, ids, "review")
    items.move_staged(tx, ids, "review", code=rule)
    reviews.ask(tx, *questions.about_rows(context, tx, plan, rows, rule=rule, fields=fields))


def _write(
    context: Context,
    tx: Tx,
    table: TargetTable,
    rows: Sequence[Locked],
    by_plan: Mapping[int, PlanRow],
    done: Merged,
    *,
    additive: frozenset[int],
    stage: str,
) -> None:
    """Append and fold all rows at once; where the table itself refuses, halve until the refused row stands alone."""
    if not rows:
        return
    ids = [row.id for row in rows]
    try:
        with tx.transaction():
            if any(by_plan[row.plan_id].evidence.get("restored") for row in rows):
                ledger.void_emptied(tx, ids)
                additive = frozenset()
            folded = folding.append_and_fold(tx, table, {row.id: row.key for row in rows}, additive=additive)
            if folded.updated:
                approving.require(tx, table.target, rows, by_plan)
    except approving.NotApprovedError as refused:
        plan_id = refused.found.plan.id
        approving.hold(context, tx, refused.found, [row for row in rows if row.plan_id == plan_id])
        done.held += sum(row.plan_id == plan_id for row in rows)
        others = [row for row in rows if row.plan_id != plan_id]
        _write(context, tx, table, others, by_plan, done, additive=additive, stage=stage)
        return
    except ledger.TABLE_REFUSES as error:
        if len(rows) > 1:
            middle = len(rows) // 2
            _write(context, tx, table, rows[:middle], by_plan, done, additive=additive, stage=stage)
            _write(context, tx, table, rows[middle:], by_plan, done, additive=additive, stage=stage)
            return
        staging.set_state(tx, ids, "void")
        _bury(tx, rows, by_plan, code=Code.TARGET_REFUSED, stage=stage, message=ledger.refusal(error))
        done.refused += 1
        return
    done.asserted += len(rows)
    done.add(folded)
    settling.resolve_replayed(tx, items.written(tx, ids))


def _bury(
    tx: Tx, rows: Sequence[Locked], by_plan: Mapping[int, PlanRow], *, code: Code, stage: str, message: str
) -> None:
    by_id = {row.id: row for row in rows}
    for item in items.move_staged(tx, list(by_id), "dead", code=code):
        row = by_id[item.staged_id]
        plan = by_plan[row.plan_id]
        letters.add(
            tx,
            [
                NewLetter(
                    record_id=row.record_id,
                    code=code,
                    issues=[{"field": None, "rule": code, "message": message}],
                    observation=row.observation,
                    payload_id=row.payload_id,
                    ordinal=row.ordinal,
                    shape_id=plan.shape_id,
                    plan_id=plan.id,
                )
            ],
            job_id=item.job_id,
            source=plan.source,
            target=plan.target,
            target_version=plan.target_version,
            stage=stage,
            attempts=1,
        )
