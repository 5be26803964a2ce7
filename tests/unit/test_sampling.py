from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.sampling import cut, sample_fields
from enrichment.shapes import structure
from schemas.json_types import Json, Record
from schemas.shape import SampledField


def by_path(records: Sequence[Record]) -> dict[str, SampledField]:
    return {f.path: f for f in sample_fields(records)}


def test_every_pointer_with_types_and_fill() -> None:
    got = by_path([{"a": 1, "b": {"c": "x"}}, {"a": "y", "b": {"c": " "}}, {"a": None}, {"a": 2}])
    assert got["/a"].types == ("integer", "null", "string")
    assert got["/a"].fill == 0.75
    assert got["/b/c"].fill == 0.25
    assert got["/b/c"].samples == ("x",)


def test_lists_are_offered_as_themselves_and_by_their_first_element() -> None:
    got = by_path([{"isins": ["a", "b"], "emails": [{"value": "x"}, {"other": "y"}]}])
    assert got["/isins"].types == ("array",)
    assert got["/isins"].samples == (["a", "b"],)
    assert got["/isins/0"].samples == ("a",)
    assert set(got) == {"/isins", "/isins/0", "/emails", "/emails/0/value"}


def test_null_in_the_place_of_an_object_is_not_offered_but_a_field_that_is_always_null_is() -> None:
    got = by_path([{"a": None, "b": None}, {"a": {"c": 1}, "b": None}])
    assert set(got) == {"/a/c", "/b"}
    assert got["/b"].types == ("null",)
    assert got["/b"].fill == 0


def test_samples_differ_in_form() -> None:
    values = ["3,167 (2021)", "4,100 (2020)", "5,000 (2019)", "c. 12", 783, "9,999 (2018)"]
    got = by_path([{"n": v} for v in values])["/n"].samples
    assert len(got) == 5
    assert {"3,167 (2021)", "c. 12", 783} <= set(got)
    assert got[0] == "3,167 (2021)"


def test_strings_are_cut_to_120_characters() -> None:
    assert cut("x" * 500) == "x" * 120
    assert by_path([{"a": "é" * 500}])["/a"].samples == ("é" * 120,)


@pytest.mark.parametrize(
    "value",
    [
        ["x" * 500],
        ["ab"] * 500,
        {"k": "x" * 500},
        {f"key{i}": i for i in range(100)},
        [{"a": ["y" * 300, 1]}],
        {"k" * 300: 1},
        ["é" * 300],
        [Decimal("1.25")] * 90,
    ],
)
def test_lists_and_objects_are_cut_to_120_characters_of_json(value: Json) -> None:
    assert len(json.dumps(cut(value), default=str)) <= 120


def test_a_short_list_stays_whole() -> None:
    assert cut(["a", {"b": 1}]) == ["a", {"b": 1}]


def test_a_number_too_long_to_show_is_not_shown() -> None:
    assert by_path([{"a": 10**200}])["/a"].samples == ()


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=30,
)


@settings(derandomize=True, max_examples=200)
@given(st.lists(st.dictionaries(st.text(max_size=3), _json, max_size=4), min_size=1, max_size=4))
def test_any_records_can_be_sampled(records: list[Record]) -> None:
    fields = sample_fields(records)
    assert len({f.path for f in fields}) == len(fields)
    for field in fields:
        assert 0 <= field.fill <= 1
        assert len(field.samples) <= 5
        for sample in field.samples:
            whole = json.dumps(sample, default=str)
            assert len(sample) <= 120 if isinstance(sample, str) else len(whole) <= 120
    first_only = {p for r in records for p in structure(r).pointers}
    assert {f.path for f in fields if f.fill} - first_only == set()
