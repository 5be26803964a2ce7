"""Words that tell likes apart, in names as people write them."""

from __future__ import annotations

import pytest

from enrichment.evidence.qualifiers import opposition


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("alpha_2", "/iso/alpha3"),
        ("temp_max", "/main/tmin"),
        ("billing_zip", "/shippingAddress/zip"),
        ("short_name", "/officialName"),
        ("surname", "/firstName"),
        ("birth_day", "/birthMonth"),
        ("french_name", "/translations/de"),
        ("rain_1h", "/rain/3h"),
        ("departure_time", "/arr_time"),
        ("created_on", "/updatedAt"),
        ("last_four", "/card/first6"),
        ("second_author", "/authors/0/name"),
        ("first_author", "/authors/1"),
    ],
)
def test_what_contradicts(name: str, path: str) -> None:
    assert opposition(name, path) == -1


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("iso2", "/alpha_2"),
        ("billing_zip", "/billing_address/zip"),
        ("start_date", "/hireDate"),
        ("card_last_four", "/card/last4"),
        ("french_name", "/translations/fr"),
        ("last_change", "/previous_change"),
        ("second_author", "/authors/1/name"),
        ("third_line", "/lines/2"),
        ("first_author", "/authors/1/first"),
    ],
)
def test_what_agrees(name: str, path: str) -> None:
    assert 0 < opposition(name, path) < 1


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("iso2", "/iso"),
        ("admin", "/max_users"),
        ("area", "/area_km2"),
        ("iso2", "/area_km2"),
        ("name", "/items/0/name"),
        ("birth_month", "/month"),
        ("thing", ""),
        # a given name, a moment and the length of one are no places in a list
        ("first_name", "/people/1/called"),
        ("second", "/times/0/s"),
        ("first_author", "/author"),
    ],
)
def test_what_says_nothing(name: str, path: str) -> None:
    assert opposition(name, path) == 0
