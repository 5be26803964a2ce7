"""Files of one JSON document per line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from enrichment.connectors.file_bytes import Line, PinnedFile
from enrichment.connectors.file_rows import BOM, Row, position
from enrichment.connectors.pages import CLIP, FetchedRecord, RefusedRecord
from enrichment.connectors.record_rules import read_text, too_large
from schemas.json_types import Json
from schemas.source import FileSource


def rows(file: PinnedFile, source: FileSource, at: Mapping[str, Json]) -> Iterator[Row]:
    """Give every record from byte offset `at["offset"]` on. Blank lines are passed over."""
    for line in file.lines(position(at, "offset"), limit=max(source.max_record_bytes, CLIP)):
        text = (line.text.removeprefix(BOM) if line.start == 0 else line.text).strip()
        if text:
            yield Row(_read(line, text, source), {"offset": line.end})


def _read(line: Line, text: bytes, source: FileSource) -> FetchedRecord | RefusedRecord:
    place = f"#byte:{line.start}"
    if line.cut:
        return too_large(text, line.end - line.start, place, source)
    return read_text(text, place, source)
