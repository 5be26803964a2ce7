"""The short way into the grammar of numbers reads what the grammar reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.operations.grammar import read_by_grammar
from enrichment.operations.reading import _SIMPLE, read_simply, read_statement

_digits = st.integers(0, 99_999_999)
_numbers = st.one_of(
    _digits.map(str),
    _digits.map("{:,}".format),
    st.tuples(st.integers(0, 9_999_999), st.integers(0, 9999)).map(lambda p: f"{p[0]:,}.{p[1]}"),
    st.sampled_from(["1.234", "0.123", "1,234", "2021", "007", "000", "00.123", "1234.567", "5.0"]),
)
_abouts = ["", "c. ", "c.", "~", "> ", ">", "Approximately ", "approx. ", "approx ", "About ", "over "]
_signs = ["US$", "US$ ", "€", "$ ", "£", "¥", "JP¥ ", "EUR ", "CHF ", "TRY ", "GBX ", "XAU ", "ABC "]
_dates = ["2021", "1999", "December 2024", "Dec. 2018", "March 31, 2022", "31 March 2013", "May 2020", "May 1, 2021"]
_periods = ["FY 2017", "FY2025", "FY25", "Q3 2025", "February 30, 2021", "31 April 2020", "Sep 9 2021", "March 2021"]
_leads = [
    "",
    "as of ",
    "consolidated, as of ",
    "average, ",
    "end ",
    "end of ",
    "FTE , ",
    "Fiscal Year Ended ",
    "as at ",
]
_notes = st.tuples(st.sampled_from([" (", "(", " ( "]), st.sampled_from(_leads), st.sampled_from(_dates + _periods),
                   st.sampled_from([")", " )"])).map("".join)  # fmt: skip
_maybe_a_note = st.one_of(st.just(""), _notes)
_simple = st.tuples(
    st.one_of(st.just(""), st.sampled_from(_abouts)),
    st.sampled_from(["", "", "-"]),
    st.one_of(st.just(""), st.sampled_from(_signs)),
    st.sampled_from(["", "", "-"]),
    _numbers,
    st.sampled_from(["", "", " million", " billion", " trillion", "B", "M"]),
    st.sampled_from(["", "", "", "+", "%", " %"]),
    st.sampled_from(["", "", "", " euro", " euros", " kr", " USD", " TOP", " GBX", " FTE", " EUR"]),
    _maybe_a_note,
).map("".join)


@settings(max_examples=1500, derandomize=True, deadline=None)
@given(text=_simple, separators=st.sampled_from([None, ",.", ".,"]), money=st.booleans())
def test_the_short_way_gives_what_the_grammar_gives(text: str, separators: str | None, money: bool) -> None:
    assert read_statement(text, separators, money=money) == read_by_grammar(text, separators, money=money)


@settings(max_examples=600, derandomize=True, deadline=None)
@given(text=st.from_regex(_SIMPLE, fullmatch=True), separators=st.sampled_from([None, ",.", ".,"]), money=st.booleans())
def test_whatever_the_short_way_takes_the_grammar_reads_so(text: str, separators: str | None, money: bool) -> None:
    assert read_statement(text, separators, money=money) == read_by_grammar(text, separators, money=money)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "3,910",
            "3,910 (2021)",
            "US$ 3.82 billion (2024)",
            "\u20ac-12.5 million",
            "c. 162,000 (2025)",
            "360,000+",
            "c.£500",
        ),
        *(
            "35,165,000,000 euro (2022)",
            "40.911 billion kr (2021)",
            "CHF 24.8 billion (2024)",
            "-US$1.2 billion (2024)",
        ),
        *("US$6.5 billion (FY2019)", "4,465 (December 2024)", "46,751 (consolidated, as of March 31, 2022)", "12.5 %"),
        *("Approximately 2,500 (2024)", "3,167 (average, 2021)", "\u20ac42.3B (2025)"),
    ],
)
def test_the_commonest_shapes_take_the_short_way(text: str) -> None:
    assert read_simply(text, None) is not None
