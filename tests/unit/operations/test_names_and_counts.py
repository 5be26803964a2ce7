"""Numbers that count are told from numbers that name: ordinals, house numbers, postal codes, versions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from enrichment.operations import Approximate, Fault, ReadSettings, compile_operation
from schemas.plan import OpCall

EUROS = ReadSettings(currency_hints={"": "EUR"})


def read(name: str, value: Any, using: ReadSettings | None = None) -> Any:
    return compile_operation(OpCall(op=name), using or ReadSettings())(value)


def reason(outcome: Any) -> str | None:
    return outcome.code.value if isinstance(outcome, Fault) else None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "#5",
            "No. 5",
            "no 5",
            "Nr. 5",
            "№ 5",
            "N\u00b0 5",
            "n\u00ba 5",
            "No.: 5",
            "Number 5",
            "Rank: 5",
            "No. 5,000",
        ),
        *("Top 10 companies", "Room 12", "Level 3", "version 3", "Windows 11", "Boeing 737", "iPhone 15", "A320 5"),
        *(
            "Bern, Laupenstr. 4",
            "bern, laupenstr. 4",
            "Hauptstra\u00dfe 12",
            "Main Street 5",
            "5 Main Street",
            "Rue X 5",
        ),
        *("12 rue de la Paix", "10 downing street", "221, Baker Row", "4 Seasons", "12 via Roma", "Unter den Linden 1"),
        *("\u00b15", "48.1371\u00b0 S", "122.4\u00b0 W"),
        *("8001 Z\u00fcrich", "Z\u00fcrich 8001", "10115 Berlin", "Berlin, 10115", "Calle 5"),
    ],
)
def test_a_number_that_names_a_thing_is_no_count(text: str) -> None:
    assert reason(read("parse_integer", text)) == "ambiguous"
    assert reason(read("parse_decimal", text)) == "ambiguous"
    assert reason(read("parse_money", text, EUROS)) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5 people", 5),
        ("500 Employees", 500),
        ("500 EMPLOYEES", 500),
        ("350 Mitarbeitende", 350),
        ("17000 FTE", 17000),
        ("5000 Globally", 5000),
        ("Employees 500", 500),
        ("Employees: 500", 500),
        ("Total 12", 12),
        ("Team of 12", 12),
        ("employs 120 people", 120),
        ("Acme 120 employees", 120),
        ("B2B 5000 customers", 5000),
        ("has 5 children", 5),
        ("5 floors", 5),
        ("5 km2", 5),
        ("5 MW", 5),
        ("Z\u00fcrich 8,001", 8001),
        ("Berlin 5 million", 5_000_000),
        ("5 (Berlin)", 5),
        ("5,000 (10% women)", 5000),
        ("5,000 (+3%)", 5000),
    ],
)
def test_a_number_of_what_is_counted_is_read(text: str, number: int) -> None:
    assert read("parse_integer", text) == number
    assert read("parse_decimal", text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        *("5000 or more", "5,000 employees or more", "5000 people and up", "at least 5000 people", "5000 at least"),
        *("as many as 5000", "upwards of 5000", "mehr als 5000", "mindestens 5000", "5000 oder mehr", "about 5000"),
        *("meer dan 5000", "pi\u00f9 di 5000", "5000 ou plus", "5000 minimum"),
    ],
)
def test_a_dropped_qualifier_is_told_wherever_it_stands(text: str) -> None:
    assert read("parse_integer", text) == Approximate(5000)


@pytest.mark.parametrize(
    "text",
    [
        *("50 EUR cents", "EUR 50 cents", "50 cents", "50 US cents", "50 euro cent", "50 \u20ac cents", "50 c\u20ac"),
        *("5,000 GBp", "GBp 5,000", "5,000 GBX", "GBX 5,000", "5 ZAc", "5 USd", "ILA 5", "5GBp"),
        *(
            "50 pence",
            "50 GBP pence",
            "50p",
            "5 p",
            "50 Rappen",
            "50\u00a2",
            "US$ 50\u00a2",
            "5,000 people",
            "5 bitcoin",
        ),
    ],
)
def test_an_amount_in_minor_units_is_never_one_in_full_units(text: str) -> None:
    for using in (ReadSettings(), EUROS):
        assert reason(read("parse_money", text, using)) == "ambiguous"
        assert reason(read("currency_of", text, using)) == "ambiguous"


def test_a_percentage_by_the_words_per_cent_is_no_amount_of_cents() -> None:
    assert read("parse_money", "\u20ac5 million (up 3 per cent)") == 5_000_000
    assert read("parse_percent", "3 per cent") == Decimal("0.03")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "\u20ac5 million (up 3%)",
            "\u20ac5 million (+3%)",
            "\u20ac5 million (3 %)",
            "\u20ac5 million (12 % of revenue)",
        ),
        *(
            "(3%) \u20ac5 million",
            "\u20ac5 million (up 3 %, 2021)",
            "\u20ac5 million (2021, -3%)",
            "\u20ac5 million [3%]",
        ),
    ],
)
def test_a_percentage_in_brackets_is_a_note_on_an_amount(text: str) -> None:
    assert read("parse_money", text) == 5_000_000
    assert reason(read("parse_percent", text)) in {"ambiguous", "type"}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "\u20ac5 million (loss, 3%)",
            "\u20ac5 million (3% loss)",
            "\u20ac5 million (3% USD)",
            "\u20ac5 million, up 3%",
        ),
        *("12% (\u20ac5)", "\u20ac5 million (up 3% from \u20ac4.8 million)"),
    ],
)
def test_a_percentage_that_is_more_than_a_note_leaves_the_amount_open(text: str) -> None:
    assert reason(read("parse_money", text)) == "ambiguous"


def test_a_percentage_alone_in_brackets_may_be_negative() -> None:
    assert reason(read("parse_percent", "growth (5.2%)")) == "ambiguous"


@pytest.mark.parametrize("text", ["GBp", "ZAc", "USd", "XXX", "xts", "XAU", "XPT", "XBA", "XSU", "pence", "cents"])
def test_what_is_no_currency_is_a_matter_of_type(text: str) -> None:
    assert reason(read("parse_currency", text)) == "type"


@pytest.mark.parametrize(
    ("text", "code"),
    [("Euro (EUR)", "EUR"), ("USD ($)", "USD"), ("USD - US Dollar", "USD"), ("US dollar", "USD"), ("XOF", "XOF")],
)
def test_two_names_of_one_currency_name_it(text: str, code: str) -> None:
    assert read("parse_currency", text) == code


def test_names_of_two_currencies_name_neither() -> None:
    assert reason(read("parse_currency", "EUR - USD")) == "type"


def test_a_code_beside_a_bare_sign_tells_which_currency_it_is() -> None:
    declared = ReadSettings(currency_hints={"$": "USD"})
    for text in ("$5 (CAD)", "$5 CAD", "CAD: $5"):
        for using in (ReadSettings(), declared):
            assert read("currency_of", text, using) == "CAD"
    assert reason(read("currency_of", "$5 (EUR)", declared)) == "ambiguous"
    assert read("currency_of", "SFr. 5") == "CHF"
