"""`python -m benchmarks.rollback`: what it takes to un-write a plan half of whose rows a better one has filled since.

With `--kill` the processes that refold are killed half-way, once; the end has to be the same.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from benchmarks import records
from benchmarks.fleet import Fleet, running
from enrichment.client import Client

_SOURCE = """
[sources.{name}]
connector = "file"
path = "{name}.jsonl"
key = "/id"
precedence = {precedence}
"""
_CONFIGURATION = (
    '[targets.firm]\njson_schema = "firm.schema.json"\nidentity = ["name"]'
    + _SOURCE.format(name="firms", precedence=0)
    + _SOURCE.format(name="better", precedence=5)
)
_LATER = (
    "SELECT md5(string_agg(t::text, '|' ORDER BY name)) AS digest, count(*) AS n FROM public.firm t WHERE name IN ({})"
)
_BETTER = "SELECT key FROM assay.assertion WHERE target = 'firm' AND source = 'better'"
_POLL = 0.1


def main() -> int:
    """Measure and print; with `--json` as one object. The exit code says whether the end is as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rollback", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20_261_122)
    parser.add_argument("--limit-seconds", type=float, default=900.0)
    parser.add_argument("--kill", action="store_true", help="kill -9 whoever refolds, half-way")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        _write(folder, options)
        with running(folder, _CONFIGURATION.splitlines()) as fleet:
            found = _measure(fleet, folder, options)
    sys.stdout.write(json.dumps(found, indent=2) + "\n" if options.json else _told(found))
    return 0 if found["as_it_should"] else 1


def _write(folder: Path, options: argparse.Namespace) -> None:
    """All records, and every second one again as a better source has it."""
    records.write(folder / "firms.jsonl", records=options.records, shapes=1, seed=options.seed)
    with (folder / "firms.jsonl").open() as all_of_them, (folder / "better.jsonl").open("w") as better:
        for number, line in enumerate(all_of_them):
            if number % 2 == 0:
                record = json.loads(line)
                record["block0"]["website"] = f"www.better{number}.com"
                better.write(json.dumps(record) + "\n")
    (folder / "firm.schema.json").write_text(json.dumps(records.TARGET))


def _measure(fleet: Fleet, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    client = Client.local(folder / ".assay")
    for source in ("firms", "better"):
        client.submit(source=source, target="firm").wait(timeout=options.limit_seconds)
    url = str(fleet.status()["database"]["url"]).replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url, row_factory=dict_row, autocommit=True) as database:
        plan = client.plans.list(source="firms")[0]["id"]
        later = _one(database, _LATER.format(_BETTER))
        rows_before = _one(database, "SELECT count(*) AS n FROM public.firm")["n"]
        stop = threading.Event()
        watcher = threading.Thread(target=fleet.watch, args=(stop,), daemon=True)
        watcher.start()
        started = time.perf_counter()
        shown = client.plans.rollback(plan)
        dry_run = time.perf_counter() - started
        started = time.perf_counter()
        client.plans.rollback(plan, confirm=shown["confirm"], reason="benchmark")
        killed = _kill(fleet, database, options) if options.kill else 0
        work = _until(
            lambda: _one(database, "SELECT status, counts FROM assay.work WHERE kind = 'refold' ORDER BY id LIMIT 1"),
            lambda row: row["status"] == "done",
            options.limit_seconds,
        )
        seconds = time.perf_counter() - started
        stop.set()
        watcher.join()
        after = _one(database, _LATER.format(_BETTER))
        rows_after = _one(database, "SELECT count(*) AS n FROM public.firm")["n"]
        left = _one(
            database,
            f"SELECT count(*) AS n FROM assay.assertion WHERE plan_id = {int(plan)} AND state = 'standing'",
        )["n"]
        events = _one(database, "SELECT count(*) AS n, count(DISTINCT key) AS keys FROM assay.compensation")
        counts = dict(client.job(1).counts)
    untouched = after["n"] if after["digest"] == later["digest"] else 0
    return {
        "records": options.records,
        "seed": options.seed,
        "killed": killed,
        "rows_before": rows_before,
        "would": {name: shown[name] for name in ("assertions", "rows", "changed", "deleted", "untouched", "exact")},
        "seconds": {"dry_run": dry_run, "rollback": seconds},
        "assertions_per_second": shown["assertions"] / seconds,
        "did": dict(work["counts"]),
        "rows_after": rows_after,
        "later_rows_untouched": untouched,
        "events": events["n"],
        "job": counts,
        "peak_memory_mb": {name: round(size, 1) for name, size in sorted(fleet.peaks.items())},
        "as_it_should": bool(
            left == 0
            and rows_before == options.records
            and rows_after == untouched == later["n"] == (options.records + 1) // 2
            and events["n"] == events["keys"] == options.records - rows_after
            and sum(n for name, n in counts.items() if name != "accepted") == options.records
        ),
    }


def _kill(fleet: Fleet, database: psycopg.Connection[DictRow], options: argparse.Namespace) -> int:
    """Once half of the assertions are void, kill the processes that may refold. Gives how many."""
    _until(
        lambda: _one(database, "SELECT count(*) AS n FROM assay.assertion WHERE state = 'void'"),
        lambda row: row["n"] >= options.records // 2,
        options.limit_seconds,
    )
    pids = [s["pid"] for s in fleet.status()["services"] if s["pid"] and "upsert" in s["name"]]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return len(pids)


def _one(database: psycopg.Connection[DictRow], statement: str) -> DictRow:
    row = database.execute(statement.encode()).fetchone()
    return {} if row is None else row


def _until(look: Callable[[], DictRow], enough: Callable[[DictRow], bool], seconds: float) -> DictRow:
    """
    Raises:
        TimeoutError: it did not come to that.
    """
    deadline = time.monotonic() + seconds
    while not enough(row := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {row} after {seconds:g} s")
        time.sleep(_POLL)
    return row


def _told(found: dict[str, Any]) -> str:
    would, did, seconds = found["would"], found["did"], found["seconds"]
    lines = [
        f"{found['records']:,} records, every second one later asserted by a better plan, seed {found['seed']}",
        (
            f"dry run   {seconds['dry_run']:8.2f} s  of {would['rows']:,} rows {would['changed']:,} change,"
            f" {would['deleted']:,} go, {would['untouched']:,} stay"
        ),
        f"rollback  {seconds['rollback']:8.2f} s  {found['assertions_per_second']:,.0f} assertions/s,"
        f" {did.get('refolded', 0):,} rows refolded, {did.get('deleted', 0):,} deleted"
        + (f", killed half-way ({found['killed']} processes)" if found["killed"] else ""),
        (
            f"rows      {found['rows_before']:,} before, {found['rows_after']:,} after;"
            f" later rows untouched {found['later_rows_untouched']:,}"
        ),
        f"events    {found['events']:,}",
        "peak memory (MB): " + ", ".join(f"{n} {s:,.0f}" for n, s in found["peak_memory_mb"].items()),
        "the end is as it should be" if found["as_it_should"] else "THE END IS NOT AS IT SHOULD BE",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
