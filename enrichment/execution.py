"""Executing a binding: pointers are resolved, operations applied, and the first alternative that gives a value wins.

Pure and total: a reading is a value or a reason code, for any JSON document.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from enrichment.operations import ABSENT, Absent, Approximate, Fault, Outcome, ReadSettings, Step, compile_operation
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Cell, Json, Record
from schemas.plan import Alternative, Binding, OpCall
from schemas.pointer import MISSING, compile_pointer

#: The operations that make one value of several pointers.
GATHERING = frozenset({"first", "join"})


class Reading(NamedTuple):
    """What one binding gives for one record.

    value:       the cell, null where there is none
    reason:      why it is null, null otherwise
    alternative: index of the alternative that gave the value
    approximate: a qualifier of the text (`c.`, `>`) was dropped
    message:     what was wrong, without quoting the record
    """

    value: Cell
    reason: str | None
    alternative: int | None
    approximate: bool
    message: str


_ABSENT = Reading(None, Code.ABSENT.value, None, False, "")  # noqa: FBT003 - fields of a tuple
_NOT_SCALAR = Fault(Code.TYPE, "a list or object is not a scalar")
_NOT_FINITE = Fault(Code.TYPE, "neither NaN nor an infinity is a number")
_NO_JSON = Fault(Code.TYPE, "not a JSON value")


# A named tuple's own constructor is Python code, and takes longer than many an operation.
_made = tuple.__new__
#: What most steps give, and what a cell holds as it is.
_EXACT_TYPES = frozenset({str, int, Decimal, bool})


def _scalar(outcome: Outcome) -> Outcome:
    if isinstance(outcome, str):
        return outcome if outcome and not outcome.isspace() else ABSENT
    if type(outcome) is int:
        return outcome
    if outcome is None:
        return ABSENT
    if isinstance(outcome, Decimal):
        return outcome if outcome.is_finite() else _NOT_FINITE
    if isinstance(outcome, int | Absent | Fault):
        return outcome
    return _NOT_SCALAR


def _pass_on(outcome: Outcome, step: Step) -> Outcome:
    """Apply the next step, carrying on the mark that a qualifier was dropped."""
    if isinstance(outcome, Absent | Fault):
        return outcome
    if isinstance(outcome, Approximate):
        following = step(outcome.value)
        return following if isinstance(following, Absent | Fault | Approximate) else Approximate(following)
    return step(outcome)


def _exact(value: object) -> Json | Fault:
    """A float can only come from a source that is no JSON text; it is read as the shortest decimal that states it."""
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else _NOT_FINITE
    if value is None or isinstance(value, str | int | Decimal | Mapping | list | tuple):
        return value
    return _NO_JSON


def _compile_source(paths: tuple[str, ...], *, gathered: bool) -> Callable[[Record], Json | Fault]:
    resolvers = tuple(compile_pointer(path) for path in paths)

    if gathered:

        def gather(record: Record) -> Json | Fault:
            values = [resolve(record) for resolve in resolvers]
            return [None if value is MISSING else value for value in values]  # type: ignore[misc]  # MISSING is filtered

        return gather

    resolve = resolvers[0]

    def single(record: Record) -> Json | Fault:
        value = resolve(record)
        if value is MISSING:
            return None
        return value if isinstance(value, str) else _exact(value)

    return single


def _finished(outcome: Outcome) -> Outcome:
    """What the last step gave, as a cell holds it."""
    if isinstance(outcome, Approximate):
        inner = _scalar(outcome.value)
        return inner if isinstance(inner, Absent | Fault) else outcome
    return _scalar(outcome)


def _compile_lone(path: str, step: Step) -> Callable[[Record], Outcome]:
    """The commonest alternative by far: one pointer and one operation."""
    resolve = compile_pointer(path)

    def read(record: Record) -> Outcome:
        value = resolve(record)
        if type(value) is str:
            outcome = step(value)
            if type(outcome) is not str:
                return _finished(outcome)
            return outcome if outcome and not outcome.isspace() else ABSENT
        if value is None or value is MISSING:
            return ABSENT
        exact = _exact(value)
        return exact if isinstance(exact, Fault) else _finished(step(exact))

    return read


def _before_conversion(calls: Sequence[OpCall], settings: ReadSettings) -> ReadSettings:
    """Settings in which a text's figure is in the unit that a conversion begins with, and not yet in the field's."""
    converts = (arg.value for call in calls if call.op == "convert_unit" for arg in call.args if arg.name == "from")
    unit = next(converts, None)
    return settings if unit is None else replace(settings, unit=unit)


def compile_alternative(alternative: Alternative, settings: ReadSettings) -> Callable[[Record], Outcome]:
    """Make one alternative ready for one field.

    Raises:
        UsageError: an unknown operation or argument, or several pointers that no operation gathers.
    """
    calls = alternative.ops or (OpCall(op="copy"),)
    gathered = calls[0].op in GATHERING
    if len(alternative.paths) > 1 and not gathered:
        raise UsageError("several pointers, and the first operation gathers none", hint="begin with `first` or `join`")
    read_in = _before_conversion(calls, settings)
    first, *others = (compile_operation(call, read_in) for call in calls)
    if not gathered and not others:
        return _compile_lone(alternative.paths[0], first)
    source = _compile_source(alternative.paths, gathered=gathered)

    def read(record: Record) -> Outcome:
        value = source(record)
        if value is None:
            return ABSENT
        if isinstance(value, Fault):
            return value
        outcome = first(value)
        for step in others:
            outcome = _pass_on(outcome, step)
        return _finished(outcome)

    return read


def _chosen(outcomes: Iterable[Outcome]) -> Reading:
    """The first of the alternatives' outcomes that is a value; else the first fault is the reason."""
    fault: Fault | None = None
    for index, outcome in enumerate(outcomes):
        if type(outcome) in _EXACT_TYPES:
            return _made(Reading, (outcome, None, index, False, ""))
        if isinstance(outcome, Fault):
            fault = fault or outcome
        elif isinstance(outcome, Approximate):
            return Reading(outcome.value, None, index, True, "")  # type: ignore[arg-type]  # noqa: FBT003
        elif not isinstance(outcome, Absent):
            return Reading(outcome, None, index, False, "")  # type: ignore[arg-type]  # noqa: FBT003
    return _ABSENT if fault is None else Reading(None, fault.code.value, None, False, fault.message)  # noqa: FBT003


def compile_binding(binding: Binding, settings: ReadSettings) -> Callable[[Record], Reading]:
    """Make a binding ready: the first alternative that gives a value wins; else the first fault is the reason.

    Raises:
        UsageError: as `compile_alternative`.
    """
    alternatives = tuple(compile_alternative(a, settings) for a in binding.alternatives)
    only = alternatives[0]

    def read_only(record: Record) -> Reading:
        outcome = only(record)
        if type(outcome) in _EXACT_TYPES:
            return _made(Reading, (outcome, None, 0, False, ""))
        return _chosen((outcome,))

    if len(alternatives) == 1:
        return read_only
    return lambda record: _chosen(alternative(record) for alternative in alternatives)
