"""Which form the values of a source have, codes or words, and which operations make another thing of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from enrichment.evidence.values import scalars
from enrichment.gate.plan_evidence import PlanEvidence
from schemas.kinds import Kind
from schemas.plan import OpCall
from schemas.target import TargetField

#: Operations that take a part of a value, or put another in its place.
IN_PART: Final = frozenset({"element", "select", "part", "map_values"})
#: Operations that make another thing of a value than the value itself.
_DERIVING: Final = frozenset(
    {"currency_of", "parse_currency", "parse_country", "parse_year", "parse_date", "parse_datetime", "parse_boolean"}
    | {"join"}
    | IN_PART
)
#: Kinds whose values are written as a code, and what share of the values must have a form for all of them to have it.
_CODES: Final = frozenset({Kind.CODE, Kind.IDENTIFIER})
_NEARLY_ALL: Final = 0.9
#: Kinds of which no value is a code.
_NAMES: Final = frozenset({Kind.NAME, Kind.TEXT})
#: Share of the values that must be several words for them to be words.
_SEVERAL_WORDS: Final = 0.5


def holds_codes(evidence: PlanEvidence, field: TargetField) -> bool:
    """Say whether a target field is for codes, and can be for nothing else."""
    return _holds_only(evidence, field, _CODES)


def are_codes(evidence: PlanEvidence, path: str, ops: Sequence[OpCall]) -> bool:
    """Say whether the values have the form of codes, and none of words: `p12`, but not `red-chair`."""
    look = evidence.look(path, ops)
    code = max(look.possible.get(kind, 0.0) for kind in _CODES)
    return code >= _NEARLY_ALL and look.possible.get(Kind.TEXT, 0.0) <= 1 - _NEARLY_ALL and not makes_anew(ops)


def are_words(evidence: PlanEvidence, path: str, ops: Sequence[OpCall]) -> bool:
    """Say whether the values are names or texts of several words, and hardly one may be a code."""
    look = evidence.look(path, ops)
    told = list(scalars(evidence.values(path, ops)))
    if not told or max(look.possible.get(kind, 0.0) for kind in _CODES) > 1 - _NEARLY_ALL or makes_anew(ops):
        return False
    return sum(isinstance(value, str) and len(value.split()) > 1 for value in told) >= _SEVERAL_WORDS * len(told)


def holds_names(evidence: PlanEvidence, field: TargetField) -> bool:
    """Say whether a target field is for names or texts, and can be for nothing that is written as a code."""
    return _holds_only(evidence, field, _NAMES)


def _holds_only(evidence: PlanEvidence, field: TargetField, kinds: frozenset[Kind]) -> bool:
    plausible = evidence.plausible[field.name]
    return bool(plausible) and plausible <= kinds


def are_spelt_out(evidence: PlanEvidence, path: str, ops: Sequence[OpCall]) -> bool:
    """Say whether hardly a value may be a code: `Norway`, but not `NO`."""
    look = evidence.look(path, ops)
    code = max(look.possible.get(kind, 0.0) for kind in _CODES)
    return look.seen > 0 and code <= 1 - _NEARLY_ALL and look.possible.get(Kind.NAME, 0.0) >= _NEARLY_ALL


def makes_anew(ops: Sequence[OpCall]) -> bool:
    """Say whether operations make another thing of a value than the value itself."""
    return any(call.op in _DERIVING for call in ops)
