"""Rows that the target already holds: the only evidence that needs no name and no kind to be right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Final

from enrichment.evidence.profile import Profile, as_number, profile
from enrichment.exact import are_near
from schemas.json_types import Cell

#: Common records from which on their agreement says something.
ENOUGH: Final = 3
#: Relative difference up to which two figures say the same: sources round, and are of different days.
_NEAR: Final = Decimal("0.02")


@dataclass(frozen=True)
class TrustedRows:
    """Cells of rows that stand in the target and were released, by the text of their identity.

    rows: identity, as the target's identity fields spell it -> target field -> cell
    """

    rows: Mapping[tuple[str, ...], Mapping[str, Cell]] = field(default_factory=dict)

    def column(self, name: str) -> Profile | None:
        """Give the profile of a column, null where it has too few values."""
        return self._columns.get(name)

    @cached_property
    def _columns(self) -> Mapping[str, Profile]:
        names = {name for cells in self.rows.values() for name in cells}
        found = {n: profile(c[n] for c in self.rows.values() if c.get(n) is not None) for n in names}
        return {name: one for name, one in found.items() if one is not None}


def spelt(cell: Cell) -> str:
    """Spell a cell as an identity does."""
    return str(cell).strip().casefold()


def agreement(cells: Sequence[Cell], trusted: Sequence[Cell]) -> tuple[int, int]:
    """Count the records in which both have a value, and in how many of them the two say the same."""
    both = [(a, b) for a, b in zip(cells, trusted, strict=True) if a is not None and b is not None]
    return len(both), sum(_same(a, b) for a, b in both)


def _same(one: Cell, other: Cell) -> bool:
    left, right = as_number(one), as_number(other)
    if left is not None and right is not None:
        return are_near(left, right, _NEAR)
    return spelt(one) == spelt(other)
