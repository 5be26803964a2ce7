"""Everything that `make bench` measures, in one run on one machine, and what is compared with what."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import psycopg

from benchmarks import records
from benchmarks.speed import assay, floor, gate_cost, plain
from benchmarks.speed.assay import Setup
from benchmarks.speed.mapped import Rows
from workers.embedded import OWNER, EmbeddedServers

#: What can be asked for by `--only`. The first one is always measured: the others need its plans.
PARTS: Final = ("assay", "gate", "plain", "chunk", "floor", "workers", "shapes", "chunks", "widths", "model")
WORKERS: Final = (1, 2, 4, 8)
SHAPES: Final = (1, 10, 100)
CHUNKS: Final = (500, 1_000, 2_000)
#: Members of a record that no target field asks for.
WIDTHS: Final = (0, 20, 80)
DELAY: Final = 0.3


#: Name of a series -> what its fleets differ by.
SERIES: Final = {
    "by_workers": "workers",
    "by_shapes": "shapes",
    "by_chunks": "chunk_size",
    "by_widths": "record_bytes",
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """Records of each part; `series` is for each fleet of the parts workers, shapes, widths and model."""

    records: int
    shapes: int
    plain: int
    series: int
    seed: int
    limit_seconds: float


def measure(folder: Path, sizes: Sizes, parts: frozenset[str], say: Callable[[str], None]) -> dict[str, Any]:
    """Run the parts one after the other, so that none takes the machine from another."""
    setup = Setup(sizes.records, sizes.shapes, sizes.seed, sizes.limit_seconds)
    say(f"Assay, {sizes.records:,} records of {sizes.shapes} shapes, twice")
    found: dict[str, Any] = {
        "machine": {
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "system": platform.system(),
            "architecture": platform.machine(),
            "python": platform.python_version(),
        },
        "seed": sizes.seed,
        **assay.measure(folder / "main", setup),
    }
    if "gate" in parts:
        say("the gate alone")
        found["gate"] = gate_cost.measure(records=min(sizes.records, 10_000), seed=sizes.seed)
    if parts & {"plain", "chunk", "floor"}:
        found |= _beside(folder / "main", sizes, parts, say)
    small = replace(setup, records=sizes.series)
    if "workers" in parts:
        found["by_workers"] = [_one(folder, replace(small, workers=n), say) for n in WORKERS]
    if "shapes" in parts:
        found["by_shapes"] = [_one(folder, replace(small, shapes=n), say) for n in SHAPES]
    if "chunks" in parts:
        # Samples are drawn by the day: of as many records as the first part has, they weigh as little as there.
        found["by_chunks"] = [_one(folder, replace(setup, chunk=n), say) for n in CHUNKS]
    if "widths" in parts:
        found["by_widths"] = [_one(folder, replace(small, beside=n), say) for n in WIDTHS]
    if "model" in parts:
        found["slow_model"] = _one(folder, replace(small, delay=DELAY), say)
    return found | conclusions(found)


def _one(folder: Path, setup: Setup, say: Callable[[str], None]) -> dict[str, Any]:
    workers = "" if setup.workers is None else f", {setup.workers} processes of gate and upsert each"
    late = f", a model {setup.delay:g} s away" if setup.delay else ""
    chunks = f", in chunks of {setup.chunk:,}" if setup.chunk else ""
    wide = f", {setup.beside} members more" if setup.beside else ""
    say(f"Assay, {setup.records:,} records of {setup.shapes} shapes{workers}{chunks}{wide}{late}")
    own = folder / f"s{setup.shapes}-w{setup.workers or 0}-c{setup.chunk or 0}-b{setup.beside}-d{setup.delay:g}"
    found = assay.measure(own, setup)
    return {name: value for name, value in found.items() if name not in {"stages", "counts", "counts_released"}}


def _beside(folder: Path, sizes: Sizes, parts: frozenset[str], say: Callable[[str], None]) -> dict[str, Any]:
    """What the same servers do without Assay, which does not run meanwhile."""
    rows = Rows.load(folder / "plans.json")
    found: dict[str, Any] = {}
    with EmbeddedServers(folder / ".assay") as servers:
        url = servers.postgres.url_for(OWNER).replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(url, autocommit=True) as database:
            floor.make_tables(database)
        if "floor" in parts:
            say("the floor: COPY, payloads, ledger and upsert, set-based")
            found["floor"] = _floor(url, folder, sizes, rows)
        # A Redis database of its own: nobody else hears of it.
        broker = servers.redis.url.rpartition("/")[0] + "/1"
        ground = plain.Ground(broker, url, folder / "plans.json", sizes.limit_seconds)
        for name, chunk in (("plain", 1), ("chunk", 500)):
            if name in parts:
                found[name] = _plain(ground, folder, sizes, name, chunk, say)
    return found


def _floor(url: str, folder: Path, sizes: Sizes, rows: Rows) -> dict[str, Any]:
    """As the second job: the rows are there, and every one changes."""
    columns = [field.name for field in rows.target.fields]
    path = folder / "before.jsonl"
    records.write(path, records=sizes.records, shapes=sizes.shapes, seed=sizes.seed)
    first = floor.load(url, floor.prepare(path, rows, observation=1), columns=columns)
    second = floor.load(url, floor.prepare(folder / "firms.jsonl", rows, observation=2), columns=columns)
    return {**second, "into_empty_tables": {k: first[k] for k in ("seconds", "records_per_second")}}


def _plain(
    ground: plain.Ground, folder: Path, sizes: Sizes, name: str, chunk: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """The better of prefork and threads."""
    wanted = sizes.plain if chunk == 1 else sizes.records
    with (folder / "firms.jsonl").open(encoding="utf-8") as file:
        texts = [line.strip() for _, line in zip(range(wanted), file, strict=False)]
    cores = os.cpu_count() or 1
    tried = []
    for pool, size in (("prefork", cores), ("threads", 4 * cores)):
        say(f"a plain Celery chain per {name if name == 'chunk' else 'record'}, {pool}, {len(texts):,} records")
        tried.append(plain.measure(ground, texts, pool=pool, size=size, chunk=chunk))
        time.sleep(0.5)
    best = max(tried, key=lambda one: float(one["records_per_second"]))
    return {**best, "lost": sum(one["lost"] for one in tried), "tried": tried}


def conclusions(found: Mapping[str, Any]) -> dict[str, Any]:
    """Ratios of Assay on released plans, and the records that any part lost. Pure."""
    rate = found["records_per_second"]["released_plans"]
    against = {
        name: round(rate / found[key]["records_per_second"], 3)
        for name, key in (("plain_chain", "plain"), ("plain_chunk", "chunk"), ("floor", "floor"))
        if key in found
    }
    others = [found[name] for name in ("gate", "plain", "chunk", "floor", "slow_model") if name in found]
    others += [one for name in SERIES for one in found.get(name, ())]
    return {"ratios": against, "lost_in_all": sum(abs(one["lost"]) for one in (found, *others))}


def progress(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
