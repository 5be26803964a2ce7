from __future__ import annotations

from typing import Any

import pytest

from workers.cli.review_told import print_question

REVIEW: dict[str, Any] = {
    "id": 8,
    "subject": "row:4",
    "rule": "jump",
    "state": "open",
    "question": {"meaning": "a value is far from what its column held", "cells": {"employees": 9}},
    "answers": {"approve": "write the row", "reject": "give it up"},
    "created_at": "2026-07-01T09:30:00.5+00:00",
}


def test_a_question_is_shown_with_its_answers(capsys: pytest.CaptureFixture[str]) -> None:
    print_question(REVIEW)
    said = capsys.readouterr().out
    who, _, rest = said.partition("\nit asks:\n")
    asked, _, answers = rest.partition(
        "\nanswer with: assay reviews decide 8 ANSWER --reason …, where ANSWER is one of\n"
    )
    assert "created_at  2026-07-01 09:30:00\n" in who
    assert asked.splitlines() == ["meaning  a value is far from what its column held", 'cells    {"employees": 9}']
    assert answers.splitlines() == ["approve  write the row", "reject   give it up"]


def test_a_question_that_was_answered_asks_for_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    print_question({**REVIEW, "state": "decided"})
    assert "ANSWER" not in capsys.readouterr().out


def asked(capsys: pytest.CaptureFixture[str], **question: Any) -> str:
    print_question({**REVIEW, "question": {"meaning": "it is asked", **question}})
    return capsys.readouterr().out.partition("\nit asks:\n")[2].partition("\nanswer with:")[0]


BINDING = {
    "target": "size",
    "alternatives": [{"paths": ["/n"], "ops": [{"op": "parse_integer", "args": []}]}],
    "origin": "small",
}
TABLE = "FIELD  FROM                ORIGIN\nsize   /n > parse_integer  small\n"


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("plan", {"bindings": [BINDING], "abstained": [{"target": "city", "reason": "absent"}]}),
        ("binding", BINDING),
        ("bindings", {"size": BINDING}),
    ],
)
def test_bindings_are_shown_as_those_of_a_plan(capsys: pytest.CaptureFixture[str], name: str, part: Any) -> None:
    left = "\nleft empty: city (absent)\n" if name == "plan" else ""
    assert asked(capsys, **{name: part}) == f"meaning  it is asked\n\n{name}:\n{TABLE}{left}"


def test_records_and_cells_take_a_line_for_each_thing_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    record = {"id": "r1", "name": "A company with a long name\x1b[31m", "texts": [{"de": "x" * 40, "en": "y" * 40}]}
    said = asked(
        capsys, records=[record, {"id": "r2"}], diff={"size": {"now": None, "new": 3}, "city": {"now": "B" * 50}}
    )
    assert said.splitlines() == [
        "meaning  it is asked",
        "",
        "records:",
        "  - id    r1",
        "    name  A company with a long name [31m",
        "    texts:",
        f"      - de  {'x' * 40}",
        f"        en  {'y' * 40}",
        "  - id  r2",
        "",
        "diff:",
        f"FIELD  NOW{' ' * 49}NEW",
        f"size   -{' ' * 51}3",
        f"city   {'B' * 50}  -",
    ]
