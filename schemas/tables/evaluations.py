"""What models were found to be worth on labelled cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index

from schemas.tables.columns import document, identity, moment, one_of
from schemas.tables.registry import Row


class EvaluationRow(Row, table=True):
    """One model's score in one task, with the versions of everything that it depends on. Rows are never changed."""

    __tablename__ = "evaluation"
    __table_args__ = (
        one_of("task", ("map_fields", "audit_cells")),
        one_of("verdict", ("pass", "fail", "inconclusive")),
        Index("evaluation_latest_idx", "task", "model", "prompt_version", "id"),
    )

    id: int = identity()
    task: str
    model: str
    prompt_version: str
    gate_version: str
    targets_version: str
    cases_version: str
    bar: float
    trials: int
    cases: int
    passed: int
    lower: float
    upper: float
    verdict: str
    results: list[Any] = document(default="[]")
    created_at: datetime = moment(default_now=True)
