"""Whether two sources say the same thing in two forms, as `DE` and `Germany` do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.shape_reading import cell_of
from enrichment.gate.value_forms import are_codes, are_spelt_out, are_words, holds_codes, holds_names, makes_anew
from schemas.kinds import Kind
from schemas.plan import Alternative, OpCall
from schemas.target import TargetField

#: Kinds whose values have a name and a code each, and what reads either.
_READ_BY: Final[Mapping[Kind, str]] = MappingProxyType({Kind.COUNTRY: "parse_country", Kind.CURRENCY: "parse_currency"})
#: Records of which both must say something, and different values among these, before they prove anything: the countries
#: of a firm's seat and of its register are one in nine of ten, and in twenty of twenty of one source in eight.
_ENOUGH: Final = 20
_DIFFERENT: Final = 3
#: Records in which two alternatives both give a value, and how often the same, for their order not to matter.
_BOTH: Final = 5
_SAME: Final = 0.9


def in_another_form(evidence: PlanEvidence, field: TargetField, bound: str, rival: str, ops: Sequence[OpCall]) -> bool:
    """Say whether a rival would fill a field of codes with words, where the bound source has codes, or the reverse.

    Names that mean the same may stand for a thing and for its number or code: `/item` holds what is sold, and `sku` its
    code; beside `/iso2`, `/country` holds the country's name.
    """
    if holds_names(evidence, field) and are_spelt_out(evidence, bound, ops):
        return are_codes(evidence, rival, ops)
    codes = holds_codes(evidence, field) and are_codes(evidence, bound, ops)
    return codes and are_words(evidence, rival, ops)


def says_the_same(evidence: PlanEvidence, field: TargetField, bound: Alternative, path: str) -> bool:
    """Say whether another source gives a field of countries or currencies what the bound one does, otherwise written.

    Of two sources that are written alike their names have to tell: they may be alike in these records only.
    """
    op = reading_of(evidence, field)
    if op is None or len(bound.paths) > 1 or (makes_anew(bound.ops) and [call.op for call in bound.ops] != [op]):
        return False
    own, other = (
        evidence.read.cells(Alternative(paths=(p,), ops=(OpCall(op=op),)), field) for p in (bound.paths[0], path)
    )
    written, otherwise = (evidence.read.cells(Alternative(paths=(p,)), field) for p in (bound.paths[0], path))
    if own is None or other is None or written is None or otherwise is None:
        return False
    pairs = [
        (cell_of(a), cell_of(b), cell_of(x) != cell_of(y))
        for a, b, x, y in zip(own, other, written, otherwise, strict=True)
        if a is not None and b is not None
    ]
    different = {a for a, _, _ in pairs}
    if len(pairs) < _ENOUGH or len(different) < _DIFFERENT:
        return False
    return all(a == b and differs for a, b, differs in pairs)


def agree(left: Sequence[object], right: Sequence[object]) -> bool:
    """Say whether two readings have proved to say the same, so that their order does not matter."""
    both = [(one, other) for one, other in zip(left, right, strict=True) if one is not None and other is not None]
    return len(both) >= _BOTH and sum(one == other for one, other in both) >= _SAME * len(both)


def are_all_codes(evidence: PlanEvidence, field: TargetField, path: str) -> bool:
    """Say whether a column of codes holds nothing but those of the field's kind, whatever its name is."""
    op = reading_of(evidence, field)
    if op is None:
        return False
    cells = evidence.read.cells(Alternative(paths=(path,), ops=(OpCall(op=op),)), field)
    given = evidence.read.cells(Alternative(paths=(path,)), field)
    if cells is None or given is None:
        return False
    read = [cell_of(cell) for cell, value in zip(cells, given, strict=True) if value is not None]
    return None not in read and len(set(read)) >= _DIFFERENT


def reading_of(evidence: PlanEvidence, field: TargetField) -> str | None:
    """The operation that reads the one kind that a field may have."""
    kinds = evidence.plausible[field.name]
    return _READ_BY.get(next(iter(kinds))) if len(kinds) == 1 else None
