"""judge: an auditor that sees neither plan nor pointers judges drawn rows against their raw records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from enrichment import members as chunk_members
from enrichment import probation, sampling_rows
from enrichment.asking import Asking
from enrichment.context import Context
from enrichment.gate.answer_text import AnswerText
from enrichment.gate.answers import parse_audit_answer
from enrichment.json_text import loads
from enrichment.members import Member
from enrichment.model.requests import AuditedRow, audit_cells
from enrichment.stages.outcome import Finish, Outcome
from enrichment.store import plans, samples, staging
from enrichment.store import work as work_rows
from enrichment.store.plans import PlanRow
from enrichment.store.staging import StagedRow
from enrichment.store.work import Claimed, NewWork
from enrichment.store.database import Tx
from schemas.errors import ConfigurationError
from schemas.json_types import Record

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
    audited = [AuditedRow(f"r{n}", raw[row.id], row.cells) for n, row in enumerate(rows, start=1)]
    first = _look(asking, work, context, plan, audited, names, model=asking.models.auditor)
    disputed = _disputed(audited, first)
    second = _second_look(asking, work, context, plan, disputed)
    verdicts = {
        row.id: {name: _word(name, one, first, second) for name in names}
        for row, one in zip(rows, audited, strict=True)
    }
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
        sampling_rows.file_judges(context, tx, after, job_id=work.job_id, rest=True)
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
    rows: Sequence[AuditedRow],
    names: Sequence[str],
    *,
    model: str,
) -> Mapping[str, str]:
    """Cell id -> verdict. After three answers that were refused as a whole nothing is known of the cells."""
    target = context.target(plan.target)
    request = audit_cells(plan.source, target, [target.by_name[n] for n in names], rows)
    for _ in range(_ANSWERS):
        answer = asking.ask(work, request.request, purpose="audit", model=model)
        parsed = parse_audit_answer(AnswerText(answer.text, answer.finish_reason, answer.refusal), request.cells)
        if parsed.refusal is None:
            return {**dict.fromkeys(request.left_out, "unsure"), **parsed.verdicts}
    return dict.fromkeys((*request.cells, *request.left_out), "unsure")


def _cell(row: AuditedRow, name: str) -> str:
    return f"{row.id}.{name}"


def _disputed(rows: Sequence[AuditedRow], first: Mapping[str, str]) -> dict[str, tuple[AuditedRow, list[str]]]:
    """Rows with filled cells that were found unsupported, with those cells."""
    found = {
        row.id: (row, [name for name in row.cells if first.get(_cell(row, name)) == "unsupported"]) for row in rows
    }
    return {row_id: pair for row_id, pair in found.items() if pair[1]}


def _second_look(
    asking: Asking,
    work: Claimed,
    context: Context,
    plan: PlanRow,
    disputed: Mapping[str, tuple[AuditedRow, list[str]]],
) -> Mapping[str, str]:
    models = asking.models
    second = models.second or (models.large if models.large != models.auditor else None)
    if not disputed or second is None:
        return {}
    names = sorted({name for _, fields in disputed.values() for name in fields})
    return _look(asking, work, context, plan, [row for row, _ in disputed.values()], names, model=second)


def _word(name: str, row: AuditedRow, first: Mapping[str, str], second: Mapping[str, str]) -> str:
    verdict = first.get(_cell(row, name), "unsure")
    if verdict != "unsupported":
        return verdict
    if row.cells.get(name) is None:
        return "miss"
    return "defect" if second.get(_cell(row, name)) == "unsupported" else "unconfirmed"


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
