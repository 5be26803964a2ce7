"""Plain numbers and percentages in texts: what is read, what is refused, and with which reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from enrichment.operations import Approximate, Fault, ReadSettings, compile_operation
from schemas.errors import UsageError
from schemas.plan import OpArg, OpCall


def read(name: str, value: Any, separators: str | None = None, unit: str | None = None) -> Any:
    args = () if separators is None else (OpArg(name="separators", value=separators),)
    return compile_operation(OpCall(op=name, args=args), ReadSettings(unit=unit))(value)


def reason(outcome: Any) -> str | None:
    return outcome.code.value if isinstance(outcome, Fault) else None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,23,456", 123456),  # Indian grouping
        ("12,34,567", 1234567),
        ("1\u2019234\u2019567", 1234567),  # Swiss grouping
        ("3\u202f500", 3500),
        ("3\u2009500", 3500),
        ("1_000", 1000),
        ("\uff11\uff12\uff13\uff14", 1234),  # full-width digits
        ("\u0661\u0662\u0663", 123),  # Arabic-Indic digits
        ("\u0663\u066c\u0665\u0660\u0660", 3500),
        ("1.5e6", 1500000),
        ("+5", 5),
        ("\u20135", -5),
        ("- 5", -5),
        ("minus 5", -5),
        ("1.0", 1),
        ("1234.00", 1234),
        ("5.000,00", 5000),
        ("0,5 million", 500000),
        ("5k", 5000),
        ("1.5M", 1500000),
        ("5 thousand million", 5000000000),
        ("5 lakh crore", 5000000000000),
        ("5 \u043c\u043b\u043d", 5000000),
        ("5\u4e07", 50000),
        ("12kg", 12),
        ("5 km2", 5),
        ("B2B 5000 customers", 5000),
        ("COVID-19 5,000", 5000),
        ("5,000*", 5000),
        ("5,000 [note 3]", 5000),
        ("Employees (2021): 5,000", 5000),
        ("FY2021: 5,000", 5000),
        ("5,310 (1850)", 5310),
        ("5,000 (2021\u20132022)", 5000),
        ("5,000 (2021-22)", 5000),
        ("5,000 as of 31/12/2021", 5000),
        ("5,000 (au 31 d\u00e9cembre 2021)", 5000),
        ("5,000 (31. Dezember 2021)", 5000),
        ("5,000 (January \u2013 March 2024)", 5000),
        ("5,000 members (2021 census)", 5000),
        ("5,000 as of 2021", 5000),
        ("5,000 at the end of 2021", 5000),
        ("5,000 as at 2021", 5000),
        ("5,000 \u200b(2021)", 5000),
        ("\ufeff5,000", 5000),
        ("(5,000 employees)", 5000),
        ("535 (2022) : 13", 535),
        ("3,748 (June 30, 2023)[", 3748),
    ],
)
def test_texts_with_one_reading_are_read(text: str, number: int) -> None:
    given = read("parse_integer", text)
    assert (given, type(given)) == (number, int)


@pytest.mark.parametrize(
    "text",
    [
        *("more than 5,000", "at least 5,000", "up to 5,000", "less than 5,000", "5,000 or more", "5,000 plus"),
        *("est. 5,000", "5,000 (est.)", "5,000?", "\u2248 5,000", "plus de 5 000", "ca5,000", "\u7d045,000", "< 5,000"),
    ],
)
def test_a_dropped_qualifier_is_told(text: str) -> None:
    assert read("parse_integer", text) == Approximate(5000)


@pytest.mark.parametrize(
    "text",
    [
        *("814,0000", "1,234,56", "1.2.3", "1,2,3", "00.123", "0 700", "000", "192.168.0.1"),  # irregular grouping
        *("5\u00bd", "\u00bd", "10\u00b2", "10^6", "5\u00d74", "5 \u00b1 1", "1/2", "24/7", "12:30", "16 : 9"),
        *("747X", "24-hour", "5,000-plus", "5,000-", "0x10", "x5,000", "x5 000", "v1.2"),
        *("5m", "5 m", "5 mil", "5 dozen", "5 billiom", "5 million million", "5 Billionen", "5 (in millions)"),
        *("(500)", "--5", "Revenue - 5", "+491701234567", "555-1234", "+49 170 1234567"),
        *(
            "5,310 (1800 part-time)",
            "5,310 in 2000 stores",
            "10 of 2000",
            "5 at 2000",
            "5 by 2000",
            "5,000 2021",
            "2021: 5,000",
            "5,000 [1,234]",
        ),
        *("5,000 per 100", "5,000 (since 2019: 4,000)", "1 2 3", "12  345"),
    ],
)
def test_texts_with_two_readings_are_ambiguous(text: str) -> None:
    assert reason(read("parse_integer", text)) == "ambiguous"
    assert reason(read("parse_decimal", text)) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *("\u20ac5,000", "5,000 EUR", "USD5", "5 dollars", "US$ 5 million", "5,000 (EUR)"),
        *("12 %", "12 percent", "50 bps", "5 \u2030"),
        *("2021-03-31", "31.03.2017", "12/2023", "in 2021", "Q3 2020", "A320", "3rd", "two million", "N/A"),
    ],
)
def test_what_is_no_plain_number_is_a_matter_of_type(text: str) -> None:
    assert reason(read("parse_integer", text)) == "type"
    assert reason(read("parse_decimal", text)) == "type"


@pytest.mark.parametrize("text", ["2.5", "1,234.5", "0,123", "5 000,5", "0.5 thousandth 5"])
def test_a_fraction_is_no_integer(text: str) -> None:
    assert reason(read("parse_integer", text)) in {"type", "ambiguous"}


def test_numbers_beyond_the_limit_are_out_of_range_however_they_are_given() -> None:
    for value in ("9" * 70, "12e400", "1e-400", 10**5000, Decimal("1e400"), Decimal("1e-400")):
        assert reason(read("parse_decimal", value)) == "out_of_range"


def test_numbers_stay_exact_whatever_the_decimal_context() -> None:
    text = "12345678901234567890123456789012345.678901234567890"
    assert read("parse_decimal", text) == Decimal("12345678901234567890123456789012345.67890123456789")
    assert str(read("parse_decimal", "2.5000")) == "2.5"
    assert str(read("parse_decimal", "2.5 million")) == "2500000"


def test_given_numbers_are_taken_as_they_stand() -> None:
    assert read("parse_integer", Decimal("5.0")) == 5
    assert reason(read("parse_integer", Decimal("5.5"))) == "type"
    for value in (True, False, Decimal("NaN"), Decimal("Infinity"), [5], {"a": 5}):
        assert reason(read("parse_integer", value)) == "type"
        assert reason(read("parse_decimal", value)) == "type"


def test_declared_separators_are_followed_and_what_contradicts_them_is_ambiguous() -> None:
    assert read("parse_integer", "14.046", ".,") == 14046
    assert reason(read("parse_integer", "14.046", ",.")) == "type"
    for text, separators in (
        ("1.204.377", ",."),
        ("12,34", ",."),
        ("2.5 million", ".,"),
        ("0.5", ".,"),
        ("3 500.5", ".,"),
    ):
        assert reason(read("parse_decimal", text, separators)) == "ambiguous"


def test_separators_are_a_closed_list() -> None:
    for separators in ("", ",", ", ", "..", " ,"):
        with pytest.raises(UsageError):
            read("parse_integer", "5", separators)


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("12,5 %", "0.125"),
        ("12.5 per cent", "0.125"),
        ("12.5 Prozent", "0.125"),
        ("50 basis points", "0.005"),
        ("5 \u2030", "0.005"),
        ("+9.2%", "0.092"),
        ("\u22129.5 %", "-0.095"),
        ("5 % of revenue", "0.05"),
    ],
)
def test_percentages_are_fractions(text: str, fraction: str) -> None:
    assert read("parse_percent", text) == Decimal(fraction)
    assert read("parse_percent", text, unit="percent") == Decimal(fraction) * 100


@pytest.mark.parametrize("text", ["0.12", "12", "5-10%", "down 5%", "a decrease of 5 %", "(5.2%)", "12.345 %", "%5"])
def test_percentages_without_one_reading_are_ambiguous(text: str) -> None:
    assert reason(read("parse_percent", text)) == "ambiguous"


@pytest.mark.parametrize("text", [",5", ",50", "EUR ,5", "-,5"])
def test_a_comma_in_front_of_digits_is_not_passed_over(text: str) -> None:
    name = "parse_money" if "EUR" in text else "parse_decimal"
    assert reason(read(name, text)) == "ambiguous"
