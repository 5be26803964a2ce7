"""Which rows of the target a new plan is compared with: those that the sampled records may be about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from enrichment.evidence.trusted import TrustedRows, spelt
from enrichment.gate.identity import identity_text
from enrichment.store import trusted
from enrichment.store.database import Tx
from schemas.json_types import Cell, Json, Record
from schemas.target import Target

#: Values of the sample that may be a key, and the length that one may have.
_KEYS: Final = 5_000
_LONGEST: Final = 200


def trusted_rows(tx: Tx, target: Target, sample: Sequence[Record]) -> TrustedRows:
    """Read what stands in the target under a key that is a value anywhere in the sample.

    Which field holds the key is not known before there is a plan, so every short value may be one. Rows of a target
    whose identity has several fields are compared by their columns only.
    """
    names = [field.name for field in target.identity]
    found: dict[tuple[str, ...], dict[str, Cell]] = {}
    for number, cells in enumerate(trusted.rows(tx, target=target.name, keys=sorted(_possible_keys(sample)))):
        identity = tuple(spelt(cells[name]) for name in names if cells.get(name) is not None)
        key = identity if len(identity) == len(names) else ("", str(number))
        found.setdefault(key, {}).update({name: cell for name, cell in cells.items() if cell is not None})
    return TrustedRows(found)


def _possible_keys(sample: Sequence[Record]) -> frozenset[str]:
    found: set[str] = set()
    for value in (value for record in sample for value in _scalars_within(record) if not _is_long(value)):
        text = identity_text(value)
        if len(text) <= _LONGEST:
            found |= {text, text.casefold()}
        if len(found) >= _KEYS:
            break
    return frozenset(found)


def _is_long(value: Cell) -> bool:
    """Whether a number has too many digits for a key: written out it might fill the memory."""
    return isinstance(value, Decimal) and bool(value) and not -_LONGEST <= value.adjusted() <= _LONGEST


def _scalars_within(value: Json) -> Iterator[Cell]:
    if isinstance(value, Mapping):
        for member in value.values():
            yield from _scalars_within(member)
    elif isinstance(value, str | int | Decimal):
        yield value.strip() if isinstance(value, str) else value
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _scalars_within(member)
