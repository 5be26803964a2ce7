"""Compares rows with labels that a person read out of the sources, and says how sure the counts are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path

from enrichment.evals.scoring import wilson
from schemas.json_types import Cell, Json

LABELS = Path(__file__).with_name("companies_200.jsonl")
#: Fields whose labels are numbers written as text, so that no digit is lost.
DECIMAL_FIELDS = frozenset({"revenue_amount", "net_income_amount"})


class Outcome(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    EMPTY_TRUE = "empty_true"
    EMPTY_FALSE = "empty_false"


@dataclass(frozen=True, slots=True)
class Answer:
    """A cell with the reason why it is empty; a filled cell has none."""

    value: Cell
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """`answers` holds the label first, then what else the rules allow."""

    name: str
    field: str
    answers: tuple[Answer, ...]
    text: Json = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    label: Label
    given: Answer
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of outcomes. `missed` are those of `empty_false` for which the label has a value."""

    right: int
    wrong: int
    empty_true: int
    empty_false: int
    missed: int

    @property
    def total(self) -> int:
        return self.right + self.wrong + self.empty_true + self.empty_false

    @property
    def agreement(self) -> tuple[float, float]:
        """95 % interval of the share of cells that are as labelled, filled or empty."""
        return wilson(self.right + self.empty_true, self.total)

    @property
    def defects(self) -> tuple[float, float]:
        """95 % interval of the share of filled cells that are wrong."""
        return wilson(self.wrong, self.right + self.wrong)


def load_labels(path: Path = LABELS) -> tuple[Label, ...]:
    """Reads labels, one JSON object a line.

    Raises TypeError for what is no label, ValueError for one that is not either a value or a reason.
    """
    return tuple(_label(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line)


def _label(line: Mapping[str, Json]) -> Label:
    accepted = line.get("accept") or ()
    if not isinstance(accepted, Sequence) or isinstance(accepted, str):
        raise TypeError(f"accept is no list: {line}")
    answers = tuple(_answer(one) for one in (line, *accepted))
    return Label(str(line["name"]), str(line["field"]), answers, line["text"], str(line.get("note") or ""))


def _answer(given: Json) -> Answer:
    if not isinstance(given, Mapping):
        raise TypeError(f"an answer is no object: {given!r}")
    value, reason = given["value"], given["reason"]
    if isinstance(value, str | int) and reason is None:
        return Answer(value)
    if value is None and isinstance(reason, str):
        return Answer(None, reason)
    raise ValueError(f"an answer needs either a value or a reason: {given!r}")


def same(field: str, labelled: Cell, given: Cell) -> bool:
    """Whether two cells say the same. Amounts compare as exact numbers, however many zeros they end in."""
    if labelled is None or given is None or isinstance(given, bool) or isinstance(labelled, bool):
        return labelled is given
    if field in DECIMAL_FIELDS:
        try:
            return Decimal(labelled) == Decimal(given)
        except InvalidOperation:
            return False
    return labelled == given and isinstance(labelled, str) == isinstance(given, str)


def judge(label: Label, given: Answer) -> Outcome:
    if given.value is None:
        true = any(answer.value is None and answer.reason == given.reason for answer in label.answers)
        return Outcome.EMPTY_TRUE if true else Outcome.EMPTY_FALSE
    return Outcome.RIGHT if any(same(label.field, a.value, given.value) for a in label.answers) else Outcome.WRONG


def score(
    labels: Iterable[Label],
    rows: Mapping[str, Mapping[str, Cell]],
    reasons: Mapping[str, Mapping[str, str]],
) -> tuple[Judged, ...]:
    """Judges one cell per label.

    rows:    by name, the cells of a row; a row that is missing counts as empty
    reasons: by name and field, the reason code of each empty cell
    """
    judged = []
    for label in labels:
        value = rows.get(label.name, {}).get(label.field)
        given = Answer(value, reasons.get(label.name, {}).get(label.field) if value is None else None)
        judged.append(Judged(label, given, judge(label, given)))
    return tuple(judged)


def tally(judged: Iterable[Judged]) -> Tally:
    cells = tuple(judged)
    counts = Counter(cell.outcome for cell in cells)
    missed = sum(cell.outcome is Outcome.EMPTY_FALSE and cell.label.answers[0].value is not None for cell in cells)
    return Tally(
        counts[Outcome.RIGHT],
        counts[Outcome.WRONG],
        counts[Outcome.EMPTY_TRUE],
        counts[Outcome.EMPTY_FALSE],
        missed,
    )


def table(judged: Sequence[Judged]) -> str:
    """A table of the counts per field and in all, and below it every cell that is not as labelled."""
    fields = tuple(dict.fromkeys(cell.label.field for cell in judged))
    head = ("field", "cells", "right", "wrong", "empty, true", "empty, false", "missed", "as labelled (95 %)")
    whole = tally(judged)
    by_field = (_line(field, tally(cell for cell in judged if cell.label.field == field)) for field in fields)
    lines = [head, *by_field, _line("all", whole)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    text.append(f"wrong among filled cells: {_percent(whole.defects)}")
    text.extend(
        f"{cell.outcome}: {cell.label.name} / {cell.label.field}: labelled {_said(cell.label.answers[0])}, "
        f"given {_said(cell.given)}, text {cell.label.text!r}"
        for cell in judged
        if cell.outcome in {Outcome.WRONG, Outcome.EMPTY_FALSE}
    )
    return "\n".join(text)


def _line(field: str, counts: Tally) -> tuple[str, ...]:
    numbers = (counts.total, counts.right, counts.wrong, counts.empty_true, counts.empty_false, counts.missed)
    return (field, *map(str, numbers), _percent(counts.agreement))


def _percent(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.1%} to {interval[1]:.1%}"


def _said(answer: Answer) -> str:
    return f"empty ({answer.reason})" if answer.value is None else repr(answer.value)
