"""The registry is closed, and a call is refused before it is ever made."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from enrichment.operations import (
    ABSENT,
    REGISTRY,
    Fault,
    ReadSettings,
    compile_operation,
    operation_offers,
    settle_date_format,
    settle_separators,
)
from schemas.errors import UsageError
from schemas.plan import OpArg, OpCall


def step(name: str, using: ReadSettings | None = None, **args: str) -> Any:
    call = OpCall(op=name, args=tuple(OpArg(name=n, value=v) for n, v in args.items()))
    return compile_operation(call, using or ReadSettings())


def test_the_registry_holds_the_contract_s_operations_and_no_other() -> None:
    assert set(REGISTRY) == {
        *("copy", "to_text", "casefold", "upper", "first", "join", "element", "select", "part"),
        *("parse_integer", "parse_decimal", "parse_money", "currency_of", "parse_percent", "parse_boolean"),
        *("parse_year", "parse_date", "parse_datetime", "parse_epoch", "parse_country", "parse_currency"),
        *("clean_place", "parse_url", "parse_email", "parse_phone", "map_values", "convert_unit"),
    }


def test_offers_say_all_that_a_call_needs() -> None:
    offers = {offer["op"]: offer for offer in operation_offers()}
    assert list(offers) == list(REGISTRY)
    assert offers["element"]["args"] == [{"name": "index", "type": "integer", "required": True}]
    assert offers["map_values"]["args"] == [{"name": "*", "type": "string", "required": True}]
    assert offers["parse_money"]["args"] == [{"name": "separators", "type": "string", "required": False}]
    assert all(offer["doc"] for offer in offers.values())


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("guess", {}),
        ("copy", {"x": "1"}),
        ("element", {}),
        ("element", {"index": "1.5"}),
        ("element", {"index": "-1"}),
        ("element", {"index": "1" * 10}),
        ("part", {"separator": "", "index": "0"}),
        ("part", {"separator": "-", "index": "-1"}),
        ("parse_epoch", {}),
        ("parse_epoch", {"unit": "us"}),
        ("map_values", {}),
        ("convert_unit", {"from": "degC", "to": "degF"}),
        ("convert_unit", {"from": "degC", "to": "kelvin"}),
        ("convert_unit", {"from": "USD", "to": "EUR"}),
        ("convert_unit", {"from": "kg", "to": "m"}),
        ("convert_unit", {"from": "", "to": "m"}),
        ("convert_unit", {"from": "m * (", "to": "m"}),
    ],
)
def test_a_wrong_call_is_refused(name: str, args: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        step(name, **args)


def test_an_argument_given_twice_is_refused() -> None:
    twice = (OpArg(name="index", value="0"), OpArg(name="index", value="1"))
    with pytest.raises(UsageError):
        compile_operation(OpCall(op="element", args=twice), ReadSettings())


def test_a_table_gives_only_what_the_target_allows_in_its_own_type() -> None:
    using = ReadSettings(allowed=("open", 3, True))
    table = step("map_values", using, A="open", B="3", yes="true")
    assert [table("A"), table(" B "), table("yes")] == ["open", 3, True]
    with pytest.raises(UsageError):
        step("map_values", using, A="closed")
    numbers = step("map_values", **{"1": "one", "true": "yes"})
    assert [numbers(value) for value in (1, True)] == ["one", "yes"]
    outcome = numbers([1])
    assert isinstance(outcome, Fault)
    with pytest.raises(UsageError):
        step("map_values", **{"a b": "1", " a  b ": "2"})


def test_numbers_become_text_in_their_shortest_exact_form() -> None:
    to_text = step("to_text")
    for number, text in (
        (Decimal("1.50"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0"), "0"),
        (Decimal("1E-7"), "0.0000001"),
    ):
        assert to_text(number) == text
    for number in (10**5000, Decimal("1E+1000000"), Decimal("1E-1000000")):
        assert isinstance(to_text(number), Fault)
    assert isinstance(to_text(["a"]), Fault)


def test_join_takes_texts_numbers_and_flat_lists() -> None:
    join = step("join", separator=" | ")
    assert join(["a", None, 5, Decimal("1.50"), True, ["b", " ", "c"]]) == "a | 5 | 1.5 | true | b | c"
    assert isinstance(join([{"a": 1}]), Fault)
    assert isinstance(join([[["a"]]]), Fault)
    assert join([]) is ABSENT


def test_a_piece_is_found_across_runs_of_white_space() -> None:
    assert step("part", separator=" - ", index="1")("one  -\u00a0two") == "two"
    assert step("part", separator="\n", index="1")("one\ntwo") == "two"


def test_numbers_are_matched_by_their_text_in_a_selection() -> None:
    select = step("select", key="id", equals="2", take="name")
    assert select([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]) == "b"
    assert isinstance(select([1]), Fault)


def test_units_are_converted_exactly() -> None:
    for source, target, value, result in (
        ("inch", "cm", 12, Decimal("30.48")),
        ("cm", "inch", Decimal("2.54"), 1),
        ("foot", "inch", 1, 12),
        ("mile", "km", Decimal("0.1"), Decimal("0.1609344")),
        ("km", "m", 5, 5000),
    ):
        assert step("convert_unit", **{"from": source, "to": target})(value) == result
    third = step("convert_unit", **{"from": "inch", "to": "yard"})(1)
    assert str(third) == "0.02777777777777777777777777778"
    assert isinstance(step("convert_unit", **{"from": "km", "to": "m"})("5"), Fault)


def test_a_column_settles_its_separators() -> None:
    assert settle_separators(["1,234", "US$ 3.82 billion"]) == ",."
    assert settle_separators(["1.234", "1.204.377"]) == ".,"
    assert settle_separators(["1.234", "12,5 %"]) == ".,"
    for samples in ([], ["1.234", "2.345"], ["1,234"], ["5", None, 7], ["3.82", "3,82"], ["814,0000"], ["31.03.2017"]):
        assert settle_separators(samples) is None
    assert settle_separators(["3.82"] * 60 + ["3,82"]) == ",."
    assert settle_separators(["3.82"] * 40 + ["3,82"]) is None


def test_a_column_settles_the_order_of_its_dates() -> None:
    assert settle_date_format(["03/04/2021", "25/04/2021"]) == "%d/%m/%Y"
    assert settle_date_format(["03/04/2021", None, "04/25/2021"]) == "%m/%d/%Y"
    assert settle_date_format(["31.12.99", "01.02.03"]) == "%d.%m.%y"
    assert settle_date_format(["25/04/2021 10:00"]) == "%d/%m/%Y %H:%M"
    assert settle_date_format(["2021-03-04"]) == "%Y-%m-%d"
    for samples in (
        [],
        ["03/04/2021"],
        ["25/04/2021", "04/25/2021"],
        ["25/04/2021", "25.04.2021"],
        ["25/04/2021", "soon"],
    ):
        assert settle_date_format(samples) is None


def test_a_settled_format_is_an_argument_that_reads_the_column() -> None:
    samples = ["03/04/2021 10:00", "25/04/2021 11:30"]
    pattern = settle_date_format(samples)
    assert pattern is not None
    read = step("parse_datetime", ReadSettings(time_zone="UTC"), format=pattern)
    assert [read(sample) for sample in samples] == ["2021-04-03T10:00:00Z", "2021-04-25T11:30:00Z"]
