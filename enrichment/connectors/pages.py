"""What every connector gives: pages of records, of refusals, and the place to go on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from schemas.codes import Code
from schemas.json_types import Json

#: The source's own version of a record; versions order by type, then value.
Version: TypeAlias = str | int | Decimal | None
#: Where to go on, as JSON. Only the connector that made it can read it.
Cursor: TypeAlias = Mapping[str, Json]

#: Bytes kept of a text that was refused, for whoever looks at the dead letter.
CLIP = 4_096
#: Bytes of records after which a page ends before it has its number of records, where its connector decides.
PAGE_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class FetchedRecord:
    """One record.

    body:      compact JSON text in UTF-8, numbers exact
    digest:    16 bytes over the canonical JSON; the same content has the same digest whatever the order of its keys
    structure: 16 bytes that records of equal structure have in common; nothing where it comes out of a payload
    colons:    in its body, which tells whether a text said more than it; 0 where it comes out of a payload
    """

    record_id: str
    body: bytes
    digest: bytes
    version: Version
    structure: bytes | None = field(default=None, compare=False)
    colons: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record, or a whole page, that was given up on while the rest went on.

    record_id: names the place (`#p3/17`, `#byte:1234`), the same in every reading of an unchanged source
    body:      what stood there, clipped to `CLIP` bytes; None where nothing was kept
    """

    record_id: str
    code: Code
    message: str
    # never told where an error or a log tells of the refusal
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """One step of reading.

    cursor:    goes on after this page; None: the source is exhausted
    resumable: False where only the running iteration can go on, so that the cursor is a position and no entrance
    """

    records: tuple[FetchedRecord, ...]
    refused: tuple[RefusedRecord, ...] = ()
    cursor: Cursor | None = None
    resumable: bool = True


def clip(text: bytes) -> bytes:
    return text[:CLIP]
