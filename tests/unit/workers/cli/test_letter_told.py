from __future__ import annotations

from typing import Any

import pytest

from workers.cli.letters import print_letter

LETTER: dict[str, Any] = {
    "id": 41,
    "code": "type",
    "issues": [
        {
            "field": "employee_count",
            "rule": "type",
            "message": "states no number, however long one looks for it, not even where it says that it is one",
            "paths": ["/staff", "/people"],
            "source_text": ["many\x1b[31m", None],
        },
        {"field": "city", "rule": "absent", "message": "", "paths": ["/city"], "source_text": ["Rom"]},
        {"field": None, "rule": "invariant_broken", "message": "closed before it was founded"},
    ],
    "record": {"id": "7", "staff": "many\x1b[31m", "city": "Köln\u202e", "tags": ["a", "b"]},
    "text": None,
}


def test_a_letter_is_told_issue_by_issue_with_its_record_laid_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_letter(LETTER)
    said = capsys.readouterr().out
    assert "issue 1 of 3:\nfield        employee_count\n" in said
    assert "message      states no number, however long one looks for it, not even where it says that it is one" in said
    assert "paths        /staff, /people\n" in said
    assert "source_text  Rom\n" in said
    assert "field    -\nrule     invariant_broken\n" in said
    assert 'the record:\n{\n  "id": "7",\n' in said
    assert '  "city": "Köln\\u202e",\n' in said
    assert "\x1b" not in said
    assert "what stood there" not in said


def test_text_that_never_became_a_record_keeps_its_lines_and_moves_no_cursor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_letter({"id": 1, "issues": [], "record": None, "text": '{"id": 1,\n "name\x1b]0;x\x07\x9b'})
    said = capsys.readouterr().out
    assert said.endswith('what stood there:\n{"id": 1,\n "name\\u001b]0;x\\u0007\\u009b\n')
    assert "the record:" not in said
