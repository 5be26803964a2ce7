"""The floor: what the same rows cost PostgreSQL by themselves, in one connection and one transaction.

COPY into a temporary table, payload blobs, an assertion for each row and an upsert of each target row, set-based, into
tables of the same form and with the same indexes as Assay's. Everything else is done before the clock starts.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from benchmarks.speed.mapped import Rows
from enrichment import payload
from enrichment.connectors.pages import FetchedRecord
from enrichment.members import Member
from enrichment.staged_text import staged
from enrichment.store.new_rows import NewStaged

_CHUNK = 500
_MADE = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.payload (LIKE assay.payload INCLUDING ALL);
CREATE TABLE bench.assertion (LIKE assay.assertion INCLUDING ALL);
CREATE TABLE bench.firm (LIKE public.firm INCLUDING ALL);
CREATE TABLE bench.plain (LIKE public.firm INCLUDING ALL);
"""
_STAGED: Final = ("key", "record_id", "observation", "payload_id", "ordinal", "cells", "reasons", "winners")


@dataclass(frozen=True, slots=True)
class Prepared:
    rows: list[NewStaged]
    payloads: list[tuple[int, payload.Payload]]


def make_tables(database: psycopg.Connection) -> None:
    """Empty tables in a schema of their own."""
    database.execute(_MADE)


def prepare(path: Path, rows: Rows, *, observation: int) -> Prepared:
    """Rows as the gate accepts them, and the payloads that they come from."""
    accepted: list[NewStaged] = []
    payloads: list[tuple[int, payload.Payload]] = []
    for number, chunk in enumerate(_chunks(path), 1):
        fetched = []
        for ordinal, text in enumerate(chunk):
            record = json.loads(text)
            verdict = rows.judge(record)(record)
            member = Member(record["id"], observation, number, ordinal)
            accepted.append(staged(1, member, verdict, None))
            digest = hashlib.blake2b(text, digest_size=16).digest()
            fetched.append(FetchedRecord(record["id"], text, digest, None))
        payloads.append((len(chunk), payload.pack(fetched)))
    return Prepared(accepted, payloads)


def _chunks(path: Path) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    with path.open("rb") as file:
        for line in file:
            chunk.append(line.strip())
            if len(chunk) == _CHUNK:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def load(url: str, prepared: Prepared, *, columns: list[str]) -> dict[str, Any]:
    """Seconds of one transaction that writes all of it."""
    listed, staged_columns = ", ".join(columns), ", ".join(_STAGED)
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns if name != "name")
    with psycopg.connect(url) as database:
        started = time.perf_counter()
        database.execute(
            "CREATE TEMP TABLE staged_rows (key text, record_id text, observation int, payload_id bigint, ordinal int,"
            " cells jsonb, reasons jsonb, winners jsonb) ON COMMIT DROP"
        )
        _copy(
            database,
            "COPY bench.payload (source, job_id, records, blob, index) FROM STDIN",
            (("firms", 1, count, one.blob, one.index) for count, one in prepared.payloads),
        )
        _copy(
            database,
            f"COPY staged_rows ({staged_columns}) FROM STDIN",
            (tuple(row[name] for name in _STAGED) for row in prepared.rows),
        )
        database.execute(
            "INSERT INTO bench.assertion (target, source, plan_id, gate_id, version_type, job_id, staged_id, state,"
            f" {staged_columns}) SELECT 'firm', 'firms', 1, 1, 0, 1, 1, 'standing', {staged_columns} FROM staged_rows"
        )
        database.execute(
            f"INSERT INTO bench.firm ({listed}) SELECT {listed}"
            " FROM staged_rows s CROSS JOIN LATERAL jsonb_populate_record(NULL::bench.firm, s.cells)"
            f" ON CONFLICT (name) DO UPDATE SET {changed}"
        )
        database.commit()
        seconds = time.perf_counter() - started
        row = database.execute("SELECT count(*) FROM bench.firm").fetchone()
    count = len(prepared.rows)
    return {
        "records": count,
        "lost": count - (int(row[0]) if row else 0),
        "seconds": round(seconds, 3),
        "records_per_second": round(count / seconds, 1),
    }


def _copy(database: psycopg.Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with database.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
