"""JSON text: read exactly, refused with a code, written exactly, digested canonically."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.json_text import digest, dumps, loads
from schemas.errors import TerminalError


def read(text: bytes | str, max_depth: int = 8) -> Any:
    return loads(text, max_depth=max_depth)


def code_of(text: bytes | str, max_depth: int = 8) -> str:
    with pytest.raises(TerminalError) as caught:
        read(text, max_depth)
    assert caught.value.hint
    return caught.value.code


def test_fractions_are_exact_and_integers_stay_integers() -> None:
    value = read(b'{"a": 0.1, "b": 1.10, "c": 1e2, "d": 12345678901234567890123, "e": -0}')
    assert value == {"a": Decimal("0.1"), "b": Decimal("1.10"), "c": Decimal(100), "d": 12345678901234567890123, "e": 0}
    assert [type(v) for v in value.values()] == [Decimal, Decimal, Decimal, int, int]


def test_of_a_repeated_name_the_last_counts() -> None:
    assert read('{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize(
    "text",
    [
        *('{"a": NaN}', "Infinity", "-Infinity", "", " ", "{", '{"a": 1} x', "{'a': 1}", "01", '"\x01"'),
        *(r'"\u0000"', r'{"\u0000": 1}', r'"\ud800"', r'["x", {"\udc00": 1}]', r'"\ude00\ud83d"'),
        *('"\ud800"', "9" * 5000, "1e99999999999999999999", b'"\xff"', b"\xff\xfe{\x00}\x00"),
    ],
)
def test_what_is_no_exact_json_is_malformed(text: bytes | str) -> None:
    assert code_of(text) == "record_malformed"


def test_whole_characters_in_escapes_are_kept() -> None:
    assert read(r'"\ud83d\ude00 \u0041 \\u0000"') == "\U0001f600 A \\u0000"


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    assert read(b"\xef\xbb\xbf[1]") == [1]


def test_depth_counts_containers_and_not_brackets_in_texts() -> None:
    assert read("[[[1]]]", 3) == [[[1]]]
    assert code_of("[[[1]]]", 2) == "record_too_deep"
    assert code_of('{"a": [{"b": 1}]}', 2) == "record_too_deep"
    assert read('["[[[[", "{{{{"]', 1) == ["[[[[", "{{{{"]
    assert code_of("[" * 200_000, 64) == "record_too_deep"
    assert code_of("[" * 200_000 + "]" * 200_000, 64) == "record_too_deep"


def test_documents_are_written_exactly() -> None:
    assert dumps({"a": [Decimal("1.10"), 2**70, True, None, "é"], "b": Decimal("1E+5")}) == (
        b'{"a":[1.10,1180591620717411303424,true,null,"\xc3\xa9"],"b":1E+5}'
    )


@pytest.mark.parametrize(
    "value",
    [
        Decimal("NaN"),
        Decimal("-Infinity"),
        float("nan"),
        [None, float("inf")],
        "\ud800",
        {1: 2},
        {1: 2**70},
        [2**70, float("nan")],
        object(),
        {"a": {2}},
    ],
)
def test_what_is_no_json_is_not_written(value: Any) -> None:
    for write in (dumps, digest):
        with pytest.raises(TerminalError):
            write(value)


@pytest.mark.parametrize("beside", [1, 2**70])
def test_what_is_no_number_is_named(beside: int) -> None:
    with pytest.raises(TerminalError, match="Infinity is no JSON number"):
        dumps({"a": Decimal("Infinity"), "b": beside})


def test_a_digest_tells_documents_apart_and_not_orders_of_names() -> None:
    assert digest({"a": 1, "b": {"c": 2**70, "d": 1}}) == digest({"b": {"d": 1, "c": 2**70}, "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})
    assert digest([1, 2]) != digest([2, 1])
    assert len(digest({})) == 16


documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(value=documents)
def test_what_is_written_is_read_back(value: Any) -> None:
    written = dumps(value)
    assert loads(written, max_depth=64) == value
    assert json.loads(written, parse_float=Decimal) == value
    assert digest(loads(written, max_depth=64)) == digest(value)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(text=st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_is_read_or_refused_with_a_code(text: bytes | str) -> None:
    codes = {"record_malformed", "record_too_deep"}
    try:
        dumps(read(text))
    except TerminalError as refusal:
        codes &= {refusal.code}
    assert codes
