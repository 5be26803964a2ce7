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


def assign_shapes(
    tx: Tx, source: str, found: Sequence[Structure], known: Sequence[int | None], *, shapes_per_day: int
) -> Grown:
    """Give each structure its shape; `known` holds stored assignments, which stand.

    Raises:
        ReviewError: the source makes too many shapes in a day: keys that are data.
    """
    views = {view.id: view for view in shapes.of_source(tx, source)}
    if all(_fits(one, stored, views) is not None for one, stored in zip(found, known, strict=True)):
        return _done(found, known, views, frozenset())
    shapes.lock_source(tx, source)
    views = {view.id: view for view in shapes.of_source(tx, source)}
    widened: set[int] = set()
    for one, stored in zip(found, known, strict=True):
        if _fits(one, stored, views) is not None:
            continue
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
    return _done(found, known, views, frozenset(widened))


def _fits(one: Structure, stored: int | None, views: Mapping[int, ShapeView]) -> ShapeView | None:
    if stored is not None and stored in views:
        return views[stored]
    match assign(one, list(views.values())):
        case Fits(shape):
            return shape
        case _:
            return None


def _done(
    found: Sequence[Structure],
    known: Sequence[int | None],
    views: Mapping[int, ShapeView],
    widened: frozenset[int],
) -> Grown:
    by_structure: dict[frozenset[str], ShapeView] = {}
    assigned: list[ShapeView] = []
    for one, stored in zip(found, known, strict=True):
        view = views.get(stored) if stored is not None else by_structure.get(one.pointers)
        if view is None:
            view = _fits(one, None, views)
            assert view is not None  # noqa: S101 - every structure has been given a shape above
            by_structure[one.pointers] = view
        assigned.append(view)
    return Grown(tuple(assigned), widened)
