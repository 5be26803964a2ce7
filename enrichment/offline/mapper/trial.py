"""Trying operations on samples before they are proposed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from enrichment.execution import compile_alternative
from enrichment.operations import Absent, Approximate, Fault, ReadSettings
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Json
from schemas.plan import Alternative, OpCall
from schemas.target import TargetField

#: A sample of this length was cut, so that its end says nothing.
_CUT: Final = 120
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T.+")


@dataclass(frozen=True, slots=True)
class Trial:
    """What operations gave on samples.

    fitting:   values that the target field takes
    misfits:   values that it does not take, and texts that the operations could not read
    ambiguous: texts with more than one reading
    """

    fitting: tuple[Json, ...]
    misfits: int
    ambiguous: int

    @property
    def seen(self) -> int:
        return len(self.fitting) + self.misfits + self.ambiguous

    @property
    def worth(self) -> float:
        """How far the samples speak for the operations, 0..1; an ambiguous text speaks neither way."""
        decided = len(self.fitting) + self.misfits
        return len(self.fitting) / decided if decided else 0.0


_NO_HINTS: Final[Mapping[str, str]] = MappingProxyType({})


def _in_bounds(field: TargetField, value: Decimal) -> bool:
    return (field.minimum is None or value >= field.minimum) and (field.maximum is None or value <= field.maximum)


def takes(field: TargetField, value: Json) -> bool:
    """Whether a target field takes a value: its type, format, bounds, pattern and enumeration."""
    if field.allowed is not None and not any(
        value == a and isinstance(value, bool) == isinstance(a, bool) for a in field.allowed
    ):
        return False
    if field.type == "boolean" or isinstance(value, bool):
        return field.type == "boolean" and isinstance(value, bool)
    if field.type == "string":
        return isinstance(value, str) and _is_form(field, value)
    if not isinstance(value, int | Decimal):
        return False
    whole = isinstance(value, int) or value == value.to_integral_value()
    return (whole or field.type == "number") and _in_bounds(field, Decimal(value))


def _is_form(field: TargetField, value: str) -> bool:
    if field.format == "date" and not _ISO_DATE.fullmatch(value):
        return False
    if field.format == "date-time" and not _ISO_MOMENT.fullmatch(value):
        return False
    if field.pattern is None:
        return True
    try:
        return re.search(field.pattern, value) is not None
    except re.error:
        return True


def attempt(
    field: TargetField, ops: Sequence[OpCall], samples: Sequence[Json], *, hints: Mapping[str, str] = _NO_HINTS
) -> Trial | None:
    """Run operations over samples; nothing where they cannot be made ready. `hints`: what a source may declare."""
    settings = ReadSettings(currency_hints=hints, unit=field.unit, allowed=field.allowed)
    try:
        read = compile_alternative(Alternative(paths=("/v",), ops=tuple(ops)), settings)
    except UsageError:
        return None
    fitting: list[Json] = []
    misfits = ambiguous = 0
    for sample in samples:
        if isinstance(sample, str) and len(sample) >= _CUT:
            continue
        outcome = read({"v": sample})
        value = outcome.value if isinstance(outcome, Approximate) else outcome
        if isinstance(value, Absent):
            continue
        if isinstance(value, Fault):
            ambiguous += value.code == Code.AMBIGUOUS
            misfits += value.code != Code.AMBIGUOUS
        elif takes(field, value):
            fitting.append(value)
        else:
            misfits += 1
    return Trial(tuple(fitting), misfits, ambiguous)
