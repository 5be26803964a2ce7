"""What makes a record: an object, with a key, within the caps. One rule for every connector."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from enrichment import json_text
from enrichment.connectors.pages import FetchedRecord, RefusedRecord, Version, clip
from enrichment.connectors.pointed import nothing_at
from enrichment.shapes import mark, structure
from schemas.codes import Code
from schemas.errors import TerminalError
from schemas.json_types import Json, Record
from schemas.pointer import MISSING, resolve
from schemas.source import FileSource, Source

#: Characters of a record's key; a longer one cannot be indexed and is no name for anything.
MAX_KEY_LENGTH = 512
#: Characters of a pointer that are told.
_MAX_POINTER = 200
_CODES = frozenset(Code)
#: Of a file only: nobody could convert what a server sends.
CONVERT = "; a file in another encoding is converted by: iconv -f LATIN1 -t UTF-8"


def read_text(text: bytes, place: str, source: Source) -> FetchedRecord | RefusedRecord:
    """Read one record out of its own JSON text, which says every member once, or the same each time."""
    if len(text) > source.max_record_bytes:
        return too_large(text, len(text), place, source)
    try:
        value = json_text.loads(text, max_depth=source.max_depth)
    except TerminalError as error:
        code = Code(error.code) if error.code in _CODES else Code.RECORD_MALFORMED
        advice = CONVERT if isinstance(source, FileSource) and isinstance(error.__cause__, UnicodeDecodeError) else ""
        return RefusedRecord(place, code, error.message + advice, clip(text))
    outcome = read_value(value, place, source)
    if isinstance(outcome, FetchedRecord) and text.count(b":") != outcome.colons:
        twice = json_text.repeated(text, max_depth=source.max_depth)
        if twice is not None:
            return RefusedRecord(place, Code.RECORD_MALFORMED, f"the record {says_twice(twice)}", clip(text))
    return outcome


def says_twice(pointer: str) -> str:
    shown = pointer if len(pointer) <= _MAX_POINTER else f"{pointer[:_MAX_POINTER]}…"
    return f"has {shown} more than once, with different values"


def read_value(value: Json, place: str, source: Source) -> FetchedRecord | RefusedRecord:
    """Read one record out of a value that `json_text.loads` gave, at whatever depth."""
    try:
        body = json_text.dumps(value)
    except TerminalError as error:
        code = Code.RECORD_TOO_DEEP if _deeper(value, source.max_depth) else Code.RECORD_MALFORMED
        return RefusedRecord(place, code, error.message)
    colons = body.count(b":")
    if (refusal := _beyond_caps(value, body, colons, place, source)) is not None:
        return refusal
    if not isinstance(value, Mapping):
        return RefusedRecord(place, Code.RECORD_MALFORMED, "the record is not a JSON object", clip(body))
    key = record_key(value, source)
    if isinstance(key, _Unusable):
        return RefusedRecord(place, Code.KEY_MISSING, key.why, clip(body))
    return FetchedRecord(key, body, json_text.digest(value), record_version(value, source), mark(value), colons)


def _beyond_caps(value: Json, body: bytes, colons: int, place: str, source: Source) -> RefusedRecord | None:
    if len(body) > source.max_record_bytes:
        return too_large(body, len(body), place, source)
    # Brackets inside texts make this an upper bound, which spares nearly every record the walk.
    if body.count(b"{") + body.count(b"[") > source.max_depth and _deeper(value, source.max_depth):
        message = f"the record is nested deeper than {source.max_depth} levels"
        return RefusedRecord(place, Code.RECORD_TOO_DEEP, message, clip(body))
    # Members of lists of objects count once each here, and once for all there; colons inside texts count here only.
    if colons > source.max_fields and (fields := _fields(value)) > source.max_fields:
        message = f"the record has {fields} fields, {source.max_fields} are allowed (max_fields)"
        return RefusedRecord(place, Code.RECORD_TOO_LARGE, message, clip(body))
    return None


def too_large(start: bytes, size: int, place: str, source: Source) -> RefusedRecord:
    message = f"the record has {size} bytes, {source.max_record_bytes} are allowed"
    return RefusedRecord(place, Code.RECORD_TOO_LARGE, message, clip(start))


def _deeper(value: Json, limit: int) -> bool:
    pending: list[tuple[Json, int]] = [(value, 1)]
    while pending:
        inner, depth = pending.pop()
        if isinstance(inner, Mapping):
            members = list(inner.values())
        elif isinstance(inner, list):
            members = inner
        else:
            continue
        if depth > limit:
            return True
        pending.extend((member, depth + 1) for member in members)
    return False


def _fields(value: Json) -> int:
    return len(structure(value).pointers) if isinstance(value, Mapping) else 0


class _Unusable:
    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


def record_key(record: Record, source: Source) -> str | _Unusable:
    """Give the record's external id: trimmed text, or an integer as text."""
    value = resolve(record, source.key)
    if value is MISSING:
        return _Unusable(nothing_at(record, source.key))
    if isinstance(value, bool) or not isinstance(value, str | int):
        return _Unusable(f"the key at {source.key!r} is neither text nor an integer")
    text = str(value).strip()
    if not text:
        return _Unusable(f"the key at {source.key!r} is empty")
    if len(text) > MAX_KEY_LENGTH:
        return _Unusable(f"the key at {source.key!r} is longer than {MAX_KEY_LENGTH} characters")
    return text


def record_version(record: Record, source: Source) -> Version:
    if source.version is None:
        return None
    value = resolve(record, source.version)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or value == "":
        return None
    return value
