"""What the columns of a user's table make of keys and values: types that are refused, and what is asked of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from psycopg import sql

from schemas.errors import ConfigurationError
from schemas.target import Target, TargetField

#: Types under which two keys may be one row, and why.
_ROUGH: Final = {
    "citext": "citext knows no case",
    "real": "real rounds",
    "double precision": "double precision rounds",
}
_NUMBERS: Final = frozenset({"smallint", "integer", "bigint", "numeric", "oid"})
_TEXTS: Final = frozenset({"text", "character varying"})
#: Texts that are cut or padded.
_CUT_TEXTS: Final = frozenset({"bpchar", "name", '"char"'})
#: Types of which equal values have one text: a key that is spelt so is one row, and any other spelling can be told.
_ONE_SPELLING: Final = (
    _NUMBERS
    | _TEXTS
    | _CUT_TEXTS
    | {"uuid", "date", "boolean", "inet", "cidr", "macaddr", "macaddr8", "bit", "bit varying"}
)
_INSTANTS: Final = frozenset({"date", "timestamp without time zone", "timestamp with time zone"})
_MOMENTS: Final = frozenset({"date", "date-time"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is declared.

    type: what it is made of, without its length; of a domain the type below it
    declared: as its owner wrote it
    narrowed: its type has a length, a precision or a scale
    enum: its values are a list of texts
    folding: its collation takes different texts for one
    """

    type: str
    declared: str
    narrowed: bool = False
    enum: bool = False
    folding: bool = False

    @property
    def bare(self) -> str:
        """The type's name without its schema."""
        return self.type.rpartition(".")[2]


def require_exact(target: Target, columns: Mapping[str, Column]) -> None:
    """
    Raises:
        ConfigurationError: an identity column may hold the rows of two keys as one.
    """
    for field in target.identity:
        column = columns[field.name]
        why = "its collation" if column.folding else _ROUGH.get(column.bare)
        if why is None and _is_text(field) and not column.enum and column.bare not in _ONE_SPELLING:
            why = f"{column.declared} has several spellings of one value"
        if why is not None:
            raise ConfigurationError(
                f"target {target.name}: identity column {field.name} takes different keys for one: {why}",
                hint="identify rows by a column that compares exactly: text, bigint, numeric, uuid, date; for"
                " timestamptz declare the field with format date-time",
            )


def changed(field: TargetField, column: Column) -> sql.Composable | None:
    """Whether the column makes another value, or of the identity another text, of the cell `s` than it says, once it
    holds it as `r`; null for a column that keeps whatever it takes.
    """
    said = sql.SQL("(s.cells ->> {})").format(sql.Literal(field.name))
    held = sql.Identifier("r", field.name)
    if field.identity and _is_text(field):
        return None if column.bare in _TEXTS or column.enum else sql.SQL("{} <> {}").format(said, _spelt(column, held))
    if column.bare in _CUT_TEXTS:
        return sql.SQL("{} <> {}::text").format(said, held)
    if field.type == "string" and column.bare in _INSTANTS:
        return _moment_changed(field, column, said, held)
    return _number_changed(field, column, said, held)


def _is_text(field: TargetField) -> bool:
    return field.type == "string" and field.format not in _MOMENTS


def _spelt(column: Column, held: sql.Composable) -> sql.Composable:
    """The one text of what is held."""
    if column.bare == "numeric":
        return sql.SQL("trim_scale({})::text").format(held)
    # Cast to text every address has a mask.
    return sql.SQL("format('%%s', {})" if column.bare == "inet" else "{}::text").format(held)


def _moment_changed(
    field: TargetField, column: Column, said: sql.Composable, held: sql.Composable
) -> sql.Composable | None:
    if field.format == "date" or (field.format == "date-time" and column.bare != "date" and not column.narrowed):
        return None
    return sql.SQL("{}::timestamptz <> {}::timestamptz").format(said, held)


def _number_changed(
    field: TargetField, column: Column, said: sql.Composable, held: sql.Composable
) -> sql.Composable | None:
    if column.bare in {"real", "double precision"}:
        # Who keeps numbers in double precision has said that fifteen digits are enough; not so of counts and codes.
        if column.bare != "real" and field.type == "number":
            return None
        held = sql.SQL("{}::text").format(held)
    elif column.bare != "money" and (column.bare not in _NUMBERS or _keeps(field, column)):
        return None
    return sql.SQL("{}::numeric <> {}::numeric").format(said, held)


def _keeps(field: TargetField, column: Column) -> bool:
    """Whether a column of exact numbers holds all that the field may say; where it would refuse a cell that is no key,
    that is told when the row is written.
    """
    if column.narrowed:
        return False
    return not field.identity or column.bare == "numeric" or (column.bare == "bigint" and field.type == "integer")
