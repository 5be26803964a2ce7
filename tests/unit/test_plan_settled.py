"""What a column settles for a binding that does not say it, and what it leaves open."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from enrichment.execution import compile_binding
from enrichment.operations import ReadSettings
from enrichment.plan_settled import settled
from schemas.json_types import Cell, Record
from schemas.plan import Alternative, Binding, OpArg, OpCall

WEIGHTS = [f"{n % 9 + 1}.{100 + 7 * n} kg" for n in range(30)]


def call(op: str, **args: str) -> OpCall:
    return OpCall(op=op, args=tuple(OpArg(name=name, value=value) for name, value in args.items()))


def settle(texts: Sequence[str], *ops: OpCall) -> Binding:
    records: list[Record] = [{"v": text} for text in texts]
    binding = Binding(target="f", alternatives=(Alternative(paths=("/v",), ops=ops),))
    return settled(binding, records, ReadSettings())


def args(texts: Sequence[str], *ops: OpCall) -> list[tuple[str, str]]:
    return [(arg.name, arg.value) for one in settle(texts, *ops).alternatives[0].ops for arg in one.args]


def read(binding: Binding, text: str) -> Cell:
    return compile_binding(binding, ReadSettings())({"v": text}).value


@pytest.mark.parametrize("op", ["parse_decimal", "parse_integer", "parse_money"])
def test_what_some_numerals_of_a_column_decide_holds_for_all(op: str) -> None:
    sign = " EUR" if op == "parse_money" else ""
    texts = [f"{n}.234{sign}" for n in range(1, 30)]
    assert args([*texts, f"1.204.377{sign}"], call(op)) == [("separators", ".,")]
    assert read(settle([*texts, f"1.204.377{sign}"], call(op)), texts[0]) == 1234


def test_a_decimal_point_shows_where_a_last_digit_is_left_out() -> None:
    binding = settle([*WEIGHTS, "0.91 kg", "4.6 kg"], call("parse_decimal"))
    assert str(read(binding, "4.619 kg")) == "4.619"


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(WEIGHTS, id="nothing decides"),
        pytest.param([*WEIGHTS, "1,234.5 kg", "1.234,5 kg"], id="both conventions"),
        pytest.param([f"{n}.234" for n in range(1, 60)] + ["3.91"], id="a slip"),
    ],
)
def test_what_a_column_does_not_decide_stays_open(texts: Sequence[str]) -> None:
    binding = settle(texts, call("parse_decimal"))
    assert args(texts, call("parse_decimal")) == []
    assert read(binding, texts[0]) is None


def test_what_the_binding_says_itself_stays() -> None:
    said = call("parse_decimal", separators=".,")
    assert args(["3.91", "12.5", "1.234"], said) == [("separators", ".,")]


def test_what_was_read_without_the_argument_is_not_given_up_for_it() -> None:
    texts = [f"{n}.91" for n in range(100, 200)] + ["1.234,5", "1.234"]
    assert args(texts[:-2], call("parse_decimal")) == [("separators", ",.")]
    assert args(texts, call("parse_decimal")) == []


def test_the_piece_is_settled_by_pieces_like_it_and_not_by_what_else_the_text_says() -> None:
    texts = [f"{n}.234 | 0.{n}5" for n in range(1, 30)]
    first, second = (call("part", separator="|", index=str(index)) for index in (0, 1))
    assert [name for name, _ in args(texts, first, call("parse_decimal"))] == ["separator", "index"]
    assert args(texts, second, call("parse_decimal"))[-1] == ("separators", ",.")


def test_the_order_of_dates_is_settled_only_where_it_reads_more() -> None:
    assert args(["12/11/2010", "25/11/2010"], call("parse_date")) == [("format", "%d/%m/%Y")]
    assert args(["2010-11-12", "2010-11-25"], call("parse_date")) == []
    assert args(["12/11/2010", "25/11/2010", "3 May 2010"], call("parse_date")) == []


def test_what_cannot_be_executed_is_left_to_the_gate() -> None:
    assert args(["1.5"], call("convert_unit"), call("parse_decimal")) == []
