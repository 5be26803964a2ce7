"""Invented texts that are easy to read wrongly, each with the one right outcome (tests/evals/README.md)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from enrichment.operations import ABSENT, REGISTRY, Approximate, Fault, ReadSettings, compile_operation
from schemas.errors import UsageError
from schemas.plan import OpArg, OpCall

FILE = Path(__file__).parents[2] / "evals" / "texts.jsonl"
CASES = tuple(json.loads(line, parse_float=Decimal) for line in FILE.read_text(encoding="utf-8").splitlines())
#: Operations whose value is an exact number, written as text in the file.
EXACT = frozenset({"parse_decimal", "parse_money", "parse_percent", "convert_unit"})
INSTANTS = frozenset({"parse_datetime", "parse_epoch"})


def outcome(case: dict[str, Any]) -> Any:
    call = OpCall(op=case["op"], args=tuple(OpArg(name=n, value=v) for n, v in case.get("args", {}).items()))
    hints = case.get("hints", {})
    settings = ReadSettings(
        currency_hints=hints.get("currency_hints", {}),
        time_zone=hints.get("time_zone"),
        region=hints.get("region"),
        unit=hints.get("unit"),
        allowed=tuple(hints["allowed"]) if "allowed" in hints else None,
    )
    return compile_operation(call, settings)(case["text"])


def same(op: str, expected: Any, given: Any) -> bool:
    if op in EXACT:
        return isinstance(given, int | Decimal) and not isinstance(given, bool) and Decimal(expected) == Decimal(given)
    if op in INSTANTS:
        instant = datetime.fromisoformat(given)
        return instant.utcoffset() == UTC.utcoffset(None) and instant == datetime.fromisoformat(expected)
    return type(given) is type(expected) and given == expected


def name(case: dict[str, Any]) -> str:
    said = [case.get(part) for part in ("args", "hints", "text")]
    return f"{case['op']}-{json.dumps([part for part in said if part is not None], ensure_ascii=True, default=str)}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_each_text_has_its_one_outcome(case: dict[str, Any]) -> None:
    if case.get("usage"):
        with pytest.raises(UsageError):
            outcome(case)
        return
    try:
        given = outcome(case)
    except UsageError:
        assert case.get("empty"), "the arguments are right"
        return
    if case.get("approximate"):
        assert isinstance(given, Approximate)
    if isinstance(given, Approximate):
        given = given.value
    if case.get("empty"):
        assert given is ABSENT or isinstance(given, Fault)
    elif case.get("absent"):
        assert given is ABSENT
    elif "fault" in case:
        assert isinstance(given, Fault), given
        assert given.code == case["fault"]
    else:
        assert same(case["op"], case["value"], given), given


def test_the_texts_are_different_and_speak_of_every_operation() -> None:
    told = {json.dumps(case, sort_keys=True, default=str) for case in CASES}
    assert len(told) == len(CASES)
    assert set(Counter(case["op"] for case in CASES)) == set(REGISTRY)
