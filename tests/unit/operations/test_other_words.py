"""Words beside a number that change what it says: magnitudes of other languages, slang, rates, labels, calendars."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from enrichment.operations import Approximate, Fault, ReadSettings, compile_operation, years
from schemas.plan import OpCall

EUROS = ReadSettings(currency_hints={"": "EUR", "$": "USD"})


def read(name: str, value: Any, using: ReadSettings | None = None) -> Any:
    return compile_operation(OpCall(op=name), using or ReadSettings())(value)


def reason(outcome: Any) -> str | None:
    return outcome.code.value if isinstance(outcome, Fault) else None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        *(("PLN 5 tys.", 5_000), ("5 tys. z\u0142", 5_000), ("CZK 7 tis.", 7_000), ("RSD 5 hilj.", 5_000)),
        *(("ISK 5 \u00fe\u00fas.", 5_000), ("EUR 5 t\u016bkst.", 5_000), ("EUR 5 milj.", 5_000_000)),
        *(("EUR 5 thsd", 5_000), ("EUR 5 thous.", 5_000), ("USD 5 grand", 5_000), ("USD 9 thou", 9_000)),
        *(("HUF 5 ezer", 5_000), ("IDR 5 ribu", 5_000), ("DKK 5 tusind", 5_000), ("EUR 5 mila", 5_000)),
    ],
)
def test_short_forms_of_one_meaning_are_magnitudes_of_an_amount(text: str, amount: int) -> None:
    assert read("parse_money", text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        *("IDR 5 rb", "EUR 5 Bio.", "EUR 5 Bill.", "5 Bio. EUR", "JPY 5 oku", "INR 5 L", "INR 5 arab", "INR 5 kharab"),
        *("CNY 3.2 yi", "IRR 5 toman", "EUR 5 gazillion", "USD 5 quintillion", "PLN 5 bln", "SEK 5 tn", "RON 5 foo"),
        *("\u20ac5 gazillion", "EUR (5) gazillion", "5 EUR zillions", "\u20b95 \u0915\u0930\u094b\u0921\u093c"),
        *("RON 5 de milioane", "EUR 5 m2", "USD 5 Grand Hotels", "HUF 5 E", "EUR 5 gazillion (2021)"),
    ],
)
def test_an_unknown_word_behind_an_amount_leaves_it_open(text: str) -> None:
    assert reason(read("parse_money", text)) == "ambiguous"
    assert reason(read("currency_of", text)) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *("USD 5.2 (bln)", "USD 5.2 (tn)", "$5.2 (in bln)", "Revenue (USD bln) 5.2", "Umsatz (bln): USD 5.2"),
        *("\u20ac391 (in M)", "INR 500 (in Cr.)", "EUR 500 (k)", "Revenue (USD m) 5.2", "Revenue (m USD) 5.2"),
        *("JPY 5 in oku", "USD 5 in Bio", "IDR 5 total jt", "5 EUR (T)", "Revenue in m: $5", "SEK 5 (tkr)"),
        *("Umsatz in T\u20ac: 5 EUR", "Umsatz (TEUR) 5", "EUR 5 in MEUR", "USD 5 [USD m]", "EUR 5 [in thousands]"),
        *(
            "JPY 5 (\u767e\u4e07\u5186)",
            "JPY 5 (\u5104\u5186)",
            "CNY 5 (\u5355\u4f4d:\u4e07\u5143)",
            "KRW 5 (\uc5b5\uc6d0)",
        ),
        *("Revenue (all figures in USD m) 5", "5 EUR (Angaben in Mio.)"),
    ],
)
def test_a_scale_that_stands_apart_from_its_amount_leaves_it_open(text: str) -> None:
    assert reason(read("parse_money", text)) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "5 (in k)",
            "5 (k)",
            "5 (K)",
            "Employees (K) 5",
            "5 in Bio",
            "5 [in thousands]",
            "5 (lkh)",
            "5 (\u4e07\u4eba)",
        ),
        "Oms\u00e4ttning (MSEK) 5",
    ],
)
def test_a_scale_that_stands_apart_from_its_count_leaves_it_open(text: str) -> None:
    assert reason(read("parse_integer", text)) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("EUR 5 million (gross)", 5_000_000), ("EUR 5 [b]", 5), ("EUR 5 million in Paris", 5_000_000)),
        *(
            ("USD 5 million (Series B)", 5_000_000),
            ("USD 300,000 (Series B, 2021)", 300_000),
            ("USD 9,000 (Class B shares)", 9_000),
        ),
        *(("AED 500 (United Arab Emirates)", 500), ("USD 10,000 (Bill & Melinda Gates Foundation)", 10_000)),
        *(("\u20ac391 (Mr. Smith)", 391), ("USD 500 (T. Rowe Price)", 500), ("\u20ac300 (Bio AG)", 300)),
        *(
            ("USD 500,000, Baltimore, MD", 500_000),
            ("\u20ac5 million [b, c]", 5_000_000),
            ("USD 500 (Series B)[3]", 500),
        ),
        *(("US$ 5 billion (in 2021)", 5_000_000_000), ("SEK 5 tkr", 5_000)),
    ],
)
def test_names_and_marks_beside_an_amount_scale_nothing(text: str, value: int) -> None:
    assert read("parse_money", text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("12,000 (ten countries)", 12_000), ("12,000 in Mainz (e)", 12_000), ("16,000 [k]", 16_000)),
        *(("3,167 (United Arab Emirates, 2021)", 3_167), ("1,200 (Nashville, TN)", 1_200), ("16,000 [Note B]", 16_000)),
        *(("1,200 employees in Nashville, TN", 1_200), ("1,200 employees (B Corp certified)", 1_200)),
        *(("12,000 (K+S Group)", 12_000), ("12,000 (RB Leipzig)", 12_000), ("300 employees in Wan Chai", 300)),
        *(("16,000 [a, b]", 16_000), ("5,000 (MA)", 5_000)),
    ],
)
def test_names_and_marks_beside_a_count_scale_nothing(text: str, value: int) -> None:
    assert read("parse_integer", text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("EUR 5 net", "EUR 5 net sales (2021)", "\u20ac5 revenue", "\u20ac5 in 2020", "\u20ac5 as of 2021"),
        *("EUR 5 gross", "EUR 5 for the year 2021", "\u20ac5 Umsatz", "EUR 5 total assets"),
        *("EUR 5 per year", "EUR 5 p.a.", "EUR 5 per annum", "EUR 5 a year", "EUR 5/year", "EUR 5 annually"),
        *(
            "\u20ac5 (up 3 per cent)",
            "EUR 5 per 31.12.2021",
            "EUR 5 (as per report)",
            "EUR 5/-",
            "\u20ac5 operating profit",
        ),
    ],
)
def test_what_an_amount_is_of_and_when_it_was_so_leave_it_as_it_is(text: str) -> None:
    assert read("parse_money", text) == Decimal(5)


@pytest.mark.parametrize(
    "text",
    [
        *("EUR 12/mo", "EUR 12 per month", "EUR 5 per share", "US$3/unit", "5 EUR/month", "EUR/share 5"),
        *("EUR 12 a month", "EUR 12 monthly", "EUR 12 (monthly)", "EUR 5 (per share)", "price per unit: EUR 5"),
        *("EUR 5 dividend per share", "EUR 5 per year per employee", "12 \u20ac pro Monat", "\u20ac5 par action"),
        *("\u20ac5 million per employee", "EUR 5 each", "EUR 12 p.m.", "EUR 5 revenue a share", "$3/unit"),
    ],
)
def test_a_rate_is_no_amount(text: str) -> None:
    assert reason(read("parse_money", text, EUROS)) == "ambiguous"
    assert reason(read("currency_of", text, EUROS)) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("5 tys.", 5_000), ("5 thsd", 5_000), ("5 tis.", 5_000), ("5 t\u016bkst.", 5_000), ("5 thous.", 5_000)),
        *(("5 hilj.", 5_000), ("5 milj.", 5_000_000), ("5 tys. os\u00f3b", 5_000), ("5 tusind", 5_000)),
        *(("5 stores", 5), ("5 house", 5), ("5,000 employees", 5_000), ("5,000 staff", 5_000), ("5 full-time", 5)),
        *(("5 km", 5), ("5 min", 5), ("5 brilliant people", 5), ("5 \u0e04\u0e19", 5)),
    ],
)
def test_a_count_is_read_with_its_magnitude_or_its_noun(text: str, number: int) -> None:
    assert read("parse_integer", text) == number


@pytest.mark.parametrize(
    "text",
    [
        *("7 grand", "5 thou", "5 gross", "5 tens", "5 score", "5 dozen", "5 rb", "5 Bio.", "5 Bill.", "5 bln", "5 tn"),
        *("5 gazillion", "5 quintillion", "5 oku", "5 yi", "5 arab", "5 jt", "5 tr", "5 de milioane", "5 bin"),
        # Vowel signs end a token: of these words the first letters are not all.
        *("5 \u0915\u0930\u094b\u0921\u093c", "5 \u0932\u093e\u0916", "5 \u0e25\u0e49\u0e32\u0e19"),
        *("5 \u0916\u093f\u0932\u093e\u0921\u093c\u0940", "5 \u0905\u0930\u092c\u0940"),
    ],
)
def test_a_word_that_may_be_a_magnitude_leaves_a_count_open(text: str) -> None:
    assert reason(read("parse_integer", text)) == "ambiguous"
    assert reason(read("parse_decimal", text)) == "ambiguous"


@pytest.mark.parametrize(
    "text", ["2021: 500", "2020 : 350", "1999: 20", "2021 (restated): 500", "2021 employees: 20", "2021 million: 20"]
)
def test_a_year_before_a_colon_may_be_a_label(text: str) -> None:
    assert reason(read("parse_integer", text)) == "ambiguous"
    assert reason(read("parse_decimal", text)) == "ambiguous"
    assert reason(read("parse_money", text, EUROS)) == "ambiguous"


def test_a_year_in_a_currency_before_a_colon_is_open_too() -> None:
    assert reason(read("parse_money", "2021 EUR: 20")) == "ambiguous"
    assert reason(read("parse_money", "\u20ac2021: 20")) == "ambiguous"


def test_a_number_before_a_colon_keeps_its_footnote() -> None:
    for text, number in (("16,000 : 2 (2025)", 16_000), ("535 (2022) : 13", 535), ("1,999: 20", 1_999)):
        assert read("parse_integer", text) == number
    assert read("parse_integer", "Employees (2021): 500") == 500


@pytest.mark.parametrize(
    "text",
    [
        *("1435 AH", "1435 A.H.", "1435 ah", "AH 1435", "(1435) AH", "1435 (AH)", "1399 SH", "1399 AP", "1435 H"),
        *("1435 hijri", "Hijri year 1435", "1399 Solar Hijri", "1435 anno Hegirae", "Saka 1945", "1945 Saka era"),
        *("BS 2078", "2078 B.S.", "2100 BE", "AM 1988", "ROC 2021", "Heisei 1999", "12 Muharram 1435"),
        *("15 Farvardin 1399", "1443 \u0647\u0640", "1435 ( 1435 ) AH", "1435-03-12 AH", "5 April 1988 AH"),
    ],
)
def test_a_year_of_another_calendar_is_not_taken_for_one_of_ours(text: str) -> None:
    assert reason(read("parse_year", text)) == "ambiguous"


@pytest.mark.parametrize("text", ["Heisei 12", "Reiwa 3", "5784 AM", "ROC 112", "2564 BE"])
def test_a_year_of_another_calendar_that_is_none_of_ours_is_out_of_range(text: str) -> None:
    assert reason(read("parse_year", text)) == "out_of_range"


@pytest.mark.parametrize(
    ("text", "year"),
    [
        *(
            ("1988 CE", 1988),
            ("1988 AD", 1988),
            ("AD 1988", 1988),
            ("1988 am Standort", 1988),
            ("Heisei 12 (2000)", 2000),
        ),
        *(
            ("2021-03-04 10:00 AM", 2021),
            ("7:15 AM, 4 March 2021", 2021),
            ("1988 Bill Gates", 1988),
            ("Mehr 1988", 1988),
        ),
    ],
)
def test_a_year_of_ours_stays_one(text: str, year: int) -> None:
    assert read("parse_year", text) == year


@pytest.mark.parametrize(
    "text",
    ["1435-03-12 AH", "AH 1435-03-12", "1399-01-15 (SH)", "1435/3/12 H", "12 March 2021 (Saka)", "2078-01-15 BS"],
)
def test_a_date_of_another_calendar_is_not_taken_for_one_of_ours(text: str) -> None:
    assert reason(read("parse_date", text)) == "ambiguous"
    assert isinstance(read("parse_datetime", text), Fault)


def test_a_date_of_ours_stays_one() -> None:
    assert read("parse_date", "12 March 2021 AD") == "2021-03-12"
    assert read("parse_date", "2021-03-04 10:00 AM") == "2021-03-04"


@pytest.mark.parametrize("mark", ["AH", "(AH)", "H", "hijri", "Saka era", "Solar Hijri", "AM", "Muharram", "the end"])
def test_a_mark_of_a_calendar_is_seen_on_the_short_way_too(mark: str) -> None:
    for text in (f"1435 ( 1435 ) {mark}", f"1988 ( 1988-03 ) , {mark}", f"1435 ; 5 years ago ( 1435 ) x {mark}"):
        assert years._read.__wrapped__(text) == years._by_grammar(text)


@pytest.mark.parametrize(
    "text",
    [
        *("20 de mii", "7 тысячаў", "7 túsund", "1,5 mió.", "2.5 míle", "1.5 miliwn", "2,5 tûzen", "2.5 мянга"),
        *("1.5 сая", "2,5 миң", "3,4 млд", "2.5 ሺ", "1.5 ሚሊዮን", "2.5 hezar", "2.5 elfu", "5 trilyun"),
    ],
)
def test_a_magnitude_of_any_language_is_not_passed_over(text: str) -> None:
    for name in ("parse_integer", "parse_decimal"):
        outcome = compile_operation(OpCall(op=name), ReadSettings())(text)
        given = outcome.value if isinstance(outcome, Approximate) else outcome
        assert (isinstance(given, Fault) and given.code.value in {"ambiguous", "type"}) or given >= 1000


@pytest.mark.parametrize(("text", "value"), [("5 de Mayo", None), ("20 de empleados", 20)])
def test_words_that_only_look_like_it_are_none(text: str, value: int | None) -> None:
    outcome = compile_operation(OpCall(op="parse_integer"), ReadSettings())(text)
    assert (outcome == value) if value is not None else isinstance(outcome, Fault)


@pytest.mark.parametrize(
    "text", ["5 million2", "5 billion2 (2021)", "5 bn2", "5 million-9", "5 million\u20139", "5 crore-6", "5 km-6 km"]
)
def test_a_footnote_or_a_range_that_is_written_on_to_a_scale_does_not_hide_it(text: str) -> None:
    assert reason(read("parse_integer", text)) == "ambiguous"
    assert reason(read("parse_decimal", text)) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "number"), [("500 m2", 500), ("500 km2", 500), ("20 employees2", 20), ("12 F-16 jets", 12)]
)
def test_names_with_figures_behind_a_number_are_names(text: str, number: int) -> None:
    assert read("parse_integer", text) == number
