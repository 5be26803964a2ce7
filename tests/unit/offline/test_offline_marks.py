"""What neither auditor understands at a number, neither of them calls supported."""

from __future__ import annotations

from typing import Any

import pytest
from auditing import one

from enrichment.offline.auditor.texts.marks import leaves_open
from enrichment.offline.desk import AUDITOR, SECOND

BOTH = pytest.mark.parametrize("model", [AUDITOR, SECOND])


def verdict(model: str, kind: str, text: str, value: Any) -> str:
    name = {"money": "revenue", "percent": "margin", "count": "employees", "quantity": "weight"}[kind]
    return one(model, {name: text}, value, name, type="number", kind=kind)


@BOTH
@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        *(("money", text, 500) for text in ("\u25b3500 JPY", "\u25b2 500 JPY", "EUR 500 -", "500 EUR -", "500- EUR")),
        *(("money", text, 500) for text in ("EUR 500 (negative)", "EUR 500)", "(EUR 500", "EUR 500 DR", "EUR 500 CR")),
        *(
            ("money", text, 500)
            for text in ("EUR 500 (x1000)", "EUR 500 ('000)", "EUR 500 (in thousands)", "\u00f7 EUR 500")
        ),
        *(
            ("money", text, 500)
            for text in ("\u8d64\u5b57 500\u5186", "EUR 500 in the red", "decrease of EUR 500", "EUR 500 [000]")
        ),
        ("money", "EUR 500 Cr", 5_000_000_000),
        *(("count", text, 500) for text in ("500 -", "500 \u2212", "\u25bc500", "\u25b3500", "500 negative", "500)")),
        *(("count", text, 500) for text in ("500 (x1000)", "500 loss", "<500>", "\u2b07 500", "plus/minus 500")),
        *(("quantity", text, 80) for text in ("80 below zero", "\u00b180", "80 (negative)", "80 L", "(80", "80 '000")),
        *(
            ("percent", text, "0.07")
            for text in ("\u25b27%", "\u25b3 7 %", "\u21937%", "\u00b17 %", "7 % -", "7 % lower")
        ),
    ],
)
def test_a_number_with_an_open_sign_is_not_called_supported(model: str, kind: str, text: str, value: Any) -> None:
    assert verdict(model, kind, text, value) in {"unsure", "unsupported"}
    assert verdict(model, kind, text, None) == "supported", "nothing is missed where the text leaves it open"


@BOTH
@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        *(
            ("count", text, 500)
            for text in ("\u2022 500", "500*", "500 (2021)", "c. 500", "less than 500", "500 or less")
        ),
        *(
            ("count", text, 500)
            for text in ("500 (2025", "500 (down 3 % from 2020)", "500.-", "500 m\u00b2", "\u2605 500")
        ),
        *(("count", text, -500) for text in ("-500", "minus 500", "\u2212 500")),
        *(
            ("money", text, 500)
            for text in ("EUR 500 (\u25bc 3 %)", "CHF 500.\u2013", "EUR 500 cost reduction", "\u2192 EUR 500")
        ),
        *(("money", text, -500) for text in ("-EUR 500 (negative)", "negative EUR 500", "(EUR 500)")),
        ("money", "\u20b9500 Cr", 5_000_000_000),
        *(("percent", text, "0.07") for text in ("7 %", "+7 %", "7 % of sales")),
    ],
)
def test_a_number_whose_sign_is_plain_is_supported(model: str, kind: str, text: str, value: Any) -> None:
    assert verdict(model, kind, text, value) == "supported"


def test_litres_are_no_lakhs_where_the_field_is_measured_in_them() -> None:
    assert leaves_open("12 L")
    assert not leaves_open("12 L", "ml")


@BOTH
@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        *(
            ("money", text, 5)
            for text in (
                *("RD$5", "EC$5", "Canadian $5", "NZ $5", "$5 (Canadian)", "$5 CA", "IR\u00a35", "Egyptian \u00a35"),
                *("-c. EUR 5", "-~EUR 5", "EUR ,5"),
            )
        ),
        ("money", "5 T EUR", 5 * 10**12),
        *(("count", text, 5) for text in ("-~5", "\u2212circa 5", "%5", "% 5")),
    ],
)
def test_whose_currency_it_is_and_what_stands_before_a_qualifier_leave_it_open(
    model: str, kind: str, text: str, value: Any
) -> None:
    assert verdict(model, kind, text, value) in {"unsure", "unsupported"}


@BOTH
@pytest.mark.parametrize(
    "text", ["US$5", "A$5", "C$5", "COP$5", "$5", "Revenue: $5", "$5 (2021)", "GB\u00a35", "c. $5", "EUR 5 (3 %)"]
)
def test_a_sign_that_nothing_qualifies_is_seen_for_what_it_is(model: str, text: str) -> None:
    assert verdict(model, "money", text, 5) == "supported"


def told(model: str, name: str, kind: str, text: str, value: Any) -> str:
    return one(model, {name: text}, value, name, type="string", kind=kind)


@BOTH
@pytest.mark.parametrize(
    ("text", "day"),
    [
        *(
            ("14 de marzo de 2021", "2021-03-14"),
            ("14 de mar\u00e7o de 2021", "2021-03-14"),
            ("1er mai 2012", "2012-05-01"),
        ),
        *(("14. marts 2021", "2021-03-14"), ("1. maj 2012", "2012-05-01"), ("5 dicembre 2019", "2019-12-05")),
        *(
            ("9 pa\u017adziernika 2011", "2011-10-09"),
            ("14. maaliskuuta 2021", "2021-03-14"),
            ("14 maart 2021", "2021-03-14"),
        ),
        *(("2011 oct. 9", "2011-10-09"), ("2021-Mar-14", "2021-03-14"), ("2021\u5e743\u670814\u65e5", "2021-03-14")),
    ],
)
def test_a_day_in_a_language_that_operations_read_is_supported(model: str, text: str, day: str) -> None:
    assert told(model, "founded_on", "date", text, day) == "supported"
    assert told(model, "founded_on", "date", text, "2020-02-01") == "unsupported"


@BOTH
@pytest.mark.parametrize("day", ["2011-10-09", "2011-11-09"])
def test_a_month_that_is_not_known_is_no_reason_to_call_a_day_wrong(model: str, day: str) -> None:
    assert told(model, "founded_on", "date", "9. listopada 2011.", day) == "unsure"
    assert told(model, "founded_on", "date", "9. listopada 2011.", "2011-10-08") == "unsupported"


@BOTH
@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1,5 millones", 1_500_000), ("3,4 miliardi", 3_400_000_000), ("20 tusind", 20_000), ("20 tys.", 20_000)),
        *(("1,5 \u043c\u043b\u043d", 1_500_000), ("3,4 mia.", 3_400_000_000), ("12,34,567", 1_234_567)),
    ],
)
def test_a_count_with_a_magnitude_of_another_language_is_supported(model: str, text: str, value: int) -> None:
    assert verdict(model, "count", text, value) == "supported"
    assert verdict(model, "count", text, value * 10) == "unsupported"


@BOTH
@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("Antigua & Barbuda", "AG"), ("Democratic Republic of the Congo", "CD"), ("East Timor", "TL")),
        *(("Lissabon, Portugal", "PT"), ("Oslo, Norge", "NO"), ("Helsinki, Suomi", "FI"), ("Aarhus, Danmark", "DK")),
    ],
)
def test_a_country_as_it_is_commonly_written_is_supported(model: str, text: str, code: str) -> None:
    assert told(model, "country", "country", text, code) == "supported"
    assert told(model, "country", "country", text, "SE") == "unsupported"


@BOTH
@pytest.mark.parametrize("text", ["1200 v. Chr.", "1200 BC", "1990's"])
def test_a_year_before_our_era_and_a_decade_are_no_year(model: str, text: str) -> None:
    assert told(model, "founded_year", "year", text, int(text[:4])) != "supported"
