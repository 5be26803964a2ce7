import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.gate.formats import FORMATS, is_date, is_datetime, is_email, is_uri


@pytest.mark.parametrize("text", ["2024-02-29", "0001-01-01", "9999-12-31"])
def test_dates(text: str) -> None:
    assert is_date(text)


@pytest.mark.parametrize(
    "text",
    ["2023-02-29", "2024-2-9", "20240229", "2024-W09-4", "2024-02-29T00:00:00Z", "29.02.2024", "２０２４-02-29", ""],
)
def test_no_dates(text: str) -> None:
    assert not is_date(text)


@pytest.mark.parametrize(
    "text",
    ["2024-02-29T12:00:00Z", "2024-02-29t12:00:00z", "2024-02-29T12:00:00.123456+02:00", "1999-12-31T23:59:59-08:00"],
)
def test_moments(text: str) -> None:
    assert is_datetime(text)


@pytest.mark.parametrize(
    "text",
    ["2024-02-29T12:00:00", "2024-02-30T12:00:00Z", "2024-02-29T24:61:00Z", "2024-02-29", "2024-02-29 12:00:00Z"],
)
def test_no_moments(text: str) -> None:
    assert not is_datetime(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org",
        "https://www.1und1.ag/path?q=1#top",
        "http://localhost:8080/",
        "https://en.wikipedia.org/wiki/1%261_AG",
        "https://müller.example/straße",
        "http://[::1]:80/x",
        "urn:isbn:0451450523",
        "mailto:a@example.org",
        "https://xn--mller-kva.example",
    ],
)
def test_addresses(text: str) -> None:
    assert is_uri(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "https://",
        "https:///path",
        "https://exa mple.org",
        "https://example.org/a b",
        "https://-.example",
        "http://[::1",
        "http://example.org:99999/",
        "https://example.org/%zz",
        "https://example.org/<b>",
        "//example.org",
        "https://a..b/",
    ],
)
def test_no_addresses(text: str) -> None:
    assert not is_uri(text)


@pytest.mark.parametrize("text", ["a@example.org", "first.last+tag@sub.example.co.uk", "ü@exämple.org"])
def test_mailboxes(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a@localhost",
        "a@@example.org",
        "a b@example.org",
        ".a@example.org",
        "a..b@example.org",
        "a@example.org.",
        "a@-example.org",
        "@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b" * 250 + ".org",
        "Jane <a@example.org>",
    ],
)
def test_no_mailboxes(text: str) -> None:
    assert not is_email(text)


@pytest.mark.parametrize("name", FORMATS)
@settings(derandomize=True, max_examples=150, deadline=None)
@given(text=st.text(max_size=60))
def test_a_format_is_total(name: str, text: str) -> None:
    assert FORMATS[name](text) in {True, False}
