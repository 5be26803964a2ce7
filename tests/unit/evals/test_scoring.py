from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.json_types import Cell
from tests.evals.scoring import Answer, Label, Outcome, judge, load_labels, same, score, table, tally, wilson

AMOUNT = Label("Acme", "revenue_amount", (Answer("3910000000"),))
YEAR = Label("Acme", "founded_year", (Answer(1988),))
ABSENT = Label("Acme", "isin", (Answer(None, "absent"),))
EITHER = Label("Acme", "net_income_amount", (Answer("1746000000"), Answer(None, "ambiguous")))


@pytest.mark.parametrize(
    ("label", "given", "outcome"),
    [
        (AMOUNT, Answer(Decimal("3.91E+9")), Outcome.RIGHT),
        (AMOUNT, Answer("3910000000.00"), Outcome.RIGHT),
        (AMOUNT, Answer(3910000000), Outcome.RIGHT),
        (AMOUNT, Answer(Decimal("3.91")), Outcome.WRONG),
        (AMOUNT, Answer("much"), Outcome.WRONG),
        (AMOUNT, Answer(None, "absent"), Outcome.EMPTY_FALSE),
        (YEAR, Answer(1988), Outcome.RIGHT),
        (YEAR, Answer("1988"), Outcome.WRONG),
        (YEAR, Answer(value=True), Outcome.WRONG),
        (ABSENT, Answer(None, "absent"), Outcome.EMPTY_TRUE),
        (ABSENT, Answer(None, "ambiguous"), Outcome.EMPTY_FALSE),
        (ABSENT, Answer(None), Outcome.EMPTY_FALSE),
        (ABSENT, Answer("US0378331005"), Outcome.WRONG),
        (ABSENT, Answer("absent"), Outcome.WRONG),
        (EITHER, Answer(None, "ambiguous"), Outcome.EMPTY_TRUE),
        (EITHER, Answer(None, "absent"), Outcome.EMPTY_FALSE),
        (EITHER, Answer(1746000000), Outcome.RIGHT),
        (EITHER, Answer(1746), Outcome.WRONG),
    ],
)
def test_each_cell_ends_in_one_of_four_outcomes(label: Label, given: Answer, outcome: Outcome) -> None:
    assert judge(label, given) is outcome


def test_text_of_a_number_is_the_number_only_in_amounts() -> None:
    assert same("revenue_amount", "10", "10.0")
    assert not same("symbol", "10", "10.0")
    assert not same("symbol", "10", 10)


def test_a_missing_row_is_empty_without_a_true_reason() -> None:
    counts = tally(score((AMOUNT, ABSENT), {}, {}))
    assert (counts.right, counts.wrong, counts.empty_true, counts.empty_false, counts.missed) == (0, 0, 0, 2, 1)


def test_the_reason_of_a_filled_cell_is_not_looked_at() -> None:
    (cell,) = score((YEAR,), {"Acme": {"founded_year": 1988}}, {"Acme": {"founded_year": "absent"}})
    assert cell.outcome is Outcome.RIGHT


def test_wilson_agrees_with_published_values() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(29, 29) == pytest.approx((0.8830, 1.0), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_table_counts_and_names_what_is_not_as_labelled() -> None:
    rows: dict[str, dict[str, Cell]] = {
        "Acme": {"revenue_amount": Decimal(3910000000), "founded_year": 1989, "isin": None}
    }
    text = table(score((AMOUNT, YEAR, ABSENT), rows, {"Acme": {"isin": "absent"}}))
    assert text.splitlines()[4].split()[:7] == ["all", "3", "1", "1", "1", "0", "0"]
    assert "wrong: Acme / founded_year: labelled 1988, given 1989" in text
    assert "Acme / revenue_amount:" not in text


def test_the_table_of_nothing_is_a_table() -> None:
    assert table(()).splitlines()[1].split()[0] == "all"


@pytest.mark.parametrize(
    "answer", [{"value": None, "reason": None}, {"value": 1, "reason": "absent"}, {"value": 1.5, "reason": None}]
)
def test_a_label_is_either_a_value_or_a_reason(tmp_path: Path, answer: dict[str, object]) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps({"name": "Acme", "field": "isin", "text": None, **answer}), encoding="utf-8")
    with pytest.raises(ValueError, match="either a value or a reason"):
        load_labels(path)


def test_the_labels_are_two_hundred_different_cells_and_agree_with_themselves() -> None:
    labels = load_labels()
    assert len({(label.name, label.field) for label in labels}) == len(labels) == 200
    assert len({label.field for label in labels}) == 12
    rows: dict[str, dict[str, Cell]] = {}
    reasons: dict[str, dict[str, str]] = {}
    for label in labels:
        answer = label.answers[0]
        rows.setdefault(label.name, {})[label.field] = answer.value
        reasons.setdefault(label.name, {})[label.field] = answer.reason or ""
    counts = tally(score(labels, rows, reasons))
    assert (counts.wrong, counts.empty_false) == (0, 0)
    assert counts.right == 153
