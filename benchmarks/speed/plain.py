"""What Assay is compared with: the same five steps as a plain Celery chain, for each record or for each chunk.

The records travel in the messages, as they do in most such chains; the settings of Celery are Assay's own. The gate is
a look at the required field and the audit is none; nothing is remembered, and what is delivered twice is done twice.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from celery import Celery, chain

from benchmarks.speed.mapped import Rows
from tasks.celery_app import create_app

STEPS = ("fetch", "map", "gate", "audit", "upsert")
TABLE = "bench.plain"
#: Messages that are published in one round trip.
_BATCH = 500
_POLL = 0.05

Cells = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the chain runs: a Redis database that nobody else uses, PostgreSQL, and a file with the plans."""

    broker: str
    database: str
    plans: Path
    limit_seconds: float


def measure(ground: Ground, texts: Sequence[str], *, pool: str, size: int, chunk: int) -> dict[str, Any]:
    """Put all texts through the chain, `chunk` of them in each message; seconds begin before the first is published."""
    with psycopg.connect(ground.database, autocommit=True) as database, _worker(ground, pool=pool, size=size) as worker:
        app = create_app(ground.broker)
        ends = time.monotonic() + ground.limit_seconds

        def going_on() -> bool:
            return worker.poll() is None and time.monotonic() < ends

        warm = texts[: max(chunk, _BATCH // 10)]
        _run(app, database, warm, chunk=chunk, going_on=going_on)
        started = time.perf_counter()
        rows = _run(app, database, texts, chunk=chunk, going_on=going_on)
        seconds = time.perf_counter() - started
        app.close()
    return {
        "pool": pool,
        "processes_or_threads": size,
        "chunk": chunk,
        "records": len(texts),
        "lost": len(texts) - rows,
        "seconds": round(seconds, 3),
        "records_per_second": round(len(texts) / seconds, 1),
    }


def _run(
    app: Celery, database: psycopg.Connection, texts: Sequence[str], *, chunk: int, going_on: Callable[[], bool]
) -> int:
    """Publish and wait until all have come or nothing goes on; gives the rows that came."""
    database.execute(f"TRUNCATE {TABLE}")
    parts = [texts[at : at + chunk] for at in range(0, len(texts), chunk)]
    for at in range(0, len(parts), _BATCH):
        with app.producer_pool.acquire(block=True, timeout=10) as producer, producer.batch():
            for part in parts[at : at + _BATCH]:
                _chain(app, list(part)).apply_async(producer=producer)
    while (rows := _count(database)) < len(texts) and going_on():
        time.sleep(_POLL)
    return rows


def _chain(app: Celery, texts: list[str]) -> Any:  # noqa: ANN401 - Celery's signatures are not typed
    first, *others = STEPS
    begin = app.signature(f"plain.{first}", args=(texts,), queue=first)
    return chain(begin, *(app.signature(f"plain.{step}", queue=step) for step in others), app=app)


def _count(database: psycopg.Connection) -> int:
    row = database.execute(f"SELECT count(*) FROM {TABLE}").fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _worker(ground: Ground, *, pool: str, size: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.speed.plain", "--pool", pool, "--size", str(size)]
    command += ["--broker", ground.broker, "--database", ground.database, "--plans", str(ground.plans)]
    # Errors are shown; that it runs as root, and that it stops, is of no interest.
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def steps(rows: Rows, insert: Callable[[list[Cells]], None]) -> dict[str, Callable[[Any], Any]]:
    """The five steps, each from what the one before gave to what the next one takes."""

    def fetch(texts: list[str]) -> list[Any]:
        return [json.loads(text) for text in texts]

    def mapped(found: list[Any]) -> list[Cells]:
        return [_plain(rows.cells(record)) for record in found]

    def gate(found: list[Cells]) -> list[Cells]:
        return [cells for cells in found if cells["name"]]

    def audit(found: list[Cells]) -> list[Cells]:
        return found

    return dict(zip(STEPS, (fetch, mapped, gate, audit, insert), strict=True))


def _plain(cells: Cells) -> Cells:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in cells.items()}


def insert_sql(columns: Sequence[str]) -> str:
    """One row of the table; one that is there is replaced."""
    listed = ", ".join(columns)
    values = ", ".join(f"%({name})s" for name in columns)
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns if name != "name")
    return f"INSERT INTO {TABLE} ({listed}) VALUES ({values}) ON CONFLICT (name) DO UPDATE SET {changed}"


def _inserting(url: str, rows: Rows) -> Callable[[list[Cells]], None]:
    """One connection per thread or child, made when it is first needed; one transaction for what comes together."""
    here = threading.local()
    columns = [field.name for field in rows.target.fields]
    statement = insert_sql(columns)
    nothing = dict.fromkeys(columns)

    def insert(mapped: list[Cells]) -> None:
        if not hasattr(here, "connection"):
            here.connection = psycopg.connect(url)
        with here.connection.transaction(), here.connection.cursor() as cursor:
            cursor.executemany(statement, [{**nothing, **cells} for cells in mapped])

    return insert


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.plain", description="The worker of the chain.")
    for name in ("pool", "size", "broker", "database", "plans"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    rows = Rows.load(Path(options.plans))
    app = create_app(options.broker, prefork=options.pool == "prefork")
    for name, step in steps(rows, _inserting(options.database, rows)).items():
        app.task(step, name=f"plain.{name}", queue=name)
    app.Worker(
        pool=options.pool,
        concurrency=int(options.size),
        queues=list(STEPS),
        optimization="fair",
        without_gossip=True,
        without_mingle=True,
        quiet=True,
        loglevel="WARNING",
    ).start()


if __name__ == "__main__":
    main()
