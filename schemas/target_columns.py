"""What a SQL column can hold, and what it takes where nothing is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from pydantic.fields import FieldInfo
from sqlalchemy.exc import CompileError
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault
from sqlalchemy.types import TypeDecorator, TypeEngine

from schemas.target_overrides import FieldSettings
from schemas.uuids import WITH_OR_WITHOUT_HYPHENS

_DIALECT: Final = sa.make_url("postgresql+psycopg://").get_dialect()()
#: Defaults that say when or as what a row was made, as opposed to what it means.
_BOOKKEEPING: Final = re.compile(r"\(|^current_|^local", re.IGNORECASE)

#: Factories of defaults that exist in Python only, by the type of their column.
_FACTORIES: Final[Mapping[type[TypeEngine[Any]], str]] = {
    sa.DateTime: "now()",
    sa.Date: "current_date",
    sa.Uuid: "gen_random_uuid()",
}


def _signed(bits: int) -> Callable[[Any], FieldSettings]:
    reach = Decimal(2 ** (bits - 1))
    return lambda _: {"type": "integer", "minimum": -reach, "maximum": reach - 1}


def _numeric(held: sa.Numeric[Any]) -> FieldSettings:
    if held.precision is None:
        return {"type": "number"}
    scale = held.scale or 0
    reach = Decimal(1).scaleb(held.precision - scale) - Decimal(1).scaleb(-scale)
    return {"type": "number", "minimum": -reach, "maximum": reach, "scale": scale}


#: SQL types and what each can hold; the first that fits, so that special ones stand before general ones.
_TYPES: Final[Sequence[tuple[type[TypeEngine[Any]], Callable[[Any], FieldSettings]]]] = (
    (sa.Boolean, lambda _: {"type": "boolean"}),
    (sa.Enum, lambda t: {"type": "string", "allowed": tuple(t.enums)}),
    (sa.SmallInteger, _signed(16)),
    (sa.BigInteger, _signed(64)),
    (sa.Integer, _signed(32)),
    (sa.Float, lambda _: {"type": "number"}),
    (sa.Numeric, _numeric),
    (sa.Uuid, lambda _: {"type": "string", "pattern": WITH_OR_WITHOUT_HYPHENS}),
    (sa.String, lambda t: {"type": "string", "max_length": t.length}),
    (sa.DateTime, lambda _: {"type": "string", "format": "date-time"}),
    (sa.Date, lambda _: {"type": "string", "format": "date"}),
)

#: Pydantic's constraints, by the names of `TargetField`.
_BOUNDS: Final = {"ge": "minimum", "le": "maximum", "gt": "exclusive_minimum", "lt": "exclusive_maximum"}
_LIMITS: Final = {
    "min_length": "min_length",
    "max_length": "max_length",
    "decimal_places": "scale",
    "pattern": "pattern",
}


def holds(column: sa.Column[Any], info: FieldInfo | None) -> FieldSettings | None:
    """Give type, format and limits of a column, or null where no scalar field can stand for it."""
    sql_type = _plain(column.type)
    held = next((hold(sql_type) for known, hold in _TYPES if isinstance(sql_type, known)), None)
    return None if held is None else {**held, **_narrowed(held, _constraints(info))}


def set_directly(info: FieldInfo | None) -> Mapping[str, Any]:
    found = getattr(info, "_attributes_set", None)
    return found if isinstance(found, Mapping) else {}


def _constraints(info: FieldInfo | None) -> FieldSettings:
    """Read pydantic's constraints: SQLModel does not check them on table classes, the gate does."""
    regex = set_directly(info).get("regex")
    found: FieldSettings = {"pattern": regex} if isinstance(regex, str) else {}
    for item in info.metadata if info else ():
        for attribute, name in _BOUNDS.items():
            if isinstance(value := getattr(item, attribute, None), int | float | Decimal):
                found[name] = Decimal(str(value))
        for attribute, name in _LIMITS.items():
            if isinstance(value := getattr(item, attribute, None), int | str):
                found[name] = value
    return found


def _narrowed(held: FieldSettings, said: FieldSettings) -> FieldSettings:
    tightest = {"minimum": max, "maximum": min, "max_length": min, "scale": min}
    return {
        key: tightest[key](value, held[key]) if key in tightest and held.get(key) is not None else value
        for key, value in said.items()
    }


def default_sql(column: sa.Column[Any]) -> str | None:
    """Give the SQL expression of a column's default, or null where there is none or only Python could compute it."""
    server, default = column.server_default, column.default
    if isinstance(server, sa.DefaultClause):
        return _rendered(sa.literal(server.arg) if isinstance(server.arg, str) else server.arg)
    if isinstance(default, ScalarElementColumnDefault) and default.arg is not None:
        return _rendered(sa.literal(default.arg, column.type))
    if isinstance(default, CallableColumnDefault):
        # the factories that every class has: a time stamp and a random id
        held = _plain(column.type)
        return next((sql for sql_type, sql in _FACTORIES.items() if isinstance(held, sql_type)), None)
    return None


def _plain(sql_type: TypeEngine[Any]) -> TypeEngine[Any]:
    """Give the SQL type beneath types that only convert on the Python side."""
    while isinstance(sql_type, TypeDecorator):
        sql_type = sql_type.impl_instance
    return sql_type


def _rendered(expression: ClauseElement) -> str | None:
    try:
        return str(expression.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
    except CompileError:
        return None


def bookkeeping(table: sa.Table, column: sa.Column[Any], default: str | None) -> bool:
    """Tell surrogate keys and time stamps of the row itself: no source can say them."""
    if column.primary_key and (column is table.autoincrement_column or column.default is not None):
        return True
    made = default is not None and _BOOKKEEPING.search(default) is not None
    return column.identity is not None or made or (column.primary_key and column.server_default is not None)
