"""Countries, places, currencies, addresses and numbers to reach people by."""

from __future__ import annotations

from typing import Any

import pytest

from enrichment.operations import ABSENT, Approximate, Fault, ReadSettings, compile_operation
from schemas.errors import UsageError
from schemas.plan import OpArg, OpCall


def read(name: str, value: Any, using: ReadSettings | None = None, **args: str) -> Any:
    call = OpCall(op=name, args=tuple(OpArg(name=n, value=v) for n, v in args.items()))
    return compile_operation(call, using or ReadSettings())(value)


def reason(outcome: Any) -> str | None:
    return outcome.code.value if isinstance(outcome, Fault) else None


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("de", "DE"),
        ("DEU", "DE"),
        ("Deutschland", "DE"),
        ("The Netherlands", "NL"),
        ("U.S", "US"),
        ("London , England, UK", "GB"),
        ("Korea, Republic of", "KR"),
        ("Bolivia, Plurinational State of", "BO"),
        ("Cote d'Ivoire", "CI"),
        ("Saint Kitts & Nevis", "KN"),
        ("St. Lucia", "LC"),
        ("Kitakyushu 806-0004 Japan", "JP"),
        ("10115 Berlin, Germany", "DE"),
        ("Minneapolis , Minnesota , United States 55402", "US"),
        ("Singapore 018956", "SG"),
        ("Lembeke, Kaprijke , Belgium.", "BE"),
        ("Jersey City, New Jersey , U.S.", "US"),
        ("30 Hudson Street , Jersey City, New Jersey , U.S.", "US"),
        ("Panama City, Florida, U.S.", "US"),
        ("Lebanon, Tennessee, U.S.", "US"),
        ("Milan , Italy Turin , Italy", "IT"),
        ("Humacao , Puerto Rico ; 1964", "PR"),
        ("日本", "JP"),
        ("東京都, 日本", "JP"),
        ("Россия", "RU"),
        ("Мюнхен, Германия", "DE"),
        ("Ελλάδα", "GR"),
        ("대한민국", "KR"),
        ("ישראל", "IL"),
        ("Švýcarsko", "CH"),
        ("Németország", "DE"),
        ("ไทย", "TH"),
        ("Basel , Switzerland ( 47\u00b034\u203228\u2033N 7\u00b034\u203235\u2033E )", "CH"),
    ],
)
def test_one_country_is_read(text: str, country: str) -> None:
    assert read("parse_country", text) == country


@pytest.mark.parametrize(
    "text",
    [
        *("Toronto, CA", "Munich, FR", "Sydney, NSW", "Congo", "Korea", "Europe", "xx", "N/A", "Washington, D.C."),
        *("Германия, Австрия", "日本, 中国", "Конго", "Somali", "Mon", "Sec"),
        *("Georgia, Tbilisi", "Texas", "Kyoto Japan New York"),
        *("Tempe , Arizona, U.S. Prague , Czech Republic", "Paris , France and Milan , Italy"),
        *("Houston , Texas, United States; London, UK", "Chicago, U.S. (operational) Geneva , Switzerland (legal)"),
    ],
)
def test_texts_that_name_no_one_country_are_ambiguous(text: str) -> None:
    assert reason(read("parse_country", text)) == "ambiguous"


@pytest.mark.parametrize("value", ["123", "-", 49, True, ["DE"]])
def test_what_is_no_place_is_a_matter_of_type(value: Any) -> None:
    assert reason(read("parse_country", value)) == "type"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "Kadoma, Osaka , Japan 34\u00b044\u203238\u2033N 135\u00b034\u203212\u2033E \ufeff / 34.7438; 135.5701",
            "Kadoma, Osaka, Japan",
        ),
        (
            "25\u00b046\u203231\u2033N 80\u00b010\u203241\u2033W \ufeff / 25.7753; -80.1780 , Miami , Florida",
            "Miami, Florida",
        ),
        ("Munich (48.1\u00b0N 11.5\u00b0E)", "Munich"),
        ("2-9-32 Nakacho,, Musashino, Tokyo , Japan", "2-9-32 Nakacho,, Musashino, Tokyo, Japan"),
        ("1,000 Main St , X", "1,000 Main St, X"),
        ("Rock 'n' Roll , St. John's", "Rock 'n' Roll, St. John's"),
        ("Chiyoda-ku , Tokyo 100\u20138185, Japan", "Chiyoda-ku, Tokyo 100\u20138185, Japan"),
    ],
)
def test_places_are_cleaned(text: str, place: str) -> None:
    assert read("clean_place", text) == place
    assert read("clean_place", place) == place


def test_a_place_of_coordinates_only_is_absent() -> None:
    assert read("clean_place", "37.4\u00b0 N, 122.1\u00b0 W") is ABSENT


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("HTTP://EXAMPLE.COM/", "http://example.com"),
        ("example.com/Path/", "https://example.com/Path/"),
        ("http://localhost:8080/x", "http://localhost:8080/x"),
        ("//example.com/x", "https://example.com/x"),
        ("www.m\u00fcller.de", "https://www.m\u00fcller.de"),
        ("http://1.2.3.4/", "http://1.2.3.4"),
        ("example.com.", "https://example.com"),
        ("x.com and www.x.com", "https://x.com"),
        ("group.example /en /", "https://group.example"),
    ],
)
def test_one_address_is_read(text: str, url: str) -> None:
    assert read("parse_url", text) == url
    assert read("parse_url", url) == url


@pytest.mark.parametrize(
    "text", ["douglas.de douglas.group", "bmwgroup.com (corporate) bmw.com (brand)", "x.com; y.com"]
)
def test_two_hosts_are_ambiguous(text: str) -> None:
    assert reason(read("parse_url", text)) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "localhost",
            "1.2.3.4",
            "e.g.",
            "3,167",
            "example..com",
            "-x.com",
            "example.com:",
            "example.com:99999",
            "a@b.com",
        ),
        *(
            "https://user:pw@x.com",
            "javascript://x.com",
            "https:/example.com",
            "http://999.1.1.1",
            "http://http://x.com",
        ),
        "https://x.com/a|b",
    ],
)
def test_what_has_no_host_is_a_matter_of_type(text: str) -> None:
    assert reason(read("parse_url", text)) == "type"


@pytest.mark.parametrize("text", ["Ann Lee <ann@Example.com>", "mailto:ann@example.com", "ann@EXAMPLE.com"])
def test_one_email_is_read(text: str) -> None:
    assert read("parse_email", text) == "ann@example.com"


def test_two_emails_are_ambiguous() -> None:
    assert reason(read("parse_email", "a@b.com;c@d.com")) == "ambiguous"
    assert reason(read("parse_email", "a@b.com or c@d.com")) == "ambiguous"


def test_one_phone_number_is_read() -> None:
    german = ReadSettings(region="de")
    for text in ("030/901820", "(030) 901820", "0049 30 901820", "tel:+4930901820"):
        assert read("parse_phone", text, german) == "+4930901820"
    assert read("parse_phone", "+44 20 7946 0958 ext. 5") == Approximate("+442079460958")
    assert read("parse_phone", "020 7946 0958", german, region="GB") == "+442079460958"


def test_phone_numbers_without_one_reading_say_why() -> None:
    german = ReadSettings(region="DE")
    assert reason(read("parse_phone", "030 901820")) == "ambiguous"
    assert reason(read("parse_phone", "030 901820, 030 901821", german)) == "ambiguous"
    for value in ("110", "call me", "0800-FLOWERS", "1" * 20, 4930901820):
        assert reason(read("parse_phone", value, german)) == "type"
    with pytest.raises(UsageError):
        read("parse_phone", "x", region="Germany")


@pytest.mark.parametrize(
    ("text", "currency"),
    [("eur", "EUR"), ("Euros", "EUR"), ("US$", "USD"), ("US dollars", "USD"), ("Swiss franc", "CHF"), ("yen", "JPY")],
)
def test_one_currency_is_read(text: str, currency: str) -> None:
    assert read("parse_currency", text) == currency


def test_currencies_without_one_reading_say_why() -> None:
    for text in ("$", "\u00a5", "kr", "pound", "dollar", "Rs"):
        assert reason(read("parse_currency", text)) == "ambiguous"
    for text in ("GBX", "XXX", "BTC", "money"):
        assert reason(read("parse_currency", text)) == "type"
    assert read("parse_currency", "dollars", ReadSettings(currency_hints={"$": "CAD"})) == "CAD"
