"""Where a row came from: the assertions under its key in the order of the fold, and the row as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from enrichment.exact import plain
from enrichment.store import ledger
from enrichment.store.database import Tx
from enrichment.store.target_table import TargetTable

#: Assertions of one key that are looked at, the newest first.
HISTORY = 200

_COLUMNS = """
    a.id, a.source, a.record_id, a.observation, a.plan_id, a.gate_id, a.version_type, a.version_number, a.version_text,
    a.cells, a.reasons, a.winners, a.payload_id, a.ordinal, nullif(a.job_id, 0) AS job_id, a.staged_id, a.state,
    a.created_at, a.voided_at, a.void_reason
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One assertion as it is told of; columns as in the table, but that no job is null."""

    id: int
    source: str
    record_id: str
    observation: int
    plan_id: int
    gate_id: int
    version: str | None
    cells: Mapping[str, Any]
    reasons: Mapping[str, Any]
    winners: Mapping[str, Any]
    payload_id: int | None
    ordinal: int | None
    job_id: int | None
    staged_id: int | None
    state: str
    created_at: datetime
    voided_at: datetime | None
    void_reason: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A row as it is, and as its fold, or what the table made of that, says that it is; both in the ledger's terms."""

    now: Mapping[str, Any]
    fold: Mapping[str, Any]


def live(tx: Tx, table: TargetTable, key: str) -> list[Entry]:
    """What counts under a key, the strongest last."""
    rows = tx.execute(
        sql.SQL(
            "WITH live AS ({live})"
            " SELECT {columns} FROM live a LEFT JOIN source s ON s.name = a.source ORDER BY {order}"
        ).format(live=sql.SQL(ledger.LIVE), columns=sql.SQL(_COLUMNS), order=ledger.order(table)),
        {"target": table.target.name, "keys": [key]},
    ).fetchall()
    return [_entry(row) for row in rows]


def all_of(tx: Tx, target: str, key: str) -> list[Entry]:
    """Everything that was ever asserted under a key, the newest first."""
    rows = tx.execute(
        f"""
        SELECT {_COLUMNS} FROM (
            SELECT * FROM assertion WHERE target = %(target)s AND key = %(key)s AND state = 'standing'
            UNION ALL
            SELECT * FROM assertion WHERE target = %(target)s AND key = %(key)s AND state = 'void'
        ) AS a ORDER BY a.id DESC LIMIT %(limit)s
        """,
        {"target": target, "key": key, "limit": HISTORY},
    ).fetchall()
    return [_entry(row) for row in rows]


def _entry(row: Mapping[str, Any]) -> Entry:
    values = dict(row)
    kind, number, text = (values.pop(f"version_{part}") for part in ("type", "number", "text"))
    said = {0: None, 1: None if number is None else plain(number), 3: text}
    moment = None if number is None or kind != 2 else datetime.fromtimestamp(float(number), tz=UTC)
    return Entry(**values, version=said.get(kind, None if moment is None else moment.isoformat()))


def row(tx: Tx, table: TargetTable, key: str) -> Standing | None:
    """The row of a key beside its fold; null where there is none, or where the text cannot be a key of this table."""
    try:
        with tx.transaction():
            found = tx.execute(
                sql.SQL(
                    """
                    WITH live AS ({live}),
                    folded AS (
                        SELECT {merged} AS cells
                        FROM live a LEFT JOIN source s ON s.name = a.source
                    )
                    SELECT {now} AS now,
                           {fold} || CASE WHEN m.made ->> '~' = m.folded THEN m.made ELSE '{{}}'::jsonb END AS fold
                    FROM {table} t CROSS JOIN folded f
                    LEFT JOIN target_key m ON m.target = %(target)s AND m.key = %(key)s
                    CROSS JOIN LATERAL (
                        SELECT {filled} FROM jsonb_populate_record(NULL::{table}, coalesce(f.cells, '{{}}'::jsonb)) AS p
                    ) AS r
                    WHERE {matches}
                    """
                ).format(
                    live=sql.SQL(ledger.LIVE),
                    merged=ledger.merged(table, "a.cells"),
                    now=table.cells_of("t"),
                    fold=table.cells_of("r"),
                    table=table.name,
                    filled=table.filled("p"),
                    matches=table.matches_key("t", "%(key)s"),
                ),
                {"target": table.target.name, "keys": [key], "key": key},
            ).fetchone()
    except psycopg.DataError:
        return None
    return None if found is None else Standing(found["now"], found["fold"])


@dataclass(frozen=True, slots=True)
class Looked:
    """The audit's word on one staged row."""

    verdicts: Mapping[str, str]
    auditor: str | None
    judged_at: datetime | None


def looked_at(tx: Tx, staged_ids: Sequence[int]) -> dict[int, Looked]:
    rows = tx.execute(
        "SELECT staged_id, verdicts, auditor, judged_at FROM sample WHERE staged_id = ANY(%s) AND state = 'judged'",
        (list(staged_ids),),
    ).fetchall()
    return {r["staged_id"]: Looked(r["verdicts"], r["auditor"], r["judged_at"]) for r in rows}


def gate_versions(tx: Tx, gate_ids: Sequence[int]) -> dict[int, str]:
    rows = tx.execute("SELECT id, version FROM gate WHERE id = ANY(%s)", (list(gate_ids),)).fetchall()
    return {row["id"]: row["version"] for row in rows}


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a record is that has no row: the state of its item or staged row, and what decides on it."""

    state: str
    source: str
    record_id: str
    job: int | None
    code: str | None = None
    plan: int | None = None
    letter: int | None = None
    review: int | None = None


def whereabouts(tx: Tx, target: str, key: str) -> Whereabouts | None:
    """Look for a row that is staged under this key, else for a record with this id."""
    staged = tx.execute(
        """
        SELECT s.state, s.source, s.record_id, nullif(s.job_id, 0) AS job, s.plan_id AS plan, r.rule AS code,
               r.id AS review, i.state AS item
        FROM staged s LEFT JOIN review r ON r.staged_id = s.id AND r.state = 'open'
        LEFT JOIN item i ON i.job_id = s.job_id AND i.record_id = s.record_id
        WHERE s.target = %s AND s.key = %s ORDER BY s.state = 'dry', s.id DESC LIMIT 1
        """,
        (target, key),
    ).fetchone()
    if staged is not None and staged["state"] in {"staged", "review", "dry"}:
        shown = {"staged": staged["item"] or "held", "review": "review", "dry": "dry_run"}[staged["state"]]
        return Whereabouts(
            shown, staged["source"], staged["record_id"], staged["job"], staged["code"], staged["plan"],
            review=staged["review"],
        )  # fmt: skip
    record_id = key if staged is None else staged["record_id"]
    item = tx.execute(
        """
        SELECT i.state, j.source, i.record_id, j.id AS job, i.code, i.plan_id AS plan,
               -- a replay that failed returned to the letter of the job before it
               (SELECT d.id FROM dead_letter d WHERE d.record_id = i.record_id AND d.source = j.source
                AND d.target = j.target AND i.state IN ('dead', 'discarded')
                ORDER BY d.job_id = j.id DESC, d.id DESC LIMIT 1) AS letter
        FROM job j JOIN item i ON i.job_id = j.id AND i.record_id = %s
        WHERE j.target = %s AND i.state NOT IN ('written', 'unchanged') ORDER BY j.id DESC LIMIT 1
        """,
        (record_id, target),
    ).fetchone()
    return None if item is None else Whereabouts(**item)


def waiting(tx: Tx, target: str, key: str, fields: Sequence[str]) -> list[tuple[Entry, Whereabouts]]:
    """Rows staged under a key that fill one of these fields once somebody, or the audit, lets them; the newest first.

    Their ids are below zero: they are no assertions yet. Waiting rows are found by what they wait for: no index has
    the keys of all rows that were ever staged.
    """
    rows = tx.execute(
        """
        SELECT -s.id AS id, s.source, s.record_id, s.observation, s.plan_id, s.gate_id,
               coalesce((s.version ->> 'type')::int, 0) AS version_type,
               (s.version ->> 'number')::numeric AS version_number, s.version ->> 'text' AS version_text,
               s.cells, s.reasons, s.winners, s.payload_id, s.ordinal, nullif(s.job_id, 0) AS job_id,
               s.id AS staged_id, s.state, s.created_at, NULL AS voided_at, NULL AS void_reason, r.id AS review, r.rule
        FROM (
            SELECT * FROM staged WHERE state = 'staged' AND dry_job = 0
            UNION ALL
            SELECT s.* FROM review q JOIN staged s ON s.id = q.staged_id WHERE q.state = 'open' AND s.state = 'review'
        ) AS s LEFT JOIN review r ON r.staged_id = s.id AND r.state = 'open'
        WHERE s.target = %s AND s.key = %s AND s.cells ?| %s ORDER BY s.id DESC LIMIT %s
        """,
        (target, key, list(fields), HISTORY),
    ).fetchall()
    found = []
    for row in rows:
        review, rule = row.pop("review"), row.pop("rule")
        entry = _entry(row)
        state = "review" if entry.state == "review" else "held"
        where = Whereabouts(
            state, entry.source, entry.record_id, entry.job_id, rule, entry.plan_id or None, review=review
        )
        found.append((entry, where))
    return found


def key_of_record(tx: Tx, target: str, record_id: str) -> tuple[str, str] | None:
    """(source, key) under which a record with this id stands."""
    found = tx.execute(
        """
        SELECT a.source, a.key FROM source s JOIN assertion a ON a.source = s.name
        WHERE a.target = %s AND a.record_id = %s AND a.state = 'standing' ORDER BY a.id DESC LIMIT 1
        """,
        (target, record_id),
    ).fetchone()
    return None if found is None else (found["source"], found["key"])
