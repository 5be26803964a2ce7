"""The raw records of a chunk: one compressed blob of their texts, and an index to find each of them.

The index is little-endian: magic `AP1` and a zero byte, count u32, size of all texts u64; then one column each of
sizes of texts u32, digests of 16 bytes, sizes of ids u32, sizes of versions u32; then ids and versions in UTF-8.
A version is one letter for its type and its text: `s` text, `i` integer, `d` fraction; nothing at all for none.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import BinaryIO, NamedTuple

import zstandard

from enrichment.connectors.pages import FetchedRecord, Version
from schemas.errors import TerminalError

#: Bytes that the texts of one payload may have together, decompressed.
MAX_BYTES = 512_000_000
#: Bytes of texts that are read at once; of more, one text after the other.
_AT_ONCE = 8_000_000
_MAGIC = b"AP1\x00"
_HEAD = struct.Struct("<4sIQ")
_DIGEST = 16
_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Payload:
    blob: bytes
    index: bytes


class Entry(NamedTuple):
    """One record in a payload: its place in the chunk, and where its text lies in the decompressed blob."""

    ordinal: int
    record_id: str
    digest: bytes
    version: Version
    offset: int
    length: int


def pack(records: Sequence[FetchedRecord], *, max_bytes: int = MAX_BYTES) -> Payload:
    """Pack records in their order.

    Raises:
        TerminalError: their texts have more than `max_bytes` together.
    """
    lengths = [len(record.body) for record in records]
    total = sum(lengths)
    if total > max_bytes:
        raise _too_large(total, max_bytes)
    ids = [record.record_id.encode() for record in records]
    versions = [_written(record.version) for record in records]
    count = len(records)
    index = b"".join(
        (
            _HEAD.pack(_MAGIC, count, total),
            struct.pack(f"<{count}I", *lengths),
            *(record.digest for record in records),
            struct.pack(f"<{count}I", *map(len, ids)),
            struct.pack(f"<{count}I", *map(len, versions)),
            *ids,
            *versions,
        )
    )
    blob = zstandard.ZstdCompressor(level=_LEVEL).compress(b"".join(record.body for record in records))
    return Payload(blob, index)


def entries(index: bytes, ordinals: Collection[int] | None = None) -> list[Entry]:
    """Read an index, or of it only the chosen records, without the texts.

    Raises:
        TerminalError: it is damaged.
    """
    try:
        return _entries(index, ordinals)[0]
    except (struct.error, ValueError, ArithmeticError) as error:
        raise _damaged() from error


def records(
    payload: Payload, ordinals: Collection[int] | None = None, *, max_bytes: int = MAX_BYTES
) -> Iterator[tuple[int, FetchedRecord]]:
    """Give (ordinal, record) of all or of the chosen records, in their order, in one pass over the blob.

    What lies behind the last chosen one is not read.

    Raises:
        TerminalError: the payload is damaged, or larger than `max_bytes` decompressed.
    """
    try:
        listed, total = _entries(payload.index, ordinals)
    except (struct.error, ValueError, ArithmeticError) as error:
        raise _damaged() from error
    if total > max_bytes:
        raise _too_large(total, max_bytes)
    behind = listed[-1].offset + listed[-1].length if listed else 0
    try:
        with io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(payload.blob), buffer_size=1 << 17) as texts:
            bodies = _at_once(texts, listed, behind) if behind <= _AT_ONCE else _one_by_one(texts, listed)
            for entry, body in zip(listed, bodies, strict=True):
                yield entry.ordinal, FetchedRecord(entry.record_id, body, entry.digest, entry.version)
            if ordinals is None and texts.read(1):
                raise _damaged()
    except zstandard.ZstdError as error:
        raise _damaged() from error


def _at_once(texts: BinaryIO, listed: Sequence[Entry], behind: int) -> Iterator[bytes]:
    found = _exactly(texts, behind)
    return (found[entry.offset : entry.offset + entry.length] for entry in listed)


def _one_by_one(texts: BinaryIO, listed: Sequence[Entry]) -> Iterator[bytes]:
    at = 0
    for entry in listed:
        _exactly(texts, entry.offset - at)
        yield _exactly(texts, entry.length)
        at = entry.offset + entry.length


def _exactly(texts: BinaryIO, size: int) -> bytes:
    found = texts.read(size) if size else b""
    if len(found) != size:
        raise _damaged()
    return found


def _entries(index: bytes, ordinals: Collection[int] | None) -> tuple[list[Entry], int]:
    """The entries, and the bytes that all texts have together."""
    magic, count, total = _HEAD.unpack_from(index)
    at = _HEAD.size
    column = struct.Struct(f"<{count}I")
    lengths = column.unpack_from(index, at)
    digests = at + column.size
    at = digests + count * _DIGEST
    ids = at + 2 * column.size
    id_ends = list(accumulate(column.unpack_from(index, at), initial=ids))
    version_ends = list(accumulate(column.unpack_from(index, at + column.size), initial=id_ends[-1]))
    offsets = list(accumulate(lengths, initial=0))
    if magic != _MAGIC or offsets[-1] != total or version_ends[-1] != len(index):
        raise ValueError("sizes do not add up")
    chosen = range(count) if ordinals is None else sorted(i for i in ordinals if 0 <= i < count)
    found = [
        Entry(
            i,
            index[id_ends[i] : id_ends[i + 1]].decode(),
            index[digests + i * _DIGEST : digests + (i + 1) * _DIGEST],
            _read(index[version_ends[i] : version_ends[i + 1]].decode()),
            offsets[i],
            lengths[i],
        )
        for i in chosen
    ]
    return found, total


def _written(version: Version) -> bytes:
    if version is None:
        return b""
    letter = "s" if isinstance(version, str) else "i" if isinstance(version, int) else "d"
    return f"{letter}{version}".encode()


def _read(text: str) -> Version:
    letter, value = text[:1], text[1:]
    if letter == "":
        return None
    if letter == "s":
        return value
    if letter == "i":
        return int(value)
    if letter == "d":
        return Decimal(value)
    raise ValueError("a version of no known type")


def _too_large(total: int, cap: int) -> TerminalError:
    return TerminalError(f"the payload has {total} bytes, {cap} are allowed", hint="use smaller chunks")


def _damaged() -> TerminalError:
    return TerminalError("the payload is damaged", hint="replay with --refetch")
