"""What the gate says of a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from schemas.json_types import Cell


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding. `field` is null where the whole record is meant. `message` never quotes record content."""

    field: str | None
    rule: str
    message: str


class Verdict(NamedTuple):
    """The gate's word on one record under one plan.

    cells:       target field -> value; only filled cells, identity included
    reasons:     target field -> reason code, for every field that is empty
    winners:     target field -> index of the alternative that gave the value
    approximate: fields whose source text carried a dropped qualifier (`c.`, `>`, ...)
    key:         canonical identity text, null unless accepted or in review
    """

    outcome: Literal["accepted", "rejected", "review"]
    key: str | None
    cells: Mapping[str, Cell]
    reasons: Mapping[str, str]
    winners: Mapping[str, int]
    approximate: frozenset[str] = frozenset()
    issues: tuple[Issue, ...] = ()
