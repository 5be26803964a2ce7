"""Amounts of money in texts: value, sign, magnitude and currency are read together or not at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from enrichment.operations import Approximate, Fault, ReadSettings, compile_operation
from schemas.plan import OpArg, OpCall

HINTS = {"$": "USD", "kr": "SEK", "\u00a5": "JPY", "Rs": "INR"}


def read(name: str, value: Any, using: ReadSettings | None = None, **args: str) -> Any:
    call = OpCall(op=name, args=tuple(OpArg(name=n, value=v) for n, v in args.items()))
    return compile_operation(call, using or ReadSettings())(value)


def reason(outcome: Any) -> str | None:
    return outcome.code.value if isinstance(outcome, Fault) else None


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("R$ 5 milh\u00f5es", 5_000_000, "BRL"),
        ("A$5m", 5_000_000, "AUD"),
        ("C$5", 5, "CAD"),
        ("NT$5", 5, "TWD"),
        ("USD$ 5", 5, "USD"),
        ("$US $2.8 billion", 2_800_000_000, "USD"),
        ("US$$2.342 billion", 2_342_000_000, "USD"),
        ("JPY \u00a5 5.1 billion", 5_100_000_000, "JPY"),
        ("$ 1.83 billion USD", 1_830_000_000, "USD"),
        ("\u20b9 1.5 lakh crore", 1_500_000_000_000, "INR"),
        ("\u20b95 cr", 50_000_000, "INR"),
        ("5 Mrd. Euro", 5_000_000_000, "EUR"),
        ("918,3 Mio.\u20ac", 918_300_000, "EUR"),
        ("1,135,350,000 euro (2023)", 1_135_350_000, "EUR"),
        ("22,726,418,000 United States dollar (2022)", 22_726_418_000, "USD"),
        ("5 million U.S. dollars", 5_000_000, "USD"),
        ("5 Swedish kronor", 5, "SEK"),
        ("5 South Korean won", 5, "KRW"),
        ("SEKm 147,147", 147_147_000_000, "SEK"),
        ("SEK 60.2 BSEK", 60_200_000_000, "SEK"),
        ("5 MEUR", 5_000_000, "EUR"),
        ("\u20acm 5", 5_000_000, "EUR"),
        ("5 \u20acbn", 5_000_000_000, "EUR"),
        ("140.7 DKK billion", 140_700_000_000, "DKK"),
        ("EUR5", 5, "EUR"),
        ("5z\u0142", 5, "PLN"),
        ("2023: \u20ac5 million", 5_000_000, "EUR"),
        ("\u20ac5 million 2023", 5_000_000, "EUR"),
        ("\u20ac2021", 2021, "EUR"),
        ("Revenue in EUR: 5,120", 5120, "EUR"),
        ("5,120 (EUR)", 5120, "EUR"),
        ("CHF 1'234'567.\u2013", 1_234_567, "CHF"),
        ("\u20ac5 000 000,50", "5000000.5", "EUR"),
        ("US$\u202a26.2 billion", 26_200_000_000, "USD"),
        ("\u20ac5 million : 2", 5_000_000, "EUR"),
        ("\u20ac2.395 billion (business year from April 2023 until March 2024)", 2_395_000_000, "EUR"),
        ("- US$ 99.1 Million", -99_100_000, "USD"),
        ("US$\u2013714 million", -714_000_000, "USD"),
        ("US$\u201437 million", -37_000_000, "USD"),
        ("\u20ac(5) million", -5_000_000, "EUR"),
        ("US$ (47 million) (2024)", -47_000_000, "USD"),
        ("(-\u20ac5)", -5, "EUR"),
        ("Negative \u20ac50 million", -50_000_000, "EUR"),
        ("loss of \u20ac5 million", -5_000_000, "EUR"),
        ("\u20ac5 million (loss)", -5_000_000, "EUR"),
    ],
)
def test_amounts_with_one_reading_are_read(text: str, amount: Any, currency: str) -> None:
    assert read("parse_money", text) == Decimal(amount)
    assert read("currency_of", text) == currency


@pytest.mark.parametrize(
    "text",
    [
        *(
            "\u20ac5 billiom",
            "\u20ac1.044 trilion",
            "US$52.3.million",
            "\u20ac5 million million",
            "5 T\u20ac",
            "5 TEUR",
            "$5t",
        ),
        *("US$ 0 700 Mln", "JPY 0 11 trillion", "\u20ac1,234 million", "\u20ac1.234", "\u20ac 5 (in millions)"),
        *(
            "EUR 5 USD",
            "\u20ac5 $",
            "\u00a35 EGP",
            "EUR/USD 5",
            "\u20ac5m; $6m",
            "\u20ac5 (US$ 6)",
            "\u20ac1.5bn / $1.7bn",
        ),
        *("-(\u20ac5)", "profit/loss \u20ac5", "( US$119 million (FY 2018) )", "USD 5\u2013"),
        *("12% of \u20ac5", "\u20ac5 to \u20ac7", "between \u20ac5 and \u20ac7"),
        *("5", "US 5", "5 bitcoin", "5 pounds", "5 francs", "5 won", "5 million dollars", "Fr. 5", "R5"),
    ],
)
def test_amounts_with_two_readings_are_ambiguous(text: str) -> None:
    assert reason(read("parse_money", text)) == "ambiguous"
    assert reason(read("currency_of", text)) == "ambiguous"


@pytest.mark.parametrize("text", ["EUR", "US$", "\u20acfive", "n/a", "\u20ac12%", "US million (FY 2014) ( billion)"])
def test_what_states_no_amount_is_a_matter_of_type(text: str) -> None:
    assert reason(read("parse_money", text)) == "type"
    assert reason(read("currency_of", text)) == "type"


def test_a_declared_sign_speaks_for_its_words_and_no_other() -> None:
    using = ReadSettings(currency_hints=HINTS)
    for text, currency in (
        ("$5", "USD"),
        ("5 dollars", "USD"),
        ("kr. 5", "SEK"),
        ("5 kroner", "SEK"),
        ("Rs. 5 crore", "INR"),
        ("5 rupees", "INR"),
        ("A$5", "AUD"),
        ("$5 CAD", "CAD"),
        ("5 Danish kroner", "DKK"),
    ):
        assert read("currency_of", text, using) == currency
    assert reason(read("currency_of", "5", using)) == "ambiguous"
    assert read("currency_of", "5", ReadSettings(currency_hints={"": "EUR"})) == "EUR"
    assert read("currency_of", 5, ReadSettings(currency_hints={"": "EUR"})) == "EUR"
    assert reason(read("currency_of", 5)) == "ambiguous"


def test_a_target_in_one_currency_takes_no_other() -> None:
    fixed = ReadSettings(unit="EUR", currency_hints=HINTS)
    assert read("parse_money", "\u20ac5 million", fixed) == 5_000_000
    assert reason(read("parse_money", "US$5 million", fixed)) == "unit_mismatch"
    assert reason(read("parse_money", "$5 million", fixed)) == "unit_mismatch"
    assert read("parse_money", 5, fixed) == 5
    assert read("parse_money", "US$5", ReadSettings(unit="people")) == 5


def test_a_dropped_qualifier_is_told() -> None:
    for text in (
        "~ \u20ac5",
        "\u20ac5+",
        "\u20ac ~5",
        "\u20ac c. 5",
        "up to \u20ac5",
        "over \u20ac5",
        "\u20ac5 (est.)",
    ):
        assert read("parse_money", text) == Approximate(Decimal(5))


def test_a_column_settles_what_one_amount_cannot() -> None:
    assert read("parse_money", "\u20ac1,234 million", separators=",.") == 1_234_000_000
    assert read("parse_money", "\u20ac1,234 million", separators=".,") == 1_234_000
    assert reason(read("parse_money", "\u20ac4,07 billion", separators=",.")) == "ambiguous"
