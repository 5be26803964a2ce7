"""Records as they are sent: one JSON text each, cut into batches that fit a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from enrichment.connectors.inline import RecordText, TooDeepError, UnwritableError, written
from schemas.errors import TerminalError

#: Records and bytes of one batch, at most; a single larger record is sent alone.
BATCH_RECORDS: Final = 500
BATCH_BYTES: Final = 4_000_000
_DEPTH: Final = 500


def encoded(record: object) -> bytes:
    """One record on one line; a text of its own goes as it is.

    What has no place in JSON is sent as it prints, to become a dead letter there.
    """
    if isinstance(record, RecordText):
        return record.text
    try:
        return written(record, max_depth=_DEPTH)
    except UnwritableError as error:
        return f"no JSON: {error}"[:200].encode(errors="replace")
    except (TooDeepError, TerminalError, TypeError, ValueError, RecursionError) as error:
        return f"no JSON: {type(error).__name__}".encode()


def batches(records: Iterable[object]) -> Iterator[bytes]:
    """JSON lines, batch by batch; the same records give the same batches."""
    lines: list[bytes] = []
    size = 0
    for record in records:
        line = encoded(record)
        if lines and (len(lines) >= BATCH_RECORDS or size + len(line) > BATCH_BYTES):
            yield b"\n".join(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    if lines:
        yield b"\n".join(lines)
