"""Years, dates and instants in texts."""

from __future__ import annotations

from typing import Any

import pytest

from enrichment.operations import Approximate, Fault, ReadSettings, compile_operation
from schemas.errors import UsageError
from schemas.plan import OpArg, OpCall


def read(name: str, value: Any, using: ReadSettings | None = None, **args: str) -> Any:
    call = OpCall(op=name, args=tuple(OpArg(name=n, value=v) for n, v in args.items()))
    return compile_operation(call, using or ReadSettings())(value)


def reason(outcome: Any) -> str | None:
    return outcome.code.value if isinstance(outcome, Fault) else None


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("12/11/2010", 2010),
        ("01/1988", 1988),
        ("FY2025", 2025),
        ("2020-Q3", 2020),
        ("Heisei 12 (2000)", 2000),
        ("1988\u5e74", 1988),
        ("in 1988, 3 founders", 1988),
        ("February 1937, 11 ; 89 years ago ( 11-02-1937 ) in Amagasaki", 1937),
        ("1959 ; 67 years ago ( 1959 ) 1", 1959),
        ("2021-03-31T10:00:00Z", 2021),
    ],
)
def test_one_year_is_read(text: str, year: int) -> None:
    assert read("parse_year", text) == year


@pytest.mark.parametrize("text", ["c.1850", "before 1850", "1850?", "est. 1850", "early 1850"])
def test_a_year_that_is_not_exact_says_so(text: str) -> None:
    assert read("parse_year", text) == Approximate(1850)


@pytest.mark.parametrize(
    "text",
    ["1990s", "1988-89", "2024/25", "FY25", "12/11/10", "1978-96", "2000 employees", "Founded 1988, 2000 people"],
)
def test_texts_without_one_year_are_ambiguous(text: str) -> None:
    assert reason(read("parse_year", text)) == "ambiguous"


@pytest.mark.parametrize(
    "text", ["'98", "1,988", "500 BC", "1988 BC", "-1988", "0988", "3000", "20240101", "19th century"]
)
def test_numbers_that_are_no_year_are_out_of_range(text: str) -> None:
    assert reason(read("parse_year", text)) == "out_of_range"


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("20210331", "2021-03-31"),
        ("2021/3/31", "2021-03-31"),
        ("2021-3-31", "2021-03-31"),
        ("31st of March, 2021", "2021-03-31"),
        ("Mar-31-2021", "2021-03-31"),
        ("31/03/2021", "2021-03-31"),  # no month is the 31st
        ("03/31/2021", "2021-03-31"),
        ("05/05/2021", "2021-05-05"),  # both orders say the same
        ("1er janvier 2021", "2021-01-01"),
        ("31. Dezember 2021", "2021-12-31"),
        ("12 de octubre de 2020", "2020-10-12"),
        ("2021\u5e743\u670831\u65e5", "2021-03-31"),
        ("Wed, 31 Mar 2021", "2021-03-31"),
        ("2021-03-31T23:30:00-05:00", "2021-03-31"),
        ("27 December 2000 ; 25 years ago ( 2000-12-27 )", "2000-12-27"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_one_date_is_read(text: str, date: str) -> None:
    assert read("parse_date", text) == date


@pytest.mark.parametrize(
    "text",
    [
        "04/05/2021",
        "31.12.99",
        "March 2021",
        "2021-03",
        "31 March",
        "1 March 2021 to 2 March 2021",
        "1 May 2021 (2020)",
    ],
)
def test_texts_without_one_date_are_ambiguous(text: str) -> None:
    assert reason(read("parse_date", text)) == "ambiguous"


@pytest.mark.parametrize("value", ["2021", "soon", "12:30", "2021-02-30", "0000-00-00", 20210331, True])
def test_what_is_no_date_is_a_matter_of_type(value: Any) -> None:
    assert reason(read("parse_date", value)) == "type"


@pytest.mark.parametrize(
    "pattern", ["", "%d.%m", "%Y-%m-%d %H", "%x", "%d/%m/%Y/%Y", "%d%m%Y%", "%Q", "%j", "yyyy-mm-dd"]
)
def test_a_format_that_does_not_say_a_date_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError):
        read("parse_date", "2021-03-31", format=pattern)


def test_a_format_of_a_date_time_states_the_hour() -> None:
    with pytest.raises(UsageError):
        read("parse_datetime", "x", format="%Y-%m-%d")
    assert read("parse_datetime", "31/03/2021 10 PM +0200", format="%d/%m/%Y %I %p %z") == "2021-03-31T20:00:00Z"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2021-03-31T10:00Z", "2021-03-31T10:00:00Z"),
        ("2021-03-31T10:00:00.123456789Z", "2021-03-31T10:00:00.123456Z"),
        ("2021-03-31T10:00:00+0530", "2021-03-31T04:30:00Z"),
        ("Wed, 31 Mar 2021 10:00:00 +0000", "2021-03-31T10:00:00Z"),
        ("March 31, 2021 at 10:00 PM UTC", "2021-03-31T22:00:00Z"),
        ("31/03/2021 10:00Z", "2021-03-31T10:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_one_instant_is_read(text: str, instant: str) -> None:
    assert read("parse_datetime", text) == instant
    assert read("parse_epoch", text, unit="s") == instant


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2021-03-31", "ambiguous"),
        ("04/05/2021 10:00Z", "ambiguous"),
        ("2021-03-31T10:00", "ambiguous"),
        ("2021-03-31T24:00:00Z", "type"),
        ("2021-03-31T23:59:60Z", "type"),
        ("2021-02-30T10:00:00Z", "type"),
        ("13:00 PM", "type"),
        ("2021-03-31T13:00 PM Z", "type"),
        ("9999-12-31T23:59:59-14:00", "out_of_range"),
        ("2021-03-31T10:00:00Z and more", "type"),
        (1617184800, "type"),
    ],
)
def test_what_is_no_instant_says_why(text: Any, code: str) -> None:
    assert reason(read("parse_datetime", text)) == code


def test_the_clock_of_the_source_places_naive_times() -> None:
    berlin = ReadSettings(time_zone="Europe/Berlin")
    assert read("parse_datetime", "2021-07-04 12:00", berlin) == "2021-07-04T10:00:00Z"
    assert reason(read("parse_datetime", "2021-10-31 02:30", berlin)) == "ambiguous"  # twice that night
    assert reason(read("parse_datetime", "2021-03-28 02:30", berlin)) == "type"  # never that night
    with pytest.raises(UsageError):
        read("parse_datetime", "x", ReadSettings(time_zone="Europe/Nowhere"))


@pytest.mark.parametrize("text", ["8/3/17-82", "$ 6-23.26 SD", "1988/5-12", "1988.5/12", "2December 2020"])
@pytest.mark.parametrize("operation", ["parse_year", "parse_date", "parse_datetime"])
def test_what_only_looks_like_a_date_is_no_reason_to_fail(operation: str, text: str) -> None:
    assert reason(read(operation, text)) in {"ambiguous", "type", "out_of_range", None}


@pytest.mark.parametrize("text", ["8/3/17-82", "1988/5-12"])
def test_a_date_of_two_marks_is_unsure(text: str) -> None:
    assert reason(read("parse_year", text)) == reason(read("parse_date", text)) == "ambiguous"
