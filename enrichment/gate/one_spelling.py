"""UUIDs in the one spelling that they have, so that a row is known again however a source writes its key."""

from __future__ import annotations

from collections.abc import Callable

from enrichment.execution import Reading
from schemas.json_types import Record
from schemas.target import TargetField
from schemas.uuids import canonical, holds_uuids


def one_spelling(field: TargetField, read: Callable[[Record], Reading]) -> Callable[[Record], Reading]:
    """Read as before, but a UUID of a field for UUIDs in lower case and with hyphens."""
    pattern = field.pattern
    if pattern is None or not holds_uuids(pattern):
        return read

    def spelt(record: Record) -> Reading:
        reading = read(record)
        value = reading.value
        return reading._replace(value=canonical(value, pattern)) if type(value) is str else reading

    return spelt
