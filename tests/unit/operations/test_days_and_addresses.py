"""Dates beside other dates, years that are none, brackets in addresses, places to the letter."""

from __future__ import annotations

from typing import Any

import pytest

from enrichment.operations import ABSENT, Approximate, Fault, ReadSettings, compile_operation
from schemas.plan import OpArg, OpCall


def read(name: str, value: Any, using: ReadSettings | None = None, **args: str) -> Any:
    call = OpCall(op=name, args=tuple(OpArg(name=n, value=v) for n, v in args.items()))
    return compile_operation(call, using or ReadSettings())(value)


def reason(outcome: Any) -> str | None:
    return outcome.code.value if isinstance(outcome, Fault) else None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("9999-12-31", "9999-12-31"),
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31T00:00:00Z", "9999-12-31"),
        ("2021-3-4", "2021-03-04"),
        ("2021-03-4", "2021-03-04"),
        ("31MAR2021", "2021-03-31"),
        ("31 mar 2021", "2021-03-31"),
        ("1 may 2021", "2021-05-01"),
        ("2021-Jul-04", "2021-07-04"),
        ("Wednesday, 31 March 2021", "2021-03-31"),
        ("Mittwoch, 31. M\u00e4rz 2021", "2021-03-31"),
        ("31 March 2021 (Wednesday)", "2021-03-31"),
        ("Sun Hydraulics, 31 March 2021", "2021-03-31"),
        ("July 4, 2021 12:00 AM", "2021-07-04"),
        ("Wed, 31 Mar 2021 10:00:00 +1000", "2021-03-31"),
    ],
)
def test_one_day_is_read(text: str, day: str) -> None:
    assert read("parse_date", text) == day


@pytest.mark.parametrize(
    "text", ["c. 31 March 2021", "before 31 March 2021", "~2021-03-31", "after Wed, 31 March 2021"]
)
def test_a_day_that_is_not_exact_says_so(text: str) -> None:
    assert read("parse_date", text) == Approximate("2021-03-31")


@pytest.mark.parametrize(
    "text",
    [
        *("Mon, 31 Mar 2021", "Monday 31 March 2021", "31 March 2021 (Monday)", "Montag, 31. M\u00e4rz 2021"),
        *("lundi 31 mars 2021", "Mon 2021-03-30"),
        *("1-3 March 2021", "between 1 and 3 March 2021", "4 & 5 March 2021", "4, 5 March 2021", "5 4 March 2021"),
        *("1/2 March 2021", "2021-03-31/2021-04-30"),
    ],
)
def test_a_date_that_its_text_contradicts_is_ambiguous(text: str) -> None:
    assert reason(read("parse_date", text)) == "ambiguous"


def test_a_day_of_the_week_is_checked_in_every_reading() -> None:
    assert reason(read("parse_date", "Mon 31 Mar 2021", format="%a %d %b %Y")) == "ambiguous"
    assert read("parse_date", "Wed 31 Mar 2021", format="%a %d %b %Y") == "2021-03-31"
    assert reason(read("parse_datetime", "Mon, 31 Mar 2021 10:00:00 GMT")) == "ambiguous"
    assert reason(read("parse_datetime", "Mon Mar 31 10:00:00 +0000 2021")) == "ambiguous"


@pytest.mark.parametrize("text", ["31 March 2021 BC", "-2021-03-31"])
def test_a_day_before_our_era_is_out_of_range(text: str) -> None:
    assert reason(read("parse_date", text)) == "out_of_range"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Thu Mar  4 10:00:00 UTC 2021", "2021-03-04T10:00:00Z"),
        ("Thu Mar 04 10:00:00 +0200 2021", "2021-03-04T08:00:00Z"),
        ("20210304T100000Z", "2021-03-04T10:00:00Z"),
        ("2021-03-04t10:00:00z", "2021-03-04T10:00:00Z"),
    ],
)
def test_other_notations_of_an_instant_are_read(text: str, instant: str) -> None:
    assert read("parse_datetime", text) == instant


@pytest.mark.parametrize(
    "text",
    [
        *("1988 km", "1988 million", "No. 1988", "#1988", "Room 1988", "+49 1988"),
        *("1988 Main Street", "Main Street 1988"),
    ],
)
def test_a_number_that_measures_or_names_is_no_year(text: str) -> None:
    assert reason(read("parse_year", text)) == "ambiguous"


def test_a_year_as_tables_write_it_is_read() -> None:
    assert read("parse_year", "1988.0") == 1988
    assert read("parse_year", "Munich 1988") == 1988


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.com/wiki/A_(b)", "https://example.com/wiki/A_(b)"),
        ("https://example.com/wiki/A_(b) (archived)", "https://example.com/wiki/A_(b)"),
        ("https://example.com/(S(1))/p?q=(a)#[b]", "https://example.com/(S(1))/p?q=(a)#[b]"),
        ("example.com(main)", "https://example.com"),
        ("example.com[1]", "https://example.com"),
        ("https://example.com:8080(main)", "https://example.com:8080"),
        ("example.com/ (note)", "https://example.com"),
        ("https://example.com/a, https://example.com/b", "https://example.com/a"),
        ("<https://example.com>", "https://example.com"),
        ("(www.example.com)", "https://www.example.com"),
    ],
)
def test_a_bracket_is_a_note_only_behind_a_space_or_the_host(text: str, url: str) -> None:
    assert read("parse_url", text) == url


def test_the_name_of_a_file_is_no_host() -> None:
    for text in ("report.pdf", "index.html"):
        assert reason(read("parse_url", text)) == "type"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("A ; B", "A ; B"),
        ("A,B", "A,B"),
        ("A,, B", "A,, B"),
        ("/ A /", "/ A /"),
        ("\u0645\u06cc\u200c\u062e\u0648", "\u0645\u06cc\u200c\u062e\u0648"),  # a joiner that spelling needs
        ("Hotel 45\u00b0 Nord", "Hotel 45\u00b0 Nord"),
        ("Lot 12.5, 13.5 m", "Lot 12.5, 13.5 m"),
        ("48.1\u00b0, 11.5\u00b0, Munich", "Munich"),
        ("Miami , 25\u00b046\u203231\u2033N 80\u00b010\u203241\u2033W , Florida", "Miami, Florida"),
    ],
)
def test_a_place_is_cleaned_of_what_is_named_and_no_more(text: str, place: str) -> None:
    assert read("clean_place", text) == place
    assert read("clean_place", "45.5200; -122.6819") is ABSENT


def test_a_mailbox_is_no_longer_than_mail_allows() -> None:
    assert read("parse_email", "a" * 64 + "@example.com") == "a" * 64 + "@example.com"
    assert reason(read("parse_email", "a" * 65 + "@example.com")) == "type"


@pytest.mark.parametrize("text", ["2021-03-04", "04.03.2021", "2021/3/4"])
def test_a_date_is_no_phone_number(text: str) -> None:
    assert reason(read("parse_phone", text, ReadSettings(region="DE"))) == "type"


@pytest.mark.parametrize("text", ["\u20ac1988", "1988 EUR", "$1988", "USD 1988"])
def test_an_amount_of_money_is_no_year(text: str) -> None:
    assert reason(read("parse_year", text)) == "type"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "3 \u043c\u0430\u044f 2020",
            "3 \u043c\u0430\u044f 2020 \u0433.",
            "3 \u043c\u0430\u0439 2020",
            "3. kv\u011btna 2020",
        ),
        *(
            "3. svibnja 2020.",
            "3 \u0442\u0440\u0430\u0432\u043d\u044f 2020",
            "3 \u039c\u03b1\u0390\u03bf\u03c5 2020",
            "3 May\u0131s 2020",
        ),
        *(
            "3 \u0645\u0627\u064a\u0648 2020",
            "\u0663 \u0645\u0627\u064a\u0648 \u0662\u0660\u0662\u0660",
            "3 \u05d1\u05de\u05d0\u05d9 2020",
        ),
        *(
            "3 \u0e1e\u0e24\u0e29\u0e20\u0e32\u0e04\u0e21 2020",
            "3 th\u00e1ng 5, 2020",
            "ng\u00e0y 3 th\u00e1ng 5 n\u0103m 2020",
        ),
        *(
            "3 Mei 2020",
            "2020. m\u00e1jus 3.",
            "2020\ub144 5\uc6d4 3\uc77c",
            "3 mai 2020",
            "2020 m. gegu\u017e\u0117s 3 d.",
        ),
    ],
)
def test_a_month_written_out_in_another_language_is_read(text: str) -> None:
    assert read("parse_date", text) == "2020-05-03"
    zoned = read("parse_datetime", f"{text} 14:05Z")
    assert zoned == "2020-05-03T14:05:00Z"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "\u0434\u043e 3 \u043c\u0430\u044f 2020",
            "3 \u043c\u0430\u044f 2020 (\u043f\u0435\u0440\u0435\u043d\u0435\u0441\u0435\u043d\u043e)",
            "3 listopad 2020",
        ),
        *(
            "3 srp 2020",
            "3 \u0e1e\u0e24\u0e29\u0e20\u0e32\u0e04\u0e21 2563",
            "31 \u0444\u0435\u0432\u0440\u0430\u043b\u044f 2020",
        ),
        *("3. listopada 2020.", "5 people 2020", "3 ag 2020"),
    ],
)
def test_a_day_that_other_words_or_another_language_leave_open_is_not_read(text: str) -> None:
    assert reason(read("parse_date", text)) in {"ambiguous", "type"}
