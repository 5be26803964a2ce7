"""A sign or a scale of more than one reading beside a number: the text is ambiguous, whatever the operation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.operations import ABSENT, Approximate, Fault, ReadSettings, compile_operation
from schemas.plan import OpCall

HINTS = {"$": "USD", "\u00a5": "JPY", "Rs": "INR"}
TRENDS = (
    *("\u25b3", "\u25b2", "\u25bd", "\u25bc", "\u25b4", "\u25be", "\u25b5", "\u25bf", "\u2191", "\u2193", "\u2197"),
    *("\u2198", "\u2b06", "\u2b07", "\u21e7", "\u21e9", "\U0001f53a", "\U0001f53b", "\U0001f53c", "\U0001f4c8"),
    *("\U0001f4c9", "\u00b1", "\u2213", "\u00ac", "\u207b", "\u208b", "\u2796", "\u02d7", "\u2e3a", "\u00f7"),
    *("\u2206", "\u2207"),
)
#: As they stand behind a number.
BEHIND = (
    *(" -", " \u2212", " \u2014", "-", "\uff0d", "\u2010", " (-)", " -/-", " [-]", " --", " ./."),
    *(" negative", " (negative)", " minus", " (minus)", " neg.", " [negative]", " n\u00e9gatif", " negativo"),
    *(" below zero", " below", " in the red", " (decrease)", " down", " lower", " (debit)", " (Dr)", " (credit)"),
    *(" (x1000)", " x1000", " (x 1,000)", " (\u00d71000)", " *1000", " \u00d7 1,000", " (x4)", " (e3)", " (10^3)"),
    *(" (in '000)", " ('000)", " '000s", " (000s)", " [000]", " ['000]", " [in 000s]", " [x10]", " (in thousands)"),
    ")",
)
BEFORE = (
    "./. ",
    "(",
    "((",
    "negative: ",
    "(negative) ",
    "plus/minus ",
    "plus or minus ",
    "+/- ",
    "-+",
    "(x1000) ",
    "DR ",
)


def read(name: str, text: str, unit: str | None = None) -> Any:
    given = compile_operation(OpCall(op=name), ReadSettings(currency_hints=HINTS, unit=unit))(text)
    return given.value if isinstance(given, Approximate) else given


def reason(outcome: Any) -> str | None:
    return outcome.code.value if isinstance(outcome, Fault) else None


@pytest.mark.parametrize(
    "text",
    [
        *(f"{mark}{space}500" for mark in TRENDS for space in ("", " ")),
        *(f"500{space}{mark}" for mark in TRENDS for space in ("", " ")),
        *(f"500{mark}" for mark in BEHIND),
        *(f"{mark}500" for mark in BEFORE if mark != "-+"),
        *(
            "-+500",
            "1,234 \u2212",
            "- 500 -",
            "500 loss",
            "500 (loss)",
            "loss of 500",
            "fell by 500",
            "decrease of 500",
        ),
        *(
            "<500>",
            "\uff08500\uff09",
            "\ufe59500\ufe5a",
            "( (500) )",
            "500\uff09",
            "12 L",
            "500 Cr",
            "500 DR",
            "5 minus",
        ),
        *("5 degrees below zero", "70 (negative)", "moins 5,000", "\u8ca0 5,000", "Revenue down: 500"),
        *("5 \u00b0C frost", "5 Grad Frost"),
    ],
)
def test_a_plain_number_with_an_open_sign_is_ambiguous(text: str) -> None:
    assert reason(read("parse_integer", text)) == "ambiguous"
    assert reason(read("parse_decimal", text)) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *(f"{mark}{form}" for mark in TRENDS for form in ("EUR 500", " 500 EUR", "3,000\u5186")),
        *(f"EUR 500{space}{mark}" for mark in TRENDS for space in ("", " ")),
        *(f"EUR 500{mark}" for mark in BEHIND),
        *(f"{mark}EUR 500" for mark in BEFORE),
        *("500 EUR -", "500 - EUR", "500- EUR", "EUR (500", "500) EUR", "EUR ((500))", "EUR 500 CR", "EUR 500 DR"),
        *("EUR 500 Cr", "500 Cr (EUR)", "USD 5 cr", "EUR 500 (Cr)", "decline of EUR 5", "down EUR 5", "EUR 5 decrease"),
        *("\u640d\u5931 500\u5186", "\u8d64\u5b57 500\u5186", "\u30de\u30a4\u30ca\u30b9 500 \u5186", "EUR 5 (Soll)"),
        *("negative cash flow of EUR 5 million", "EUR 5 million (\u25b2)", "Revenue (x1000): EUR 500"),
    ],
)
def test_an_amount_with_an_open_sign_is_ambiguous(text: str) -> None:
    assert reason(read("parse_money", text)) == "ambiguous"
    assert reason(read("currency_of", text)) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *(f"{mark}{space}7 %" for mark in TRENDS for space in ("", " ")),
        *(f"7 % {mark}" for mark in TRENDS),
        *(f"7 %{mark}" for mark in BEHIND if "\u00d7" not in mark),
        *(f"{mark}7 %" for mark in BEFORE if mark != "DR "),
        *("margin (\u25bc 3.5 %)", "(7 % -)", "(7 % lower)", "7 - %"),
        *("12 % below last year", "12% under plan", "12 percent below plan", "12 % unter Vorjahr", "12 % sous le plan"),
    ],
)
def test_a_percentage_with_an_open_sign_is_ambiguous(text: str) -> None:
    assert reason(read("parse_percent", text)) == "ambiguous"


@pytest.mark.parametrize("mark", TRENDS)
def test_a_year_with_such_a_mark_is_ambiguous(mark: str) -> None:
    assert reason(read("parse_year", f"{mark}2021")) == "ambiguous"
    assert reason(read("parse_year", f"founded in 1999 {mark}")) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            ("\u2022 500", 500),
            ("- 500", -500),
            ("* 500", 500),
            ("\u25aa 500", 500),
            ("\u25ba 500", 500),
            ("a) 500", 500),
        ),
        *(
            ("\u2192 500", 500),
            ("500*", 500),
            ("500 \u2020", 500),
            ("500\u2122", 500),
            ("500 \u2605", 500),
            ("500+", 500),
        ),
        *(("\uff0d500", -500), ("\ufe63500", -500), ("\u2212 500", -500), ("minus 500", -500), ("-500 (loss)", -500)),
        *(("500.-", 500), ("500,-", 500), ("500:-", 500), ("500/-", 500), ("500 (2025", 500), ("500 [3]", 500)),
        *(("3,167 (average, 2021)", 3167), ("5,000 (2025)", 5000), ("(2025) 500", 500), ("c. 162,000", 162_000)),
        *(("5,000 or less", 5000), ("less than 5,000", 5000), ("5,000 or under", 5000), ("au moins 5 000", 5000)),
        *(("5,000 - worldwide", 5000), ("5,000 (Fall 2021)", 5000), ("5,000 employees (down 3% from 2020)", 5000)),
        *(("5 losses", 5), ("12 l", 12), ("(500 employees)", 500), ("5,000 under contract", 5000), ("= 500", 500)),
    ],
)
def test_a_number_whose_sign_is_plain_is_read(text: str, value: int) -> None:
    assert read("parse_integer", text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            ("EUR (500)", -500),
            ("-EUR 5 (negative)", -5),
            ("loss of EUR 5", -5),
            ("EUR 5 (loss)", -5),
            ("EUR (5) (loss)", -5),
        ),
        *(
            ("\u20b9500 Cr", 5_000_000_000),
            ("INR 5 Cr.", 50_000_000),
            ("Rs 5 cr", 50_000_000),
            ("EUR 5 crore", 50_000_000),
        ),
        *(
            ("PKR 5 Cr", 50_000_000),
            ("CHF 500.\u2013", 500),
            ("500,- EUR", 500),
            ("fell to EUR 5", 5),
            ("b) EUR 500", 500),
        ),
        *(
            ("EUR 5 million (\u25bc 3 %)", 5_000_000),
            ("EUR 5 million (\u00b13 %)", 5_000_000),
            ("tax credit of EUR 5", 5),
        ),
        *(("EUR 5 billion under management", 5_000_000_000), ("EUR 5 cost reduction", 5), ("EUR 5 \u2014 FY 2019", 5)),
    ],
)
def test_an_amount_whose_sign_is_plain_is_read(text: str, value: int) -> None:
    assert read("parse_money", text) == value


def test_litres_are_read_where_the_field_is_measured_in_a_volume() -> None:
    assert read("parse_decimal", "12 L", unit="l") == 12
    assert read("parse_integer", "12 L (2021)", unit="ml") == 12
    assert reason(read("parse_decimal", "12 L", unit="EUR")) == "ambiguous"


_numbers = st.sampled_from(["500", "1,234", "3.5", "12", "5 million"])
_forms = st.sampled_from(["{}", "EUR {}", "{} EUR", "$ {}", "{} %", "c. {}", "{} (2021)", "{} [2]", "\u20ac{}"])
_marks = st.sampled_from(
    [(mark, "") for mark in (*TRENDS, *BEFORE)] + [("", mark) for mark in (*TRENDS, *BEHIND) if mark != " below"]
)


@settings(max_examples=500, derandomize=True, deadline=None)
@given(number=_numbers, form=_forms, marks=_marks, space=st.sampled_from(["", " "]))
def test_no_mark_of_an_open_sign_leaves_the_bare_number(
    number: str, form: str, marks: tuple[str, str], space: str
) -> None:
    before, behind = marks
    text = form.format(f"{before}{space}{number}{space}{behind}")
    for name in ("parse_integer", "parse_decimal", "parse_money", "parse_percent"):
        bare, outcome = read(name, form.format(number)), read(name, text)
        if bare is not ABSENT and not isinstance(bare, Fault):
            assert isinstance(outcome, Fault), (name, text, outcome)


@pytest.mark.parametrize("text", ["-~500", "-c. 500", "\u2212circa 500", "-about 500", "- about 500", "-approx. 500"])
def test_a_dash_before_a_qualifier_may_be_a_minus(text: str) -> None:
    assert reason(read("parse_integer", text)) == "ambiguous"
    assert reason(read("parse_money", text.replace("500", "EUR 500"))) == "ambiguous"


@pytest.mark.parametrize("text", ["-net EUR 500", "-Revenue EUR 500"])
def test_a_dash_at_the_word_before_an_amount_may_be_a_minus(text: str) -> None:
    assert reason(read("parse_money", text)) == "ambiguous"


@pytest.mark.parametrize("text", ["- EUR 500", "-EUR 500", "-Swiss francs 500", "-MEUR 500"])
def test_a_dash_at_a_currency_is_a_minus(text: str) -> None:
    assert read("parse_money", text) in {-500, -500_000_000}


@pytest.mark.parametrize("text", ["%5", "% 5", "-%5", "-% 5", "5 (%)", "(%) 5", "5 [%]", "5 (in %)", "5\u2031"])
def test_a_number_that_a_percent_sign_speaks_of_is_no_count(text: str) -> None:
    assert reason(read("parse_integer", text)) in {"ambiguous", "type"}
    assert reason(read("parse_decimal", text)) in {"ambiguous", "type"}
