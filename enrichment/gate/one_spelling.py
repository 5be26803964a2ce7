"""UUIDs and instants in one spelling, so that a row is known again however a source writes its key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from enrichment.execution import Reading
from enrichment.gate.formats import is_datetime
from enrichment.operations.instants import written
from schemas.json_types import Record
from schemas.target import TargetField
from schemas.uuids import canonical, holds_uuids


def one_spelling(field: TargetField, read: Callable[[Record], Reading]) -> Callable[[Record], Reading]:
    """Read as before, but a UUID of a field for UUIDs in lower case and with hyphens, and a date-time in UTC."""
    pattern = field.pattern
    if pattern is not None and holds_uuids(pattern):
        return _spelling(read, lambda text: canonical(text, pattern))
    if field.format == "date-time":
        return _spelling(read, _in_utc)
    return read


def _spelling(read: Callable[[Record], Reading], spell: Callable[[str], str]) -> Callable[[Record], Reading]:
    def spelt(record: Record) -> Reading:
        reading = read(record)
        value = reading.value
        return reading._replace(value=spell(value)) if type(value) is str else reading

    return spelt


def _in_utc(text: str) -> str:
    """As the operations on date-times write them; what is no date-time, or none of the years 1 to 9999, as it is."""
    if not is_datetime(text):
        return text
    try:
        return written(datetime.fromisoformat(text.upper()))
    except OverflowError:
        return text
