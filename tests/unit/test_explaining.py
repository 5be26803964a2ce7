from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from enrichment.explained import Known, cell, winner_of
from enrichment.explaining import canonical_text
from enrichment.shown_records import LONGEST_TEXT, source_text
from enrichment.store.lineage import Entry, Standing
from schemas.errors import UsageError
from schemas.plan import Alternative
from schemas.target import Target, TargetField

TARGET = Target(
    name="t",
    table="t",
    fields=(TargetField(name="name", type="string", identity=True), TargetField(name="n", type="integer")),
)
MONEY = Target(
    name="m",
    table="m",
    fields=(
        TargetField(name="name", type="string", identity=True),
        TargetField(name="revenue", type="number", kind="money", currency_field="currency"),
        TargetField(name="profit", type="number", kind="money", currency_field="currency"),
        TargetField(name="currency", type="string", kind="currency"),
    ),
)
PAIR = Target(
    name="p",
    table="p",
    fields=(
        TargetField(name="a", type="string", identity=True),
        TargetField(name="b", type="integer", identity=True),
    ),
)


def entry(number: int, cells: dict[str, Any], **changes: Any) -> Entry:
    said = {
        "id": number, "source": "s", "record_id": "1", "observation": number, "plan_id": 0, "gate_id": 1,
        "version": None, "cells": cells, "reasons": {}, "winners": {}, "payload_id": None, "ordinal": None,
        "job_id": 3, "staged_id": None, "state": "standing", "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "voided_at": None, "void_reason": None,
    }  # fmt: skip
    return Entry(**{**said, **changes})


def known(live: list[Entry], row: Standing | None, every: list[Entry] | None = None) -> Known:
    return Known(TARGET, "k", live, every or live[::-1], row, None, {}, {}, {}, {}, {})


def test_the_last_that_says_anything_wins_and_null_of_a_baseline_says_something() -> None:
    live = [entry(1, {"n": 1}), entry(2, {"name": "x"}), entry(3, {"n": None}, source="baseline")]
    assert winner_of(live, "n", TARGET) is live[2]
    assert winner_of(live, "name", TARGET) is live[1]
    assert winner_of(live, "other", TARGET) is None


def test_an_amount_below_another_currency_does_not_stand() -> None:
    live = [
        entry(1, {"revenue": "1001", "profit": "7", "currency": "EUR"}),
        entry(2, {"profit": "51", "currency": "USD"}),
        entry(3, {"name": "x"}),
    ]
    assert winner_of(live, "revenue", MONEY) is None
    assert winner_of(live, "profit", MONEY) is winner_of(live, "currency", MONEY) is live[1]
    same = [live[0], entry(2, {"profit": "51", "currency": "EUR"})]
    assert winner_of(same, "revenue", MONEY) is live[0]
    told = cell(
        dataclasses.replace(known(live, Standing({"revenue": None}, {"revenue": None})), target=MONEY),
        MONEY.by_name["revenue"],
    )
    assert (told["value"], told["reason"]) == (None, "unit_mismatch")
    assert [past["value"] for past in told["history"]] == ["1001"]


def test_a_value_that_nobody_asserts_is_the_columns_default() -> None:
    told = cell(known([entry(1, {"name": "x"})], Standing({"n": 0}, {"n": 0})), TARGET.by_name["n"])
    assert (told["value"], told["origin"], told["reason"]) == (0, "default", None)


def test_a_row_that_differs_from_its_fold_was_edited() -> None:
    told = cell(known([entry(1, {"n": 1})], Standing({"n": 5}, {"n": 1})), TARGET.by_name["n"])
    assert (told["value"], told["origin"]) == (5, "edited")


@pytest.mark.parametrize(
    ("field", "now", "said", "value"),
    [
        ({"type": "number"}, "1.23", "1.2345", "1.23"),
        ({"type": "number"}, "1.50", "1.5", "1.5"),
        ({"type": "number"}, "1.6777216e+07", "16777217", "16777216"),
        ({"type": "number"}, "0.1", "0.1", "0.1"),
        ({"type": "number"}, "Infinity", "1e400", "Infinity"),
        (
            {"type": "string", "format": "date-time"},
            *["2024-01-03 00:00:00+00", "2024-01-02T23:59:59.500000Z"],
            "2024-01-03T00:00:00Z",
        ),
        ({"type": "string", "format": "date-time"}, *["2024-01-02 23:59:59+00"], *["2024-01-02T23:59:59Z"] * 2),
        ({"type": "string", "format": "date-time"}, *["2024-01-02 23:59:59"], *["2024-01-02T23:59:59Z"] * 2),
        ({"type": "string", "format": "date-time"}, "infinity", "2024-01-02T23:59:59Z", "infinity"),
        ({"type": "string"}, "ALPHA", "alpha", "ALPHA"),
        ({"type": "boolean"}, True, True, True),
        ({"type": "integer"}, 5, 4, 5),
    ],
)
def test_what_the_table_made_of_a_value_is_what_stands(field: dict[str, Any], now: Any, said: Any, value: Any) -> None:
    target = Target(name="t", table="t", fields=(TARGET.fields[0], TargetField(name="n", **field)))
    shown = dataclasses.replace(known([entry(1, {"n": said})], Standing({"n": now}, {"n": now})), target=target)
    told = cell(shown, target.fields[1])
    assert (told["value"], told["reason"], told["origin"]) == (value, None, None)


def test_what_the_table_kept_nothing_of_is_said_to_be_refused_by_it() -> None:
    told = cell(known([entry(1, {"n": 5})], Standing({"n": None}, {"n": None})), TARGET.fields[1])
    assert (told["value"], told["reason"]) == (None, "target_refused")


def test_why_a_cell_is_empty_is_said_by_the_strongest_that_says_it() -> None:
    live = [entry(1, {}, reasons={"n": "absent"}), entry(2, {}, reasons={"n": "ambiguous"})]
    told = cell(known(live, Standing({"n": None}, {"n": None})), TARGET.by_name["n"])
    assert (told["value"], told["reason"]) == (None, "ambiguous")
    silent = cell(known([entry(1, {})], Standing({"n": None}, {"n": None})), TARGET.by_name["n"])
    assert silent["reason"] == "not_asserted"


def test_the_source_says_it_as_it_stands_there() -> None:
    record = {"a": "c. 5", "b": [1, "x"], "c": None}
    assert source_text(record, Alternative(paths=("/a",))) == "c. 5"
    assert source_text(record, Alternative(paths=("/b",))) == '[1,"x"]'
    assert source_text(record, Alternative(paths=("/a", "/z"))) == '["c. 5",null]'
    assert source_text(record, Alternative(paths=("/z",))) is None
    long = source_text({"a": "x" * 9_999}, Alternative(paths=("/a",)))
    assert long is not None
    assert len(long) == LONGEST_TEXT


def test_a_key_of_several_fields_is_an_array_of_as_many_texts() -> None:
    assert canonical_text(TARGET, '["x"]') == '["x"]'
    assert canonical_text(PAIR, '[ "ä", 5 ]') == '["ä","5"]'
    for wrong in ("x", '["a"]', '{"a": 1}', '["a", null]'):
        with pytest.raises(UsageError):
            canonical_text(PAIR, wrong)


def test_an_assertion_that_had_something_is_told_before_a_stronger_one_that_has_nothing_to_say() -> None:
    empty = Standing({"n": None}, {"n": None})
    silent = entry(3, {"name": "x"}, source="lief", plan_id=8, job_id=9, reasons={"n": "abstained"})
    held = entry(2, {"name": "x"}, source="erp", plan_id=7, reasons={"n": "not_released"})
    told = cell(known([held, silent], empty), TARGET.by_name["n"])
    assert (told["reason"], told["source"], told["job"]) == ("not_released", "erp", 3)
    void = entry(2, {"n": 5}, source="erp", state="void", void_reason="condemned")
    told = cell(known([silent], empty, [silent, void]), TARGET.by_name["n"])
    assert (told["reason"], told["source"]) == ("condemned", "erp")


def test_a_later_word_of_the_same_record_goes_before_what_it_said_once() -> None:
    empty = Standing({"n": None}, {"n": None})
    first, later = entry(1, {}, reasons={"n": "ambiguous"}), entry(2, {}, reasons={"n": "absent"})
    assert cell(known([first, later], empty), TARGET.by_name["n"])["reason"] == "absent"
    void = entry(1, {"n": 5}, state="void", void_reason="restored")
    assert cell(known([later], empty, [later, void]), TARGET.by_name["n"])["reason"] == "absent"
