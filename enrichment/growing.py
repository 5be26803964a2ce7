"""Assigning shapes to a chunk's records; shapes grow only under a lock, after a second look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from enrichment.shapes import Fits, New, Structure, Widens, assign
from enrichment.store import shapes
from enrichment.store.database import Tx
from schemas.errors import ReviewError
from schemas.shape import ShapeView


@dataclass(frozen=True, slots=True)
class Grown:
    """Shape of each record in the order given, and the shapes as they now are."""

    assigned: tuple[ShapeView, ...]
    widened: frozenset[int]


def assign_shapes(tx: Tx, source: str, found: Sequence[Structure], *, shapes_per_day: int) -> Grown:
    """Give each structure its shape.

    Raises:
        ReviewError: the source makes too many shapes in a day: keys that are data.
    """
    views = {view.id: view for view in shapes.of_source(tx, source)}
    fitting = [_fits(one, views) for one in found]
    widened: set[int] = set()
    if any(view is None for view in fitting):
        shapes.lock_source(tx, source)
        views = {view.id: view for view in shapes.of_source(tx, source)}
        for one in found:
            _grow(tx, source, one, views, widened, shapes_per_day=shapes_per_day)
    assigned = [_fits(one, views) for one in found]
    return Grown(tuple(view for view in assigned if view is not None), frozenset(widened))


def _grow(
    tx: Tx, source: str, one: Structure, views: dict[int, ShapeView], widened: set[int], *, shapes_per_day: int
) -> None:
    """Make room for a structure that fits no shape. The source's row is locked."""
    match assign(one, list(views.values())):
        case Widens(shape, added):
            grown = shapes.widen(tx, shape.id, {**shape.pointers, **added})
            widened.add(grown.id)
        case New(pointers):
            if shapes.made_today(tx, source) >= shapes_per_day:
                raise ReviewError(
                    f"source {source} made {shapes_per_day} shapes in a day",
                    hint="are keys of its records data? map such an object to a list in the source",
                    code="too_many_shapes",
                )
            grown = shapes.add(tx, source, pointers)
        case Fits(shape):
            grown = shape
    views[grown.id] = grown


def _fits(one: Structure, views: Mapping[int, ShapeView]) -> ShapeView | None:
    match assign(one, list(views.values())):
        case Fits(shape):
            return shape
        case _:
            return None
