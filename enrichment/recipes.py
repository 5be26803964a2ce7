"""Which operations can lead from a source field to a target field of some kind, the most telling first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from enrichment.evidence import Offered, Wanted
from enrichment.evidence.units import unit_named
from enrichment.operations import settle_date_format, settle_separators
from schemas.json_types import Json
from schemas.kinds import Kind
from schemas.plan import OpArg, OpCall
from schemas.target import TargetField

_NUMERIC: Final = frozenset({Kind.COUNT, Kind.QUANTITY, Kind.DURATION, Kind.LATITUDE, Kind.LONGITUDE, Kind.MONEY})
#: The one operation that reads a kind out of a text.
_READERS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.YEAR: "parse_year",
        Kind.EMAIL: "parse_email",
        Kind.URL: "parse_url",
        Kind.COUNTRY: "parse_country",
        Kind.CURRENCY: "parse_currency",
        Kind.BOOLEAN: "parse_boolean",
        Kind.ADDRESS: "clean_place",
    }
)
#: Epoch figures between these are seconds of our time; a thousand times as much are milliseconds.
_EPOCH: Final = (500_000_000, 5_000_000_000)


def recipes(
    field: TargetField, wanted: Wanted, offered: Offered, values: Sequence[Json]
) -> Iterator[tuple[OpCall, ...]]:
    """Give the chains of operations worth trying for a target field of known or unknown kind, best first.

    Nothing is given where the two fields' units leave open what the figure means.
    """
    kind = wanted.kind
    if field.type == "string" and field.format is None and kind not in {*_READERS, Kind.PHONE}:
        yield from _as_text(kind, values)
    elif kind is Kind.PHONE:
        yield (_call("parse_phone"),)
    elif kind is Kind.MONEY:
        yield from _variants("parse_money", values)
    elif kind is Kind.PERCENT:
        yield from _percent(field, offered, values)
    elif kind in _NUMERIC or (kind is None and field.type in {"integer", "number"}):
        yield from _figure(field, wanted, offered, values)
    elif kind in {Kind.DATE, Kind.DATETIME}:
        yield from _moment(kind, values)
    elif kind is not None and kind in _READERS:
        yield (_call(_READERS[kind]),)
    else:
        yield ()


def _as_text(kind: Kind | None, values: Sequence[Json]) -> Iterator[tuple[OpCall, ...]]:
    if all(isinstance(value, str) for value in values):
        yield ()
    elif kind in {Kind.IDENTIFIER, Kind.CODE}:
        yield (_call("to_text"),)


def _figure(
    field: TargetField, wanted: Wanted, offered: Offered, values: Sequence[Json]
) -> Iterator[tuple[OpCall, ...]]:
    conversion = _conversion(field, wanted, offered)
    if conversion is None:
        return
    name = "parse_integer" if field.type == "integer" and not conversion else "parse_decimal"
    for variant in _variants(name, values):
        yield (*variant, *conversion)


def _conversion(field: TargetField, wanted: Wanted, offered: Offered) -> tuple[OpCall, ...] | None:
    """Give the conversion that the units ask for, empty where they agree; null where one of them is not known."""
    if wanted.kind not in {Kind.QUANTITY, Kind.DURATION}:
        return ()
    target, source = unit_named(field.unit) or wanted.sense.unit, unit_named(offered.view.unit)
    if target is None and source is None:
        return ()
    if target is None or source is None or target.measure != source.measure:
        return None
    if target.name == source.name:
        return ()
    return (_call("convert_unit", **{"from": source.name, "to": field.unit or target.name}),)


def _percent(field: TargetField, offered: Offered, values: Sequence[Json]) -> Iterator[tuple[OpCall, ...]]:
    """A number without its sign may be a fraction or hundredths; only where both sides say hundredths it is plain."""
    if all(isinstance(value, str) for value in values):
        yield (_call("parse_percent"),)
    elif field.unit == "percent" and offered.view.unit == "percent":
        yield (_call("parse_decimal"),)


def _moment(kind: Kind, values: Sequence[Json]) -> Iterator[tuple[OpCall, ...]]:
    name = "parse_date" if kind is Kind.DATE else "parse_datetime"
    if all(isinstance(value, str) for value in values):
        settled = settle_date_format(values)
        yield (_call(name, format=settled),) if settled is not None else (_call(name),)
        return
    sizes = [
        abs(value) if isinstance(value, int) else value.copy_abs()
        for value in values
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite()
    ]
    low, high = _EPOCH
    if kind is Kind.DATETIME and len(sizes) == len(values) and sizes:
        if all(low <= size <= high for size in sizes):
            yield (_call("parse_epoch", unit="s"),)
        elif all(low * 1000 <= size <= high * 1000 for size in sizes):
            yield (_call("parse_epoch", unit="ms"),)


def _variants(name: str, values: Sequence[Json]) -> Iterator[tuple[OpCall, ...]]:
    yield (_call(name),)
    separators = settle_separators(values)
    if separators is not None:
        yield (_call(name, separators=separators),)


def _call(name: str, **args: str) -> OpCall:
    return OpCall(op=name, args=tuple(OpArg(name=key, value=value) for key, value in args.items()))
