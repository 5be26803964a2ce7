"""judge: an auditor that sees neither plan nor pointers judges drawn rows against their raw records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from enrichment import members as chunk_members
from enrichment import probation, sampling_rows
from enrichment.asking import Asking
from enrichment.context import Context
from enrichment.gate.answer_text import AnswerText
from enrichment.gate.answers import parse_audit_answer
from enrichment.json_text import loads
from enrichment.members import Member, packed, unpacked
from enrichment.model.audit_cells import AuditRow, build_audit_cells
from enrichment.stages.outcome import Finish, Outcome
from enrichment.store import plans, samples, staging
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.staging import StagedRow
from enrichment.store.work import Claimed, NewWork
from schemas.errors import ConfigurationError
from schemas.json_types import Record

#: A staged id and a field of it.
_Cell: TypeAlias = tuple[int, str]
#: Answers that may be refused as a whole before the rows count as unsure.
_ANSWERS = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """Staged id -> field -> supported | defect | unconfirmed | unsure | miss, and what each row fills."""

    plan_id: int
    filled: Mapping[int, frozenset[str]] = field(default_factory=dict)
    verdicts: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    auditor: str = ""


def ask_auditor(context: Context, work: Claimed) -> Judged:
    """Take the next drawn rows of the plan and have them judged. Outside any transaction but for the taking."""
    asking = _asking(context)
    with context.database.transaction() as tx:
        plan = plans.get(tx, work.plan_id or 0)
        ids = samples.take(tx, plan.id, work_id=work.id, limit=context.tuning.rows_per_audit)
        if not ids and work.args.get("whole"):
            sampling_rows.draw_probation(context, tx, plan, staged_ids=None)
            ids = samples.take(tx, plan.id, work_id=work.id, limit=context.tuning.rows_per_audit)
        rows = staging.read(tx, ids)
        raw = _raw(context, tx, plan, rows)
    if not rows:
        return Judged(plan.id)
    names = [f.name for f in plan.fields]
    audited = {row.id: AuditRow(raw[row.id], row.cells) for row in rows}
    first = _first_look(asking, work, context, plan, audited, names)
    second = _second_look(asking, work, context, plan, _disputed(audited, first))
    verdicts = {row.id: {name: _word((row.id, name), audited[row.id], first, second) for name in names} for row in rows}
    return Judged(
        plan_id=plan.id,
        filled={row.id: frozenset(row.cells) for row in rows},
        verdicts=verdicts,
        auditor=asking.models.auditor,
    )


def decide(context: Context, tx: Tx, work: Claimed, judged: Judged) -> Outcome:
    """Count the verdicts under an exclusive lock on the plan, decide its fields, and file what follows."""
    plan = plans.get(tx, judged.plan_id, lock="UPDATE")
    if not judged.verdicts:
        if work.args.get("whole") and not samples.pending(tx, plan.id):
            _file_merge(tx, work, plan, final=True)
        return Finish()
    samples.judged(tx, plan.id, judged.verdicts, auditor=judged.auditor)
    changed = probation.count_and_decide(context, tx, plan, judged.filled, judged.verdicts, job_id=work.job_id)
    after = plans.get(tx, plan.id)
    if after.undecided:
        sampling_rows.draw_probation(context, tx, after, staged_ids=None)
        sampling_rows.file_judges(tx, after, size=context.tuning.rows_per_audit, job_id=work.job_id, rest=True)
    if plan.undecided or changed:
        _file_merge(tx, work, plan, final=False)
    return Finish({"judged": len(judged.verdicts), "decided": changed})


def _asking(context: Context) -> Asking:
    if context.asking is None:
        raise ConfigurationError("this process has no model", hint="judge and plan work belong to the model role")
    return context.asking


def _raw(context: Context, tx: Tx, plan: PlanRow, rows: Sequence[StagedRow]) -> dict[int, Record]:
    source = context.source(plan.source)
    by_member = {Member(r.record_id, r.observation, r.payload_id, r.ordinal): r.id for r in rows}
    found: dict[int, Record] = {}
    for member, record in chunk_members.read(tx, list(by_member)):
        parsed = loads(record.body, max_depth=source.max_depth)
        found[by_member[member]] = parsed  # type: ignore[assignment]  # fetch lets only objects through
    return found


def _look(
    asking: Asking,
    work: Claimed,
    context: Context,
    plan: PlanRow,
    rows: Mapping[int, AuditRow],
    names: Sequence[str],
    *,
    model: str,
) -> dict[_Cell, str]:
    """Verdict of each cell. After three answers that were refused as a whole nothing is known of them."""
    ids = list(rows)
    request = build_audit_cells(context.target(plan.target), names, plan.source, list(rows.values()))
    unsure: dict[_Cell, str] = {(staged_id, name): "unsure" for staged_id in ids for name in names}
    if not request.cells:
        return unsure
    for _ in range(_ANSWERS):
        answer = asking.ask(work, request, purpose="audit", model=model)
        parsed = parse_audit_answer(AnswerText(answer.text, answer.finish_reason, answer.refusal), request.cells)
        if parsed.refusal is None:
            told = {(ids[row], name): parsed.verdicts[cell] for cell, (row, name) in request.cells.items()}
            return {**unsure, **told}
    return unsure


def _first_look(
    asking: Asking,
    work: Claimed,
    context: Context,
    plan: PlanRow,
    rows: Mapping[int, AuditRow],
    names: Sequence[str],
) -> dict[_Cell, str]:
    """The auditor's verdicts, kept where a second look follows: a failure of that one must not cost this one again."""
    with context.database.transaction() as tx:
        kept = work_rows.artifact(tx, work.id, "judge")
    if kept is not None:
        known = {(staged_id, name): verdict for staged_id, name, verdict in unpacked(kept)["first"]}
        if {staged_id for staged_id, _ in known} == set(rows):
            return known
    first = _look(asking, work, context, plan, rows, names, model=asking.models.auditor)
    if _disputed(rows, first):
        told = [[staged_id, name, verdict] for (staged_id, name), verdict in first.items()]
        with context.database.transaction() as tx:
            work_rows.hold(tx, work)
            work_rows.put_artifact(tx, work.id, "judge", packed({"first": told}))
    return first


def _disputed(rows: Mapping[int, AuditRow], first: Mapping[_Cell, str]) -> dict[int, tuple[AuditRow, list[str]]]:
    """Rows with filled cells that were found unsupported, with those cells."""
    found = {
        staged_id: (row, [name for name in row.cells if first.get((staged_id, name)) == "unsupported"])
        for staged_id, row in rows.items()
    }
    return {staged_id: pair for staged_id, pair in found.items() if pair[1]}


def _second_look(
    asking: Asking,
    work: Claimed,
    context: Context,
    plan: PlanRow,
    disputed: Mapping[int, tuple[AuditRow, list[str]]],
) -> dict[_Cell, str]:
    models = asking.models
    second = models.second or (models.large if models.large != models.auditor else None)
    if not disputed or second is None:
        return {}
    names = sorted({name for _, fields in disputed.values() for name in fields})
    rows = {staged_id: row for staged_id, (row, _) in disputed.items()}
    return _look(asking, work, context, plan, rows, names, model=second)


def _word(cell: _Cell, row: AuditRow, first: Mapping[_Cell, str], second: Mapping[_Cell, str]) -> str:
    verdict = first.get(cell, "unsure")
    if verdict != "unsupported":
        return verdict
    if row.cells.get(cell[1]) is None:
        return "miss"
    return "defect" if second.get(cell) == "unsupported" else "unconfirmed"


def _file_merge(tx: Tx, work: Claimed, plan: PlanRow, *, final: bool) -> None:
    work_rows.file(
        tx,
        NewWork(
            kind="merge",
            stage="merge",
            job_id=work.job_id,
            source=plan.source,
            target=plan.target,
            shape_id=plan.shape_id,
            plan_id=plan.id,
            dedup=f"merge:{plan.id}",
            args={"final": True} if final else {},
        ),
    )
