"""Read a local file, page by page, in memory that does not grow with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final

from enrichment.connectors import csv_rows, json_array, json_lines, parquet_rows
from enrichment.connectors.file_bytes import Pin, PinnedFile, open_below
from enrichment.connectors.file_rows import Row
from enrichment.connectors.page_text import sorted_out
from enrichment.connectors.pages import PAGE_BYTES, Cursor, Page
from schemas.codes import Code
from schemas.errors import ConfigurationError, TerminalError, UsageError
from schemas.json_types import Json
from schemas.source import FORMATS, FileSource

#: How packed files begin.
_PACKED: Final = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd"),
    "zip": re.compile(rb"PK\x03\x04"),
    "bzip2": re.compile(rb"BZh[1-9]1AY&SY"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
}
#: How a text begins that is not UTF-8: with a mark, or with zeros around its first character.
_WIDE: Final = re.compile(rb"\xff\xfe|\xfe\xff|[^\x00]\x00|\x00(?:\x00\x00)?[^\x00]")


class FileReader:
    """One file source. `roots` are the folders that files may lie in; `page_records` bounds a page."""

    def __init__(self, source: FileSource, *, roots: Sequence[Path], page_records: int = 500) -> None:
        self._source = source
        self._roots = roots
        self._page_records = page_records
        self._format = _format_of(source)

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        with open_below(self._source.path, self._roots) as file:
            pin = file.pin if cursor is None else _pinned(cursor)
            file.check(pin)
            _require_plain(file, text=self._format != "parquet")
            waiting: list[Row] = []
            size = 0
            for row in self._rows(file, cursor or {}):
                if len(waiting) >= self._page_records or size >= PAGE_BYTES:
                    file.check(pin)
                    yield _page(waiting, pin, more=True)
                    waiting, size = [], 0
                waiting.append(row)
                size += len(row.outcome.body or b"")
            file.check(pin)
            yield _page(waiting, pin, more=False)

    def _rows(self, file: PinnedFile, at: Mapping[str, Json]) -> Iterator[Row]:
        if self._format == "jsonl":
            return json_lines.rows(file, self._source, at)
        if self._format == "json":
            return json_array.rows(file, self._source, at)
        if self._format == "parquet":
            return parquet_rows.rows(file, self._source, at, batch=self._page_records)
        return csv_rows.rows(file, self._source, at)


def _format_of(source: FileSource) -> str:
    suffix = PurePath(source.path).suffix.lower()
    found = source.format or FORMATS.get(suffix)
    if found is None:
        raise ConfigurationError(
            f"source {source.name}: a file that ends in {suffix!r} names no format",
            hint="give a .jsonl, .json, .csv or .parquet file, or set format",
        )
    if found != "json" and source.records:
        raise ConfigurationError(
            f"source {source.name}: records names a list inside a document, which {found} files do not have",
            hint="remove records",
        )
    return found


def _require_plain(file: PinnedFile, *, text: bool) -> None:
    """
    Raises:
        TerminalError: `page_malformed`, the file is packed, so that it could not be gone on with from any place in it;
            or it is to be text and is in UTF-16 or UTF-32, of which no line would be read.
    """
    begins = next(file.blocks(0), b"")
    for how, mark in _PACKED.items():
        if mark.match(begins):
            raise TerminalError(
                f"the file is packed with {how}", code=Code.PAGE_MALFORMED, hint="unpack it, and name what comes out"
            )
    if text and _WIDE.match(begins):
        raise TerminalError(
            "the file is written in UTF-16 or UTF-32",
            code=Code.PAGE_MALFORMED,
            hint="write it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE > OTHER",
        )


def _page(rows: Sequence[Row], pin: Pin, *, more: bool) -> Page:
    records, refused = sorted_out(row.outcome for row in rows)
    cursor = {"size": pin.size, "modified": pin.modified, **rows[-1].following} if more else None
    return Page(records, refused, cursor)


def _pinned(cursor: Cursor) -> Pin:
    size, modified = cursor.get("size"), cursor.get("modified")
    if not isinstance(size, int) or not isinstance(modified, int):
        raise UsageError("the cursor is not one of a file source", hint="the source's connector was changed")
    return Pin(size, modified)
