"""What is known of a shape's records, as it is offered to whoever plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.json_types import Json


@dataclass(frozen=True, slots=True)
class SampledField:
    """One source field of a shape.

    path:    JSON Pointer
    types:   JSON type names seen there, sorted
    fill:    share of the sampled records where the pointer is present and not absent, 0..1
    samples: at most 5 values chosen to differ, cut to 120 characters
    """

    path: str
    types: tuple[str, ...]
    fill: float
    samples: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class ShapeView:
    """A shape at one revision: every pointer of it, with the JSON types seen there."""

    id: int
    revision: int
    pointers: Mapping[str, frozenset[str]]
