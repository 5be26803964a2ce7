"""What a job would ask of a model, found from a sample of its source before it starts. Nothing is written or asked."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from enrichment.asking import Models, Request
from enrichment.connectors.pages import FetchedRecord, Page
from enrichment.json_text import loads
from enrichment.model.answer import Answer
from enrichment.model.audit_cells import AuditRow, build_audit_cells, portions
from enrichment.model.tokens import estimate_tokens
from enrichment.plan_progress import Progress
from enrichment.plan_question import Question
from enrichment.plan_search import ANSWERS, search
from enrichment.plan_standing import Standing
from enrichment.sampling import sample_fields
from enrichment.shapes import Fits, New, Widens, assign, structure
from enrichment.store import plans, shapes
from enrichment.store.database import Tx
from enrichment.store.work import Claimed
from schemas.json_types import Record
from schemas.plan import PlanState
from schemas.shape import ShapeView
from schemas.source import Source
from schemas.target import Target

#: Filled cells of a field after which its probation ends, where all of them are right.
_CLEAN = 116
#: Tokens of an answer: of one binding, and of one verdict.
_BINDING, _VERDICT = 60, 20
#: Records of a shape that planning looks at.
_SAMPLE = 200


@dataclass(slots=True)
class _Shape:
    view: ShapeView
    records: list[Record] = field(default_factory=list)
    count: int = 0


@dataclass(frozen=True, slots=True)
class _Noted:
    model: str
    input_tokens: int
    fields: int


@dataclass(slots=True)
class _Noting:
    """Stands in for the model: notes what it is asked and abstains from everything."""

    models: Models
    calls: list[_Noted] = field(default_factory=list)

    def ask(self, _: Claimed, request: Request, *, purpose: str, model: str) -> Answer:
        document = json.loads(request.user_json)
        names = [one["name"] for one in document["target"]["fields"]]
        tokens = estimate_tokens(request.system, request.user_json, str(request.schema))
        self.calls.append(_Noted(model, tokens, len(names)))
        answer = {"bindings": [], "abstained": [{"target": name, "reason": "absent"} for name in names]}
        return Answer(json.dumps(answer), "stop", None, f"{purpose} {model}", 0, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of the source is read, and what the job itself is limited to."""

    records: int = 2_000
    pages: int = 10
    limit: int | None = None
    rows_per_audit: int = 20


@dataclass(frozen=True, slots=True)
class Known:
    """What the fleet knows of a source already: its shapes, and of which of them a plan is in force or released."""

    shapes: Sequence[ShapeView] = ()
    planned: frozenset[int] = frozenset()
    released: frozenset[int] = frozenset()


def known_of(tx: Tx, source: Source, target: Target) -> Known:
    """Ask the tables; reads only."""
    views = shapes.of_source(tx, source.name)
    serving = plans.in_force(
        tx, source=source.name, target=target.name, target_version=target.version, shape_ids=[v.id for v in views]
    )
    rows = plans.get_many(tx, sorted(serving.values()))
    released = frozenset(s for s, plan in serving.items() if rows[plan].state == PlanState.RELEASED)
    return Known(views, frozenset(serving), released)


def estimate(
    source: Source,
    target: Target,
    pages: Iterable[Page],
    models: Models,
    *,
    bounds: Bounds,
    known: Known | None = None,
) -> dict[str, Any]:
    """Sample pages, find their shapes, and count what planning and auditing each of them asks.

    `expected` is for first answers that pass and cells that are right; `most` is the most that planning may ask and an
    audit that looks at every row twice. Shapes that a plan serves need no planning, and no audit once it is released,
    beside the capped sample of released plans, which is left out; one that the sample widens counts as without a plan.
    `planned` is null where nobody knows. Prices are null where a model has none.
    """
    told = known or Known()
    found, sampled, complete = _sample(pages, bounds, source.max_depth, told.shapes)
    before = {view.id: view.revision for view in told.shapes}
    served = {s.view.id for s in found if s.view.id in told.planned and s.view.revision == before.get(s.view.id)}
    planning = [_planning(source, target, shape, models) for shape in found if shape.view.id not in served]
    unaudited = [shape for shape in found if shape.view.id not in served & told.released]
    audits = [_audit(source, target, shape, bounds, models, complete=complete) for shape in unaudited]
    first, second = (_asked(planning, model) for model in (models.small, models.large))
    parts, planning_in, _ = first
    audit_calls, audit_in, audit_out = (sum(one[i] for one in audits) for i in range(3))
    expected = [
        (models.small, *first[1:]),
        *([(models.large, *second[1:])] if source.second_opinion else []),
        (models.auditor, audit_in, audit_out),
    ]
    cap = models.max_output_tokens
    small = 1 if source.second_opinion else ANSWERS - 1
    most = [
        (models.small, small * planning_in, small * parts * cap),
        (models.large, (ANSWERS - small) * planning_in, (ANSWERS - small) * parts * cap),
        (models.auditor, audit_in, audit_calls * cap),
        (models.second or models.large, audit_in, audit_calls * cap),
    ]
    return {
        "source": source.name,
        "target": target.name,
        "sampled": {"records": sampled, "complete": complete},
        "shapes": len(found),
        "planned": None if known is None else len(served),
        "calls": {
            "planning": {"expected": parts + (second[0] if source.second_opinion else 0), "most": ANSWERS * parts},
            "audit": {"expected": audit_calls, "most": 2 * audit_calls},
        },
        "tokens": {"expected": _tokens(expected), "most": _tokens(most)},
        "cost": {"expected": _cost(expected, models), "most": _cost(most, models)},
        "offline": models.offline,
    }


def _asked(planning: Sequence[_Noting], model: str) -> tuple[int, int, int]:
    """Questions to one model, and tokens in and out."""
    put = [call for one in planning for call in one.calls if call.model == model]
    return len(put), sum(call.input_tokens for call in put), sum(_BINDING * call.fields for call in put)


def _sample(
    pages: Iterable[Page], bounds: Bounds, depth: int, stored: Sequence[ShapeView]
) -> tuple[list[_Shape], int, bool]:
    """Shapes as `map` would grow them, how many records were seen, and whether these are all."""
    most = bounds.records if bounds.limit is None else min(bounds.records, bounds.limit)
    grown = {view.id: _Shape(view) for view in stored}
    seen = 0
    last: Page | None = None
    for last in itertools.islice(pages, bounds.pages):
        for one in last.records[: most - seen]:
            seen += 1
            _place(grown, one, depth)
        if seen >= most:
            break
    ended = last is None or (last.cursor is None and (seen < most or bounds.limit is not None))
    return [shape for shape in grown.values() if shape.count], seen, ended or seen == bounds.limit


def _place(grown: dict[int, _Shape], one: FetchedRecord, depth: int) -> None:
    record = loads(one.body, max_depth=depth)
    if not isinstance(record, dict):
        return
    assigned = assign(structure(record), [shape.view for shape in grown.values()])
    match assigned:
        case Fits(view):
            shape = grown[view.id]
        case Widens(view, added):
            shape = grown[view.id]
            shape.view = ShapeView(view.id, view.revision + 1, {**view.pointers, **added})
        case New(pointers):
            view = ShapeView(max(grown, default=0) + 1, 1, pointers)
            shape = grown.setdefault(view.id, _Shape(view))
    shape.count += 1
    if len(shape.records) < _SAMPLE:
        shape.records.append(record)


def _planning(source: Source, target: Target, shape: _Shape, models: Models) -> _Noting:
    noting = _Noting(models)
    question = Question(
        source=source,
        target=target,
        shape=str(shape.view.id),
        fields=sample_fields(shape.records),
        records=shape.records,
        standing=Standing(constant=frozenset(source.constants)),
    )
    search(question, Progress(), noting, _NOBODY, save=lambda: None)
    return noting


def _audit(
    source: Source, target: Target, shape: _Shape, bounds: Bounds, models: Models, *, complete: bool
) -> tuple[int, int, int]:
    """Calls, and tokens in and out, until every field of one plan is released, or the shape has no more rows."""
    rows = min(_CLEAN, shape.count) if complete else _CLEAN
    calls = -(-rows // bounds.rows_per_audit)
    names = [f.name for f in target.fields if f.name not in source.constants]
    fit = dict(enumerate(AuditRow(one, {}) for one in shape.records[: bounds.rows_per_audit]))
    split = portions(names, fit, max_output_tokens=models.max_output_tokens)
    requests = [build_audit_cells(target, names, source.name, list(some.values())) for some in split]
    size = sum(estimate_tokens(one.system, one.user_json, str(one.schema)) for one in requests)
    shown = len(fit) - sum(len(one.left_out) for one in requests)
    whole = size if shown == 0 or shown >= min(rows, bounds.rows_per_audit) else size * bounds.rows_per_audit // shown
    return calls * max(len(requests), 1), calls * whole, rows * len(names) * _VERDICT


def _tokens(parts: Sequence[tuple[str, int, int]]) -> dict[str, int]:
    return {"input": sum(one[1] for one in parts), "output": sum(one[2] for one in parts)}


def _cost(parts: Sequence[tuple[str, int, int]], models: Models) -> str | None:
    if models.offline:
        return "0"
    total = Decimal(0)
    for model, tokens_in, tokens_out in parts:
        if (price := models.prices.get(model)) is None:
            return None
        total += price.of(tokens_in, tokens_out)
    return format(total.quantize(Decimal("0.0001")), "f")


_NOBODY = Claimed(
    id=0,
    kind="plan",
    stage="plan",
    fence=0,
    lane="normal",
    job_id=None,
    source=None,
    target=None,
    position=None,
    args={},
    counts={},
    shape_id=None,
    plan_id=None,
    attempts=0,
    starts=0,
    worker="",
)
