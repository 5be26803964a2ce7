"""A verdict as it is staged. The text of the cells is written exactly as PostgreSQL writes a jsonb object, so that the
digest of what the gate saw can be checked in SQL over every row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Final, TypeAlias

import orjson

from enrichment.connectors.pages import Version
from enrichment.exact import plain
from enrichment.members import Member
from enrichment.store.new_rows import NewStaged
from schemas.json_types import Cell
from schemas.verdict import Verdict

#: Type, number, text.
VersionRank: TypeAlias = tuple[int, Decimal, str]


def cell_text(value: Cell) -> str:
    """One value as JSON: exact numbers as text, so that no reader rounds them."""
    return _WRITERS.get(type(value), str)(value)


_WRITERS: Final[Mapping[type, Callable[[Any], str]]] = {
    str: encode_basestring,
    int: str,
    bool: lambda truth: "true" if truth else "false",
    Decimal: lambda number: f'"{plain(number)}"',
    type(None): lambda _: "null",
}


def jsonb_text(cells: Mapping[str, Cell]) -> str:
    """An object as PostgreSQL writes jsonb: keys by length, then by bytes."""
    written = [
        begins + (encode_basestring(value) if type(value := cells[name]) is str else cell_text(value))
        for name, begins in _ordered(tuple(cells))
    ]
    return "{" + ", ".join(written) + "}"


@lru_cache(maxsize=1024)
def _ordered(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """(name, its text up to the value): rows of one plan have few combinations of filled cells."""
    ordered = sorted(names, key=lambda name: (len(name.encode()), name.encode()))
    return [(name, f"{encode_basestring(name)}: ") for name in ordered]


def digest(key: str, cells: str) -> str:
    return hashlib.md5((key + cells).encode(), usedforsecurity=False).hexdigest()


def version_document(version: Version) -> dict[str, Any] | None:
    """A source's version in the ledger's terms: number, date-time (seconds since 1970, UTC) or text."""
    if version is None:
        return None
    if not isinstance(version, str):
        return {"type": 1, "number": str(version)}
    try:
        moment = datetime.fromisoformat(version)
    except ValueError:
        return {"type": 3, "text": version}
    if moment.tzinfo is None:
        return {"type": 3, "text": version}
    whole = Decimal(int(moment.timestamp() // 1)) + Decimal(moment.microsecond) / 1_000_000
    return {"type": 2, "number": str(whole)}


def version_rank(version: Version) -> VersionRank:
    """Orders versions as the ledger does: none is the lowest; then numbers, date-times, texts, each by its value."""
    document = version_document(version) or {"type": 0}
    return int(document["type"]), Decimal(document.get("number", 0)), str(document.get("text", ""))


def staged(plan_id: int, member: Member, verdict: Verdict, version: Version) -> NewStaged:
    """An accepted verdict as a row to stage."""
    cells = jsonb_text(verdict.cells)
    key = verdict.key or ""
    return NewStaged(
        plan_id=plan_id,
        record_id=member.record_id,
        observation=member.observation,
        key=key,
        cells=cells,
        reasons=orjson.dumps(verdict.reasons).decode() if verdict.reasons else "{}",
        winners=_winners_text(verdict),
        version=None if version is None else orjson.dumps(version_document(version)).decode(),
        payload_id=member.payload_id,
        ordinal=member.ordinal,
        digest=digest(key, cells),
    )


def _winners_text(verdict: Verdict) -> str:
    """The winning alternatives behind the first; under `~` the fields whose qualifier was dropped."""
    if not verdict.approximate and not any(verdict.winners.values()):
        return "{}"
    winners: dict[str, Any] = {name: place for name, place in verdict.winners.items() if place}
    if verdict.approximate:
        winners["~"] = sorted(verdict.approximate)
    return orjson.dumps(winners).decode()
