from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from enrichment.client.encoding import BATCH_BYTES, BATCH_RECORDS, batches, encoded
from enrichment.connectors.inline import RecordText, read_one
from enrichment.connectors.pages import FetchedRecord, RefusedRecord
from schemas.source import InlineSource


def test_values_of_python_are_written_exactly() -> None:
    line = encoded({"n": Decimal("0.10"), "d": dt.date(1988, 1, 2), "f": 0.1, "t": "ä\n"})
    assert line == '{"n":0.10,"d":"1988-01-02","f":0.1,"t":"ä\\n"}'.encode()


def test_what_has_no_place_in_json_is_one_line_that_is_none() -> None:
    loop: dict[str, Any] = {}
    loop["self"] = loop
    for value in (float("nan"), {1, 2}, object(), loop, {1: 2}, "\ud800"):
        line = encoded({"id": 1, "value": value})
        assert b"\n" not in line
        try:
            json.loads(line)
        except ValueError:
            continue
        raise AssertionError(line)


def test_batches_hold_so_many_records_and_so_many_bytes() -> None:
    counted = [batch.count(b"\n") + 1 for batch in batches({"i": i} for i in range(2 * BATCH_RECORDS + 1))]
    assert counted == [BATCH_RECORDS, BATCH_RECORDS, 1]
    large = {"text": "x" * (BATCH_BYTES // 2)}
    assert [batch.count(b"\n") + 1 for batch in batches([large] * 3)] == [1, 1, 1]
    assert list(batches([])) == []


def test_the_same_records_give_the_same_batches() -> None:
    made = [{"i": i, "t": "y" * (i % 700)} for i in range(3_000)]
    assert list(batches(iter(made))) == list(batches(made))


def test_a_record_that_is_a_text_already_keeps_every_digit() -> None:
    source = InlineSource(name="crm", connector="inline", key="/id")
    text = RecordText(b'{"id":"1","n":0.12345678901234567890123}')
    assert encoded(text) == text.text
    found = read_one(text, "#0", source)
    assert isinstance(found, FetchedRecord)
    assert b"0.12345678901234567890123" in found.body
    refused = read_one(RecordText(b"not json"), "#1", source)
    assert isinstance(refused, RefusedRecord)
