"""Numbers in answers keep their digits, and a tiny record makes no answer of any size."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from workers.api.answers import ExactJSON


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.12345678901234567890123", "0.12345678901234567890123"),
        ("1E+3", "1000"),
        ("-1.5E-7", "-0.00000015"),
        ("1E+100", "1" + "0" * 100),
        ("1E+30000000", "1E+30000000"),
        ("-2.5E-30000000", "-2.5E-30000000"),
        ("0E+30000000", "0E+30000000"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
    ],
)
def test_a_number_is_written_plainly_as_long_as_that_is_short(number: str, text: str) -> None:
    assert json.loads(ExactJSON({"n": Decimal(number)}).body) == {"n": text}
