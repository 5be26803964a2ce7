"""Assay itself: a fleet of its own, a first job, and a second one over the same records with other figures."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import records
from benchmarks.fleet import Fleet, running
from benchmarks.speed import slow_model
from benchmarks.speed.mapped import kept
from benchmarks.speed.stages import by_stage, events
from enrichment.client import Client, Job

_CONFIGURATION = """
[targets.firm]
json_schema = "firm.schema.json"
identity = ["name"]
[sources.firms]
connector = "file"
path = "firms.jsonl"
key = "/id"
[log]
format = "json"
"""


@dataclass(frozen=True, slots=True)
class Setup:
    """One fleet.

    workers: processes of the gate role and of the upsert role each, null for the default
    delay:   of the model, in seconds
    chunk:   records in every chunk, null for the default, with which they grow
    beside:  members of each record that no target field asks for
    """

    records: int
    shapes: int
    seed: int
    limit_seconds: float
    workers: int | None = None
    delay: float = 0.0
    chunk: int | None = None
    beside: int = 0


def measure(folder: Path, setup: Setup) -> dict[str, Any]:
    """Run both jobs over a new data directory in `folder`; the fleet is stopped again, its data stay.

    Raises:
        TimeoutError: a job did not end in time.
    """
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)
    _write(folder, setup, seed=setup.seed)
    (folder / "firm.schema.json").write_text(json.dumps(records.TARGET))
    with slow_model.answering(setup.delay) if setup.delay else nullcontext("") as model:
        text = _CONFIGURATION + (slow_model.configuration(model) if model else "")
        if setup.workers is not None:
            text += f"\n[workers]\ngate = {setup.workers}\nupsert = {setup.workers}\n"
        if setup.chunk is not None:
            text += f"\n[work]\nchunk_size = {setup.chunk}\nchunk_growth = 1\n"
        with running(folder, text.strip().splitlines()) as fleet, _watched(fleet):
            found = _jobs(fleet, folder, setup)
    found["peak_memory_mb"] = {name: round(size, 1) for name, size in sorted(fleet.peaks.items())}
    found["stages"] = by_stage(events(folder / ".assay" / "logs"), job=found.pop("job"), records=setup.records)
    return found


def _write(folder: Path, setup: Setup, *, seed: int) -> None:
    path = folder / "firms.jsonl"
    records.write(path, records=setup.records, shapes=setup.shapes, seed=seed, beside=setup.beside)


def _jobs(fleet: Fleet, folder: Path, setup: Setup) -> dict[str, Any]:
    client = Client.local(folder / ".assay")
    first, cold = _timed(client, setup)
    # Every record changes, while every plan is released: what the path costs when nothing is left to learn.
    _write(folder, setup, seed=setup.seed + 1)
    before = fleet.processor_seconds()
    second, warm = _timed(client, setup)
    used = fleet.processor_seconds()
    (folder / "plans.json").write_text(json.dumps(kept(client.plans.list(source="firms"))))
    written = min(int(job.counts.get("written", 0)) + int(job.counts.get("unchanged", 0)) for job in (first, second))
    return {
        "job": second.id,
        "records": setup.records,
        "shapes": setup.shapes,
        "workers": setup.workers,
        "model_delay": setup.delay,
        "chunk_size": setup.chunk,
        "record_bytes": round((folder / "firms.jsonl").stat().st_size / setup.records),
        "state": first.state,
        "counts": dict(first.counts),
        "counts_released": dict(second.counts),
        "calls": dict(first.calls),
        "calls_released": dict(second.calls),
        "lost": setup.records - written,
        "seconds": {"first_job": round(cold, 3), "released_plans": round(warm, 3)},
        "records_per_second": {
            "first_job": round(setup.records / cold, 1),
            "released_plans": round(setup.records / warm, 1),
        },
        "cpu_seconds": {name: round(used[name] - before.get(name, 0.0), 2) for name in sorted(used)},
    }


def _timed(client: Client, setup: Setup) -> tuple[Job, float]:
    started = time.perf_counter()
    job = client.submit(source="firms", target="firm")
    job.wait(timeout=setup.limit_seconds)
    return job, time.perf_counter() - started


@contextmanager
def _watched(fleet: Fleet) -> Iterator[None]:
    stop = threading.Event()
    watcher = threading.Thread(target=fleet.watch, args=(stop,), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()
