"""Texts that a reader takes for one thing and that are, in another language or place, a second one."""

from __future__ import annotations

from typing import Any

import pytest

from enrichment.operations import Approximate, Fault, ReadSettings, compile_operation
from schemas.plan import OpArg, OpCall


def read(name: str, text: str, region: str | None = None) -> Any:
    given = compile_operation(OpCall(op=name), ReadSettings(region=region))(text)
    return given.value if isinstance(given, Approximate) else given


def reason(outcome: Any) -> str | None:
    return outcome.code.value if isinstance(outcome, Fault) else None


@pytest.mark.parametrize("text", ["9. listopada 2011.", "9. listopada 2011", "nedjelja, 9. Listopada 2011."])
def test_a_month_that_is_another_one_in_a_second_language_is_ambiguous(text: str) -> None:
    """October in Croatian, where a day has its point; November in Polish, where it has none."""
    assert reason(read("parse_date", text)) == "ambiguous"


def test_other_months_of_the_same_language_are_read() -> None:
    assert read("parse_date", "9 pa\u017adziernika 2011") == "2011-10-09"
    assert read("parse_date", "9 listopada 2011") == "2011-11-09"
    assert read("parse_year", "9. listopada 2011") == 2011


@pytest.mark.parametrize(
    "text",
    [
        *("22 February 1812 (Old Style)", "22 February 1812 O.S.", "22 February 1812 OS", "22 February 1812 [O.S.]"),
        *("25 December 1642 (Julian calendar)", "25 December 1642 (Julian)"),
    ],
)
def test_a_day_of_the_old_style_is_of_another_calendar(text: str) -> None:
    assert reason(read("parse_date", text)) == "ambiguous"


@pytest.mark.parametrize("text", ["6 March 1812 [O.S. 22 February]", "6 March 1812, Julian Smith"])
def test_the_old_style_of_something_else_leaves_a_day_as_it_is(text: str) -> None:
    assert read("parse_date", text) == "1812-03-06"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1200 v. Chr.",
            "1200 v.Chr.",
            "1200 v. u. Z.",
            "1200 avant J.-C.",
            "1200 av. J.-C.",
            "1200 a. C.",
            "1200 aC",
        ),
        *("1200 до н. э.", "1200 p.n.e.", "1200 př. n. l.", "1200 f.Kr.", "1200 eKr.", "MÖ 1200", "公元前1200年"),
    ],
)
def test_years_before_our_era_are_out_of_range_in_every_language(text: str) -> None:
    assert reason(read("parse_year", text)) == "out_of_range"
    assert reason(read("parse_date", f"14.03.{text}")) in {"out_of_range", "ambiguous", "type"}


@pytest.mark.parametrize("text", ["1988 n. Chr.", "1988 BP", "1899 A.C. Milan", "1988年"])
def test_what_only_looks_like_it_is_a_year(text: str) -> None:
    assert read("parse_year", text) in {1988, 1899}


@pytest.mark.parametrize(
    "text", ["1990's", "1990\u2019s", "ann\u00e9es 1990", "a\u00f1os 1990", "anni 1990", "1990\u5e74\u4ee3"]
)
def test_a_decade_is_no_year(text: str) -> None:
    assert reason(read("parse_year", text)) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *("Motril, Granada", "Granada", "Norwich, Norfolk", "Tarapoto, San Mart\u00edn", "Santa Elena"),
        *("Georgia (US)", "Georgia (U.S. state)"),
    ],
)
def test_a_region_with_the_name_of_a_country_is_ambiguous(text: str) -> None:
    assert reason(read("parse_country", text)) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "code"), [("Norfolk Island", "NF"), ("Grenada", "GD"), ("Saint Helena", "SH"), ("Georgia (country)", "GE")]
)
def test_the_country_itself_is_read(text: str, code: str) -> None:
    assert read("parse_country", text) == code


@pytest.mark.parametrize(
    "text", ["+49 30 123456 78 / 79", "+49 30 123456-78/79", "030 1234567/8", "+44 20 7946 0958 / 0959"]
)
def test_a_phone_number_with_a_second_end_is_two(text: str) -> None:
    assert reason(read("parse_phone", text, "DE")) == "ambiguous"


@pytest.mark.parametrize("text", ["089/1234567", "089 / 123 45 67", "+49 89/1234567", "+49 (0) 89/1234567"])
def test_a_slash_behind_an_area_code_parts_nothing(text: str) -> None:
    assert read("parse_phone", text, "DE") == "+49891234567"


def test_digits_that_are_national_without_a_zero_or_international_without_a_plus_are_ambiguous() -> None:
    assert reason(read("parse_phone", "442079460958", "DE")) == "ambiguous"
    assert read("parse_phone", "442079460958", "GB") == "+442079460958"
    assert read("parse_phone", "(434) 555-1234", "US") == "+14345551234"


def by_format(name: str, text: str, pattern: str) -> Any:
    call = OpCall(op=name, args=(OpArg(name="format", value=pattern),))
    return compile_operation(call, ReadSettings(time_zone="UTC"))(text)


@pytest.mark.parametrize(
    ("text", "pattern"), [("1112021", "%d%m%Y"), ("2021314", "%Y%m%d"), ("11121", "%d%m%y"), ("2021 111", "%Y %d%m")]
)
def test_figures_that_run_on_without_their_zeros_are_ambiguous(text: str, pattern: str) -> None:
    assert reason(by_format("parse_date", text, pattern)) == "ambiguous"


def test_figures_with_all_their_zeros_or_with_marks_between_them_are_read() -> None:
    assert by_format("parse_date", "01112021", "%d%m%Y") == "2021-11-01"
    assert by_format("parse_date", "20210314", "%Y%m%d") == "2021-03-14"
    assert by_format("parse_date", "1/3/2021", "%d/%m/%Y") == "2021-03-01"
    assert by_format("parse_datetime", "20210314 1:05", "%Y%m%d %H:%M") == "2021-03-14T01:05:00Z"
    assert reason(by_format("parse_datetime", "20210314 105", "%Y%m%d %H%M")) == "ambiguous"
