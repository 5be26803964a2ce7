"""What Arrow makes of the values of a Parquet file, made what JSON has for each: exact, and under its own name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, TypeAlias

#: Types and batches of pyarrow, which has no types of its own for this.
_Arrow: TypeAlias = Any


def spelt_out(batch: _Arrow, arrow: _Arrow) -> _Arrow:
    """Give nanoseconds, which have no place in Python's times, and keys of maps, which are names in JSON, as text; and
    numbers of four bytes as those that they print as: 19.99 is another one in eight.
    """
    for i, field in enumerate(batch.schema):
        column = batch.column(i)
        try:
            if arrow.types.is_duration(field.type) and field.type.unit == "ns":
                spans = [None if span is None else _span(span) for span in column.cast(arrow.int64()).to_pylist()]
                column = arrow.array(spans, arrow.string())
            elif (by_way_of := _spelt(field.type, arrow.string(), arrow)) != field.type:
                column = column.cast(by_way_of).cast(_spelt(field.type, arrow.float64(), arrow))
            else:
                continue
        except arrow.ArrowException:
            continue  # the rows tell what is wrong with it
        batch = batch.set_column(i, field.name, column)
    return batch


def _spelt(kind: _Arrow, short: _Arrow, arrow: _Arrow) -> _Arrow:
    """The type that a column is cast to, with `short` in the place of short numbers."""
    types = arrow.types
    if types.is_float32(kind):
        return short
    if (types.is_timestamp(kind) or types.is_time64(kind)) and kind.unit == "ns":
        return arrow.string()
    if types.is_struct(kind):
        return arrow.struct([field.with_type(_spelt(field.type, short, arrow)) for field in kind])
    if types.is_map(kind):
        key = kind.key_type if types.is_nested(kind.key_type) else arrow.string()
        return arrow.map_(key, _spelt(kind.item_type, short, arrow))
    made = _list_of(kind, arrow)
    return kind if made is None else made(kind.value_field.with_type(_spelt(kind.value_type, short, arrow)))


def _list_of(kind: _Arrow, arrow: _Arrow) -> Callable[[_Arrow], _Arrow] | None:
    """What makes a list as this one of another type of its elements; null where it is none."""
    if arrow.types.is_fixed_size_list(kind):
        return partial(arrow.list_, list_size=kind.list_size)
    if arrow.types.is_large_list(kind):
        return arrow.large_list  # type: ignore[no-any-return]  # as all of pyarrow
    return arrow.list_ if arrow.types.is_list(kind) else None


def _span(nanoseconds: int) -> str:
    return f"PT{Decimal(nanoseconds).scaleb(-9).normalize():f}S"


def nested(schema: _Arrow, arrow: _Arrow) -> list[_Arrow]:
    """The columns in which a map may be."""
    return [field for field in schema if arrow.types.is_nested(field.type)]


def named(row: dict[str, Any], fields: Sequence[_Arrow], arrow: _Arrow) -> dict[str, Any]:
    """Make the maps of a row, which come as lists of pairs, objects: no pointer leads to a key that is a value."""
    for field in fields:
        row[field.name] = _named(row[field.name], field.type, arrow)
    return row


def _named(value: Any, kind: _Arrow, arrow: _Arrow) -> Any:  # noqa: ANN401 - whatever a file holds
    types = arrow.types
    if value is None or not types.is_nested(kind):
        return value
    if types.is_map(kind):
        pairs = [(key, _named(member, kind.item_type, arrow)) for key, member in value]
        members = {key: member for key, member in pairs if isinstance(key, str)}
        # With a key twice, or one that is no name, it is no object.
        return members if len(members) == len(pairs) else pairs
    if types.is_struct(kind) and isinstance(value, Mapping):
        return {field.name: _named(value[field.name], field.type, arrow) for field in kind}
    return [_named(element, kind.value_type, arrow) for element in value] if _list_of(kind, arrow) else value
