"""A table on a narrow terminal keeps each row on one line; piped, it is whole."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import pytest

from workers.cli.fitting import fitted
from workers.cli.output import print_table

LETTER = {
    "id": 50,
    "state": "open",
    "code": "identity_missing",
    "stage": "gate",
    "source": "suppliers_of_the_north",
    "target": "company",
    "record_id": "supplier-00290",
    "job": 1,
    "replays": 0,
    "created_at": "2026-11-30T14:55:42+00:00",
}
WIDE = (
    "ID  STATE  CODE              STAGE  SOURCE                  TARGET   RECORD ID       JOB  REPLAYS  CREATED AT\n"
    "50  open   identity_missing  gate   suppliers_of_the_north  company  supplier-00290  1    0        "
    "2026-11-30 14:55:42\n"
)


def shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int | None, *rows: Any
) -> list[str]:
    """What is printed on a terminal of so many columns; null: it is no terminal."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: columns is not None)
    monkeypatch.setattr(
        "workers.cli.output.shutil.get_terminal_size", lambda *_, **__: os.terminal_size((columns or 80, 24))
    )
    print_table(rows, list(rows[0]), empty="")
    return capsys.readouterr().out.splitlines(keepends=True)


def test_what_is_piped_or_has_room_is_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for columns in (None, 120):
        assert "".join(shown(capsys, monkeypatch, columns, LETTER)) == WIDE


@pytest.mark.parametrize("columns", [110, 100, 90, 80, 70])
def test_each_row_stays_on_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    lines = shown(capsys, monkeypatch, columns, LETTER, {**LETTER, "id": 51, "record_id": "supplier-00291"})
    assert max(len(line.rstrip("\n")) for line in lines) <= columns
    # nothing in it, and nothing that was cut is a number or the first column
    assert "REPLAYS" not in "".join(lines)
    assert [line.split()[0] for line in lines[-2:]] == ["50", "51"]
    # ids differ at their ends
    assert "0290" in lines[-2]
    assert "0291" in lines[-1]


def narrow(columns: int, *lines: tuple[str, ...], times: bool = True) -> list[list[str]]:
    heads, rows, _ = fitted(lines, columns, times=[times] * len(lines[0]), today=date(2026, 12, 1))
    return [*heads, *rows]


OLD, THIS_YEAR, TODAY = "2025-12-01 14:55:42", "2026-11-30 14:55:42", "2026-12-01 14:55:42"


@pytest.mark.parametrize(
    ("columns", "times", "said"),
    [
        (19, [OLD], [OLD]),
        (18, [OLD], ["2025-12-01 14:55"]),
        (12, [THIS_YEAR, TODAY], ["11-30 14:55", "12-01 14:55"]),
        (9, [TODAY, "-"], ["14:55", "-"]),
        # beside another year the own one is needed
        (9, [OLD, TODAY], ["2025-12-01 14:55", "2026-12-01 14:55"]),
    ],
)
def test_times_lose_what_is_not_needed(columns: int, times: list[str], said: list[str]) -> None:
    assert narrow(columns, ("AT",), *[(one,) for one in times])[1:] == [[one] for one in said]


def test_a_time_that_a_source_wrote_is_not_ours_to_shorten() -> None:
    assert narrow(14, ("ID", "VALUE"), ("1", OLD), times=False)[-1] == ["1", OLD]


def test_headings_take_several_lines_before_a_text_is_cut() -> None:
    assert narrow(22, ("ID", "FIELDS RELEASED", "MODEL"), ("1", "12", "small")) == [
        ["", "FIELDS", ""],
        ["ID", "RELEASED", "MODEL"],
        ["1", "12", "small"],
    ]
    # of a sentence the beginning is kept
    assert narrow(20, ("ID", "ASKS"), ("1", "whether this may be written"))[-1] == ["1", "whether this ma…"]
