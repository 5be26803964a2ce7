"""Keys of the HTTP API: made here, told once, kept as a digest only."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Final, Literal

from enrichment.store import fleet
from enrichment.store.database import Tx
from enrichment.store.fleet import ApiKeyRow

Role = Literal["admin", "producer", "reader"]

_MARK: Final = "assay_"
#: Characters of a key that are kept, so that a person can tell keys apart.
_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was made just now. `text` is told to its owner and nowhere else."""

    row: ApiKeyRow
    text: str = field(repr=False)


def digest_of(text: str) -> bytes:
    """What is kept of a key. A plain hash will do: 192 random bits cannot be guessed, however quickly one tries."""
    return hashlib.sha256(text.encode()).digest()


def make_key(tx: Tx, *, name: str, role: Role) -> NewKey:
    text = _MARK + secrets.token_urlsafe(24)
    row = fleet.add_key(tx, name=name, role=role, prefix=text[:_SHOWN], digest=digest_of(text))
    return NewKey(row, text)
