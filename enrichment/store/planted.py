"""Known-bad rows that the auditor was shown, and which of them it saw."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from enrichment.audit.report import PlantedCounts
from enrichment.store.database import Tx

if TYPE_CHECKING:
    # making them asks every operation what a record may say
    from enrichment.audit.planting import Plant

#: Plants that count: answered for, and made of a cell that the auditor held to be right.
_COUNTS = "p.state = 'judged' AND a.verdicts ->> p.field = 'supported'"
#: And those that were overlooked before it has said anything of that cell: it will seldom think worse of a right one.
_COUNTS_EARLY = f"({_COUNTS} OR (p.state = 'judged' AND p.seen IS NOT TRUE AND a.state <> 'judged'))"


@dataclass(frozen=True, slots=True)
class PlantedRow:
    """One known-bad row as it was sent: the record of a staged row beside other cells."""

    id: int
    staged_id: int
    field: str
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """Plants of one fault that were sent, and those that were answered otherwise than with unsupported."""

    fault: str
    sent: int
    missed: int


@dataclass(frozen=True, slots=True)
class FaultCounts:
    """Plants of one fault that count, and those of them that were seen."""

    fault: str
    planted: int
    seen: int


@dataclass(frozen=True, slots=True)
class BaseRow:
    """A sampled row that plants may be made of; no verdicts before it is judged."""

    staged_id: int
    verdicts: Mapping[str, str]


def add(tx: Tx, plan_id: int, plants: Sequence[Plant], *, work_id: int) -> None:
    tx.cursor().executemany(
        "INSERT INTO planted (plan_id, work_id, staged_id, fault, field, cells, state)"
        " VALUES (%s, %s, %s, %s, %s, %s, 'sent')",
        [(plan_id, work_id, one.base, one.fault, one.field, Jsonb(dict(one.cells))) for one in plants],
    )


def of_work(tx: Tx, work_id: int) -> list[PlantedRow]:
    """What rides along with one judge work, the same each time it is tried."""
    rows = tx.execute(
        "SELECT id, staged_id, field, cells FROM planted WHERE work_id = %s AND state = 'sent' ORDER BY id", (work_id,)
    ).fetchall()
    return [PlantedRow(**row) for row in rows]


def bases(tx: Tx, plan_id: int, *, besides: Sequence[int], limit: int) -> list[BaseRow]:
    """Sampled rows of a plan, those first of which the fewest plants were made; none of `besides`."""
    rows = tx.execute(
        """
        SELECT a.staged_id, a.verdicts FROM sample a LEFT JOIN (
            SELECT staged_id, count(*) AS n FROM planted WHERE plan_id = %(plan)s GROUP BY staged_id) AS made
            ON made.staged_id = a.staged_id
        WHERE a.plan_id = %(plan)s AND NOT a.staged_id = ANY(%(besides)s) AND a.purpose <> 'person'
        ORDER BY coalesce(made.n, 0), a.state <> 'judged', a.drawn_order
        LIMIT %(limit)s
        """,
        {"plan": plan_id, "besides": list(besides), "limit": limit},
    ).fetchall()
    return [BaseRow(**row) for row in rows]


def judged(tx: Tx, answers: Mapping[int, tuple[bool | None, bool | None]], *, auditor: str) -> None:
    """Store plant -> (seen, confirmed); null where the auditor was unsure, which is as little seen as overlooked."""
    tx.cursor().executemany(
        "UPDATE planted SET state = 'judged', seen = %s, confirmed = %s, auditor = %s, judged_at = now()"
        " WHERE id = %s AND state = 'sent'",
        [(seen, confirmed, auditor, plant) for plant, (seen, confirmed) in answers.items()],
    )


def unanswered(tx: Tx, work_id: int) -> None:
    """What was sent with a work and got no answer at all says nothing of the auditor."""
    tx.execute("UPDATE planted SET state = 'void' WHERE work_id = %s AND state = 'sent'", (work_id,))


def sent(tx: Tx, plan_id: int) -> list[Sent]:
    rows = tx.execute(
        """
        SELECT fault, count(*) AS sent, count(*) FILTER (WHERE state = 'judged' AND seen IS NOT TRUE) AS missed
        FROM planted WHERE plan_id = %s AND state <> 'void' GROUP BY fault ORDER BY fault
        """,
        (plan_id,),
    ).fetchall()
    return [Sent(**row) for row in rows]


def counts(tx: Tx, plan_id: int, *, early: bool = False) -> list[FaultCounts]:
    """Per fault, over plants made of cells that the auditor itself held to be right.

    So one that says unsupported to everything gains nothing by it, and a cell that was wrong before does not count.
    early: with those that were overlooked and whose cells another request asks about, which is not answered yet
    """
    rows = tx.execute(
        f"""
        SELECT p.fault, count(*) AS planted, count(*) FILTER (WHERE p.seen AND coalesce(p.confirmed, true)) AS seen
        FROM planted p JOIN sample a ON a.plan_id = p.plan_id AND a.staged_id = p.staged_id
        WHERE p.plan_id = %s AND {_COUNTS_EARLY if early else _COUNTS} GROUP BY p.fault ORDER BY p.fault
        """,
        (plan_id,),
    ).fetchall()
    return [FaultCounts(**row) for row in rows]


def newest(tx: Tx, plan_id: int, *, limit: int, fault: str | None) -> dict[int, bool]:
    """Whether the auditor saw the newest plants that count, of one fault or of any, and that it was not unsure of."""
    rows = tx.execute(
        f"""
        SELECT p.id, p.seen AND coalesce(p.confirmed, true) AS seen
        FROM planted p JOIN sample a ON a.plan_id = p.plan_id AND a.staged_id = p.staged_id
        WHERE p.plan_id = %(plan)s AND {_COUNTS} AND p.seen IS NOT NULL
          AND (%(fault)s::text IS NULL OR p.fault = %(fault)s)
        ORDER BY p.judged_at DESC, p.id DESC LIMIT %(limit)s
        """,
        {"plan": plan_id, "fault": fault, "limit": limit},
    ).fetchall()
    return {row["id"]: row["seen"] for row in rows}


def of_plans(tx: Tx) -> list[PlantedCounts]:
    """The same per plan and fault, with what the second look made of those that were shown to it."""
    rows = tx.execute(
        f"""
        SELECT p.plan_id, q.target, q.source, p.fault AS kind, count(*) AS planted,
               count(*) FILTER (WHERE p.seen) AS seen, count(p.confirmed) FILTER (WHERE p.seen) AS asked,
               count(*) FILTER (WHERE p.seen AND p.confirmed) AS confirmed
        FROM planted p JOIN sample a ON a.plan_id = p.plan_id AND a.staged_id = p.staged_id
             JOIN plan q ON q.id = p.plan_id
        WHERE {_COUNTS} GROUP BY p.plan_id, q.target, q.source, p.fault ORDER BY p.plan_id, p.fault
        """
    ).fetchall()
    return [PlantedCounts(**row) for row in rows]


def forget(tx: Tx, plan_id: int, *, but: Collection[int] = ()) -> None:
    """What another auditor saw says nothing of this one, nor what this one saw before it went blind.

    but: plants that go on counting
    """
    tx.execute(
        "UPDATE planted SET state = 'void' WHERE plan_id = %s AND state <> 'void' AND NOT id = ANY(%s)",
        (plan_id, list(but)),
    )
