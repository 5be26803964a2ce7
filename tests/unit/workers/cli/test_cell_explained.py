from __future__ import annotations

from typing import Any

import pytest

from workers.cli.explained import print_cell
from workers.cli.output import print_table, short_time

PAST = {
    "value": 3167,
    "source": "crm",
    "record_id": "1&1",
    "observation": 1,
    "version": None,
    "plan": 5,
    "job": 17,
    "state": "void",
    "written_at": "2026-07-01T09:30:40.123456+00:00",
    "voided_at": "2026-07-02T10:00:00+00:00",
    "void_reason": "condemned",
}
CELL: dict[str, Any] = {
    "target": "company",
    "key": "1&1",
    "field": "employee_count",
    "value": 3200,
    "reason": None,
    "source_text": "c. 3,200",
    "source": "crm",
    "record_id": "1&1",
    "paths": ["/metadata/employees", "/staff"],
    "ops": [{"op": "parse_integer", "args": [{"name": "separators", "value": ",."}]}, {"op": "trim", "args": []}],
    "plan": 6,
    "job": 18,
    "verdict": "accepted",
    "audit": {
        "state": "released",
        "audited": 188,
        "defects": 1,
        "verdict": "supported",
        "auditor": "m",
        "judged_at": "2026-07-01T09:30:40+00:00",
    },
    "written_at": "2026-07-03T09:30:40.9+00:00",
    "proposed": None,
    "where": None,
    "history": [PAST, {**PAST, "value": None, "state": "standing", "voided_at": None, "void_reason": None}],
}


@pytest.mark.parametrize(("seen", "told"), [(1, True), (3, False)])
def test_it_is_said_of_an_auditor_that_it_overlooks_what_is_planted(
    seen: int, told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    print_cell({**CELL, "audit": {**CELL["audit"], "planted": 6, "seen": seen}})
    assert (f"that auditor is blind: of 6 known defects it saw {seen}" in capsys.readouterr().out) is told


def test_the_history_has_titles_under_which_its_columns_stand(capsys: pytest.CaptureFixture[str]) -> None:
    print_cell(CELL)
    said, _, history = capsys.readouterr().out.partition("what else was asserted of this cell, the newest first:\n")
    assert "paths        /metadata/employees, /staff" in said
    assert "ops          parse_integer(separators=,.) > trim" in said
    assert (
        "audit        the field is released: 188 cells audited, 1 found wrong;"
        " this cell is supported by m, 2026-07-01 09:30:40" in said
    )
    assert "written_at   2026-07-03 09:30:40\n" in said
    titles, first, second = history.splitlines()
    assert titles.split() == [
        "VALUE",
        "STATE",
        "SOURCE",
        "RECORD",
        "OBSERVATION",
        "VERSION",
        "PLAN",
        "JOB",
        "WRITTEN",
        "AT",
        "WITHDRAWN",
    ]
    for title, value in (("VALUE", "3167"), ("RECORD", "1&1"), ("WRITTEN AT", "2026-07-01 09:30:40"), ("PLAN", "5")):
        assert first[titles.index(title) :].startswith(value)
    assert first.endswith("2026-07-02 10:00:00 condemned")
    assert second.endswith("-")


def test_a_cell_that_is_not_written_says_where_its_record_is(capsys: pytest.CaptureFixture[str]) -> None:
    where = {"state": "dead", "source": "crm", "record_id": "9", "code": "type", "job": 3, "letter": 41, "review": None}
    print_cell({**CELL, "value": None, "history": [], "where": where, "audit": None})
    said = capsys.readouterr().out
    assert "not in the table: record 9 of crm is dead (type); see: assay dlq show 41\n" in said
    assert "asserted" not in said


def test_only_our_own_times_are_shortened(capsys: pytest.CaptureFixture[str]) -> None:
    assert short_time(None) == ""
    assert short_time("today") == "today"
    instant = "2026-07-01T09:30:40.5Z"
    print_table([{"created_at": instant, "moment": instant}], ("created_at", "moment"), empty="")
    assert capsys.readouterr().out.splitlines()[1] == f"2026-07-01 09:30:40  {instant}"


def test_a_cell_of_a_rejected_record_names_the_issue_that_rejected_it(capsys: pytest.CaptureFixture[str]) -> None:
    issue = {"field": "name", "rule": "identity_missing", "message": "no key: absent"}
    where = {"record_id": "7", "source": "crm", "state": "dead", "code": "identity_missing", "letter": 3}
    print_cell({**CELL, "value": None, "reason": "record_rejected", "issue": issue, "where": where, "history": []})
    said = capsys.readouterr().out
    assert "rejected: name: identity_missing (no key: absent)\n" in said
    assert "see: assay dlq show 3" in said
