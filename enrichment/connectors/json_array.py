"""Files of one JSON document that holds a list of records, of any size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from enrichment.connectors.file_bytes import PinnedFile
from enrichment.connectors.file_rows import BOM, Row, position
from enrichment.connectors.json_scan import Scanner
from enrichment.connectors.page_text import read_element
from enrichment.connectors.pages import CLIP, RefusedRecord
from schemas.codes import Code
from schemas.json_types import Json
from schemas.pointer import tokens
from schemas.source import FileSource


def rows(file: PinnedFile, source: FileSource, at: Mapping[str, Json]) -> Iterator[Row]:
    """Give every element of the list from byte offset `at["offset"]` on, which lies between two elements."""
    offset = position(at, "offset")
    if offset:
        scanner = Scanner(file.blocks(offset), offset)
    else:
        begin = len(BOM) if next(file.blocks(0), b"").startswith(BOM) else 0
        scanner = Scanner(file.blocks(begin), begin)
        if not (scanner.enter(tokens(source.records)) and scanner.enter_list()):
            where = f"at {source.records!r}" if source.records else "as the whole document"
            yield _refused(scanner.offset, f"the file has no JSON list {where}")
            return
    for element in scanner.elements(max(source.max_record_bytes, CLIP)):
        yield Row(read_element(element, f"#byte:{element.start}", source), {"offset": element.next})
    if not scanner.closed:
        yield _refused(scanner.offset, "the file's list of records breaks off")
        return
    scanner.leave(len(tokens(source.records)))
    if not scanner.at_end():
        whole = "document" if source.records else "list of records"
        yield _refused(scanner.offset, f"something follows the file's {whole}; it was not read")


def _refused(offset: int, message: str) -> Row:
    return Row(RefusedRecord(f"#byte:{offset}", Code.PAGE_MALFORMED, message), {"offset": offset})
