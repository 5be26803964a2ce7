"""CSV files (RFC 4180): a header, then one record per row; every value stays the text that it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from enrichment import json_text
from enrichment.connectors.csv_quotes import open_after, split_row
from enrichment.connectors.file_bytes import Line, PinnedFile
from enrichment.connectors.file_rows import BOM, Row, position
from enrichment.connectors.pages import CLIP, FetchedRecord, RefusedRecord, clip
from enrichment.connectors.record_rules import CONVERT, read_text, too_large
from schemas.codes import Code
from schemas.errors import TerminalError
from schemas.json_types import Json
from schemas.source import FileSource

#: Bytes of a header, and columns in it.
_MAX_HEADER, _MAX_COLUMNS = 1_000_000, 10_000
#: Delimiters in use -> how TOML writes each.
_DELIMITERS: Final = {";": ";", "\t": "\\t", ",": ",", "|": "|"}


@dataclass(frozen=True, slots=True)
class _Text:
    """One row as it stands in the file. `line` counts physical lines from 1.

    fault: why it is no row; what follows then begins with the next physical line
    """

    start: int
    end: int
    line: int
    lines: int
    text: bytes
    size: int
    fault: str = ""


_MISPLACED: Final = "a quote stands where none may be"
_UNCLOSED: Final = "a quote is opened and never closed"


@dataclass(frozen=True, slots=True)
class _Fate:
    """What becomes of a row whose quotes are open behind any line up to `end`: what follows says the same to each.

    Without it every line of a file of such rows would be followed to the same end, again and again.
    """

    end: int
    fault: str


def rows(file: PinnedFile, source: FileSource, at: Mapping[str, Json]) -> Iterator[Row]:
    """Give every record from byte offset `at["offset"]` and line `at["line"]` on. Blank lines are passed over.

    Raises:
        TerminalError: `page_malformed`, the header cannot be used.
    """
    begin = len(BOM) if next(file.blocks(0), b"").startswith(BOM) else 0
    first = next(_texts(file, source, begin, 1, _MAX_HEADER), None)
    if first is None:
        return
    names = _header(first, source)
    offset, line = position(at, "offset") or first.end, position(at, "line") or first.line + first.lines
    for row in _texts(file, source, offset, line, max(source.max_record_bytes, CLIP)):
        yield Row(_read(row, names, source), {"offset": row.end, "line": row.line + row.lines})


def _header(row: _Text, source: FileSource) -> tuple[str, ...]:
    names = row.fault or (_cells(row.text, source) if row.size <= _MAX_HEADER else f"over {_MAX_HEADER} bytes long")
    if isinstance(names, str):
        raise _unusable(f"its first row: {names}")
    if b"\r" in row.text:
        raise _unusable("its lines end with carriage returns alone")
    if len(names) > _MAX_COLUMNS:
        raise _unusable(f"its header has more than {_MAX_COLUMNS} columns")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _unusable(f"its header names {twice[:60]!r} twice")
    return tuple(names)


def _unusable(why: str) -> TerminalError:
    return TerminalError(f"the CSV file cannot be read: {why}", code=Code.PAGE_MALFORMED, hint="mend the first row")


def _read(row: _Text, names: Sequence[str], source: FileSource) -> FetchedRecord | RefusedRecord:
    place = f"#byte:{row.start}"
    if row.fault:
        return RefusedRecord(place, Code.RECORD_MALFORMED, f"line {row.line}: {row.fault}", clip(row.text))
    if row.size > source.max_record_bytes:
        return too_large(row.text, row.size, place, source)
    cells = _cells(row.text, source)
    if isinstance(cells, str):
        message = f"line {row.line}: {cells}"
        return RefusedRecord(place, Code.RECORD_MALFORMED, message, clip(row.text))
    if len(cells) != len(names):
        message = f"line {row.line}: {len(cells)} columns, the header has {len(names)}{_other_delimiter(names)}"
        return RefusedRecord(place, Code.RECORD_MALFORMED, message, clip(row.text))
    return read_text(json_text.dumps(dict(zip(names, cells, strict=True))), place, source)


def _other_delimiter(names: Sequence[str]) -> str:
    """What the header seems to be split by, where that gives it more columns."""
    counts = {mark: sum(name.count(mark) for name in names) for mark in _DELIMITERS}
    mark = max(counts, key=lambda one: counts[one])
    if counts[mark] < len(names):
        return ""
    return f'; its names hold another delimiter: set delimiter = "{_DELIMITERS[mark]}"'


def _cells(text: bytes, source: FileSource) -> list[str] | str:
    """Split one row, or say why it is none."""
    try:
        cells = split_row(text.decode(), source.delimiter)
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}{CONVERT}"
    return _MISPLACED if cells is None else cells


def _texts(file: PinnedFile, source: FileSource, offset: int, line: int, limit: int) -> Iterator[_Text]:
    """Split the file into rows. Where quotes are broken, the next row begins with the next physical line."""
    fate: _Fate | None = None
    while True:
        broken: _Text | None = None
        for row in _rows(file, source.delimiter, offset, line, limit, fate):
            if isinstance(row, _Fate):
                fate = row
            elif row.fault:
                broken = row
                break
            elif row.size or row.text:
                yield row
        if broken is None:
            return
        yield broken
        offset, line = broken.end, broken.line + 1


def _rows(
    file: PinnedFile, delimiter: str, offset: int, line: int, limit: int, fate: _Fate | None
) -> Iterator[_Text | _Fate]:
    """Give rows as far as one whose quotes are broken, before which comes what becomes of all that is open there."""
    mark = delimiter.encode()
    kept, size, count, opened, first = bytearray(), 0, 0, False, Line(offset, offset, b"")
    for physical in file.lines(offset, limit=limit, counting=b'"'):
        if not count:
            first = physical
        count += 1
        size += physical.end - physical.start
        kept += physical.text[: max(0, limit + 1 - len(kept))]
        # Of a line that was cut only the number of its quotes is known; in sound rows it says the same.
        state = opened ^ bool(physical.counts % 2) if physical.cut else open_after(physical.text, mark, opened=opened)
        if state is None:
            yield _Fate(physical.start, _MISPLACED)
            yield _refused(first, line, _MISPLACED)
            return
        opened = state
        if opened:
            if fate is not None and physical.end <= fate.end:
                yield _refused(first, line, fate.fault)
                return
            kept += b"\n"
            continue
        text = bytes(kept).removesuffix(b"\r")
        yield _Text(first.start, physical.end, line, count, text, size if len(kept) > limit else len(text))
        line += count
        kept, size, count = bytearray(), 0, 0
    if count:
        yield _Fate(file.pin.size, _UNCLOSED)
        yield _refused(first, line, _UNCLOSED)


def _refused(physical: Line, line: int, fault: str) -> _Text:
    return _Text(physical.start, physical.end, line, 1, physical.text, physical.end - physical.start, fault)
