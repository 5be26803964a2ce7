"""`make bench`: what a stream of records costs end to end, beside a bare COPY of the same bytes in the same run."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import records
from benchmarks.fleet import Fleet, running
from enrichment.client import Client

_CONFIGURATION = """
[targets.firm]
json_schema = "firm.schema.json"
identity = ["name"]
[sources.firms]
connector = "file"
path = "firms.jsonl"
key = "/id"
""".strip().splitlines()


def main() -> int:
    """Measure and print; with `--json` as one object. The exit code says whether every record was written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--shapes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=20_261_122)
    parser.add_argument("--limit-seconds", type=float, default=600.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        records.write(folder / "firms.jsonl", records=options.records, shapes=options.shapes, seed=options.seed)
        (folder / "firm.schema.json").write_text(json.dumps(records.TARGET))
        with running(folder, _CONFIGURATION) as fleet:
            found = _measure(fleet, folder, options)
    _show(found, as_json=options.json)
    return 0 if found["counts"].get("written") == options.records else 1


def _measure(fleet: Fleet, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    floor = _bare_copy(fleet, folder / "firms.jsonl")
    stop = threading.Event()
    watcher = threading.Thread(target=fleet.watch, args=(stop,), daemon=True)
    watcher.start()
    client = Client.local(folder / ".assay")
    started = time.perf_counter()
    first = client.submit(source="firms", target="firm")
    first.wait(timeout=options.limit_seconds)
    cold = time.perf_counter() - started
    # Every record changes, while every plan is released: what the path costs when nothing is left to learn.
    records.write(folder / "firms.jsonl", records=options.records, shapes=options.shapes, seed=options.seed + 1)
    started = time.perf_counter()
    second = client.submit(source="firms", target="firm")
    second.wait(timeout=options.limit_seconds)
    warm = time.perf_counter() - started
    stop.set()
    watcher.join()
    return {
        "records": options.records,
        "shapes": options.shapes,
        "seed": options.seed,
        "state": first.state,
        "counts": dict(first.counts),
        "calls": dict(first.calls),
        "seconds": {"bare_copy": floor, "first_job": cold, "released_plans": warm},
        "records_per_second": {
            "bare_copy": options.records / floor,
            "first_job": options.records / cold,
            "released_plans": options.records / warm,
        },
        "peak_memory_mb": {name: round(size, 1) for name, size in sorted(fleet.peaks.items())},
    }


def _bare_copy(fleet: Fleet, path: Path) -> float:
    """Seconds to COPY the same texts into a table of one column: what no program can be faster than."""
    url = str(fleet.status()["database"]["url"]).replace("postgresql+psycopg://", "postgresql://")
    started = time.perf_counter()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TEMP TABLE bare (body jsonb)")
        with connection.cursor().copy("COPY bare (body) FROM STDIN") as copy, path.open("rb") as file:
            for line in file:
                copy.write(line.replace(b"\\", b"\\\\"))
    return time.perf_counter() - started


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    lines = [
        f"{found['records']:,} records of {found['shapes']} shapes, seed {found['seed']}",
        f"state {found['state']}: {found['counts']}",
        f"calls {found['calls']}",
        *(
            f"{name:<16}{found['seconds'][name]:>8.2f} s {rate:>10,.0f} records/s"
            for name, rate in found["records_per_second"].items()
        ),
        "peak memory (MB): " + ", ".join(f"{n} {s:,.0f}" for n, s in found["peak_memory_mb"].items()),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
