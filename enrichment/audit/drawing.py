"""Which staged rows an auditor sees: by keyed hash, per undecided field among the rows that fill it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Row:
    """A row that may be drawn."""

    staged_id: int
    record_id: str
    fields: frozenset[str]


def order(key: bytes, plan_id: int, record_id: str) -> bytes:
    """16 bytes that nobody without the key can predict, the same each time (HMAC-SHA-256, RFC 2104).

    Raises:
        ConfigurationError: this process was not given the key.
    """
    if not key:
        raise ConfigurationError(
            "this process has no key to draw rows with", hint="drawing belongs to the roles gate, model and upsert"
        )
    return hmac.digest(key, f"{plan_id}\x1f{record_id}".encode(), hashlib.sha256)[:16]


#: How the places of rows begin that are looked at before all others.
_FIRST: Final = bytes(4)


def draw(
    rows: Iterable[Row],
    needs: Mapping[str, int],
    *,
    key: bytes,
    plan_id: int,
    contested: Collection[int] = frozenset(),
) -> list[tuple[Row, bytes]]:
    """Take rows in hash order, each that fills a field which still needs cells, until no need is left.

    `needs` counts filled cells per undecided field that are still to be drawn. `contested`: staged ids of rows in which
    a rival gives another value; they come first, since they decide most.
    """

    def place_of(row: Row) -> bytes:
        place = order(key, plan_id, row.record_id)
        return _FIRST + place[len(_FIRST) :] if row.staged_id in contested else place

    left = {name: count for name, count in needs.items() if count > 0}
    drawn: list[tuple[Row, bytes]] = []
    for place, row in sorted(((place_of(row), row) for row in rows), key=lambda pair: pair[0]):
        if not left:
            break
        wanted = row.fields & left.keys()
        if not wanted:
            continue
        drawn.append((row, place))
        for name in wanted:
            left[name] -= 1
            if left[name] == 0:
                del left[name]
    return drawn
