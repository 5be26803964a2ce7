"""Every operation is total: any JSON gives a value of its type, nothing, or a reason code, and soon."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.operations import (
    ABSENT,
    REGISTRY,
    Approximate,
    Fault,
    ReadSettings,
    compile_operation,
    settle_date_format,
    settle_separators,
)
from enrichment.operations.text import LONGEST_TEXT
from schemas.plan import OpArg, OpCall
from tests.timing import within

#: Arguments under which each operation that needs some can be tried on anything.
ARGS = {
    "join": {"separator": ", "},
    "element": {"index": "0"},
    "select": {"key": "k", "equals": "x", "take": "v"},
    "part": {"separator": "-", "index": "1"},
    "parse_epoch": {"unit": "s"},
    "map_values": {"a": "b"},
    "convert_unit": {"from": "km", "to": "mile"},
}
HINTED = ReadSettings(
    currency_hints={"$": "USD", "kr": "SEK", "": "EUR"}, time_zone="Europe/Berlin", region="DE", unit="percent"
)
PYTHON_TYPES = {
    "string": str,
    "integer": int,
    "number": (int, Decimal),
    "boolean": bool,
    "date": str,
    "date-time": str,
    "uri": str,
    "email": str,
}

scalars = (
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=True, allow_infinity=True) | st.text(max_size=40)
)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
#: Texts made of what the grammars look at, so that their rare branches are met.
PIECES = (
    *("US$", "€", "$", "¥", "kr", "EUR", "R$", "MEUR", "SEKm", "£"),
    *("5", "1,234", "1.234", "3 500", "2021", "1'234", "12.5", "0", "000", "1e6", ".5", "1.2.3", "1,23,456", "٣", "½"),
    *("million", "bn", "k", "M", "lakh", "crore", "mil", "млн", "%", "percent", "bps", "billiom", "dozen"),
    *("(", ")", "[", "]", "-", "\u2212", "\u2013", "+", "~", ">", "c.", "about", ":", ";", ",", ".", "/", "?", "="),
    *("31.03.2017", "2021-02-30", "March 31, 2021", "Q3 2020", "FY25", "12/11/10", "10:30", "Z", "T", "+02:00"),
    *("as of", "in", "loss", "income", "years ago", "or more", "than", "up to", "employees", "s", "x", "A320"),
    *("Munich", "Germany", "Georgia", "U.S.", "DE", "37\u00b047\u2032N", "www.example.com", "a@b.com", "http://"),
    *(" ", "\u00a0", "\u202f", "\ufeff", "\n", "\x00", "\ud800"),
)
texts = st.lists(st.sampled_from(PIECES), max_size=9).flatmap(
    lambda pieces: st.sampled_from(["", " "]).map(lambda glue: glue.join(pieces))
)
bounded = settings(max_examples=120, derandomize=True, deadline=None)


def step(name: str, using: ReadSettings, **more: str) -> Any:
    args = {**ARGS.get(name, {}), **more}
    return compile_operation(OpCall(op=name, args=tuple(OpArg(name=n, value=v) for n, v in args.items())), using)


def check(name: str, outcome: Any) -> None:
    if outcome is ABSENT or isinstance(outcome, Fault):
        return
    value = outcome.value if isinstance(outcome, Approximate) else outcome
    result = REGISTRY[name].result
    if result is not None:
        assert isinstance(value, PYTHON_TYPES[result])
        assert result == "boolean" or not isinstance(value, bool)
    if isinstance(value, Decimal) and name not in {"copy", "first", "element", "select"}:
        assert value.is_finite()
        assert len(value.as_tuple().digits) <= 100


@pytest.mark.parametrize("name", REGISTRY)
@bounded
@given(value=documents)
def test_any_json_gives_an_outcome(name: str, value: Any) -> None:
    for using in (ReadSettings(), HINTED):
        check(name, step(name, using)(value))


@pytest.mark.parametrize("name", REGISTRY)
@bounded
@given(text=texts)
def test_any_text_gives_an_outcome(name: str, text: str) -> None:
    for using in (ReadSettings(), HINTED):
        check(name, step(name, using)(text))


@pytest.mark.parametrize("name", ["parse_integer", "parse_decimal", "parse_money", "currency_of"])
@pytest.mark.parametrize("separators", [",.", ".,"])
@bounded
@given(text=texts)
def test_known_separators_change_no_totality(name: str, separators: str, text: str) -> None:
    check(name, step(name, ReadSettings(), separators=separators)(text))


@bounded
@given(samples=st.lists(texts | scalars, max_size=6))
def test_settling_is_total(samples: list[Any]) -> None:
    assert settle_separators(samples) in {None, ",.", ".,"}
    pattern = settle_date_format(samples)
    assert pattern is None or "%d" in pattern


@pytest.mark.parametrize("name", REGISTRY)
@pytest.mark.parametrize(
    "piece",
    ["9", "1,", "1 ", "( ", "[", "€", "5 million ", "May ", "2021-", "a@", "a.", "12/", "-", "\u00b0", "é", "a "],
)
def test_a_megabyte_is_answered_soon(name: str, piece: str) -> None:
    text = piece * (LONGEST_TEXT // len(piece))
    with within(1.0):
        check(name, step(name, ReadSettings())(text))


@pytest.mark.parametrize(
    "piece",
    ["9", "1,", "1 ", "( ", "[", "€", "5 million ", "May ", "2021-", "a@", "a.", "12/", "-", "1.5\u00b0 ", "United "],
)
@pytest.mark.parametrize("name", [n for n in REGISTRY if n.startswith("parse_") or n in {"currency_of", "clean_place"}])
def test_the_longest_text_that_is_read_is_read_soon(name: str, piece: str) -> None:
    text = piece * (4_000 // len(piece))
    with within(1.0):
        check(name, step(name, ReadSettings())(text))


@bounded
@given(text=texts)
def test_amount_and_currency_are_written_together_or_not_at_all(text: str) -> None:
    for using in (ReadSettings(), ReadSettings(currency_hints={"$": "USD", "": "EUR"})):
        amount, currency = step("parse_money", using)(text), step("currency_of", using)(text)
        assert isinstance(amount, Fault) == isinstance(currency, Fault)
        assert (amount is ABSENT) == (currency is ABSENT)
        if isinstance(amount, Fault):
            assert amount == currency
