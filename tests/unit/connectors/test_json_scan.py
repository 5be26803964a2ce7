"""Splitting JSON lists without parsing them."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.connectors.json_scan import Element, Scanner

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(['"', "\\", '\\"', "[{,]}", "é\u2028"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def cut(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def split(text: bytes, *tokens: str, size: int = 7, limit: int = 1_000) -> tuple[Scanner, list[Element]]:
    scanner = Scanner(cut(text, size))
    assert scanner.enter(tokens)
    assert scanner.enter_list()
    return scanner, list(scanner.elements(limit))


@settings(derandomize=True, max_examples=200)
@given(st.lists(VALUES, max_size=5), st.integers(1, 40), st.booleans(), st.sampled_from([None, 1]))
def test_every_list_comes_apart_as_a_parser_says(values: list[Any], size: int, ascii_only: bool, indent: int) -> None:
    text = json.dumps(values, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    scanner, elements = split(text, size=size)
    assert scanner.closed
    assert scanner.at_end()
    assert [json.loads(element.text) for element in elements] == values
    assert all(element.size == len(element.text) for element in elements)


@settings(derandomize=True, max_examples=100)
@given(st.lists(VALUES, min_size=2, max_size=5), st.data())
def test_a_reading_goes_on_behind_any_element(values: list[Any], data: st.DataObject) -> None:
    text = json.dumps(values).encode()
    _, elements = split(text)
    i = data.draw(st.integers(0, len(values) - 1))
    rest = Scanner(cut(text[elements[i].next :], 5), elements[i].next)
    assert list(rest.elements(1_000)) == elements[i + 1 :]
    assert rest.closed


@settings(derandomize=True, max_examples=200)
@given(st.binary(max_size=60).map(lambda body: b"[" + body), st.integers(1, 9))
def test_no_text_raises_or_runs_for_ever(text: bytes, size: int) -> None:
    scanner = Scanner(cut(text, size))
    assert scanner.enter_list()
    last = 0
    for element in scanner.elements(100):
        assert last < element.next <= len(text)
        last = element.next


@settings(derandomize=True, max_examples=100)
@given(st.dictionaries(st.text(), VALUES, max_size=5), st.text(), st.integers(1, 9))
def test_members_are_found_as_a_parser_finds_them(document: dict[str, Any], other: str, size: int) -> None:
    text = json.dumps(document).encode()
    for name in [*document, other]:
        scanner = Scanner(cut(text, size))
        assert scanner.enter([name]) == (name in document)
        if name in document:
            value = scanner.value(10_000)
            assert value is not None
            assert json.loads(value) == document[name]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [(["a", "b", "1"], b'{"c":2}'), (["a", "b", "2"], None), (["a", "x"], None), (["a", "b", "c"], None), ([], True)],
)
def test_pointers_lead_through_objects_and_lists(tokens: list[str], expected: bytes | bool | None) -> None:
    scanner = Scanner([b' {"z": [1, {"q": "]"}], "a": {"b": [ [0], {"c":2}]}}'])
    assert scanner.enter(tokens) == (expected is not None)
    if isinstance(expected, bytes):
        assert scanner.value(100) == expected


def test_broken_elements_do_not_hide_the_ones_behind_them() -> None:
    _, elements = split(b'[{"a":1},{"b":2],nope,,{"c":NaN},"x",{"d":4}]')
    assert [e.text for e in elements] == [
        b'{"a":1}',
        b'{"b":2]',
        b"nope",
        b"",
        b'{"c":NaN}',
        b'"x"',
        b'{"d":4}',
    ]


@pytest.mark.parametrize("text", [b'[{"a":1},{"b":', b'[{"a":1},{"b":"x', b'[{"a":1},{"b":"x\\', b'[{"a":1},'])
def test_a_list_that_breaks_off_says_so(text: bytes) -> None:
    scanner, elements = split(text)
    assert not scanner.closed
    assert elements[0].text == b'{"a":1}'
    assert len(elements) <= 2


@pytest.mark.parametrize(
    "large", [b'{"a":"' + b"x" * 20_000_000 + b'"}', b"[" * 1_000_000 + b"]" * 1_000_000], ids=["text", "depth"]
)
def test_what_is_too_large_is_passed_over_without_being_held(large: bytes) -> None:
    text = b"[" + large + b',{"b":1}]'
    blocks = [text[at : at + 65_536] for at in range(0, len(text), 65_536)]
    tracemalloc.start()
    try:
        scanner = Scanner(blocks)
        assert scanner.enter_list()
        elements = list(scanner.elements(1_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [(e.size, len(e.text)) for e in elements] == [(len(large), 1_001), (7, 7)]
    assert peak < 1_000_000
