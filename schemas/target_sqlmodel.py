"""A target declared with a SQLModel table class: the user's own table, read column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Unpack

import sqlalchemy as sa
from pydantic.fields import FieldInfo
from sqlmodel import SQLModel

from schemas.errors import ConfigurationError, Problem
from schemas.target import Target
from schemas.target_columns import bookkeeping, default_sql, holds, set_directly
from schemas.target_declaration import INVARIANTS, Declaration, DeclarationSettings, build_target, field_keywords
from schemas.target_overrides import FieldSettings


def target_from_model(cls: type[SQLModel], name: str, **settings: Unpack[DeclarationSettings]) -> Target:
    """Read a target out of a SQLModel class with `table=True`.

    `settings` are those of `Declaration`. Left out are keys and time stamps that the database or the class makes,
    computed columns, and columns of other types that may stay empty; naming one in the configuration, or giving it an
    `x-` keyword, makes it a field. Identity, where neither the configuration nor `x-identity` names it, is the natural
    primary key, else the only unique constraint.

    Raises:
        ConfigurationError: no table class, or a column that must be filled and cannot be.
    """
    table = getattr(cls, "__table__", None)
    if not (isinstance(cls, type) and issubclass(cls, SQLModel) and isinstance(table, sa.Table)):
        raise ConfigurationError(
            f"target {name!r}: {cls!r} is no SQLModel table class", hint="declare it as class X(SQLModel, table=True)"
        )
    declared = Declaration(name, **settings)
    declared = replace(declared, table_schema=declared.table_schema or table.schema)
    problems: list[Problem] = []
    fields: dict[str, FieldSettings] = {}
    defaults: dict[str, str] = {}
    for column, info in _columns(cls, table):
        default = default_sql(column)
        extra = _extra(column, info, problems)
        named = column.name in declared.identity or column.name in declared.overrides or bool(extra)
        if not (column.nullable or named) and default is None and column.default is not None:
            problems.append(_python_only(column))
        if default is not None and not column.nullable:
            defaults[column.name] = default
        if column.computed is not None or (bookkeeping(table, column, default) and not named):
            continue
        held = holds(column, info)
        needed = not column.nullable and default is None
        if held is not None:
            described = column.comment or (info.description if info else None) or ""
            fields[column.name] = {"description": described, "required": needed, **held, **extra}
        elif needed:
            problems.append(_not_fillable(column))
    if not (declared.identity or any(f.get("identity") is True for f in fields.values())):
        for column_name in _natural_identity(table, fields, problems):
            fields[column_name]["identity"] = True
    schema_extra = cls.model_config.get("json_schema_extra")
    return build_target(
        declared,
        fields,
        table=table.name,
        description=table.comment or "",
        invariants=schema_extra.get(INVARIANTS) if isinstance(schema_extra, Mapping) else None,
        defaults={c: sql for c, sql in defaults.items() if c in fields or table.columns[c].server_default is None},
        problems=problems,
    )


def _columns(cls: type[SQLModel], table: sa.Table) -> list[tuple[sa.Column[Any], FieldInfo | None]]:
    """Give each column with its field; the column's name may differ from the attribute's."""
    mapper = sa.inspect(cls)
    return [(column, cls.model_fields.get(mapper.get_property_by_column(column).key)) for column in table.columns]


def _python_only(column: sa.Column[Any]) -> Problem:
    return Problem(
        f"field {column.name!r}",
        "is NOT NULL and its default exists in Python only, where no INSERT of Assay sees it",
        f"give it a server_default, make it nullable, or name it under fields.{column.name} to have it filled",
    )


def _not_fillable(column: sa.Column[Any]) -> Problem:
    return Problem(
        f"field {column.name!r}",
        f"is of SQL type {column.type!r}, which Assay cannot fill, and may not stay empty",
        "make the column nullable, or give it a default in the database",
    )


def _extra(column: sa.Column[Any], info: FieldInfo | None, problems: list[Problem]) -> FieldSettings:
    """Collect the `x-` keywords of a field, wherever SQLModel lets one be written.

    `json_schema_extra` and `sa_column_kwargs={"info": ...}` survive as such; what `schema_extra` is given directly
    is kept by SQLModel only among the attributes that were set.
    """
    given = info.json_schema_extra if info else None
    return field_keywords(
        {
            **{k: v for k, v in set_directly(info).items() if k.startswith("x-")},
            **(given if isinstance(given, Mapping) else {}),
            **{k if k.startswith("x-") else f"x-{k}": v for k, v in column.info.items() if isinstance(k, str)},
        },
        f"field {column.name!r}",
        problems,
    )


def _natural_identity(table: sa.Table, fields: Mapping[str, FieldSettings], problems: list[Problem]) -> tuple[str, ...]:
    """Give the natural primary key, else the only unique constraint; several leave the choice to a person."""
    primary = tuple(c.name for c in table.primary_key.columns)
    if primary and all(name in fields for name in primary):
        return primary
    unique = {tuple(c.name for c in u.columns) for u in table.constraints if isinstance(u, sa.UniqueConstraint)}
    unique |= {tuple(c.name for c in i.columns) for i in table.indexes if i.unique}
    unique = {names for names in unique if names and all(name in fields for name in names)}
    if len(unique) == 1:
        return unique.pop()
    if unique:
        choices = " or ".join(str(list(names)) for names in sorted(unique))
        problems.append(Problem("identity", f"the table has several unique keys: {choices}", "name one as identity"))
    return ()
