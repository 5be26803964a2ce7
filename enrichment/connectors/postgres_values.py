"""What PostgreSQL's driver makes of values: exact, or the text that the server prints, and never an end of the reading.

As it comes, the driver reads numbers within JSON as floats, a month as thirty days, and raises at a moment that Python
has no number for (`infinity`, a year before 1 or behind 9999, the time 24:00), with which no row of the table is read.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

from psycopg import DataError
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Loader
from psycopg.types.datetime import (
    DateLoader,
    IntervalLoader,
    TimeLoader,
    TimestampLoader,
    TimestamptzLoader,
    TimetzLoader,
)
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader

_RANGES: Final = ("int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange")
_DECODER: Final = json.JSONDecoder(parse_float=Decimal)


def keep(context: AdaptContext) -> None:
    """Have a connection give values so."""
    for name in (*_RANGES, *(kind.replace("range", "multirange") for kind in _RANGES)):
        context.adapters.register_loader(name, TextLoader)
    for name, driver in _MOMENTS.items():
        context.adapters.register_loader(name, _or_text(driver))
    context.adapters.register_loader("interval", _Interval)
    set_json_loads(_loads, context)


def _loads(text: str | bytes) -> Any:  # noqa: ANN401 - JSON
    said = text if isinstance(text, str) else bytes(text).decode()
    try:
        return _DECODER.decode(said)
    except (ValueError, ArithmeticError, RecursionError):
        return said  # a number or a depth that nothing here can hold


def _or_text(driver: type[Loader]) -> type[Loader]:
    class OrText(Loader):
        def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
            super().__init__(oid, context)
            self._driver = driver(oid, context)

        def load(self, data: Buffer) -> Any:  # noqa: ANN401 - whatever the driver gives
            try:
                return self._driver.load(data)
            except (DataError, NotImplementedError):
                return bytes(data).decode()

    return OrText


class _Interval(_or_text(IntervalLoader)):  # type: ignore[misc]  # a class made at run time
    def load(self, data: Buffer) -> Any:  # noqa: ANN401 - as above
        said = bytes(data)
        # Neither has a length in days.
        return said.decode() if b"mon" in said or b"year" in said else super().load(data)


_MOMENTS: Final[dict[str, type[Loader]]] = {
    "date": DateLoader,
    "time": TimeLoader,
    "timetz": TimetzLoader,
    "timestamp": TimestampLoader,
    "timestamptz": TimestamptzLoader,
}
