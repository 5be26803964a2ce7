"""Lists as PostgreSQL's text of an array. That the server reads them back the same is shown with the server."""

from __future__ import annotations

from decimal import Decimal

import pytest

from enrichment.store.arrays import ArrayDumper
from schemas.codes import Code


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], "{}"),
        ([1, -2], "{1,-2}"),
        (["a", "b c"], '{"a","b c"}'),
        (['say "x"', "back\\slash", ""], '{"say \\"x\\"","back\\\\slash",""}'),
        (["NULL", None], '{"NULL",NULL}'),
        ([b"\x00\xff"], '{"\\\\x00ff"}'),
        ([Code.ABSENT, "x"], '{"absent","x"}'),
        ([True, False], "{t,f}"),
        ([Decimal("1.50"), None], "{1.50,NULL}"),
    ],
)
def test_a_list_is_written_as_an_array(values: list[object], text: str) -> None:
    assert ArrayDumper(list).dump(values) == text.encode()


def test_a_text_that_looks_like_a_separator_is_escaped() -> None:
    assert ArrayDumper(list).dump(['a","b', "c"]) == b'{"a\\",\\"b","c"}'


def test_other_elements_are_refused() -> None:
    with pytest.raises(TypeError, match="dict"):
        ArrayDumper(list).dump([{}])
