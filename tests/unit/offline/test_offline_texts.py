"""The auditor's own readers, text by text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from enrichment.offline.auditor import figures, spelling
from enrichment.offline.auditor.texts.contacts import mails, phones, urls
from enrichment.offline.auditor.texts.dates import dates, instants, order_of, years
from enrichment.offline.auditor.texts.geography import countries
from enrichment.offline.auditor.texts.money import amounts
from enrichment.offline.auditor.texts.numerals import meant, mentions
from enrichment.offline.auditor.texts.style import Style, style_of


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("3,167 (average, 2021)", {"3167"}),
        ("c. 162,000 (2025)", {"162000"}),
        ("360,000+", {"360000"}),
        ("3 500", {"3500"}),
        ("2.5 million", {"2500000"}),
        ("10,000 [2]", {"10000"}),
        ("US$205.3 million (2022) : 56", {"205300000"}),
        ("c. 16,000 : 2 (2025)", {"16000"}),
        ("as of March 31, 2016 there were 13,447", {"13447"}),
        ("10-20", {"10", "20"}),
        ("6,269 (non-consolidated) 51,500 (consolidated)", {"6269", "51500"}),
        ("−5", {"-5"}),
        ("1.234", {"1.234", "1234"}),
        ("1.234 billion", {"1234000000"}),
        ("1,234 billion", {"1234000000", "1234000000000"}),
        ("1.234.567,5", {"1234567.5"}),
        ("SEKm 147,147", {"147147000000", "147147000"}),
        ("60.2 BSEK", {"60200000000"}),
        ("S&P 500 component", {"500"}),
        ("FY22", set()),
        ("none", set()),
    ],
)
def test_mentions(text: str, values: set[str]) -> None:
    found = {value for mention in meant(mentions(text)) for value in mention.values}
    expected = {Decimal(value) for value in values}
    assert found == expected or (text.startswith("SEKm") and found & expected)


@pytest.mark.parametrize(
    ("text", "value", "currencies"),
    [
        ("€3.91 billion (2021)", "3910000000", ("EUR",)),
        ("US$−621 million", "-621000000", ("USD",)),
        ("−US$1.2 billion", "-1200000000", ("USD",)),
        ("£(51) million (2025)", "-51000000", ("GBP",)),
        ("US$ (3.741) billion", "-3741000000", ("USD",)),
        ("8,205 United States dollar (2022)", "8205", ("USD",)),
        ("$ 17 billion USD", "17000000000", ("USD",)),
        ("1.201 billion USD$", "1201000000", ("USD",)),
        ("C$ 4", "4", ("CAD",)),
        ("5 crore INR", "50000000", ("INR",)),
    ],
)
def test_amounts(text: str, value: str, currencies: tuple[str, ...]) -> None:
    (amount,) = amounts(text, "point")
    assert (Decimal(value) in amount.values, amount.currencies) == (True, currencies)


@pytest.mark.parametrize(
    ("text", "style", "value", "stands"),
    [
        ("3,167 (2021)", "unknown", "3167", True),
        ("€3.91 billion", "point", "3910000000", True),
        ("€3.91 billion", "point", "3910000", False),
        ("2,356 million", "point", "2356000000000", False),
        ("22,000", "point", "22", False),
        ("6.0730 billion", "point", "6073000000", True),
        ("-£75 million", "point", "-75000000", True),
        ("-£75 million", "point", "75000000", False),
        ("£75 million", "point", "-75000000", False),
        ("13,167", "point", "3167", False),
        ("12 %", "point", "12", False),
        ("c.250", "unknown", "250", True),
        ("1.234,5", "comma", "1234.5", True),
        ("60.2 BSEK", "point", "60200000000", True),
        ("SEKm 147,147", "point", "147147000000", True),
    ],
)
def test_figures_written_out(text: str, style: Style, value: str, stands: bool) -> None:
    assert figures.stands(Decimal(value), text, style) is stands


@pytest.mark.parametrize(
    ("texts", "style"),
    [
        (["1,234.5", "3.91"], "point"),
        (["1.234,5", "3,91"], "comma"),
        (["3,167", "814,0000"], "unknown"),
        (["3.91", "4,07"], "unknown"),
        (["3.91"] * 5 + ["4,07"], "point"),
        (["12.05.2021"], "unknown"),
    ],
)
def test_style(texts: list[str], style: Style) -> None:
    assert style_of(texts) == style


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1988 ; 38 years ago ( 1988 )", {1988}),
        ("Nagoya (January 1898 ; 128 years ago ( 1898-01 ) )", {1898}),
        ("1901 (as A) 1950 (as B)", {1901, 1950}),
        ("2021-01-05T10:00:00Z", {2021}),
        ("1,988 people", set()),
        ("12.5", set()),
    ],
)
def test_years(text: str, found: set[int]) -> None:
    assert years(text) == found


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("30 March 1934 ; 91 years ago ( 1934-03-30 )", date(1934, 3, 30)),
        ("March 30, 1934", date(1934, 3, 30)),
        ("30.03.1934", date(1934, 3, 30)),
        ("12.05.1986", date(1986, 5, 12)),
        ("19340330", date(1934, 3, 30)),
        ("3. Oktober 1990", date(1990, 10, 3)),
        ("3 \u043c\u0430\u044f 2020", date(2020, 5, 3)),
        ("2020. m\u00e1jus 3.", date(2020, 5, 3)),
        ("3 \u05d1\u05de\u05d0\u05d9 2020", date(2020, 5, 3)),
        ("2020\ub144 5\uc6d4 3\uc77c", date(2020, 5, 3)),
    ],
)
def test_dates(text: str, day: date) -> None:
    assert dates(text) == [frozenset({day})]
    assert spelling.days(day, None).search(text)


def test_the_order_of_dates() -> None:
    assert dates("03/04/1991") == [frozenset({date(1991, 3, 4), date(1991, 4, 3)})]
    assert dates("03/04/1991", "day") == [frozenset({date(1991, 4, 3)})]
    assert order_of(["25/12/1990", "03/04/1991"]) == "day"
    assert order_of(["12/25/1990"]) == "month"
    assert order_of(["25/12/1990", "12/25/1990"]) is None
    assert [m.isoformat() for m in instants("2024-06-01T19:30:00+02:00")] == ["2024-06-01T17:30:00+00:00"]
    assert instants("2024-06-01 25:99") == []


@pytest.mark.parametrize(
    ("text", "last", "clear"),
    [
        ("Munich , Germany", {"DE"}, True),
        ("San Francisco , California , United States 37°47′08″N 122°23′45″W", {"US"}, True),
        ("Baar , Switzerland (headquarters)", {"CH"}, True),
        ("Atlanta, Georgia", set(), False),
        ("Wilmington, DE", set(), False),
        ("Georgia", {"GE"}, True),
        ("London , England", {"GB"}, True),
        ("DE", {"DE"}, True),
        ("deu", {"DE"}, True),
        ("Köln, Deutschland", {"DE"}, True),
        ("Russian Federation", {"RU"}, True),
        ("nowhere", set(), False),
        ("Мюнхен, Германия", {"DE"}, True),
        ("日本", {"JP"}, True),
        ("Конго", set(), False),
    ],
)
def test_countries(text: str, last: set[str], clear: bool) -> None:
    found = countries(text)
    assert (found.last, found.clear) == (last, clear)
    for code in last:
        pattern = spelling.countries(code)
        assert pattern is not None
        assert pattern.search(text)


def test_contacts() -> None:
    assert urls("see www.Grano.example/De (en)") == (("grano.example" if False else "www.grano.example", "/De"),)
    assert mails("Ada@X.example, b@y.example") == {"ada@x.example", "b@y.example"}
    assert phones("+49 (0)89 123456") == ("4989123456",)
    assert spelling.hosts("https://grano.example").search("www.grano.example (en)")
    assert not spelling.hosts("https://grano.example").search("www.grano.example.org")
    assert not spelling.hosts("https://grano.example").search("grano.example/de")
    assert spelling.digits("+4989123456").search("089 / 12 34 56")
    assert not spelling.digits("+4989123456").search("089 / 12 34 57")
    assert spelling.currencies("XXQ") is None
    assert spelling.countries("ZZ") is None
