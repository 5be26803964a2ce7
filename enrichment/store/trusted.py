"""Rows that a target holds already, as evidence for new plans: standing assertions of released fields only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from enrichment.store.database import Tx
from schemas.plan import FieldState

#: Rows read by their keys, and rows read for what their columns look like.
_BY_KEY = 400
_OF_ANY_KEY = 200


def rows(tx: Tx, *, target: str, keys: Sequence[str]) -> list[Mapping[str, Any]]:
    """Give cells, field -> value, of rows with one of `keys`, then of some others; the newest assertion of a row last.

    Exact numbers are text, as in the ledger.
    """
    found = tx.execute(
        """
        WITH named AS (
            SELECT id, plan_id, cells FROM assertion
            WHERE target = %(target)s AND state = 'standing' AND key = ANY(%(keys)s) LIMIT %(most)s),
        others AS (
            SELECT id, plan_id, cells FROM assertion WHERE target = %(target)s AND state = 'standing' LIMIT %(more)s),
        found AS (SELECT * FROM named UNION SELECT * FROM others)
        SELECT b.cells,
               ARRAY(SELECT f.name FROM plan_field f WHERE f.plan_id = b.plan_id AND f.state = %(state)s) AS told
        FROM found b WHERE b.plan_id IN (SELECT plan_id FROM plan_field WHERE state = %(state)s) ORDER BY b.id
        """,
        {
            "target": target,
            "keys": list(keys),
            "most": _BY_KEY,
            "more": _OF_ANY_KEY,
            "state": FieldState.RELEASED.value,
        },
    ).fetchall()
    return [{name: cell for name, cell in row["cells"].items() if name in row["told"]} for row in found]
