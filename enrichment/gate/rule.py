"""What a rule on cells and a rule on records are. A rule compiles itself for one field or one target, once per plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from schemas.codes import Code
from schemas.json_types import Cell, Record
from schemas.kinds import Kind
from schemas.plan import Binding
from schemas.target import Target, TargetField

if TYPE_CHECKING:
    # what a row is known by is asked without any operation
    from enrichment.operations import ReadSettings

#: (value, record, index of the winning alternative) -> what is wrong, or null. The message never quotes the record.
Check: TypeAlias = Callable[[Cell, Record, int | None], str | None]
#: (cells, reasons) -> (field or null, what is wrong), or null.
RecordCheck: TypeAlias = Callable[[Mapping[str, Cell], Mapping[str, str]], tuple[str | None, str] | None]


@dataclass(frozen=True, slots=True)
class FieldContext:
    """One target field under one plan.

    kind:       declared or inferred, null where unknown
    binding:    null where the value is a constant of the source's configuration
    identities: number of identity fields of the target
    """

    field: TargetField
    kind: Kind | None
    binding: Binding | None
    settings: ReadSettings
    identities: int


@dataclass(frozen=True, slots=True)
class CellRule:
    """`compile` gives null where the rule can never speak for the field.

    passes_ordinary: it never objects to a text that `ordinary` knows
    """

    code: Code
    compile: Callable[[FieldContext], Check | None]
    passes_ordinary: bool = False


@dataclass(frozen=True, slots=True)
class RecordRule:
    """`compile` gives one check per thing that the target declares."""

    code: Code
    compile: Callable[[Target], tuple[RecordCheck, ...]]
