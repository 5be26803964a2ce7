"""What makes a record."""

from __future__ import annotations

import datetime as dt
import enum
import json
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment import json_text
from enrichment.connectors.inline import read_one, read_values
from enrichment.connectors.pages import CLIP, FetchedRecord, RefusedRecord
from enrichment.connectors.record_rules import MAX_KEY_LENGTH, read_text
from schemas.codes import Code
from schemas.source import InlineSource

SOURCE = InlineSource(name="s", connector="inline", version="/v", max_depth=5, max_record_bytes=2_000)


def deep(levels: int) -> bytes:
    return b'{"id":1,"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


def code_of(outcome: FetchedRecord | RefusedRecord) -> str:
    return outcome.code if isinstance(outcome, RefusedRecord) else "fine"


def test_a_record_keeps_its_numbers_exactly() -> None:
    outcome = read_text('{"id": " k ", "v": 3, "n": 1.10, "t": "é"}'.encode(), "#0", SOURCE)
    assert outcome == FetchedRecord(
        "k",
        '{"id":" k ","v":3,"n":1.10,"t":"é"}'.encode(),
        json_text.digest({"id": " k ", "v": 3, "n": Decimal("1.10"), "t": "é"}),
        3,
    )


def test_nobody_is_told_to_convert_what_is_no_file() -> None:
    outcome = read_text('{"id": "Zürich"}'.encode("latin-1"), "#0", SOURCE)
    assert isinstance(outcome, RefusedRecord)
    assert outcome.message == "not UTF-8 at byte 9"


def test_the_digest_knows_no_order_of_members() -> None:
    one, other = read_text(b'{"id":1,"a":2}', "#0", SOURCE), read_text(b'{"a":2,"id":1}', "#0", SOURCE)
    assert isinstance(one, FetchedRecord)
    assert isinstance(other, FetchedRecord)
    assert (one.digest, len(one.digest)) == (other.digest, 16)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ('"a"', "a"),
        ('" a\\n"', "a"),
        ("7", "7"),
        ("0", "0"),
        ("-7", "-7"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ('"' + "k" * MAX_KEY_LENGTH + '"', "k" * MAX_KEY_LENGTH),
        ('"' + "k" * (MAX_KEY_LENGTH + 1) + '"', None),
        ("null", None),
        ('""', None),
        ('" \\t"', None),
        ("true", None),
        ("1.5", None),
        ("[1]", None),
        ('{"a":1}', None),
    ],
)
def test_keys(key: str, expected: str | None) -> None:
    outcome = read_text(f'{{"id":{key}}}'.encode(), "#0", SOURCE)
    if expected is None:
        assert code_of(outcome) == "key_missing"
        assert outcome.record_id == "#0"
    else:
        assert outcome.record_id == expected


def test_a_record_without_its_key() -> None:
    assert code_of(read_text(b"{}", "#0", SOURCE)) == "key_missing"


@pytest.mark.parametrize(
    ("key", "record", "said"),
    [
        (
            "/rowid",
            {"name": "secret", "row_id": 1, "x\n": 2},
            "there is nothing at /rowid; the record has /row_id, /name",
        ),
        ("/rowid", {}, "there is nothing at /rowid"),
        ("/a/rowid", {"a": {"row/id": 1}}, "there is nothing at /a/rowid; the record has /a/row~1id"),
        ("/b/rowid", {"a": {"rowid": 1}}, "there is nothing at /b/rowid; the record has /a"),
        ("/a/0/id", {"a": [{"nr": 1}]}, "there is nothing at /a/0/id"),
        ("/id", {"id": None}, "the key at '/id' is neither text nor an integer"),
        ("/n", {f"n{i}": i for i in range(9)}, "there is nothing at /n; the record has /n8, /n7, /n6"),
    ],
)
def test_a_key_that_is_not_there_names_the_members_that_may_be_meant(key: str, record: Any, said: str) -> None:
    outcome = read_text(json.dumps(record).encode(), "#0", SOURCE.model_copy(update={"key": key}))
    assert isinstance(outcome, RefusedRecord)
    assert outcome.message == said


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        *(("3", 3), ("1.5", Decimal("1.5")), ('"2024-01-01"', "2024-01-01")),
        *((text, None) for text in ('""', "null", "true", "[]", "{}")),
    ],
)
def test_versions(version: str, expected: object) -> None:
    outcome = read_text(f'{{"id":1,"v":{version}}}'.encode(), "#0", SOURCE)
    assert isinstance(outcome, FetchedRecord)
    assert outcome.version == expected
    assert type(outcome.version) is type(expected)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"[]", "record_malformed"),
        (b'"text"', "record_malformed"),
        (b"null", "record_malformed"),
        (b"", "record_malformed"),
        (b'{"id":1', "record_malformed"),
        (b'{"id":1,"a":NaN}', "record_malformed"),
        (b'{"id":1,"a":-Infinity}', "record_malformed"),
        (b'{"id":1,"a":"\\ud800"}', "record_malformed"),
        (b'{"id":1,"a":"\\u0000"}', "record_malformed"),
        (b'{"id":1,"a":"\xff"}', "record_malformed"),
        (deep(5), "fine"),
        (deep(6), "record_too_deep"),
        (deep(900), "record_too_deep"),
        (b'{"id":1,"a":"' + b"x" * 1_984 + b'"}', "fine"),
        (b'{"id":1,"a":"' + b"x" * 1_986 + b'"}', "record_too_large"),
    ],
)
def test_records_that_are_none(text: bytes, code: str) -> None:
    assert code_of(read_text(text, "#0", SOURCE)) == code


def test_a_record_may_have_so_many_fields_and_lists_any_number_of_elements() -> None:
    narrow = SOURCE.model_copy(update={"max_fields": 20, "max_record_bytes": 100_000})
    assert code_of(read_text(json.dumps({"id": 1} | {f"f{n}": n for n in range(19)}).encode(), "#0", narrow)) == "fine"
    outcome = read_text(json.dumps({"id": 1} | {f"f{n}": n for n in range(20)}).encode(), "#0", narrow)
    assert isinstance(outcome, RefusedRecord)
    assert (outcome.code, outcome.message) == (
        "record_too_large",
        "the record has 21 fields, 20 are allowed (max_fields)",
    )
    listed = {"id": 1, "list": [{"a": n, "b": n, "c": n} for n in range(100)], "text": '":' * 100}
    assert code_of(read_text(json.dumps(listed).encode(), "#0", narrow)) == "fine"


def test_the_size_that_counts_is_the_one_that_was_sent() -> None:
    assert code_of(read_text(b'{"id":1' + b" " * 2_000 + b"}", "#0", SOURCE)) == "record_too_large"


def test_nothing_is_nested_deep_enough_to_raise() -> None:
    roomy = SOURCE.model_copy(update={"max_record_bytes": 1_000_000})
    assert code_of(read_text(deep(10_000), "#0", roomy)) == "record_too_deep"
    assert code_of(read_text(b"[" * 100_000, "#0", roomy)) in {"record_too_deep", "record_malformed"}


def test_the_deepest_that_can_be_configured_is_read() -> None:
    deepest = SOURCE.model_copy(update={"max_record_bytes": 1_000_000, "max_depth": 500})
    assert code_of(read_text(deep(500), "#0", deepest)) == "fine"
    assert code_of(read_text(deep(501), "#0", deepest)) == "record_too_deep"


def test_what_is_kept_of_a_refused_text_is_clipped() -> None:
    roomy = SOURCE.model_copy(update={"max_record_bytes": 100_000})
    outcome = read_text(b'{"a":"' + b"x" * 10_000 + b'"}', "#0", roomy)
    assert isinstance(outcome, RefusedRecord)
    assert outcome.body is not None
    assert len(outcome.body) == CLIP
    assert "xxx" not in outcome.message


class TestValues:
    def test_what_python_knows_and_json_does_not(self) -> None:
        moment = dt.datetime(2024, 1, 2, 3, 4, tzinfo=dt.UTC)
        identifier = uuid.UUID(int=1)
        given = {
            "id": 1,
            "d": dt.date(2024, 1, 2),
            "m": moment,
            "u": identifier,
            "f": 0.1,
            "x": Decimal("1.10"),
            "t": (1,),
        }
        outcome = read_one(given, "#0", SOURCE)
        assert isinstance(outcome, FetchedRecord)
        assert outcome.body.decode() == (
            '{"id":1,"d":"2024-01-02","m":"2024-01-02T03:04:00+00:00",'
            '"u":"00000000-0000-0000-0000-000000000001","f":0.1,"x":1.10,"t":[1]}'
        )

    @pytest.mark.parametrize(
        "value",
        [
            *({"id": v} for v in (object(), "\ud800", "\0", b"x")),
            *({1: 2}, 7, None, "x", []),
        ],
    )
    def test_values_that_are_no_records(self, value: object) -> None:
        assert code_of(read_one(value, "#0", SOURCE)) == "record_malformed"

    def test_what_has_no_place_in_json_is_named_by_its_type(self) -> None:
        outcome = read_one({"id": 1, "v": b"secret"}, "#0", SOURCE)
        assert isinstance(outcome, RefusedRecord)
        assert outcome.message == "the record is not JSON: bytes has no place in JSON (at /v)"

    def test_what_has_no_place_in_json_is_named_by_its_place(self) -> None:
        outcome = read_one({"id": 1, "a/b": [1, {"v": {2}}]}, "#0", SOURCE)
        assert isinstance(outcome, RefusedRecord)
        assert outcome.message == "the record is not JSON: set has no place in JSON (at /a~1b/1/v)"

    def test_a_member_of_an_enumeration_is_its_value(self) -> None:
        kind = enum.Enum("kind", {"A": "a", "ONE": 1})
        outcome = read_one({"id": 1, "v": [kind["A"], kind["ONE"]]}, "#0", SOURCE)
        assert isinstance(outcome, FetchedRecord)
        assert outcome.body == b'{"id":1,"v":["a",1]}'

    def test_a_number_that_prints_as_more_than_a_number_is_itself(self) -> None:
        class Float64(float):
            def __repr__(self) -> str:
                return f"np.float64({float.__repr__(self)})"

        outcome = read_one({"id": 1, "v": [Float64(0.1), Float64("nan")]}, "#0", SOURCE)
        assert isinstance(outcome, FetchedRecord)
        assert outcome.body == b'{"id":1,"v":[0.1,null]}'

    def test_a_number_that_json_does_not_have_costs_its_cell(self) -> None:
        numbers = (float("nan"), Decimal("NaN"), Decimal("sNaN"), float("inf"), Decimal("-Infinity"))
        outcome = read_one({"id": 1, "v": numbers}, "#0", SOURCE)
        assert isinstance(outcome, FetchedRecord)
        assert outcome.body == b'{"id":1,"v":[null,null,null,"Infinity","-Infinity"]}'

    def test_a_moment_that_is_none_is_nothing(self) -> None:
        class NaT(dt.datetime):
            def __eq__(self, other: object) -> bool:
                return False

            def isoformat(self, *_: object, **__: object) -> str:
                return "NaT"

            __hash__ = None  # type: ignore[assignment]

        outcome = read_one({"id": 1, "at": NaT(1970, 1, 1)}, "#0", SOURCE)
        assert isinstance(outcome, FetchedRecord)
        assert outcome.body == b'{"id":1,"at":null}'

    def test_a_value_that_holds_itself(self) -> None:
        endless: dict[str, Any] = {"id": 1}
        endless["self"] = endless
        assert code_of(read_one(endless, "#0", SOURCE)) == "record_too_deep"

    def test_the_deepest_value_that_can_be_configured(self) -> None:
        deepest = SOURCE.model_copy(update={"max_record_bytes": 1_000_000, "max_depth": 500})
        assert code_of(read_one(json.loads(deep(500)), "#0", deepest)) == "fine"
        assert code_of(read_one(json.loads(deep(501)), "#0", deepest)) == "record_too_deep"

    def test_places_count_from_where_the_batch_begins(self) -> None:
        records, refused = read_values([{"id": 1}, {}, {"id": 2}, 3], SOURCE, first=10)
        assert [record.record_id for record in records] == ["1", "2"]
        assert [refusal.record_id for refusal in refused] == ["#11", "#13"]

    @settings(derandomize=True, max_examples=100)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals() | st.binary(max_size=3),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=8,
        )
    )
    def test_any_value_gives_a_record_or_a_refusal(self, value: object) -> None:
        outcome = read_one({"id": 1, "a": value}, "#0", SOURCE)
        if isinstance(outcome, FetchedRecord):
            assert json_text.digest(json_text.loads(outcome.body, max_depth=9)) == outcome.digest


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"id":1,"a":1,"a":2}', "/a"),
        ('{"id" : 1, "a" :1, "b": {}, "a" : 2}', "/a"),
        ('{"id":1,"a":1,"\\u0061":2}', "/a"),
        ('{"id":1,"a":true,"a":1}', "/a"),
        ('{"id":1,"a":1,"a":null,"a":1}', "/a"),
        ('{"id":1,"id":2}', "/id"),
        ('{"id":1,"a":[{"b/c":{"x":1}},{"b/c":{"x":1,"x":2}}]}', "/a/1/b~1c/x"),
        ('{"id":1,"a":{"x":1},"a":{"x":2}}', "/a"),
        ('{"id":1,"a":12345678901234567890123,"a":1.10}', "/a"),
    ],
)
def test_a_record_that_says_two_things_of_one_member_is_refused(text: str, where: str) -> None:
    outcome = read_text(text.encode(), "#0", SOURCE)
    assert outcome == RefusedRecord(
        "#0", Code.RECORD_MALFORMED, f"the record has {where} more than once, with different values", text.encode()
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"id":1,"a":1,"a":1}',
        '{"id":1,"a":{"x":[1.10],"y":null},"a":{"y": null, "x": [1.10]}}',
        '{"id":1,"a:b":"c: d","t":"\\u003a"}',
        '{"id":1,"a":{"x":1},"b":{"x":2}}',
    ],
)
def test_a_record_that_says_the_same_each_time_is_read(text: str) -> None:
    assert code_of(read_text(text.encode(), "#0", SOURCE)) == "fine"


def test_the_pointer_of_what_is_said_twice_is_told_as_far_as_anybody_reads() -> None:
    outcome = read_text(f'{{"id":1,"{"n" * 900}":1,"{"n" * 900}":2}}'.encode(), "#0", SOURCE)
    assert isinstance(outcome, RefusedRecord)
    assert len(outcome.message) < 300


def test_only_a_record_that_lost_something_is_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """What marks members that stand twice is half as fast, and every record of every source comes by here."""
    monkeypatch.delattr("enrichment.json_text.repeated")
    for text in ('{"id":1,"a:":[{"b":"c:\\":"},{ "b" : 1e5 }]}', '{"id":1,"a":"\\u00e9","b":1.10}'):
        assert code_of(read_text(text.encode(), "#0", SOURCE)) == "fine"


NAMES = st.sampled_from(["a", "b", ":", '"', "\\", "é"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(':"\\{},é\n', max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(record=st.dictionaries(NAMES, VALUES, max_size=4), spaced=st.booleans(), ascii_only=st.booleans())
def test_what_is_said_once_is_never_taken_for_said_twice(
    record: dict[str, Any], spaced: bool, ascii_only: bool
) -> None:
    text = json.dumps({"id": 1, **record}, indent=1 if spaced else None, ensure_ascii=ascii_only)
    assert json_text.repeated(text, max_depth=64) is None
    assert json_text.colons(json_text.loads(text, max_depth=64)) == text.count(":")
