"""The frame that every operation stands in: its name, its arguments, and how it is made ready for one field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from enrichment.operations.outcome import Outcome
from schemas.json_types import Json

Step: TypeAlias = Callable[[Json], Outcome]
Arguments: TypeAlias = Mapping[str, str | int]
ResultType = Literal["string", "integer", "number", "boolean", "date", "date-time", "uri", "email"]

#: The name under which `map_values` declares that it takes any argument.
ANY_NAME = "*"


@dataclass(frozen=True, slots=True)
class Argument:
    """One declared argument. Values travel as text and are converted to `type`."""

    name: str
    type: Literal["string", "integer"] = "string"
    required: bool = True


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """What an operation may know beside the value, for one source and one target field.

    currency_hints: currency sign as it stands in texts -> ISO 4217 code; the empty sign speaks for amounts without one
    time_zone:      IANA name that naive times of the source are in
    region:         ISO 3166-1 alpha-2 code that national phone numbers of the source belong to
    unit:           unit of the target field
    allowed:        enumeration of the target field
    """

    currency_hints: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    time_zone: str | None = None
    region: str | None = None
    unit: str | None = None
    allowed: tuple[str | int | bool, ...] | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of the closed registry.

    result:  JSON type or string format of what it gives; null where that depends on what it is given
    compile: takes converted arguments and settings, gives a total function; raises UsageError on a wrong argument
    """

    name: str
    args: tuple[Argument, ...]
    doc: str
    result: ResultType | None
    compile: Callable[[Arguments, ReadSettings], Step]
