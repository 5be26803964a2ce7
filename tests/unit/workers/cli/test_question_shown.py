from __future__ import annotations

from typing import Any

import pytest

from workers.cli.reviews import print_question

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
