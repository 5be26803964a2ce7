"""Values that were found wrong in a record, by a second look or by a person: they are not written from it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from enrichment.store.database import Tx
from enrichment.store.plans import PlanRow
from enrichment.store.staging import Locked, StagedRow


def note(
    tx: Tx, plan: PlanRow, rows: Sequence[StagedRow], verdicts: Mapping[int, Mapping[str, str]], *, reported: bool
) -> None:
    """Remember the cells of these rows, by their ids, that the verdicts call a defect. What a person reported stays
    so, whatever an auditor says of it.
    """
    found = [
        {"record_id": row.record_id, "field": field, "value": orjson.dumps(row.cells[field]).decode()}
        for row in rows
        for field, word in verdicts.get(row.id, {}).items()
        if word == "defect" and field in row.cells
    ]
    if found:
        tx.execute(
            """
            INSERT INTO wrong_cell (target, source, record_id, field, value, reported, plan_id)
            SELECT %(target)s, %(source)s, r.record_id, r.field, r.value::jsonb, %(reported)s, %(plan)s
            FROM json_to_recordset(%(rows)s::json) AS r(record_id text, field text, value text)
            ORDER BY r.record_id, r.field
            ON CONFLICT (target, source, record_id, field, md5(value::text))
            DO UPDATE SET reported = true WHERE excluded.reported
            """,
            {
                "target": plan.target,
                "source": plan.source,
                "plan": plan.id,
                "reported": reported,
                "rows": orjson.dumps(found).decode(),
            },
        )


def among(tx: Tx, target: str, rows: Sequence[Locked]) -> dict[int, frozenset[str]]:
    """Staged id -> the fields in which it has a value that was found wrong in its record before."""
    noted = tx.execute(
        "SELECT source, record_id FROM wrong_cell WHERE target = %s AND source = ANY(%s) AND record_id = ANY(%s)",
        (target, sorted({row.source for row in rows}), [row.record_id for row in rows]),
    ).fetchall()
    known = {(row["source"], row["record_id"]) for row in noted}
    ids = [row.id for row in rows if (row.source, row.record_id) in known]
    if not ids:
        return {}
    found = tx.execute(
        """
        SELECT s.id, array_agg(w.field) AS fields FROM staged s JOIN wrong_cell w
            ON w.target = s.target AND w.source = s.source AND w.record_id = s.record_id
           AND s.cells -> w.field = w.value
        WHERE s.id = ANY(%s) GROUP BY s.id
        """,
        (ids,),
    ).fetchall()
    return {row["id"]: frozenset(row["fields"]) for row in found}


def forget_row(tx: Tx, staged_ids: Sequence[int]) -> None:
    """A person vouches for these rows as they are."""
    tx.execute(
        """
        DELETE FROM wrong_cell w USING staged s
        WHERE s.id = ANY(%s) AND w.target = s.target AND w.source = s.source AND w.record_id = s.record_id
          AND s.cells -> w.field = w.value
        """,
        (list(staged_ids),),
    )


def forget_fields(tx: Tx, plan_id: int, fields: Sequence[str]) -> None:
    """A person says that what was found wrong with these fields of a plan is right."""
    tx.execute("DELETE FROM wrong_cell WHERE plan_id = %s AND field = ANY(%s)", (plan_id, list(fields)))


def forget_audited(tx: Tx, plan_id: int) -> None:
    """What auditors found wrong under a plan counts no more: a person has had them changed."""
    tx.execute("DELETE FROM wrong_cell WHERE plan_id = %s AND NOT reported", (plan_id,))
