"""Short ways of reading amounts, years, mailboxes and countries give what the long ways give."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.operations import contact, countries, money, numbers, places, urls, usual, years
from enrichment.operations.contact import _USUAL, _by_library, _email
from enrichment.operations.operation import ReadSettings, Step
from enrichment.operations.outcome import Fault
from enrichment.operations.plain import _AS_IT_IS, _plain
from enrichment.operations.reading import _SIMPLE
from enrichment.operations.years import _FOUNDED

many = settings(max_examples=250, derandomize=True, deadline=None)


@many
@given(text=st.from_regex(_SIMPLE, fullmatch=True), separators=st.sampled_from([None, ",.", ".,"]))
def test_an_amount_is_the_same_without_the_short_way(text: str, separators: str | None) -> None:
    read = money._read.__wrapped__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(money, "read_simply", lambda *_: None)
        slow = read(text, separators)
    quick = read(text, separators)
    assert quick == slow
    if isinstance(quick, money._Amount) and isinstance(slow, money._Amount):
        assert isinstance(quick.value, Decimal)
        assert quick.value.as_tuple() == slow.value.as_tuple()


@many
@given(text=st.from_regex(_FOUNDED, fullmatch=True))
def test_a_year_is_the_same_without_the_short_way(text: str) -> None:
    assert years._read.__wrapped__(text) == years._by_grammar(text)


_labels = st.sampled_from(["example", "Example", "x", "a-b", "xn--mnchen-3ya", "ab--c", "local", "1and1", "a--b"])
_tops = st.sampled_from(["com", "COM", "de", "test", "invalid", "local", "localhost", "arpa", "c", "info"])
_locals = st.sampled_from(["a", "A.b", "a+b", "a_b", "a..b", ".a", "a" * 64, "a" * 65, "a-b", "-", "o'neil", "1"])
_mailboxes = st.tuples(_locals, st.lists(_labels, max_size=3), _tops).map(lambda p: f"{p[0]}@{'.'.join([*p[1], p[2]])}")


@many
@given(text=_mailboxes | st.from_regex(_USUAL, fullmatch=True))
def test_a_mailbox_is_the_same_without_the_short_way(text: str) -> None:
    assert _email.__wrapped__(text) == _by_library(text)


@many
@given(
    words=st.lists(
        st.sampled_from(
            ["U.S.", "France", "The", "Netherlands", "St.", "Lucia", "Prague", "and", "New", "Zealand", "york"]
        ),
        min_size=1,
        max_size=4,
    )
)
def test_another_country_is_found_without_the_short_way(words: list[str]) -> None:
    part = " ".join(words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(countries, "_FIRST_WORDS", frozenset(w.casefold() for w in words))
        slow = countries._other_country(part, "CZ")
    assert countries._other_country(part, "CZ") == slow


@many
@given(text=st.text(alphabet=st.characters(codec="latin-1"), max_size=12) | st.from_regex(_AS_IT_IS, fullmatch=True))
def test_a_text_that_is_plain_already_stays(text: str) -> None:
    if _AS_IT_IS.fullmatch(text):
        assert "".join(map(_plain, text)) == text


def test_the_usual_shapes_take_the_short_way() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(years, "_by_grammar", lambda _: Fault)
        patch.setattr(contact, "_by_library", lambda _: Fault)
        assert years._read.__wrapped__("10 April 2012 ; 13 years ago ( 2012-04-10 )") == 2012
        assert contact._email.__wrapped__("Ann.Lee@Example.COM") == "Ann.Lee@example.com"


_amounts = st.tuples(
    st.sampled_from(["¥ ", "US$ ", "$", "€", "JPY ", "EUR", "A$", "x$", "-US$"]),
    st.sampled_from(["9.9", "1,234.5", "12", "2021", "5.10.2020", "0.5"]),
    st.sampled_from([" million", " billion", " trillion", "", "M", " million%", " millions"]),
).map("".join)


@many
@given(
    amounts=st.lists(_amounts, min_size=1, max_size=3),
    glue=st.sampled_from([" ( ", " (", " ", " (2021) ", "; ", " (FY 2017) ("]),
    end=st.sampled_from(["", ")", " )", " ) (2022)", " (loss)"]),
)
def test_two_sure_amounts_are_several_without_the_short_way(amounts: list[str], glue: str, end: str) -> None:
    text = glue.join(amounts) + end
    assert money._read.__wrapped__(text, None) == money._by_grammar(text, None)


@many
@given(text=st.from_regex(_SIMPLE, fullmatch=True), separators=st.sampled_from([None, ",.", ".,"]))
def test_a_number_is_the_same_without_the_short_way(text: str, separators: str | None) -> None:
    for percent in (False, True):
        quick = numbers.one_number(text, separators, percent=percent)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(numbers, "read_simply", lambda *_: None)
            assert quick == numbers.one_number(text, separators, percent=percent)


@many
@given(
    text=st.lists(
        st.sampled_from(["45.5", "12", "°", "′", "N", "E", " ", ",", ".", ";", "/", "-", "Oslo", "(", ")"]), max_size=12
    ).map("".join)
)
def test_coordinates_are_found_without_the_short_way(text: str) -> None:
    assert places.without_coordinates(text) == places._COORDINATES.sub(" ", text)


_separators = st.sampled_from([{}, {"separators": ",."}, {"separators": ".,"}])
_hints = st.sampled_from([{}, {"$": "CAD"}, {"\u00a3": "EGP", "US$": "EUR", "$": "none"}])


def _same(step: Step, text: str, *ways: tuple[object, str]) -> None:
    quick = step(text)
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ways:
            patch.setattr(module, name, lambda *_: None)
        slow = step(text)
    assert (type(quick), quick) == (type(slow), slow)
    if isinstance(quick, Decimal) and isinstance(slow, Decimal):
        assert quick.as_tuple() == slow.as_tuple()


@many
@given(text=st.from_regex(usual._DECIMAL, fullmatch=True), args=_separators)
def test_a_usual_number_is_read_as_any_other(text: str, args: dict[str, str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("usual_integer", "usual_decimal"):
            patch.setattr(numbers, name, lambda _: None)
        slow = [make(args, ReadSettings()) for make in (numbers.compile_parse_integer, numbers.compile_parse_decimal)]
    quick = [make(args, ReadSettings()) for make in (numbers.compile_parse_integer, numbers.compile_parse_decimal)]
    for fast, full in zip(quick, slow, strict=True):
        assert (type(fast(text)), fast(text)) == (type(full(text)), full(text))
        assert str(fast(text)) == str(full(text))


@many
@given(text=st.from_regex(usual._PERCENT, fullmatch=True), unit=st.sampled_from([None, "percent"]))
def test_a_usual_percentage_is_read_as_any_other(text: str, unit: str | None) -> None:
    _same(numbers.compile_parse_percent({}, ReadSettings(unit=unit)), text, (numbers, "usual_percent"))


@many
@given(
    text=st.from_regex(usual._AMOUNT, fullmatch=True),
    args=_separators,
    hints=_hints,
    unit=st.sampled_from([None, "EUR"]),
)
def test_a_usual_amount_is_read_as_any_other(
    text: str, args: dict[str, str], hints: dict[str, str], unit: str | None
) -> None:
    declared = ReadSettings(currency_hints=hints, unit=unit)
    _same(money.compile_parse_money(args, declared), text, (money, "usual_amount"))
    _same(money.compile_currency_of(args, declared), text, (money, "usual_amount"))


_hosts = st.lists(_labels, min_size=1, max_size=3).flatmap(
    lambda labels: st.sampled_from(["com", "de", "pdf", "html", "c", "COM", "1"]).map(
        lambda top: ".".join([*labels, top])
    )
)
_addresses = st.tuples(
    st.sampled_from(["", "", "http://", "https://", "HTTP://"]),
    _hosts,
    st.sampled_from(["", "", "/", "//", "/a", "/a/", "/a.html", "/a.", "/-", "/a,", ".", "/" + "a" * 80]),
).map("".join)


@many
@given(text=_addresses | st.from_regex(urls._USUAL, fullmatch=True))
def test_a_usual_address_is_read_as_any_other(text: str) -> None:
    _same(urls.compile_parse_url({}, ReadSettings()), text, (urls, "_usual"))


@many
@given(text=_mailboxes | st.from_regex(_USUAL, fullmatch=True))
def test_a_usual_mailbox_is_read_as_any_other(text: str) -> None:
    assert contact._usual(text) in {None, _by_library(text)}


@many
@given(text=st.from_regex(years._USUAL, fullmatch=True))
def test_a_usual_year_is_read_as_any_other(text: str) -> None:
    assert years._parse(text) == years._by_grammar(text)


def test_the_usual_texts_are_read_by_one_pattern() -> None:
    assert usual.usual_integer("34,567 (average, 2020)") == 34_567
    assert usual.usual_decimal("1,234.50") == Decimal("1234.5")
    assert usual.usual_amount("\u20ac123.4 million (2021)") == ("\u20ac", Decimal(123_400_000))
    assert usual.usual_percent("12.5 %", -2) == Decimal("0.125")
    assert urls._usual("www.alpha-one.com/") == "https://www.alpha-one.com"
    assert contact._usual("Ann.Lee@mail.test") is None
    assert contact._usual("Ann.Lee@Alpha.COM") == "Ann.Lee@alpha.com"
