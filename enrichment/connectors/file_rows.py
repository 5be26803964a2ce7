"""What every file format gives: outcomes, each with where the reading goes on behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from enrichment.connectors.pages import FetchedRecord, RefusedRecord
from schemas.json_types import Json

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    outcome: FetchedRecord | RefusedRecord
    following: Mapping[str, Json]


def position(at: Mapping[str, Json], name: str) -> int:
    """Give a number of a cursor; 0 where it has none."""
    value = at.get(name, 0)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
