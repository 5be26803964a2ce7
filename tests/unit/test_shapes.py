from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.shapes import Fits, New, ShapeView, Widens, assign, structure
from schemas.json_types import Json, Record


def shape(number: int, *pointers: str) -> ShapeView:
    return ShapeView(number, 1, {p: frozenset({"string"}) for p in pointers})


def flat(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "x")


def test_scalars_objects_and_lists() -> None:
    found = structure({"a": 1, "b": {"c": Decimal("1.5"), "d": True}, "l": ["x", 2], "o": [{"p": 1}, {"q": "z"}]})
    assert found.types == {
        "/a": {"integer"},
        "/b/c": {"number"},
        "/b/d": {"boolean"},
        "/l": {"array"},
        "/l/0": {"string", "integer"},
        "/o": {"array"},
        "/o/0/p": {"integer"},
        "/o/0/q": {"string"},
    }
    assert found.pointers == found.types.keys()


@pytest.mark.parametrize("empty", [None, "", "  \u00a0", {}, {"inner": None}])
def test_what_is_absent_has_no_pointer(empty: Json) -> None:
    assert structure({"a": 1, "b": empty}).pointers == {"/a"}


def test_an_empty_list_is_offered_as_itself() -> None:
    assert structure({"a": []}).types == {"/a": {"array"}}


def test_the_length_of_a_list_does_not_matter_but_the_union_of_its_elements_does() -> None:
    assert structure({"a": [{"x": 1}]}) == structure({"a": [{"x": 1}, {"x": 2}]})
    assert structure({"a": [{"x": 1}]}) != structure({"a": [{"x": 1}, {"y": 2}]})


def test_keys_are_escaped() -> None:
    assert structure({"a/b": {"c~d": 1}, "": 2}).pointers == {"/a~1b/c~0d", "/"}


def test_depth_is_capped() -> None:
    deep: dict[str, Json] = {"leaf": 1}
    for _ in range(400):
        deep = {"a": deep}
    (only,) = structure(deep).types.items()
    assert only[1] == {"object"}


def test_equal_signatures_share_one_result() -> None:
    assert structure({"a": 1, "b": "x"}) is structure({"a": 5, "b": "yy"})


def test_oldest_containing_shape_wins() -> None:
    shapes = [shape(9, "/a", "/b", "/c"), shape(2, "/a", "/b"), shape(1, "/a")]
    got = assign(structure(flat("a", "b")), shapes)
    assert isinstance(got, Fits)
    assert got.shape.id == 2


def test_half_of_its_own_pointers_widens() -> None:
    got = assign(structure(flat("a", "b", "x", "y")), [shape(1, "/a", "/b", "/c", "/d", "/e")])
    assert isinstance(got, Widens)
    assert got.added == {"/x": {"string"}, "/y": {"string"}}


def test_less_than_half_is_new() -> None:
    got = assign(structure(flat("a", "x", "y")), [shape(1, "/a", "/b")])
    assert isinstance(got, New)
    assert got.pointers.keys() == {"/a", "/x", "/y"}


def test_the_one_sharing_most_is_widened_and_the_oldest_of_equals() -> None:
    record = structure(flat("a", "b", "c", "z"))
    most = assign(record, [shape(1, "/a", "/b"), shape(2, "/a", "/b", "/c")])
    assert isinstance(most, Widens)
    assert most.shape.id == 2
    tie = assign(record, [shape(7, "/a", "/b"), shape(3, "/b", "/c")])
    assert isinstance(tie, Widens)
    assert tie.shape.id == 3


def test_a_record_of_nothing_fits_any_shape_and_needs_one_where_there_is_none() -> None:
    assert isinstance(assign(structure({"a": None}), [shape(1, "/b")]), Fits)
    assert isinstance(assign(structure({}), []), New)


def test_records_with_ever_different_optional_fields_share_a_shape() -> None:
    names = [f"f{i}" for i in range(20)]
    shapes: dict[int, dict[str, frozenset[str]]] = {}
    for number in range(200):
        record = {n: "x" if (number * 7919 + i * 104729) % 5 else None for i, n in enumerate(names)}
        got = assign(structure(record), [ShapeView(i, 1, p) for i, p in shapes.items()])
        if isinstance(got, New):
            shapes[len(shapes)] = dict(got.pointers)
        elif isinstance(got, Widens):
            shapes[got.shape.id].update(got.added)
    assert len(shapes) == 1


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@settings(derandomize=True, max_examples=150)
@given(st.dictionaries(st.text(max_size=3), _json, max_size=5))
def test_any_record_has_a_structure_and_fits_its_own_shape(record: Record) -> None:
    found = structure(record)
    assert isinstance(assign(found, [ShapeView(1, 1, found.types)]), Fits)
