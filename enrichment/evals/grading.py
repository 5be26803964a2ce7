"""Grading one answer against its case: by what the plan gives when it is executed, not by how it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from enrichment.evals.cases import AuditCase, Case, FieldRubric, MappingCase
from enrichment.gate.answer_text import AnswerText
from enrichment.gate.answers import parse_audit_answer, parse_plan_answer
from enrichment.gate.reading import SourceReading
from enrichment.model.audit_cells import AuditRequest, AuditRow, build_audit_cells
from enrichment.model.map_fields import PlanRequest, build_map_fields
from enrichment.sampling import sample_fields
from enrichment.trials import try_out
from schemas.plan import Binding
from schemas.target import TargetField


@dataclass(frozen=True, slots=True)
class Paper:
    """A case as it is put to a model: what is sent, and how the answer is graded, giving the faults found."""

    request: PlanRequest | AuditRequest
    grade: Callable[[AnswerText], tuple[str, ...]]


def paper(case: Case) -> Paper:
    """Build the very request that the fleet would send.

    Raises:
        UsageError: the case asks for more than one request may hold.
    """
    return _plan_paper(case) if isinstance(case, MappingCase) else _audit_paper(case)


def _plan_paper(case: MappingCase) -> Paper:
    target = case.target.target()
    reading = _reading(case)
    settings = {f.name: reading.for_field(f) for f in target.fields}
    names = [f.name for f in target.fields]
    request = build_map_fields(target, names, case.source.name, case.id, sample_fields(case.records), settings=settings)

    def grade(answer: AnswerText) -> tuple[str, ...]:
        found = parse_plan_answer(answer, request.offer)
        refused = [f"{r.target or 'the answer'} is refused: {r.rule}: {r.message}" for r in found.refusals]
        bound = {b.target: b for b in found.bindings}
        left = {a.target for a in found.abstained}
        faults = list(refused)
        for name, rubric in case.rubric.items():
            if name in left:
                faults += () if rubric.may_abstain else (f"{name} was left empty",)
            elif name in bound:
                faults += _of_binding(case, target.by_name[name], bound[name], rubric)
        return tuple(faults)

    return Paper(request, grade)


def _of_binding(case: MappingCase, field: TargetField, binding: Binding, rubric: FieldRubric) -> Sequence[str]:
    paths = [path for one in binding.alternatives for path in one.paths]
    if rubric.abstain:
        return [f"{field.name} reads {', '.join(paths)}, and should be left empty"]
    allowed = rubric.reads if rubric.reads is not None else tuple(paths)
    wrong = [path for path in paths if path in rubric.never_reads or path not in allowed]
    if wrong:
        return [f"{field.name} reads {', '.join(wrong)}"]
    if rubric.gives is None:
        return []
    trial = try_out(field, binding, case.records, _reading(case).for_field(field))
    if trial is None:
        return [f"{field.name}: its operations cannot be compiled"]
    pairs = enumerate(zip(trial.cells, rubric.gives, strict=True), start=1)
    return [
        f"{field.name} of record {n} is {given!r} instead of {right!r}"
        for n, (given, right) in pairs
        if not same(given, right)
    ][:1]


def _audit_paper(case: AuditCase) -> Paper:
    target = case.target.target()
    names = [f.name for f in target.fields]
    rows = [AuditRow(case.records[row.record], row.cells) for row in case.rows]
    request = build_audit_cells(target, names, case.source.name, rows)

    def grade(answer: AnswerText) -> tuple[str, ...]:
        found = parse_audit_answer(answer, request.cells)
        if found.refusal is not None:
            return (f"the answer is refused: {found.refusal.rule}: {found.refusal.message}",)
        given = {place: found.verdicts[cell] for cell, place in request.cells.items()}
        return tuple(
            f"{name} of row {n + 1} is judged {given[n, name]} instead of {' or '.join(right)}"
            for n, row in enumerate(case.rows)
            for name, right in row.verdicts.items()
            if given[n, name] not in right
        )

    return Paper(request, grade)


def _reading(case: Case) -> SourceReading:
    return SourceReading(currency_hints=case.source.currency_hints, time_zone=case.source.time_zone)


def same(given: object, right: object) -> bool:
    """Whether two cells say the same; exact numbers compare by value, also where the label writes them as text."""
    if isinstance(given, bool) or isinstance(right, bool) or given is None or right is None:
        return given is right
    if isinstance(given, int | Decimal):
        return _number(given) == _number(right)
    return str(given) == str(right)


def _number(value: object) -> object:
    text = str(value)
    plain = text.lstrip("-").replace(".", "", 1)
    return Decimal(text) if plain.isascii() and plain.isdigit() else value
