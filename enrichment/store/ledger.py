"""The ledger: what is asserted of each row, under the lock of its key. `folding` makes rows of it.

A target row is the fold of its key's standing assertions. Whoever changes assertions locks the keys first, in key
order; then, in following statements that see what earlier holders committed, appends or voids; then folds exactly
those keys. The outcome depends on which assertions stand, never on when they came.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from enrichment.store.database import Tx, made, stay_awake
from enrichment.store.target_table import TargetTable
from schemas.codes import Code
from schemas.states import SCHEMA

# Ascending, so that the last one merged into the document wins: a baseline above or below every source by the
# target's setting, then precedence, source name, version (missing, number, date-time, text), observation, record id.
_ORDER = """
    (a.source = 'baseline') {baseline}, s.precedence NULLS FIRST, a.source COLLATE "C", a.version_type,
    a.version_number NULLS FIRST, a.version_text COLLATE "C" NULLS FIRST, a.observation, a.record_id COLLATE "C"
"""

#: Of one record and observation only the standing assertion of the latest plan and gate counts.
LIVE = """
    SELECT DISTINCT ON (key, source, record_id, observation) *
    FROM assertion WHERE target = %(target)s AND key = ANY(%(keys)s) AND state = 'standing'
    ORDER BY key, source, record_id, observation, plan_id DESC, gate_id DESC, id DESC
"""


def begin_merge(tx: Tx) -> None:
    """Set up the transaction of a merge.

    Constraints that the user's table defers refuse the row that breaks them, not the transaction at its end. A merge
    is of few keys and every join of it goes by an index: without statistics, as of a young table, the planner would
    rather read all of it. Triggers of the user's table find other tables where those of any program would: behind
    ours, since our own statements name theirs alone.
    """
    tx.execute(
        "SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;"
        f" SET LOCAL search_path = {SCHEMA}, public"
    )


def lock_keys(tx: Tx, target: str, keys: Sequence[str]) -> None:
    """Lock rows of the key table in key order; made where they do not exist. Held until the transaction ends."""
    keys = sorted(set(keys))
    if tx.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
        # Before anything was asked the attempt would be a transaction of its own, and commit its locks away.
        stay_awake(tx)
    with tx.transaction() as attempt:
        if (there := _lock(tx, target, keys)) < len(keys):
            # None may stay locked: the new ones would come out of order.
            raise psycopg.Rollback(attempt)
    if there == len(keys):
        return
    tx.execute(
        "INSERT INTO target_key (target, key) SELECT %s, k FROM unnest(%s::text[]) AS k"
        ' ORDER BY k COLLATE "C" ON CONFLICT DO NOTHING',
        (target, keys),
    )
    _lock(tx, target, keys)


def _lock(tx: Tx, target: str, keys: Sequence[str]) -> int:
    """How many of these keys there are."""
    return tx.execute(
        'SELECT FROM target_key WHERE target = %s AND key = ANY(%s) ORDER BY key COLLATE "C" FOR UPDATE',
        (target, keys),
    ).rowcount


def forget_top(tx: Tx, target: str, key: str) -> None:
    """The next row of this key is folded with all that stands."""
    tx.execute("UPDATE target_key SET top = NULL WHERE target = %s AND key = %s", (target, key))


MERGED = """
    UPDATE staged SET state = 'merged' WHERE id = ANY(%(ids)s) AND target = %(target)s
    RETURNING target, key, source, record_id, observation, plan_id, gate_id, version, cells, reasons, winners,
              payload_id, ordinal, job_id, id
"""
APPENDED = """
    INSERT INTO assertion (target, key, source, record_id, observation, plan_id, gate_id, version_type, version_number,
                           version_text, cells, reasons, winners, payload_id, ordinal, job_id, staged_id, state)
    SELECT target, key, source, record_id, observation, plan_id, gate_id,
           coalesce((version ->> 'type')::int, 0), (version ->> 'number')::numeric, version ->> 'text',
           cells, reasons, winners, payload_id, ordinal, job_id, id, 'standing'
    FROM merged
    ON CONFLICT (target, source, record_id, observation, plan_id, gate_id) WHERE state = 'standing' DO NOTHING
"""


def append_staged(tx: Tx, staged_ids: Sequence[int], *, target: str) -> int:
    """Append an assertion for each staged row, which is merged by that.

    One that already stands for the same observation is left as it is.
    """
    return tx.execute(f"WITH merged AS ({MERGED}) {APPENDED}", {"ids": list(staged_ids), "target": target}).rowcount


def any_withheld(tx: Tx, plan_id: int, fields: Collection[str]) -> bool:
    """Whether anything stands of a plan in which one of these fields was left empty because nobody could decide it."""
    row = tx.execute(
        """
        SELECT EXISTS (
            SELECT 1 FROM assertion WHERE plan_id = %s AND state = 'standing' AND EXISTS (
                SELECT 1 FROM jsonb_each_text(reasons) AS r(name, reason)
                WHERE r.reason = %s AND r.name = ANY(%s))) AS there
        """,
        (plan_id, Code.NOT_RELEASED.value, list(fields)),
    ).fetchone()
    return row is not None and bool(row["there"])


def void_emptied(tx: Tx, staged_ids: Sequence[int]) -> int:
    """Void what stands without cells that were condemned, or that nobody could decide, where a staged row of the same
    plan fills them.
    """
    return tx.execute(
        """
        UPDATE assertion a SET state = 'void', voided_at = now(), void_reason = 'restored'
        FROM staged s
        WHERE s.id = ANY(%s) AND a.target = s.target AND a.source = s.source AND a.record_id = s.record_id
          AND a.observation = s.observation AND a.plan_id = s.plan_id AND a.gate_id = s.gate_id
          AND a.state = 'standing' AND EXISTS (
            SELECT 1 FROM jsonb_each_text(a.reasons) AS r(name, reason)
            WHERE r.reason = ANY(%s) AND s.cells ? r.name)
        """,
        (list(staged_ids), [Code.CONDEMNED.value, Code.NOT_RELEASED.value]),
    ).rowcount


def standing(tx: Tx, target: str, source: str, *, observed: Sequence[tuple[str, int]]) -> set[tuple[str, int, int]]:
    """(record id, observation, plan id) of what stands, under the gate in force, of these (record id, observation)."""
    rows = made(
        tx,
        _three,
        """
        SELECT a.record_id, a.observation, a.plan_id
        FROM unnest(%s::text[], %s::int[]) AS i(record_id, observation) JOIN assertion a
          ON a.target = %s AND a.source = %s AND a.record_id = i.record_id AND a.observation = i.observation
        WHERE a.gate_id = (SELECT max(id) FROM gate WHERE source = %s) AND a.state = 'standing'
        """,
        ([o[0] for o in observed], [o[1] for o in observed], target, source, source),
    )
    return set(rows)


def _three(record_id: str, observation: int, plan_id: int) -> tuple[str, int, int]:
    return record_id, observation, plan_id


def withdraw_fields(tx: Tx, assertion_ids: Sequence[int], fields: Mapping[str, str], *, reason: str) -> list[str]:
    """Void assertions and append them anew without some fields, each with the reason that stands in its place.

    Gives the keys to refold; they are locked already.
    """
    params = {
        "ids": list(assertion_ids),
        "fields": list(fields),
        "reasons": list(fields.values()),
        "reason": reason,
    }
    rows = tx.execute(
        "UPDATE assertion SET state = 'void', voided_at = now(), void_reason = %(reason)s"
        " WHERE id = ANY(%(ids)s) AND state = 'standing' AND cells ?| %(fields)s::text[] RETURNING id, key",
        params,
    ).fetchall()
    params["ids"] = [row["id"] for row in rows]
    tx.execute(
        """
        INSERT INTO assertion (target, key, source, record_id, observation, plan_id, gate_id, version_type,
                               version_number, version_text, cells, reasons, winners, payload_id, ordinal, job_id,
                               staged_id, state)
        SELECT target, key, source, record_id, observation, plan_id, gate_id, version_type, version_number,
               version_text, cells - %(fields)s::text[],
               reasons || (SELECT coalesce(jsonb_object_agg(f.name, f.reason), '{}'::jsonb)
                           FROM unnest(%(fields)s::text[], %(reasons)s::text[]) AS f(name, reason)
                           WHERE cells ? f.name),
               winners, payload_id, ordinal, job_id, staged_id, 'standing'
        FROM assertion WHERE id = ANY(%(ids)s)
        """,
        params,
    )
    return sorted({row["key"] for row in rows})


def keys_of_source(tx: Tx, target: str, source: str, *, after: str, limit: int) -> list[str]:
    """Keys that a source asserts, in order."""
    rows = tx.execute(
        "SELECT DISTINCT key FROM assertion WHERE target = %s AND source = %s AND state = 'standing' AND key > %s"
        " ORDER BY key LIMIT %s",
        (target, source, after, limit),
    ).fetchall()
    return [row["key"] for row in rows]


def void(tx: Tx, assertion_ids: Sequence[int], *, reason: str) -> list[str]:
    """Void standing assertions; gives the keys to refold. Their keys are locked already."""
    rows = tx.execute(
        "UPDATE assertion SET state = 'void', voided_at = now(), void_reason = %s"
        " WHERE id = ANY(%s) AND state = 'standing' RETURNING key",
        (reason, list(assertion_ids)),
    ).fetchall()
    return sorted({row["key"] for row in rows})


def order(table: TargetTable) -> sql.SQL:
    """How live assertions `a` with their sources `s` are folded, the strongest last."""
    return sql.SQL(_ORDER.format(baseline="ASC" if table.target.existing == "keep" else "DESC"))


def merged(table: TargetTable, cells: str) -> sql.Composable:
    """The fold of the documents `cells` of live assertions `a` with their sources `s`.

    What says anything of an amount or its currency puts aside what lies below it in another one: an amount would stand
    in the row beside a currency that nobody said of it.
    """
    if not table.moneys:
        return sql.SQL("jsonb_merge({} ORDER BY {})").format(sql.SQL(cells), order(table))
    moneys = {currency: list(names) for currency, names in table.moneys.items()}
    return sql.SQL("jsonb_fold({}, {} ORDER BY {})").format(sql.SQL(cells), sql.Literal(Jsonb(moneys)), order(table))
