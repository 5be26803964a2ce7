"""A UUID has one spelling: a source that writes it otherwise tells of the same row."""

from __future__ import annotations

from typing import Any

import pytest
from gating import binding, plan, target

from enrichment.gate.compiled import compile_gate
from enrichment.gate.reading import SourceReading
from schemas.target import TargetField
from schemas.uuids import HYPHENATED, WITH_OR_WITHOUT_HYPHENS

ONE = "0b9f1c1e-5a0d-4b6f-9c57-1d2e3f4a5b6c"
BARE = ONE.replace("-", "").upper()


def judged(pattern: str, value: str) -> Any:
    key = TargetField(name="id", type="string", identity=True, pattern=pattern)
    return compile_gate(target(key), plan(binding("id", "/id")), SourceReading())({"id": value})


@pytest.mark.parametrize("pattern", [HYPHENATED, WITH_OR_WITHOUT_HYPHENS])
@pytest.mark.parametrize("written", [ONE, ONE.upper(), f" {ONE.title()} "])
def test_every_spelling_of_a_uuid_is_one_key(pattern: str, written: str) -> None:
    verdict = judged(pattern, written)
    assert (verdict.key, verdict.cells) == (ONE, {"id": ONE})


def test_hyphens_may_be_left_out_where_the_column_reads_them_so() -> None:
    assert judged(WITH_OR_WITHOUT_HYPHENS, BARE).key == ONE
    assert judged(HYPHENATED, BARE).outcome == "rejected"


def test_a_text_that_is_no_uuid_is_refused_and_another_pattern_changes_nothing() -> None:
    assert judged(HYPHENATED, ONE[:-1]).outcome == "rejected"
    assert judged("^[0-9A-F-]{36}$", ONE.upper()).key == ONE.upper()
