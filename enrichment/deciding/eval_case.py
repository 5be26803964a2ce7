"""A person's decision as an eval case: what a model should have said, in the format of `docs/evals.md`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enrichment.context import Context
from enrichment.store.reviews import ReviewRow
from schemas.errors import ConflictError
from schemas.target import Target

#: Of the declaration of a field what a case of a model needs.
_SHOWN = {
    "name",
    "type",
    "format",
    "kind",
    "unit",
    "currency_field",
    "required",
    "identity",
    "description",
    "allowed",
    "minimum",
    "maximum",
    "pattern",
}
_YES = frozenset({"approve"})


def of(context: Context, review: ReviewRow) -> dict[str, Any]:
    """A case from a decided review: of a field's binding for the planner, of a row's cells for the auditor.

    Raises:
        ConflictError: it is not decided, or says nothing about a binding or a cell, or its records are gone.
    """
    if review.state != "decided":
        raise ConflictError(f"review {review.id} is {review.state}", hint="decide it first", code="wrong_state")
    kind = review.subject.partition(":")[0]
    records = _records(review, kind)
    if not records:
        raise ConflictError(
            f"review {review.id} makes no case: it shows no record",
            hint="decisions on fields and rows do, while their payloads are stored",
            code="no_case",
        )
    target = context.target(review.target)
    right = review.decision in _YES
    case: dict[str, Any] = {
        "id": f"review-{review.id}",
        "story": review.reason or f"{review.rule}: {review.decision} by {review.decided_by}",
        "target": _target(target),
        "source": {"name": review.source},
        "records": records,
    }
    if kind == "field":
        paths = [p for a in (review.question.get("binding") or {}).get("alternatives", ()) for p in a["paths"]]
        rubric = {"reads": paths} if right else {"never_reads": paths}
        return {**case, "task": "map_fields", "rubric": {review.question["field"]: rubric}}
    cells = dict(review.question["cells"])
    names = review.question.get("fields") or sorted(cells)
    word = "supported" if right else "unsupported"
    row = {"record": 0, "cells": cells, "verdicts": {name: [word] for name in names if name in cells}}
    return {**case, "task": "audit_cells", "rows": [row]}


def _records(review: ReviewRow, kind: str) -> list[Mapping[str, Any]]:
    found = review.question.get("cells", ()) if kind == "field" else [review.question] if kind == "row" else ()
    shown = [one.get("record") for one in found]
    return [one for one in shown if isinstance(one, Mapping) and "too_large_to_show" not in one]


def _target(target: Target) -> dict[str, Any]:
    fields = [f.model_dump(mode="json", include=_SHOWN, exclude_defaults=True) for f in target.fields]
    return {"name": target.name, "description": target.description, "fields": fields}
