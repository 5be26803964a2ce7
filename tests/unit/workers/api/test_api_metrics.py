from __future__ import annotations

from contextlib import contextmanager
from typing import Any

from workers.api.metrics import Figures, families

EMPTY: dict[str, list[dict[str, Any]]] = {
    name: []
    for name in (
        "jobs", "works", "waits", "oldest", "ended", "results", "open_items", "letters", "calls", "plans", "reviews",
        "field_fill", "drift", "retention", "frozen",
        "workers", "dispatcher", "budgets", "cost_per_written", "breakers", "transitions", "failovers",
    )
}  # fmt: skip


def test_rules_of_the_gate_are_counted_apart_from_results() -> None:
    rows = [
        {"source": "s", "target": "t", "result": "accepted", "n": 5},
        {"source": "s", "target": "t", "result": "rule:type", "n": 2},
    ]
    found = {m.name: m for m in families({**EMPTY, "results": rows})}
    assert [s.labels["result"] for s in found["assay_stage_results"].samples] == ["accepted"]
    assert [(s.labels["rule"], s.value) for s in found["assay_gate_findings"].samples] == [("type", 2.0)]


class Counting:
    def __init__(self) -> None:
        self.asked = 0

    @contextmanager
    def transaction(self) -> Any:
        self.asked += 1
        yield self

    def execute(self, _: str) -> Any:
        return self

    def fetchall(self) -> list[Any]:
        return []


def test_figures_are_counted_once_for_a_while() -> None:
    now = [0.0]
    database: Any = Counting()
    figures = Figures(database, seconds=5.0, clock=lambda: now[0])
    for _ in range(3):
        list(figures.collect())
    assert database.asked == 1
    now[0] = 5.1
    list(figures.collect())
    assert database.asked == 2
