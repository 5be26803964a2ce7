import pytest

from enrichment.gate.bounds import compile_bounds
from enrichment.gate.rule import FieldContext
from enrichment.operations import ReadSettings
from schemas.target import TargetField


@pytest.mark.parametrize(("text", "fits"), [("", False), ("ab", False), ("abc", True), ("a" * 1_000, True)])
def test_a_text_shorter_than_the_least_length_is_refused(text: str, *, fits: bool) -> None:
    field = TargetField(name="f", type="string", min_length=3)
    check = compile_bounds(FieldContext(field, None, None, ReadSettings(), 1))
    assert check is not None
    assert (check(text, {}, None) is None) is fits


def test_both_lengths_hold_together() -> None:
    field = TargetField(name="f", type="string", min_length=3, max_length=4)
    check = compile_bounds(FieldContext(field, None, None, ReadSettings(), 1))
    assert check is not None
    assert [check("a" * n, {}, None) is None for n in range(2, 6)] == [False, True, True, False]
