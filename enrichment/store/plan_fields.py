"""The probation of the fields of plans."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from psycopg.types.json import Jsonb

from enrichment.store.database import Tx
from schemas.plan import FieldState

#: The counts of a field that decide it.
TESTED = ("audited", "defects", "unconfirmed", "unsure")


@dataclass(frozen=True, slots=True)
class FieldRow:
    """Probation of one field; counts as in the table."""

    name: str
    state: str
    drawn: int = 0
    audited: int = 0
    defects: int = 0
    unconfirmed: int = 0
    unsure: int = 0
    misses: int = 0
    #: The counts at which the test in course began; none for the first one.
    began: Mapping[str, int] = field(default_factory=dict)

    def tested(self) -> dict[str, int]:
        """What the test in course has seen: audited, defects, unconfirmed, unsure."""
        return {name: getattr(self, name) - self.began.get(name, 0) for name in TESTED}

    def tested_anew(self) -> FieldRow:
        """The field on probation again: counts so far stay for the report, and the test begins anew."""
        began = {name: getattr(self, name) for name in TESTED}
        return replace(self, state=FieldState.PROBATION, began=began, drawn=self.audited)


def add(tx: Tx, plan_id: int, fields: Sequence[FieldRow]) -> None:
    """Begin the probation of a plan's fields; one that was begun stays as it is."""
    tx.cursor().executemany(
        "INSERT INTO plan_field (plan_id, name, state, drawn, audited, defects, unconfirmed, unsure, misses, began)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [(plan_id, f.name, *_counts(f)) for f in fields],
    )


def lock(tx: Tx, plan_id: int) -> tuple[FieldRow, ...]:
    """The fields, locked: whoever draws samples does so alone."""
    return of_plans(tx, [plan_id], lock=True).get(plan_id, ())


def save(tx: Tx, plan_id: int, fields: Sequence[FieldRow]) -> None:
    tx.cursor().executemany(
        """
        UPDATE plan_field SET state = %s, drawn = %s, audited = %s, defects = %s, unconfirmed = %s, unsure = %s,
               misses = %s, began = %s, decided_at = CASE WHEN state <> %s THEN now() ELSE decided_at END
        WHERE plan_id = %s AND name = %s
        """,
        [(*_counts(f), f.state, plan_id, f.name) for f in fields],
    )


def _counts(f: FieldRow) -> tuple[Any, ...]:
    return f.state, f.drawn, f.audited, f.defects, f.unconfirmed, f.unsure, f.misses, Jsonb(dict(f.began))


def of_plans(tx: Tx, plan_ids: Sequence[int], *, lock: bool = False) -> dict[int, tuple[FieldRow, ...]]:
    """Plan -> its fields, in the order of their names."""
    rows = tx.execute(
        f"""
        SELECT plan_id, json_agg(json_build_array(name, state, drawn, audited, defects, unconfirmed, unsure, misses,
                                                  began) ORDER BY name)::text AS fields
        FROM (SELECT * FROM plan_field WHERE plan_id = ANY(%s) ORDER BY plan_id, name{" FOR UPDATE" if lock else ""})
             AS of_plans
        GROUP BY plan_id
        """,
        (list(plan_ids),),
    ).fetchall()
    return {row["plan_id"]: _fields(row["fields"]) for row in rows}


@lru_cache(maxsize=1024)
def _fields(text: str) -> tuple[FieldRow, ...]:
    return tuple(FieldRow(*values) for values in json.loads(text))
