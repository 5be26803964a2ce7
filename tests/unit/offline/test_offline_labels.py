"""The auditor against labels that a person read out of real texts: no false alarm, hardly a doubt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from enrichment.offline.desk import AUDITOR, SECOND, answer

LABELS = Path(__file__).resolve().parents[2] / "evals" / "companies_200.jsonl"
STANDS_AT = {
    "isin": "isins",
    "founded_year": "founded",
    "employee_count": "employees",
    "revenue_amount": "revenue",
    "revenue_currency": "revenue",
    "net_income_amount": "net_income",
    "net_income_currency": "net_income",
}
KINDS = {
    "name": "name",
    "symbol": "code",
    "isin": "code",
    "country": "country",
    "founded_year": "year",
    "employee_count": "count",
    "revenue_amount": "money",
    "revenue_currency": "currency",
    "net_income_amount": "money",
    "net_income_currency": "currency",
    "website": "url",
    "headquarters": "address",
}


def labels() -> list[dict[str, Any]]:
    return [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]


def record_of(label: dict[str, Any]) -> dict[str, Any]:
    if isinstance(label["text"], dict):
        return {"name": label["name"], **label["text"]}
    return {"name": label["name"], STANDS_AT.get(label["field"], label["field"]): label["text"]}


def judge(model: str, cells: list[tuple[dict[str, Any], Any]]) -> list[str]:
    fields = [{"name": name, "type": "string", "kind": kind} for name, kind in KINDS.items()]
    records = [
        {"source": record_of(label), "cells": [{"id": str(index), "field": label["field"], "value": value}]}
        for index, (label, value) in enumerate(cells)
    ]
    document = {"task": "audit_cells", "target": {"name": "company", "fields": fields}, "records": records}
    return [verdict["verdict"] for verdict in answer(model, document)["verdicts"]]  # type: ignore[union-attr,index,call-overload]


@pytest.mark.parametrize("model", [AUDITOR, SECOND])
def test_labelled_values_raise_no_alarm(model: str) -> None:
    filled = [(label, label["value"]) for label in labels() if label["value"] is not None]
    words = judge(model, filled)
    alarms = [
        (label["field"], label["text"]) for (label, _), word in zip(filled, words, strict=True) if word == "unsupported"
    ]
    assert alarms == []
    assert words.count("unsure") <= len(words) // 50


@pytest.mark.parametrize("model", [AUDITOR, SECOND])
def test_values_of_another_record_are_seen(model: str) -> None:
    filled = [label for label in labels() if label["value"] is not None]
    swapped = [
        (label, other["value"])
        for label in filled
        for other in filled
        if other["field"] == label["field"] and other["value"] != label["value"]
    ]
    words = judge(model, swapped)
    assert words.count("unsupported") >= 0.99 * len(words)
