"""Words beside a date that make a bound of it, or say that it is another one."""

from __future__ import annotations

from typing import Any

import pytest

from enrichment.operations import Approximate, Fault, ReadSettings, compile_operation
from schemas.plan import OpCall


def read(name: str, text: str) -> Any:
    return compile_operation(OpCall(op=name, args=()), ReadSettings())(text)


def reason(outcome: Any) -> str | None:
    return outcome.code.value if isinstance(outcome, Fault) else None


@pytest.mark.parametrize(
    "text",
    [
        *("Approved Prior to Jan 1, 1982", "prior to 1982-01-01", "PRIOR TO 1 January 1982", "before the 1 Jan 1982"),
        *("until 1 Jan 1982", "valid till Friday, 1 Jan 1982", "no later than 1 Jan 1982", "not before 1 Jan 1982"),
        *("not after 1982-01-01", "not until 1 Jan 1982", "not earlier than Jan 1, 1982", "on or before 1 Jan 1982"),
        *("1 Jan 1982 or later", "1 Jan 1982 (or earlier)", "1 Jan 1982 at the latest", "1.1.1982 oder später"),
        *("vor dem 1. Januar 1982", "nicht vor dem 1. Januar 1982", "nach dem 1.1.1982", "bis 1.1.1982"),
        *("bis zum 1. Januar 1982", "spätestens am 1.1.1982", "frühestens 1.1.1982", "avant le 1 janvier 1982"),
        *("après le 1 janvier 1982", "jusqu'au 1 janvier 1982", "jusqu\u2019au 1 janvier 1982"),
        *("pas avant le 1 janvier 1982", "antes del 1 de enero de 1982", "después del 1 de enero de 1982"),
        *("hasta el 1 de enero de 1982", "prima del 1 gennaio 1982", "non prima del 1 gennaio 1982"),
        *("dopo il 1 gennaio 1982", "fino al 1 gennaio 1982", "antes de 1 de janeiro de 1982", "até 1982-01-01"),
        *("depois de 1 de janeiro de 1982", "voor 1 januari 1982", "tot en met 1 januari 1982", "før 1. januar 1982"),
        *("efter den 1 januari 1982", "före 1 januari 1982", "przed 1982-01-01", "до 01.01.1982", "после 01.01.1982"),
    ],
)
def test_a_day_that_is_a_bound_is_no_exact_one(text: str) -> None:
    assert read("parse_date", text) == Approximate("1982-01-01")


@pytest.mark.parametrize(
    "text",
    [
        *("1982 or later", "1982 and earlier", "1982 (or before)", "1982 ( 1982 ) or later", "vor 1982", "nach 1982"),
        *("until 1982", "prior to the year 1982", "no later than 1982", "not after 1982", "vor dem Jahr 1982"),
        *("avant 1982", "jusqu'en 1982", "antes de 1982", "hasta 1982", "prima del 1982", "dopo il 1982", "до 1982"),
        *("mid 1982", "by 1982", "not before May 1982", "bis 1982", "1982 ou avant"),
    ],
)
def test_a_year_that_is_a_bound_is_no_exact_one(text: str) -> None:
    assert read("parse_year", text) == Approximate(1982)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "not on 31 Dec 2020",
            "not 2020-12-31",
            "not on Thu, 31 Dec 2020",
            "never (31 Dec 2020)",
            "never; 31 Dec 2020",
        ),
        *("withdrawn; was 31 Dec 2020", "(was 31 Dec 2020)", "was: 31 Dec 2020", "postponed from 31 Dec 2020"),
        *("rescheduled from Thursday, 31 Dec 2020", "formerly 31 Dec 2020", "Previously: 31 Dec 2020"),
        *("instead of 31 Dec 2020", "no longer 31 Dec 2020", "not held on 31 Dec 2020", "cancelled (31 Dec 2020)"),
        *("31 Dec 2020 (cancelled)", "31 Dec 2020 - CANCELLED", "31 Dec 2020 was withdrawn", "31 Dec 2020 no longer"),
        *("nicht am 31.12.2020", "nie 31.12.2020", "statt 31.12.2020", "verschoben vom 31.12.2020"),
        *("31.12.2020 abgesagt", "pas le 31 décembre 2020", "jamais le 31 décembre 2020", "nunca 2020-12-31"),
        *("au lieu du 31 décembre 2020", "e non il 31 dicembre 2020", "niet 31 december 2020"),
    ],
)
def test_a_day_that_is_denied_is_left_open(text: str) -> None:
    assert reason(read("parse_date", text)) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *("not 1982", "not in 1982", "never (1982)", "not founded in 1982", "no longer 1982", "formerly 1982"),
        *("1982 (cancelled)", "1982 ( 1982 ) withdrawn", "nicht 1982", "statt 1982", "instead of May 1982"),
    ],
)
def test_a_year_that_is_denied_is_left_open(text: str) -> None:
    assert reason(read("parse_year", text)) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *("Approved Dec 31, 2020", "born on 31 Dec 2020", "Stand: 31.12.2020", "31 Dec 2020 (Thursday)"),
        *("since 31 Dec 2020", "from 31 Dec 2020", "as of 31 Dec 2020", "Valid until: 31 Dec 2020"),
        *(
            "cancelled on 31 Dec 2020",
            "Withdrawn: 31 Dec 2020",
            "postponed to 31 Dec 2020",
            "verschoben auf 31.12.2020",
        ),
        *("The first day was 31 Dec 2020", "Not rated (31 Dec 2020)", "not updated since 31 Dec 2020"),
        *("Not available. 31 Dec 2020", "31 Dec 2020 or so they say", "formerly Acme, opened 31 Dec 2020"),
        *("do dia 31 de dezembro de 2020", "na 31.12.2020", "PO 2020-12-31", "Non, 31.12.2020", "am 31.12.2020"),
        *("le 31 décembre 2020", "31 Dec 2020, not audited", "31 Dec 2020, after the merger"),
    ],
)
def test_a_day_under_a_plain_label_is_read(text: str) -> None:
    assert read("parse_date", text) == "2020-12-31"


@pytest.mark.parametrize("text", ["31 mai 2020", "mai 31 2020", "Mai 31, 2020"])
def test_may_is_a_month(text: str) -> None:
    assert read("parse_date", text) == "2020-05-31"


@pytest.mark.parametrize(
    "text",
    [
        *("founded in 1982", "since 1982", "from 1982", "mai 1982", "founded 1982, formerly known as Acme"),
        *("formerly Acme (1982)", "1982 ( 1982 ) as Acme", "cancelled in 1982", "it was 1982", "1982 (not audited)"),
        *("1982 before the merger", "1982 and other years", "non 1982"),
    ],
)
def test_a_year_under_a_plain_label_is_read(text: str) -> None:
    assert read("parse_year", text) == 1982


@pytest.mark.parametrize(
    "text",
    ["vom 1.1. bis 31.12.2021", "1. bis 31. Januar 2021", "1 January until 31 December 2021", "January till May 2021"],
)
def test_the_year_of_a_span_within_it_is_read(text: str) -> None:
    assert read("parse_year", text) == 2021
