"""Percentages that have more than one size, and places that are lists."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from enrichment.operations import Fault, ReadSettings, compile_operation
from schemas.plan import OpCall


def read(name: str, text: str) -> Any:
    outcome = compile_operation(OpCall(op=name), ReadSettings())(text)
    return outcome.code.value if isinstance(outcome, Fault) else outcome


@pytest.mark.parametrize("text", ["3,125 %", "3,125%", "-1,250 % p.a.", "12,345 percent", "100,000 %", "3,125 \u2030"])
def test_a_comma_before_three_digits_may_be_either_mark_in_a_percentage(text: str) -> None:
    """`3,125 %` is what a loan costs in half of Europe, and nowhere three thousand percent."""
    assert read("parse_percent", text) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("0,125 %", "0.00125"),
        ("1.234,5 %", "12.345"),
        ("1,234.5 %", "12.345"),
        ("12,5 %", "0.125"),
        ("7 % p.a.", "0.07"),
    ],
)
def test_a_percentage_of_one_reading_is_read(text: str, share: str) -> None:
    assert read("parse_percent", text) == Decimal(share)


@pytest.mark.parametrize("text", ["12%p", "12 % points", "12 %-Punkte", "12 %pt"])
def test_a_difference_of_percentages_is_none(text: str) -> None:
    assert read("parse_percent", text) == "ambiguous"


@pytest.mark.parametrize("text", ["12\u066a", "\u0661\u0662\u066a", "12\ufe6a", "12\uff05"])
def test_every_percent_sign_is_one(text: str) -> None:
    assert read("parse_percent", text) == Decimal("0.12")


@pytest.mark.parametrize(
    "text",
    [
        *("Hong Kong, China", "Hong Kong SAR, China", "Taiwan, China", "Macao SAR, China", "Bermuda, UK", "Jersey, UK"),
        *("Greenland, Denmark", "R\u00e9union, France", "Aruba, Netherlands", "Puerto Rico, USA", "Isle of Man, UK"),
    ],
)
def test_a_territory_with_a_code_of_its_own_and_its_country_are_two(text: str) -> None:
    assert read("parse_country", text) == "ambiguous"


@pytest.mark.parametrize("text", ["Germany, Austria", "Germany, Austria, Switzerland", "USA, Canada", "Ireland, UK"])
def test_a_list_of_countries_names_more_than_one(text: str) -> None:
    assert read("parse_country", text) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("Nuuk, Greenland, Denmark", "DK"), ("San Juan, Puerto Rico, USA", "US"), ("Hong Kong (China)", "HK")),
        *(
            ("Mexico, Missouri, USA", "US"),
            ("Lebanon, Pennsylvania, United States", "US"),
            ("Peru, Indiana, USA", "US"),
        ),
        *(("Jersey City, United States", "US"), ("Taiwan, Province of China", "TW"), ("Georgia", "GE")),
        *(("Luxembourg, Belgium", "BE"), ("Georgia, USA", "US"), ("Jordan, Minnesota, USA", "US")),
        *(("Singapore, Singapore", "SG"), ("Scotland, UK", "GB"), ("Korea, Republic of", "KR"), ("England, UK", "GB")),
    ],
)
def test_a_place_that_is_called_as_a_country_is_none_of_a_list(text: str, code: str) -> None:
    assert read("parse_country", text) == code
