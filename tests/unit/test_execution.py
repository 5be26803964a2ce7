"""Bindings are executed: alternatives in their order, reasons kept, types strict."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.execution import Reading, compile_binding
from enrichment.operations import ReadSettings
from schemas.errors import UsageError
from schemas.plan import Alternative, Binding, OpArg, OpCall


def call(name: str, **args: str) -> OpCall:
    return OpCall(op=name, args=tuple(OpArg(name=n, value=v) for n, v in args.items()))


def read(record: Any, *alternatives: tuple[tuple[str, ...], tuple[OpCall, ...]]) -> Reading:
    binding = Binding(target="t", alternatives=tuple(Alternative(paths=p, ops=o) for p, o in alternatives))
    return compile_binding(binding, ReadSettings())(record)


def gives(value: Any, alternative: int, *, approximate: bool = False) -> Reading:
    return Reading(value, None, alternative, approximate, "")


PARSE = (call("parse_integer"),)


def test_no_operation_is_copy() -> None:
    assert read({"a": "  x  y "}, (("/a",), ())) == gives("x y", 0)
    assert read({"a": False}, (("/a",), ())).value is False


def test_the_first_alternative_that_gives_a_value_wins() -> None:
    record = {"a": "10-20", "b": None, "c": "c. 30"}
    won = read(record, (("/a",), PARSE), (("/b",), PARSE), (("/c",), PARSE))
    assert won == gives(30, 2, approximate=True)


def test_the_first_fault_is_the_reason_where_no_alternative_wins() -> None:
    lost = read({"a": None, "b": "10-20", "c": "x"}, (("/a",), PARSE), (("/b",), PARSE), (("/c",), PARSE))
    assert (lost.value, lost.reason, lost.alternative) == (None, "ambiguous", None)
    assert lost.message
    assert "10" not in lost.message


@pytest.mark.parametrize("record", [{}, {"a": None}, {"a": ""}, {"a": " \u00a0\n"}, {"b": 1}, {"a": {"b": 1}}])
def test_what_is_missing_is_absent(record: Any) -> None:
    assert read(record, (("/a/b/c",), PARSE)).reason == "absent"
    if not isinstance(record.get("a"), dict):
        assert read(record, (("/a",), ())).reason == "absent"


def test_several_pointers_are_gathered_first() -> None:
    record = {"a": " ", "b": "x", "c": 5}
    assert read(record, (("/missing", "/a", "/b"), (call("first"),))).value == "x"
    assert read(record, (("/a", "/b", "/c"), (call("join", separator="-"), call("upper")))).value == "X-5"
    for ops in ((), (call("copy"),), (call("upper"), call("first"))):
        with pytest.raises(UsageError):
            read(record, (("/a", "/b"), ops))


def test_one_pointer_may_be_gathered_too() -> None:
    record = {"list": ["a", "b"]}
    assert read(record, (("/list",), (call("join", separator=", "),))).value == "a, b"
    assert read(record, (("/list",), (call("first"), call("element", index="1")))).value == "b"


def test_a_qualifier_dropped_early_is_told_at_the_end() -> None:
    chain = (call("parse_decimal"), call("convert_unit", **{"from": "km", "to": "m"}))
    assert read({"a": "c. 5 km"}, (("/a",), chain)) == gives(Decimal(5000), 0, approximate=True)
    assert read({"a": "c. 5"}, (("/a",), (*PARSE, call("parse_date")))).reason == "type"


def test_a_fault_ends_its_alternative() -> None:
    assert read({"a": "x"}, (("/a",), (*PARSE, call("to_text")))).reason == "type"


@pytest.mark.parametrize(
    "value", [["a"], {"a": 1}, [], {}, Decimal("NaN"), Decimal("Infinity"), float("nan"), object()]
)
def test_what_is_no_scalar_is_no_cell(value: Any) -> None:
    assert read({"a": value}, (("/a",), ())).reason == "type"


def test_a_float_is_read_as_the_decimal_that_states_it() -> None:
    assert read({"a": 0.1}, (("/a",), ())).value == Decimal("0.1")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab/~"), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(record=st.dictionaries(st.sampled_from(["a", "b"]), values, max_size=2))
def test_any_record_gives_a_scalar_or_a_reason(record: Any) -> None:
    for ops in ((), PARSE, (call("first"),), (call("element", index="0"), call("parse_money"))):
        for paths in (("/a",), ("/a/0",), ("/b/a",)):
            reading = read(record, (paths, ops))
            assert (reading.value is None) == (reading.reason is not None)
            assert reading.value is None or isinstance(reading.value, str | int | Decimal | bool)
