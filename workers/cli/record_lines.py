"""A file of records, one JSON text a line, as `assay submit --records` sends it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from schemas.errors import UsageError

if TYPE_CHECKING:
    from enrichment.connectors.inline import RecordText


def lines_of(file: Path) -> Iterator[RecordText | str]:
    """Records of a file of JSON lines, one at a time and as they are: whoever reads them there loses no digit of a
    number, and a line that is no JSON becomes a dead letter with its text.

    The file is opened at once: a job is not to be opened for one that is not there.

    Raises:
        UsageError: there is no such file; or, when it is read, it is one JSON document and no lines.
    """
    if str(file) == "-" and sys.stdin is None:
        raise UsageError("standard input is closed", hint="name a file of JSON lines, or pipe one in")
    try:
        stream = sys.stdin.buffer if str(file) == "-" else file.open("rb")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", hint="name a file of JSON lines, or -") from error
    return _lines(file, stream)


def _lines(file: Path, stream: BinaryIO) -> Iterator[RecordText | str]:
    import codecs

    from enrichment.connectors.inline import RecordText

    with stream:
        for number, raw in enumerate(stream):
            line = (raw.removeprefix(codecs.BOM_UTF8) if number == 0 else raw).strip()
            if number == 0 and line[:1] == b"[":
                raise UsageError(
                    f"{file} holds a JSON array", hint=f"write one record a line: jq -c '.[]' {file} > records.jsonl"
                )
            if line[:1] == b"[":
                # At the head of a batch it would make an array of all of it; no list is a record anyway.
                yield line.decode("utf-8", errors="replace")
            elif line:
                yield RecordText(line)
