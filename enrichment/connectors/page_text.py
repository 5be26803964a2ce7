"""One page of JSON: its records, and whatever else stands in it that says where to go on.

Parsed strictly first. Where that fails, or loses a member that stands there twice, the page is split and every record
read by itself, so that one bad record among good ones sinks nobody but itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from enrichment import json_text
from enrichment.connectors import record_rules
from enrichment.connectors.json_scan import Element, Scanner, blocks_of
from enrichment.connectors.pages import CLIP, FetchedRecord, RefusedRecord, clip
from schemas.codes import Code
from schemas.errors import TerminalError
from schemas.json_types import Json
from schemas.pointer import MISSING, resolve, tokens
from schemas.source import Source

_BOM = b"\xef\xbb\xbf"
#: Bytes of a cursor or address beside the records.
_LONGEST_LINK = 65_536
#: Depth is the record's affair; the parser itself gives up long before the interpreter would.
_ANY_DEPTH = 1 << 30
#: Something stands there, which is no end of a listing, and nothing that could be followed.
_UNREADABLE = True


@dataclass(frozen=True, slots=True)
class PageContent:
    """What a page holds.

    elements: of its list, refused ones included; 0 where the list was not found
    sound:    False where the page itself is refused, in whole or from some place on
    look_up:  the value at a pointer of the page, None where there is none
    """

    records: tuple[FetchedRecord, ...]
    refused: tuple[RefusedRecord, ...]
    elements: int
    sound: bool
    look_up: Callable[[str], Json]


def read_page(body: bytes, place: str, source: Source) -> PageContent:
    """Read a page; `place` names it, `place/17` the 18th element of its list."""
    text = body.removeprefix(_BOM)
    way = tokens(source.records)
    try:
        document = json_text.loads(text, max_depth=_ANY_DEPTH)
    except TerminalError:
        return _split(text, place, way, source)
    listed = resolve(document, source.records)

    def look_up(pointer: str) -> Json:
        value = resolve(document, pointer)
        return None if value is MISSING else value  # type: ignore[return-value]  # MISSING is the only non-JSON

    if listed is None and way:
        listed = []  # how some servers write a list without elements
    if not isinstance(listed, list):
        return PageContent((), (_without_list(text, place, source),), 0, sound=False, look_up=look_up)
    outcomes = [record_rules.read_value(value, f"{place}/{i}", source) for i, value in enumerate(listed)]
    if not nothing_lost(text, listed, outcomes, _emptied(document, way)):
        return _split(text, place, way, source)
    records, refused = sorted_out(outcomes)
    return PageContent(records, refused, len(listed), sound=True, look_up=look_up)


def nothing_lost(
    text: bytes, listed: Sequence[Json], outcomes: Sequence[FetchedRecord | RefusedRecord], beside: Json
) -> bool:
    """Whether what was parsed says as much as its text: a list, how each element was read, and what stands beside it.

    Of members of one name the parser keeps the last one.
    """
    try:
        said = json_text.colons(beside)
        for value, outcome in zip(listed, outcomes, strict=True):
            said += outcome.colons if isinstance(outcome, FetchedRecord) else json_text.colons(value)
    except TerminalError:
        return False
    return said == text.count(b":")


def _emptied(document: Json, way: Sequence[str]) -> Json:
    """The document with the list that stands at the end of a way emptied."""
    if not way:
        return []
    if isinstance(document, list):
        at = int(way[0])
        return [*document[:at], _emptied(document[at], way[1:]), *document[at + 1 :]]
    assert isinstance(document, Mapping)  # noqa: S101 - the way leads to a list
    return {**document, way[0]: _emptied(document[way[0]], way[1:])}


def item_text(body: bytes, source: Source) -> bytes:
    """Give the text of the one record in an answer by id.

    That is the object at `records`, or in a list of one there, as listings of the source wrap it; else the document.
    """
    text = body.removeprefix(_BOM).strip(b" \t\r\n")
    way = tokens(source.records)
    inner = Scanner(blocks_of(text))
    if inner.enter(way):
        if inner.enter_list():
            elements = [element for element, _ in zip(inner.elements(len(text)), range(2), strict=False)]
            if len(elements) == 1 and inner.closed:
                return elements[0].text
        else:
            value = inner.value(len(text))
            if value is not None and value.startswith(b"{"):
                return value
    return text


def read_element(element: Element, place: str, source: Source) -> FetchedRecord | RefusedRecord:
    """Read one element that a scanner split off."""
    if element.size > source.max_record_bytes:
        return record_rules.too_large(element.text, element.size, place, source)
    return record_rules.read_text(element.text, place, source)


def sorted_out(
    outcomes: Iterable[FetchedRecord | RefusedRecord],
) -> tuple[tuple[FetchedRecord, ...], tuple[RefusedRecord, ...]]:
    records: list[FetchedRecord] = []
    refused: list[RefusedRecord] = []
    for outcome in outcomes:
        if isinstance(outcome, FetchedRecord):
            records.append(outcome)
        else:
            refused.append(outcome)
    return tuple(records), tuple(refused)


def _split(text: bytes, place: str, way: Sequence[str], source: Source) -> PageContent:
    def look_up(pointer: str) -> Json:
        scanner = Scanner(blocks_of(text))
        if not scanner.enter(tokens(pointer)):
            return None
        value = scanner.value(_LONGEST_LINK)
        if value is None:
            return _UNREADABLE
        try:
            return json_text.loads(value, max_depth=_ANY_DEPTH)
        except TerminalError:
            return _UNREADABLE

    scanner = Scanner(blocks_of(text))
    if not (scanner.enter(way) and scanner.enter_list()):
        return PageContent((), (_without_list(text, place, source),), 0, sound=False, look_up=look_up)
    begin = scanner.offset
    limit = max(source.max_record_bytes, CLIP)
    outcomes = [read_element(element, f"{place}/{i}", source) for i, element in enumerate(scanner.elements(limit))]
    records, refused = sorted_out(outcomes)
    if not scanner.closed:
        refused = (*refused, RefusedRecord(place, Code.PAGE_MALFORMED, "the page's list of records breaks off"))
    elif (fault := _fault_of(text[:begin] + b"]" + text[scanner.offset :])) is not None:
        message = f"what stands beside the records {fault}"
        refused = (*refused, RefusedRecord(place, Code.PAGE_MALFORMED, message))
    return PageContent(records, refused, len(outcomes), sound=scanner.closed, look_up=look_up)


def _fault_of(text: bytes) -> str | None:
    try:
        json_text.loads(text, max_depth=_ANY_DEPTH)
        twice = json_text.repeated(text, max_depth=_ANY_DEPTH)
    except TerminalError:
        return "is not JSON"
    return None if twice is None else record_rules.says_twice(twice)


def _without_list(text: bytes, place: str, source: Source) -> RefusedRecord:
    where = f"at {source.records!r}" if source.records else "as the whole document"
    return RefusedRecord(place, Code.PAGE_MALFORMED, f"the page has no JSON list {where}", clip(text))
