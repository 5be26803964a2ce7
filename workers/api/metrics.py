"""Figures as Prometheus reads them, counted at most every few seconds, however often they are asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from enrichment.store import observing
from enrichment.store.database import Database
from schemas.errors import TransientError

Rows = Sequence[Mapping[str, Any]]
_RULE: Final = "rule:"


class Figures(Collector):
    """Collects from the tables; keeps what it found for `seconds`."""

    def __init__(self, database: Database, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: tuple[float, dict[str, Rows] | None] | None = None

    def collect(self) -> Iterator[Metric]:
        found = self._figures()
        up = GaugeMetricFamily("assay_database_up", "Whether the tables could be read.")
        up.add_metric([], 0.0 if found is None else 1.0)
        yield up
        if found is not None:
            yield from families(found)

    def _figures(self) -> dict[str, Rows] | None:
        with self._lock:
            if self._kept is not None and self._clock() - self._kept[0] < self._seconds:
                return self._kept[1]
            try:
                with self._database.transaction() as tx:
                    found: dict[str, Rows] | None = dict(observing.figures(tx))
            except TransientError:
                found = None
            self._kept = (self._clock(), found)
            return found


def text(database: Database, *, seconds: float) -> Callable[[], bytes]:
    """A function that gives the exposition text."""
    registry = CollectorRegistry()
    registry.register(_Registered(Figures(database, seconds=seconds)))
    return lambda: generate_latest(registry)


class _Registered(Collector):
    """Registering must not ask the database for what there will be."""

    def __init__(self, inner: Figures) -> None:
        self._inner = inner

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        return self._inner.collect()


def families(found: Mapping[str, Rows]) -> Iterator[Metric]:
    """Metrics out of figures. Names of sources, targets, rules and codes are labels; nothing of a record is."""
    yield _gauge("assay_jobs", "Jobs by state.", found["jobs"], ("state",))
    yield _gauge("assay_work", "Open pieces of work.", found["works"], ("kind", "stage", "status", "lane"))
    yield _gauge("assay_work_waiting", "Work that waits, by what it waits on.", found["waits"], ("on",))
    yield _gauge(
        "assay_work_oldest_seconds", "Age of the oldest open work.", found["oldest"], ("kind", "status"), "seconds"
    )
    yield _counter("assay_work_ended", "Work that has ended.", found["ended"], ("kind", "status"))
    yield _counter(
        "assay_work_seconds", "Seconds from filing to end, waits included.", found["ended"], ("kind", "status"),
        "seconds",
    )  # fmt: skip
    results = [row for row in found["results"] if not row["result"].startswith(_RULE)]
    yield _counter(
        "assay_stage_results", "Records and rows by what a stage made of them.", results,
        ("source", "target", "result"),
    )  # fmt: skip
    rules = [
        {**row, "rule": row["result"].removeprefix(_RULE)}
        for row in found["results"]
        if row["result"].startswith(_RULE)
    ]
    yield _counter("assay_gate_findings", "Findings of the gate by rule.", rules, ("source", "target", "rule"))
    yield _gauge(
        "assay_records_open", "Records of jobs that are on their way, held or in review.", found["open_items"],
        ("source", "target", "state"),
    )  # fmt: skip
    yield _gauge(
        "assay_dead_letters", "Dead letters.", found["letters"], ("source", "target", "stage", "code", "state")
    )
    called = ("purpose", "model", "state", "outcome")
    yield _counter("assay_model_calls", "Requests to a model.", found["calls"], called)
    yield _counter("assay_model_seconds", "Seconds spent in requests to a model.", found["calls"], called, "seconds")
    yield _counter("assay_model_cost", "Money spent, as far as prices are known.", found["calls"], called, "cost")
    tokens = [{**row, "side": side, "n": row[side]} for row in found["calls"] for side in ("input", "output")]
    yield _counter("assay_model_tokens", "Tokens spent.", tokens, (*called, "side"))
    for side in ("used", "reserved"):
        for unit in ("tokens", "money"):
            yield _gauge(
                f"assay_budget_{side}_{unit}", f"What of the budgets in force is {side}.", found["budgets"],
                ("scope", "key"), f"{side}_{unit}",
            )  # fmt: skip
    yield _gauge(
        "assay_cost_per_written", "Money per written record, failures included.", found["cost_per_written"],
        ("source",),
    )  # fmt: skip
    yield _gauge("assay_breaker_state", "Breakers that are not closed.", found["breakers"], ("kind", "key", "state"))
    yield _counter("assay_breaker_transitions", "Changes of breakers by what they became.", found["transitions"],
                   ("kind", "state"))  # fmt: skip
    yield _counter("assay_model_failovers", "Requests to the second provider.", found["failovers"], ("model",))
    yield _gauge("assay_plans", "Plans by state.", found["plans"], ("source", "target", "state"))
    yield _gauge(
        "assay_field_fill_ratio", "Share of the newest day's records that fill a field.",
        [row for row in found["field_fill"] if row["n"] is not None], ("source", "target", "field"),
    )  # fmt: skip
    yield _counter(
        "assay_drift_findings", "Released fields whose fill or values moved.", found["drift"],
        ("source", "target", "field", "what"),
    )  # fmt: skip
    yield _gauge("assay_reviews_open", "Questions that wait for a person.", found["reviews"], ("rule",))
    yield _gauge("assay_reviews_oldest_seconds", "Age of the oldest.", found["reviews"], ("rule",), "seconds")
    yield _gauge("assay_frozen", "What is frozen: sources, or with an empty name all.", found["frozen"], ("source",))
    yield _counter("assay_retention_removed", "Rows removed in time.", found["retention"], ("what",))
    yield _gauge(
        "assay_retention_kept",
        "Rows past their time that something still needs.",
        found["retention"],
        ("what",),
        "kept",
    )
    yield _gauge("assay_workers", "Worker processes that show signs of life.", found["workers"], ("role",))
    yield _gauge(
        "assay_dispatcher_silent_seconds", "Seconds since the dispatcher showed that it lives.",
        [row for row in found["dispatcher"] if row["seconds"] is not None], (), "seconds",
    )  # fmt: skip


def _gauge(name: str, help_: str, rows: Rows, labels: Sequence[str], value: str = "n") -> Metric:
    return _filled(GaugeMetricFamily(name, help_, labels=labels), rows, labels, value)


def _counter(name: str, help_: str, rows: Rows, labels: Sequence[str], value: str = "n") -> Metric:
    return _filled(CounterMetricFamily(name, help_, labels=labels), rows, labels, value)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, rows: Rows, labels: Sequence[str], value: str) -> Metric:
    for row in rows:
        family.add_metric([str(row[label]) for label in labels], float(row[value]))
    return family
