"""Records that come as values: with the job, or out of a callable."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from enrichment import json_text
from enrichment.connectors import record_rules
from enrichment.connectors.page_text import sorted_out
from enrichment.connectors.pages import FetchedRecord, RefusedRecord
from schemas.codes import Code
from schemas.errors import TerminalError, storable
from schemas.json_types import Json
from schemas.pointer import escape
from schemas.source import Source

#: Characters of what is said of a value that has no place in JSON.
_MESSAGE = 100


@dataclass(frozen=True, slots=True)
class RecordText:
    """A record as its own JSON text on one line, or what stands in its place; read where its source's rules are."""

    text: bytes


def read_values(
    values: Iterable[object], source: Source, *, first: int = 0
) -> tuple[tuple[FetchedRecord, ...], tuple[RefusedRecord, ...]]:
    """Read records given as Python values, by the rules of every connector; `first` is the place of the first one."""
    return sorted_out(read_one(value, f"#{first + i}", source) for i, value in enumerate(values))


def written(value: object, *, max_depth: int) -> bytes:
    """A value as JSON text. Dates, times and UUIDs become their text, floats the decimal that they print as.

    Raises:
        TooDeepError: nested beyond the cap, or containing itself.
        TypeError, ValueError, TerminalError: it has no place in JSON (`UnwritableError` says which value).
    """
    return json_text.dumps(_as_json(value, max_depth, _scalar))


def read_one(value: object, place: str, source: Source) -> FetchedRecord | RefusedRecord:
    """Read one value as `written` writes it, but a number that JSON does not have costs its cell and not the record.

    A text of its own is read as it stands. Not a number is how typed stores write that there is nothing: null. An
    infinity is a text, and so no number.
    """
    if isinstance(value, RecordText):
        return record_rules.read_text(value.text, place, source)
    try:
        text = json_text.dumps(_as_json(value, source.max_depth, _stated))
    except TooDeepError:
        message = f"the record is nested deeper than {source.max_depth}"
        return RefusedRecord(place, Code.RECORD_TOO_DEEP, message)
    except TerminalError as error:
        return RefusedRecord(place, Code.RECORD_MALFORMED, error.message)
    except TypeError as error:
        return RefusedRecord(place, Code.RECORD_MALFORMED, storable(f"the record is not JSON: {str(error)[:_MESSAGE]}"))
    except ValueError as error:
        return RefusedRecord(place, Code.RECORD_MALFORMED, f"the record is not JSON: {type(error).__name__}")
    return record_rules.read_text(text, place, source)


class TooDeepError(Exception):
    """Nested beyond the cap, or containing itself."""


class UnwritableError(TypeError):
    """A value that has no place in JSON; `way` leads to it, from within."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.way: list[str] = []

    def __str__(self) -> str:
        where = "".join(f"/{escape(step)}" for step in reversed(self.way))
        return f"{self.args[0]} has no place in JSON" + (f" (at {where})" if where else "")


def _as_json(value: object, depth: int, scalar: Callable[[object], Json]) -> Json:
    if not isinstance(value, Mapping | list | tuple):
        return scalar(value)
    if depth == 0:
        raise TooDeepError
    if isinstance(value, Mapping):
        members: dict[str, Json] = {}
        for name, member in value.items():
            if not isinstance(name, str):
                raise TypeError("a name is not text")
            try:
                members[name] = _as_json(member, depth - 1, scalar)
            except UnwritableError as error:
                error.way.append(name)
                raise
        return members
    elements: list[Json] = []
    for element in value:  # one frame a level, not two: the cap on depth must stay below the interpreter's
        try:
            elements.append(_as_json(element, depth - 1, scalar))
        except UnwritableError as error:
            error.way.append(str(len(elements)))
            raise
    return elements


def _stated(value: object) -> Json:
    found = _scalar(value)
    if not isinstance(found, Decimal) or found.is_finite():
        return found
    return None if found.is_nan() else str(found)


def _scalar(value: object) -> Json:
    if isinstance(value, enum.Enum):
        return _scalar(value.value)
    if value is None or isinstance(value, str | bool | int | Decimal):
        return value
    if isinstance(value, float):
        # not repr(): a subclass, as numpy's, prints its own name around the number
        return Decimal(float.__repr__(value))
    if isinstance(value, dt.date | dt.time):
        # pandas has a moment that is none (NaT), which equals nothing and prints its own name
        return value.isoformat() if value == value else None  # noqa: PLR0124 - as above
    if isinstance(value, uuid.UUID):
        return str(value)
    raise UnwritableError(type(value).__name__)
