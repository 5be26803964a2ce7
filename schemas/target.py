"""The target: the table that is filled, with a kind per field."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from decimal import Decimal
from functools import cached_property
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.kinds import Kind

FieldType = Literal["string", "integer", "number", "boolean"]
FieldFormat = Literal["date", "date-time", "uri", "email"]
#: Rows of before that a first plan may change where a target says nothing else.
APPROVE_ABOVE = 10_000
NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,62}")


class TargetField(BaseModel):
    """One column.

    `minimum` and `maximum` are inclusive; `min_length` and `max_length` count characters; `pattern` is searched for, as
    in JSON Schema.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: FieldType
    format: FieldFormat | None = None
    kind: Kind | None = None
    unit: str | None = None
    currency_field: str | None = None
    required: bool = False
    identity: bool = False
    description: str = ""
    allowed: tuple[str | int | bool, ...] | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    exclusive_minimum: Decimal | None = None
    exclusive_maximum: Decimal | None = None
    scale: int | None = None  # digits after the point that the column keeps; more is `out_of_range`
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    risk: Literal["normal", "high"] = "normal"
    plain: bool = False
    on_fault: Literal["empty", "reject"] = "empty"
    jump: Decimal = Field(default=Decimal(1000), gt=1)  # the factor of change that the state rule `jump` still allows


class Invariant(BaseModel):
    """A rule across two fields; it says nothing while either is empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    left: str
    op: Literal["<", "<=", "=", ">=", ">", "!="]
    right: str


class Target(BaseModel):
    """A target as the pipeline knows it, whatever it was declared with.

    `create`: Assay creates the table and later adds nullable columns. Otherwise the table is the user's and is never
    created or altered.
    `approve_above`: rows that stood before Assay, and that a first plan may change until a person approves of it.
    `defaults`: SQL expressions by column, for an INSERT to give where nothing is asserted: NOT NULL columns, fields or
    not, which take no null and whose default the database may not know.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    table: str
    description: str = ""
    fields: tuple[TargetField, ...]
    invariants: tuple[Invariant, ...] = ()
    existing: Literal["keep", "replace"] = "keep"
    approve_above: int = Field(default=APPROVE_ABOVE, ge=0)
    create: bool = False
    defaults: dict[str, str] = Field(default_factory=dict)
    table_schema: str | None = None  # PostgreSQL schema, where the user's table lives outside the search path

    @model_validator(mode="after")
    def _schema_usable(self) -> Self:
        if "%" in (self.table_schema or ""):
            raise ValueError(f"target {self.name}: a table_schema with % in its name cannot be used; rename the schema")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [f.name for f in self.fields]
        for name in (self.table, *names):
            if not NAME.fullmatch(name):
                raise ValueError(
                    f"target {self.name}: {name!r} is not a usable name; it must match {NAME.pattern}, rename it"
                )
        if twice := sorted({n for n in names if names.count(n) > 1}):
            raise ValueError(f"target {self.name}: field {twice[0]!r} is declared twice")
        if not any(f.identity for f in self.fields):
            raise ValueError(f"target {self.name}: no identity; name the fields that make a row unique")
        known = {f.name: f for f in self.fields}
        for f in self.fields:
            if f.currency_field is not None and f.currency_field not in known:
                raise ValueError(f"target {self.name}: {f.name}.currency_field names no field: {f.currency_field!r}")
        for rule in self.invariants:
            for side in (rule.left, rule.right):
                if side not in known:
                    raise ValueError(f"target {self.name}: an invariant names no field: {side!r}")
        return self

    @cached_property
    def by_name(self) -> dict[str, TargetField]:
        return {f.name: f for f in self.fields}

    @cached_property
    def risky(self) -> frozenset[str]:
        """Fields that only a person releases."""
        return frozenset(f.name for f in self.fields if f.risk == "high")

    @cached_property
    def amounts(self) -> dict[str, tuple[str, ...]]:
        """Companion field -> the money fields whose currency it names."""
        found: dict[str, tuple[str, ...]] = {}
        for f in self.fields:
            if f.currency_field is not None:
                found[f.currency_field] = (*found.get(f.currency_field, ()), f.name)
        return found

    def emptied_with(self, emptied: Collection[str], present: Collection[str]) -> frozenset[str]:
        """The fields of `emptied` that are among a row's `present` ones, and those that may not stand without them.

        A money field goes with its currency, and a currency with the last of its amounts unless the row needs it.
        """
        gone = set(emptied)
        gone.update(f.name for f in self.fields if f.currency_field in gone)
        kept = {f.name for f in self.fields if f.required or f.identity}
        for currency, names in self.amounts.items():
            there = set(names).intersection(present)
            if currency not in kept and there and there <= gone:
                gone.add(currency)
        return frozenset(gone.intersection(present))

    @cached_property
    def identity(self) -> tuple[TargetField, ...]:
        return tuple(f for f in self.fields if f.identity)

    @cached_property
    def version(self) -> str:
        """Digest of what plans and verdicts depend on; where the table lives is not part of it."""
        body = self.model_dump(mode="json", include={"name", "description", "fields", "invariants"})
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
