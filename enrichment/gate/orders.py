"""What only a column as a whole settles, and may contradict: the order of a date's parts, and the marks in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from enrichment.execution import compile_alternative
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.plan_rule import alternatives, refusal
from enrichment.operations import Absent, Fault, ReadSettings
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Record
from schemas.plan import Alternative, OpCall, Refusal

_MARKS: Final = {",.": ".,", ".,": ",."}
#: Texts that read in the other order only, and their share of all that is read, from which on a column has both orders.
#: Fewer are slips.
_FEW: Final = 3
_ONE_IN: Final = 50


def has_order(ops: Sequence[OpCall]) -> bool:
    """Whether operations read a text in one of two orders that many a text leaves open."""
    return any(_turned(call) != call for call in ops)


def is_contradicted(alternative: Alternative, records: Iterable[Record], settings: ReadSettings) -> bool:
    """Whether too many of these records read in the other order only for those to be right that read in both."""
    if not has_order(alternative.ops):
        return False
    turned = alternative.model_copy(update={"ops": tuple(map(_turned, alternative.ops))})
    try:
        read, other = compile_alternative(alternative, settings), compile_alternative(turned, settings)
    except UsageError:
        return False
    given = against = 0
    for record in records:
        outcome = read(record)
        if isinstance(outcome, Fault):
            against += not isinstance(other(record), Absent | Fault)
        else:
            given += not isinstance(outcome, Absent)
    return against >= _FEW and against * _ONE_IN >= given + against


def contradicted(evidence: PlanEvidence) -> Iterator[Refusal]:
    """Refuse alternatives whose column has both orders: of a text that reads in either nobody knows what it says."""
    for field, _binding, _index, alternative in alternatives(evidence):
        settings = replace(evidence.settings, unit=field.unit, allowed=field.allowed)
        if is_contradicted(alternative, evidence.records, settings):
            message = (
                f"some texts of {alternative.paths[0]} read only in the other order, so that most say nothing sure"
            )
            yield refusal(field, alternative, Code.AMBIGUOUS, f"{message}; bind another or abstain")


def _turned(call: OpCall) -> OpCall:
    args = tuple(arg.model_copy(update={"value": _other(arg.name, arg.value)}) for arg in call.args)
    return call.model_copy(update={"args": args})


def _other(name: str, value: str) -> str:
    if name == "separators":
        return _MARKS.get(value, value)
    if name == "format" and "%d" in value and "%m" in value:
        return value.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
    return value
