"""The rules on cells, in the order in which they are asked; the first that objects names the reason."""

from __future__ import annotations

from typing import Final

from enrichment.gate.bounds import compile_bounds
from enrichment.gate.credentials import compile_secret
from enrichment.gate.currency import compile_untold_currency
from enrichment.gate.enumeration import compile_allowed
from enrichment.gate.injection import compile_injection
from enrichment.gate.measured import compile_unit
from enrichment.gate.pattern import compile_pattern
from enrichment.gate.rule import CellRule
from enrichment.gate.type_rule import compile_type
from enrichment.gate.visible_kinds import compile_visible_kind
from schemas.codes import Code

CELL_RULES: Final[tuple[CellRule, ...]] = (
    CellRule(Code.TYPE, compile_type, passes_ordinary=True),
    CellRule(Code.SECRET, compile_secret, passes_ordinary=True),
    CellRule(Code.KIND_MISMATCH, compile_visible_kind, passes_ordinary=True),
    CellRule(Code.UNIT_MISMATCH, compile_unit),
    CellRule(Code.AMBIGUOUS, compile_untold_currency),
    CellRule(Code.OUT_OF_RANGE, compile_bounds),
    CellRule(Code.PATTERN, compile_pattern),
    CellRule(Code.NOT_ALLOWED, compile_allowed),
    CellRule(Code.INJECTION, compile_injection, passes_ordinary=True),
)
