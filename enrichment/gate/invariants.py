"""Rule `invariant_broken`: what a target declares across two of its fields. It says nothing while either is empty."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from enrichment.gate.rule import RecordCheck
from schemas.comparing import REMEDY, Comparison, comparison, incomparable
from schemas.errors import ConfigurationError
from schemas.json_types import Cell
from schemas.target import Invariant, Target, TargetField

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}
_Comparable = str | int | Decimal | bool | datetime
_View = Callable[[Cell], "_Comparable | None"]


def _itself(value: Cell) -> _Comparable | None:
    return value


def _moment(value: Cell) -> _Comparable | None:
    return datetime.fromisoformat(value.upper()) if isinstance(value, str) else None


def _day(value: Cell) -> _Comparable | None:
    return value[:10] if isinstance(value, str) else None


def _year(value: Cell) -> _Comparable | None:
    if isinstance(value, str):
        return int(value[:4]) if value[:4].isdecimal() else None
    return value


_VIEWS: dict[Comparison, _View] = {"values": _itself, "moments": _moment, "days": _day, "years": _year}


def _view(rule: Invariant, left: TargetField, right: TargetField) -> _View:
    found = comparison(left, right)
    if found is None:
        raise ConfigurationError(
            f"invariant {rule.left} {rule.op} {rule.right}: {incomparable(left, right)}", hint=REMEDY
        )
    return _VIEWS[found]


def _compile(rule: Invariant, target: Target) -> RecordCheck:
    view = _view(rule, target.by_name[rule.left], target.by_name[rule.right])
    compare = _COMPARE[rule.op]
    broken = (rule.left, f"{rule.left} {rule.op} {rule.right} does not hold")

    def check(cells: Mapping[str, Cell], _reasons: Mapping[str, str]) -> tuple[str | None, str] | None:
        first, second = cells.get(rule.left), cells.get(rule.right)
        if first is None or second is None:
            return None
        left, right = view(first), view(second)
        if left is None or right is None:
            return None
        return None if compare(left, right) else broken

    return check


def compile_invariants(target: Target) -> tuple[RecordCheck, ...]:
    """Raises ConfigurationError where two fields cannot be compared."""
    return tuple(_compile(rule, target) for rule in target.invariants)
