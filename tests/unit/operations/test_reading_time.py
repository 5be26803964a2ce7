"""A text of thousands of numbers is read in a time that grows with its length, and not with its square."""

from __future__ import annotations

import pytest

from enrichment.operations import Fault, ReadSettings, compile_operation
from enrichment.operations.designations import is_street
from schemas.plan import OpCall


@pytest.mark.parametrize("piece", ["1 ", "(1", "-1", "1/1/", "[1"])
def test_words_of_a_text_are_looked_at_once(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "enrichment.operations.designations.is_street", lambda word: asked.append(word) or is_street(word)
    )
    text = (piece * 1000)[:1000]
    assert isinstance(compile_operation(OpCall(op="parse_decimal"), ReadSettings())(text), Fault)
    assert len(asked) <= 2 * len(text)
