"""The operations read each labelled text as a person did: nothing wrong, nothing empty for a false reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from enrichment.execution import Reading, compile_binding
from enrichment.operations import ReadSettings
from schemas.json_types import Json, Record
from schemas.plan import Alternative, Binding, OpArg, OpCall
from tests.evals.scoring import Label, load_labels, score, table, tally

#: Settled for the whole column: its texts group by comma and have decimal points.
ENGLISH = (OpArg(name="separators", value=",."),)
OPERATIONS = {
    "name": OpCall(op="copy"),
    "symbol": OpCall(op="copy"),
    "isin": OpCall(op="element", args=(OpArg(name="index", value="0"),)),
    "country": OpCall(op="parse_country"),
    "founded_year": OpCall(op="parse_year"),
    "employee_count": OpCall(op="parse_integer", args=ENGLISH),
    "revenue_amount": OpCall(op="parse_money", args=ENGLISH),
    "revenue_currency": OpCall(op="currency_of", args=ENGLISH),
    "net_income_amount": OpCall(op="parse_money", args=ENGLISH),
    "net_income_currency": OpCall(op="currency_of", args=ENGLISH),
    "website": OpCall(op="parse_url"),
    "headquarters": OpCall(op="clean_place"),
}


def reader(field: str) -> Callable[[Record], Reading]:
    paths = ("/country", "/headquarters") if field == "country" else ("/text",)
    alternatives = tuple(Alternative(paths=(path,), ops=(OPERATIONS[field],)) for path in paths)
    return compile_binding(Binding(target=field, alternatives=alternatives), ReadSettings())


def record_of(label: Label) -> Mapping[str, Json]:
    return label.text if isinstance(label.text, Mapping) else {"text": label.text}


@pytest.mark.parametrize("field", OPERATIONS)
def test_operations_agree_with_the_labels(field: str) -> None:
    read = reader(field)
    labels = [label for label in load_labels() if label.field == field]
    readings = {label.name: read(record_of(label)) for label in labels}
    judged = score(
        labels,
        {name: {field: reading.value} for name, reading in readings.items()},
        {name: {field: reading.reason or ""} for name, reading in readings.items()},
    )
    counts = tally(judged)
    assert (counts.wrong, counts.empty_false) == (0, 0), table(judged)
    assert counts.total == len(labels) > 0
