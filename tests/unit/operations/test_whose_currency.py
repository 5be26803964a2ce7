"""A sign that several currencies share, and what beside it says that another one is meant than the source declares."""

from __future__ import annotations

from typing import Any

import pytest

from enrichment.operations import Approximate, Fault, ReadSettings, compile_operation
from schemas.plan import OpCall

DOLLARS = {"$": "USD"}


def read(name: str, text: str, hints: dict[str, str] | None = None) -> Any:
    given = compile_operation(OpCall(op=name), ReadSettings(currency_hints=hints or {}))(text)
    return given.value if isinstance(given, Approximate) else given


def reason(outcome: Any) -> str | None:
    return outcome.code.value if isinstance(outcome, Fault) else None


@pytest.mark.parametrize(
    "text",
    [
        *("RD$5", "EC$5", "BZ$5", "AR$ 5", "Arg$5", "Z$5", "L$5", "U$5", "5 $RD", "N.Z.$5"),
        *("Canadian $5", "Cdn $5", "Can. $5", "NZ $5", "HK $5", "AU $ 5", "Singapore $5", "Hong Kong $5", "(CA)$5"),
        *("5 $ CA", "$5.00 CA", "$5 AU", "5 dollars CA", "HK dollar 5"),
        *("$5 (Canadian)", "$5 million (Australian)", "5 dollars (Canadian)", "5 $ (CA)", "$5 pesos", "$ 5 pesos"),
    ],
)
def test_a_dollar_of_another_country_is_not_the_one_that_the_source_declares(text: str) -> None:
    assert reason(read("parse_money", text, DOLLARS)) == "ambiguous"
    assert reason(read("currency_of", text, DOLLARS)) == "ambiguous"


@pytest.mark.parametrize("text", ["IR\u00a35", "FK\u00a35", "C\u00a35", "L\u00a35", "Egyptian \u00a35", "Manx\u00a35"])
def test_a_pound_of_another_country_is_not_sterling(text: str) -> None:
    assert reason(read("parse_money", text)) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("$5", "USD"), ("Revenue: $5", "USD"), ("Revenue $5", "USD"), ("A $5 million", "USD"), ("$5 (US)", "USD")),
        *(("$5 CAD", "CAD"), ("$5 (CAD)", "CAD"), ("CAD $5", "CAD"), ("5 Canadian dollars", "CAD"), ("C$5", "CAD")),
        *(("COP$5", "COP"), ("\u00a35", "GBP"), ("GB\u00a35", "GBP"), ("UK\u00a35", "GBP"), ("GH\u20b55", "GHS")),
        *(("$m 5", "USD"), ("5 M$", "USD"), ("\u00a3m 5", "GBP")),
    ],
)
def test_a_sign_that_nothing_qualifies_and_one_that_says_whose_it_is_are_read(text: str, code: str) -> None:
    assert read("currency_of", text, DOLLARS) == code


def test_whose_dollar_it_is_counts_more_than_what_the_source_declares() -> None:
    assert read("currency_of", "$5 (US)", {"$": "CAD"}) == "USD"
    assert read("currency_of", "$5 pesos", {"$": "MXN"}) == "MXN"


@pytest.mark.parametrize("text", ["5 T EUR", "500 T EUR", "5 T USD", "5 T\u20ac", "5T EUR"])
def test_a_t_before_a_currency_may_be_a_thousand(text: str) -> None:
    assert reason(read("parse_money", text)) == "ambiguous"


def test_a_t_behind_everything_is_a_trillion() -> None:
    assert read("parse_money", "USD 5 T") == 5 * 10**12


@pytest.mark.parametrize(
    ("text", "value"), [("-GB\u00a398,765.50", "-98765.5"), ("(GB\u00a35)", "-5"), ("-UK\u00a35", "-5")]
)
def test_a_minus_before_letters_and_a_sign_is_the_amounts(text: str, value: str) -> None:
    assert str(read("parse_money", text)) == value
