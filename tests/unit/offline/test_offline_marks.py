"""What neither auditor understands at a number, neither of them calls supported."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from enrichment.offline.auditor.texts.marks import leaves_open
from enrichment.offline.desk import AUDITOR, SECOND, answer

BOTH = pytest.mark.parametrize("model", [AUDITOR, SECOND])


def verdict(model: str, kind: str, text: str, value: Any) -> Any:
    name = {"money": "revenue", "percent": "margin", "count": "employees", "quantity": "weight"}[kind]
    field = {"name": name, "type": "number", "kind": kind, "unit": None, "description": ""}
    record = {"id": "r", "source": {name: text}, "cells": [{"id": "c", "field": name, "value": value}]}
    document = {
        "task": "audit_cells",
        "version": 1,
        "source": {"name": "feed"},
        "target": {"name": "company", "fields": [field]},
        "records": [record],
    }
    given: Any = answer(model, json.loads(json.dumps(document), parse_float=Decimal))
    return given["verdicts"][0]["verdict"]


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
