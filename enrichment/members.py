"""The records that a chunk works on: named in artifacts, read from payloads in one pass each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import zstandard

from enrichment import payload
from enrichment.connectors.pages import FetchedRecord
from enrichment.json_text import dumps
from enrichment.payload import Payload
from enrichment.store import records
from enrichment.store.database import Tx
from schemas.codes import Code
from schemas.errors import TerminalError


class Member(NamedTuple):
    """One record of a chunk: who it is, at which observation, and where its text lies."""

    record_id: str
    observation: int
    payload_id: int
    ordinal: int


def packed(document: Mapping[str, Any]) -> bytes:
    """An artifact as bytes."""
    return zstandard.ZstdCompressor(level=1).compress(dumps(document))


def unpacked(artifact: bytes | None) -> dict[str, Any]:
    """
    Raises:
        TerminalError: the artifact is gone.
    """
    if artifact is None:
        raise TerminalError("the artifact of the stage before is gone", hint="replay the job's dead letters")
    document: dict[str, Any] = orjson.loads(zstandard.ZstdDecompressor().decompress(artifact))
    return document


def as_rows(members: Iterable[Member]) -> list[list[Any]]:
    return list(map(list, members))


def from_rows(rows: Iterable[Sequence[Any]]) -> list[Member]:
    return list(map(Member._make, rows))


def read(tx: Tx, members: Sequence[Member], *, skip_gone: bool = False) -> Iterator[tuple[Member, FetchedRecord]]:
    """Give each member with its raw record, payload by payload. `skip_gone`: where any of its kind will do.

    Raises:
        TerminalError: a payload is gone (not with `skip_gone`) or damaged.
    """
    by_payload: dict[int, dict[int, Member]] = {}
    for member in members:
        by_payload.setdefault(member.payload_id, {})[member.ordinal] = member
    for payload_id, wanted in by_payload.items():
        stored = records.payload(tx, payload_id)
        if stored is None and skip_gone:
            continue
        if stored is None:
            raise TerminalError(f"payload {payload_id} is gone", hint="replay with --refetch", code=Code.PAYLOAD_GONE)
        for ordinal, record in payload.records(Payload(*stored), wanted.keys()):
            yield wanted[ordinal], record
