"""Which list of codes a field says that its values are of, and whether what a binding gives is written so."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.shape_reading import cell_of
from schemas.plan import Alternative
from schemas.target import TargetField


class CodeList(NamedTuple):
    """What a list is called, and how many letters a code of it has."""

    name: str
    letters: int


#: How descriptions name a list.
_LISTS: Final = (
    (re.compile(r"\b639[-_ ]?1\b", re.IGNORECASE), CodeList("ISO 639-1", 2)),
    (re.compile(r"\b639[-_ ]?[23]\b", re.IGNORECASE), CodeList("ISO 639-2 or 639-3", 3)),
    (re.compile(r"\balpha[-_ ]?2\b", re.IGNORECASE), CodeList("ISO 3166-1 alpha-2", 2)),
    (re.compile(r"\balpha[-_ ]?3\b", re.IGNORECASE), CodeList("ISO 3166-1 alpha-3", 3)),
    (re.compile(r"\b4217\b"), CodeList("ISO 4217", 3)),
)
#: Words behind which something else may stand in place of a code.
_ELSE: Final = re.compile(r"\b(?:or|else|otherwise|if|where|such as|instead)\b", re.IGNORECASE)
#: Share of the values that must have the form of the list for the others to be slips.
_NEARLY_ALL: Final = 0.9
_CODE: Final = re.compile(r"[A-Za-z]+")


def declared_list(field: TargetField) -> CodeList | None:
    """The one list that a text field's description names; null where it names none, several, or what else may stand
    there, and where pattern or allowed values say it better.
    """
    if field.type != "string" or field.pattern or field.allowed or _ELSE.search(field.description):
        return None
    named = [one for pattern, one in _LISTS if pattern.search(field.description)]
    return named[0] if len(named) == 1 else None


def other_codes(evidence: PlanEvidence, field: TargetField, alternative: Alternative) -> str | None:
    """Say of what list a binding gives no codes, as `ger` and `German` are none of ISO 639-1; else null."""
    wanted = declared_list(field)
    cells = evidence.read.cells(alternative, field) if wanted is not None else None
    if wanted is None or cells is None:
        return None
    told = [cell for one in cells if isinstance(cell := cell_of(one), str)]
    others = [cell for cell in told if _CODE.fullmatch(cell) is None or len(cell) != wanted.letters]
    if len(others) <= (1 - _NEARLY_ALL) * len(told):
        return None
    return (
        f"gives values of another form, where {field.name} holds codes of {wanted.name}, {wanted.letters} letters each:"
        " take a part of them, map them, or abstain"
    )
