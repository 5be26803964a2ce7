"""The rules on whole records, asked when all cells are settled."""

from __future__ import annotations

from typing import Final

from enrichment.gate.identity import compile_identity
from enrichment.gate.invariants import compile_invariants
from enrichment.gate.rule import RecordRule
from schemas.codes import Code

RECORD_RULES: Final[tuple[RecordRule, ...]] = (
    RecordRule(Code.IDENTITY_MISSING, compile_identity),
    RecordRule(Code.INVARIANT_BROKEN, compile_invariants),
)
