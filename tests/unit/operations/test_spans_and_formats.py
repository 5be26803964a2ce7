"""Spans of days and hours, of which one end looks like the date meant, and formats that strptime reads too readily."""

from __future__ import annotations

from typing import Any

import pytest

from enrichment.operations import Approximate, Fault, ReadSettings, compile_operation
from schemas.errors import UsageError
from schemas.plan import OpArg, OpCall


def read(name: str, text: str, form: str | None = None, zone: str | None = None) -> Any:
    args = () if form is None else (OpArg(name="format", value=form),)
    given = compile_operation(OpCall(op=name, args=args), ReadSettings(time_zone=zone))(text)
    outcome = given.value if isinstance(given, Approximate) else given
    return outcome.code.value if isinstance(outcome, Fault) else outcome


@pytest.mark.parametrize(
    "text",
    [
        *("1.1.-31.12.2021", "01.01.\u201331.03.2021", "vom 1.1. bis 31.12.2021", "28.02. und 31.03.2021"),
        *(
            "1. bis 31. Januar 2021",
            "1.\u201331. Januar 2021",
            "1./31.1.2021",
            "12.+13.12.2021",
            "3. til 31. mars 2021",
        ),
        *(
            "du 1er au 31 mars 2021",
            "del 1 al 31 de marzo de 2021",
            "dal 1\u00b0 al 31 marzo 2021",
            "3 t/m 31 maart 2021",
        ),
        *("3 a 31 de dezembro de 2021", "1 do 31 grudnia 2021", "3 thru 31 December 2021", "3 \u2192 31 December 2021"),
        *("from the 1st to the 31st of December 2021", "3rd, 31st December 2021", "Thu 4, Fri 5 March 2021"),
        *("13/12/2021\u201314/12/2021", "13.12.2021-14.12.2021", "2021-12-03..31", "2021/12/03~12/31"),
        *("2021\u5e7412\u67083\u65e5\u301c12\u670831\u65e5", "31.12.2021 + 14 Tage", "Dec 3, 2021 & 4"),
    ],
)
def test_a_span_of_days_is_ambiguous(text: str) -> None:
    assert read("parse_date", text) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *("Nr. 3 vom 4. M\u00e4rz 2021", "No. 3 of 4 March 2021", "Round 3: 4 March 2021", "1) 4 March 2021"),
        *("4 March 2021, 5 items", "4 March 2021. 5 items", "a 4 de marzo de 2021", "2021, 4 March 2021"),
        *("FY 2021 - 4 March 2021", "Invoice 12345 - 4 March 2021", "1. 4 March 2021"),
    ],
)
def test_a_number_that_is_no_end_of_a_span_is_passed_over(text: str) -> None:
    assert read("parse_date", text) == "2021-03-04"


@pytest.mark.parametrize("text", ["2021-03-04 10:00\u201312:00", "4 March 2021 10:00-11:30", "2021-03-04 10:00-12"])
def test_the_end_of_a_span_of_time_is_no_offset(text: str) -> None:
    assert read("parse_datetime", text) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2021-03-04T03:00-05:00", "2021-03-04T08:00:00Z"),
        ("2021-03-04 03:00:00-05", "2021-03-04T08:00:00Z"),
        ("2021-03-04 03:00 -0500", "2021-03-04T08:00:00Z"),
        ("2021-03-04 10:00-05:00", "2021-03-04T15:00:00Z"),
    ],
)
def test_an_offset_is_read_as_one(text: str, instant: str) -> None:
    assert read("parse_datetime", text) == instant


@pytest.mark.parametrize(
    "form",
    [
        *("%d.%m.%Y %H:%M %p", "%d.%m.%Y %I:%M", "%d.%m.%Y %H:%M %I", "%d.%m.%Y %H:%M %H", "%d.%m.%Y %H:%S"),
        *("%d.%m.%Y %H:%M.%f", "%d.%m.%Y %H:%M EST", "%d.%m.%Y %H:%M +0100", "%d.%m.%Y %H:%M GMT+1"),
    ],
)
def test_a_format_that_leaves_the_time_open_is_refused(form: str) -> None:
    """Strptime passes over `%p` beside `%H`, takes `%I` alone for the morning, and raises for what stands twice."""
    with pytest.raises(UsageError):
        read("parse_datetime", "04.03.2021 01:30", form)


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2021-03-04T10:00:00Z", "%Y-%m-%dT%H:%M:%SZ"),
        ("2021-03-04 10:00 UTC", "%Y-%m-%d %H:%M UTC"),
        ("2021-03-04 10:00 UTC", "%Y-%m-%d %H:%M %Z"),
        ("2021-03-04 10:00 GMT", "%Y-%m-%d %H:%M %Z"),
        ("2021-03-04 11:00 UTC+0100", "%Y-%m-%d %H:%M %Z%z"),
    ],
)
def test_a_time_that_is_said_to_be_in_utc_is_not_in_the_zone_of_the_source(
    text: str, form: str, zone: str | None
) -> None:
    assert read("parse_datetime", text, form, zone) == "2021-03-04T10:00:00Z"


def test_no_other_name_of_a_zone_is_read_wherever_this_runs() -> None:
    assert read("parse_datetime", "2021-03-04 10:00 EST", "%Y-%m-%d %H:%M %Z", "Europe/Berlin") == "type"


def test_a_year_of_365_days_has_no_366th() -> None:
    assert read("parse_date", "2021-366", "%Y-%j") == "type"
    assert read("parse_date", "2020-366", "%Y-%j") == "2020-12-31"


def test_two_digits_that_may_be_of_either_century_are_ambiguous() -> None:
    """`31.12.45` is a date of birth as often as it is a time limit."""
    assert read("parse_date", "31.12.45", "%d.%m.%y") == "ambiguous"
    assert read("parse_date", "31.12.69", "%d.%m.%y") == "1969-12-31"
    assert read("parse_date", "31.12.29", "%d.%m.%y") == "2029-12-31"


def test_a_format_with_a_typographic_dash_reads_what_it_was_written_for() -> None:
    assert read("parse_date", "04\u201303\u20132021", "%d\u2013%m\u2013%Y") == "2021-03-04"
