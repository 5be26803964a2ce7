"""The identity of a row: its canonical text, and rule `identity_missing`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from enrichment.exact import plain
from enrichment.gate.rule import RecordCheck
from schemas.codes import Code
from schemas.json_types import Cell
from schemas.target import Target

#: An identity field that is empty for another reason was emptied by a cell rule, which already rejected the record.
_MISSING = frozenset({Code.ABSENT.value, Code.ABSTAINED.value})
_WHY = {
    Code.ABSTAINED.value: "the plan binds nothing to it; where the source has it, give the plan a binding with:"
    " assay plans export, condemn, then import"
}


def identity_text(value: Cell) -> str:
    """Text that is the same for equal values: `1.50` and `1.5` are one number, `true` is no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    return str(value)


def canonical_key(names: tuple[str, ...], cells: Mapping[str, Cell]) -> str | None:
    """The text of a lone identity field, or a JSON array of texts; null where one is empty."""
    if len(names) == 1:
        only = cells.get(names[0])
        return None if only is None else identity_text(only)
    texts = []
    for name in names:
        value = cells.get(name)
        if value is None:
            return None
        texts.append(identity_text(value))
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


def compile_identity(target: Target) -> tuple[RecordCheck, ...]:
    names = tuple(f.name for f in target.identity)

    def check(cells: Mapping[str, Cell], reasons: Mapping[str, str]) -> tuple[str | None, str] | None:
        for name in names:
            if name not in cells and (reason := reasons.get(name)) in _MISSING:
                return name, f"no key: {_WHY.get(reason, reason)}"
        return None

    return (check,)
