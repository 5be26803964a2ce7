"""The short way into the grammar of numbers reads what the grammar reads."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.operations.grammar import read_by_grammar
from enrichment.operations.reading import _SIMPLE, read_statement

_digits = st.integers(0, 99_999_999)
_numbers = st.one_of(
    _digits.map(str),
    _digits.map("{:,}".format),
    st.tuples(st.integers(0, 9_999_999), st.integers(0, 9999)).map(lambda p: f"{p[0]:,}.{p[1]}"),
    st.sampled_from(["1.234", "0.123", "1,234", "2021", "007", "000", "00.123", "1234.567", "5.0"]),
)
_simple = st.tuples(
    st.sampled_from(["", "c. ", "c.", "~", "> ", ">"]),
    st.sampled_from(["", "US$", "US$ ", "€", "$ ", "£", "¥"]),
    st.sampled_from(["", "-"]),
    _numbers,
    st.sampled_from(["", " million", " billion", " trillion"]),
    st.sampled_from(["", "+"]),
    st.sampled_from(["", " (2021)", " (1999)"]),
).map("".join)


@settings(max_examples=600, derandomize=True, deadline=None)
@given(text=_simple, separators=st.sampled_from([None, ",.", ".,"]), money=st.booleans())
def test_the_short_way_gives_what_the_grammar_gives(text: str, separators: str | None, money: bool) -> None:
    assert read_statement(text, separators, money=money) == read_by_grammar(text, separators, money=money)


def test_the_commonest_shape_takes_the_short_way() -> None:
    for text in ("3,910", "3,910 (2021)", "US$ 3.82 billion (2024)", "€-12.5 million", "c. 162,000 (2025)", "360,000+"):
        assert _SIMPLE.fullmatch(text), text
