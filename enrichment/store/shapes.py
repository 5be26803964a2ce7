"""Shapes as rows. They grow under a lock on their source's row."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg.types.json import Jsonb

from enrichment.store.database import Tx
from schemas.shape import ShapeView


def of_source(tx: Tx, source: str) -> list[ShapeView]:
    """The shapes of a source, oldest first."""
    rows = tx.execute("SELECT id, revision, pointers FROM shape WHERE source = %s ORDER BY id", (source,)).fetchall()
    return [_view(row) for row in rows]


def get(tx: Tx, shape_id: int) -> ShapeView:
    row = tx.execute("SELECT id, revision, pointers FROM shape WHERE id = %s", (shape_id,)).fetchone()
    if row is None:
        raise LookupError(f"shape {shape_id}")
    return _view(row)


def lock_source(tx: Tx, source: str) -> None:
    """Until this transaction ends nobody else grows shapes of the source."""
    tx.execute("SELECT 1 FROM source WHERE name = %s FOR NO KEY UPDATE", (source,))


def add(tx: Tx, source: str, pointers: Mapping[str, frozenset[str]]) -> ShapeView:
    row = tx.execute(
        "INSERT INTO shape (source, revision, pointers) VALUES (%s, 1, %s) RETURNING id, revision, pointers",
        (source, _json(pointers)),
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives a row or raises
    return _view(row)


def widen(tx: Tx, shape_id: int, pointers: Mapping[str, frozenset[str]]) -> ShapeView:
    """Replace the pointers by a larger set and raise the revision."""
    row = tx.execute(
        "UPDATE shape SET revision = revision + 1, pointers = %s WHERE id = %s RETURNING id, revision, pointers",
        (_json(pointers), shape_id),
    ).fetchone()
    assert row is not None  # noqa: S101 - the caller holds the source's row and has just read the shape
    return _view(row)


def made_today(tx: Tx, source: str) -> int:
    row = tx.execute(
        "SELECT count(*) AS n FROM shape WHERE source = %s AND created_at > now() - interval '1 day'", (source,)
    ).fetchone()
    return 0 if row is None else int(row["n"])


def _json(pointers: Mapping[str, frozenset[str]]) -> Jsonb:
    return Jsonb({pointer: sorted(types) for pointer, types in pointers.items()})


def _view(row: Mapping[str, object]) -> ShapeView:
    pointers = row["pointers"]
    assert isinstance(pointers, dict)  # noqa: S101 - the column is an object
    return ShapeView(
        id=int(str(row["id"])),
        revision=int(str(row["revision"])),
        pointers={pointer: frozenset(types) for pointer, types in pointers.items()},
    )
