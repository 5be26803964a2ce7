"""A job as people read it, at its end and while it waits."""

from __future__ import annotations

import errno
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from enrichment.client.document import Document
from enrichment.client.jobs import Job
from schemas.errors import TransientError
from workers.api.examples import JOB
from workers.cli.job_told import duration, hint, print_job
from workers.cli.jobs import watch

WAIT = {
    "on": "review",
    "says": "a person's answer to 3 questions: a value is far from what its column held",
    "works": 0,
    "records": 4,
    "since": "2026-07-01T09:30:00+00:00",
    "until": None,
    "command": "assay reviews list",
}


def told(capsys: pytest.CaptureFixture[str], **changes: Any) -> str:
    print_job({**JOB, **changes})
    return capsys.readouterr().out


def counts(**given: int) -> dict[str, int]:
    return {"accepted": sum(given.values()), **dict.fromkeys(("in_flight", "held", "written", "dead"), 0), **given}


def test_the_end_is_told_in_a_few_lines_with_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    spent = "3 planning calls, 12 audit calls; tokens 41,250 in, 3,310 out"
    assert told(capsys).splitlines() == [
        "job 17 is partial: listed_companies into company, in 1 min 12 s",
        "  asked    at most 100 records",
        "  records  100 accepted = 95 written + 5 dead",
        f"  model    {spent}; cost 0.0169, 0.0001778947 a written record",
        "  empty    founded_year (absent): no plan of listed_companies fills it",
        "next: see why 5 records were given up on (3 out_of_range, 2 identity_missing): assay dlq list --job 17",
        "      if founded_year is what tells rows apart: describe it better in the target, or assay plans import",
        "      once the cause is mended (in the source itself: with --refetch): assay dlq replay --job 17",
    ]


def test_what_is_asked_about_its_rows_is_told_at_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Cells may wait for an answer in rows that count as written."""
    said = told(capsys, state="done", questions=2)
    assert "  asks     2 questions about listed_companies into company\n           -> assay reviews list\n" in said


def test_what_goes_on_behind_its_end_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A cell that was condemned is filled once another plan is found, which the job does not wait for."""
    said = told(capsys, state="done", goes_on={"chunk": 2, "plan": 1})
    assert (
        "  goes on  a plan for what is left empty or was condemned is sought, records go back through:"
        " cells of company may still be filled or emptied\n           -> assay jobs 17\n"
    ) in said
    assert "goes on" not in told(capsys, state="running")


def test_what_is_nought_or_unknown_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(
        capsys,
        state="done",
        scope={},
        cost=None,
        counts=counts(unchanged=9),
        calls={"planning": 0, "audit": 0},
        unfilled=[],
    )
    assert said.splitlines() == [
        "job 17 is done: listed_companies into company, in 1 min 12 s",
        "  records  9 accepted = 9 unchanged",
        "  model    no calls",
    ]


def test_a_field_that_is_bound_and_filled_nowhere_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    unread = [{"field": "revenue", "reasons": ["ambiguous"], "rows": 1200}]
    said = told(capsys, state="done", scope={}, counts=counts(written=9), unread=unread).splitlines()
    at = said.index("  unread   revenue (ambiguous): filled in no row, though 1,200 have something there")
    assert said[at + 1] == "           -> assay audit report"


def test_what_it_waits_for_stands_with_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, state="blocked", finished_at=None, counts=counts(review=4), waits=[WAIT])
    assert ", since 2026-07-01 09:30:00 UTC\n" in said
    assert f"  waits    for {WAIT['says']} (4 records, since 2026-07-01 09:30:00 UTC)\n" in said
    assert said.endswith("           -> assay reviews list\n")


def test_ids_that_are_not_at_the_source_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    letters = {"replay": 0, "refetch": 5, "resubmit": 0}
    said = told(capsys, not_found={"count": 5, "ids": ["a", "b"]}, letters=letters, scope={"scoped": True})
    assert "  asked    records named by their ids\n" in said
    assert "  no such  5 of the ids named are not at the source: a, b and 3 more\n" in said
    one = told(capsys, not_found={"count": 1, "ids": ["a"]}, letters=letters, scope={"scoped": True})
    assert "  no such  1 of the ids named is not at the source: a\n" in one
    # nothing of them is stored that could be tried again
    assert said.endswith("assay dlq replay --job 17 --refetch\n")


@pytest.mark.parametrize(
    ("letters", "commands"),
    [
        ({"replay": 1, "refetch": 0, "resubmit": 0}, ["assay dlq replay --job 17"]),
        ({"replay": 0, "refetch": 1, "resubmit": 0}, ["assay dlq replay --job 17 --refetch"]),
        ({"replay": 0, "refetch": 0, "resubmit": 1}, ["assay dlq discard ID --reason …"]),
        ({"replay": 1, "refetch": 1, "resubmit": 0}, ["dlq replay --job 17", "dlq replay --job 17 --refetch"]),
        (None, []),
    ],
)
def test_letters_are_tried_again_in_the_way_that_works_for_them(
    capsys: pytest.CaptureFixture[str], letters: dict[str, int] | None, commands: list[str]
) -> None:
    first, *said = (
        told(capsys, letters=letters, counts=counts(dead=1), refused_counts=None).partition("next: ")[2].splitlines()
    )
    assert first == "see why 1 record was given up on: assay dlq list --job 17"
    assert len(said) == len(commands)
    assert all(line.endswith(command) for line, command in zip(said, commands, strict=True))


def test_of_more_letters_than_a_listing_shows_it_names_their_statistics(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, counts=counts(dead=400), refused_counts={"key_missing": 400}, letters=None)
    assert said.endswith("next: see why 400 records were given up on (400 key_missing): assay dlq stats --job 17\n")


def test_a_dry_run_says_that_nothing_was_written_and_leaves_no_letters(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"record_id": "1", "key": "1&1", "cells": {"employees": 3167}, "reasons": {}}]
    refused = [{"record_id": "9", "code": "identity_missing"}]
    said = told(
        capsys,
        dry_run=True,
        counts=counts(unchanged=37, dead=1),
        rows=rows,
        refused=refused,
        refused_counts={"identity_missing": 1},
    )
    assert said.startswith("job 17 (a dry run) is partial")
    assert "38 accepted = 1 dead + 37 staged or unchanged" in said
    assert "Nothing was written" in said
    assert "1 of 37 records that passed the gate or are unchanged, as rows:\nKEY  EMPLOYEES\n1&1  3167\n" in said
    assert "1 record would have become dead letters (1 identity_missing); 1 of them:\nRECORD ID  CODE\n9   " in said
    assert "dlq" not in said
    assert said.endswith("next: write them: assay submit listed_companies company\n")


def test_an_error_is_told_before_all(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, state="failed", counts=counts(), error={"code": "source_refused", "message": "401; set CRM"})
    assert said.splitlines()[1] == "  error    401; set CRM"
    assert said.endswith("next: mend what the error names, then submit it again\n")


def test_a_listing_has_a_word_of_what_jobs_wait_for() -> None:
    assert hint({"waits": []}) is None
    waits = [WAIT, {**WAIT, "records": 2}, {**WAIT, "records": None}, {**WAIT, "on": "held_cap", "records": None}]
    assert hint({"waits": waits}) == "review (6), held cap"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (72, "1 min 12 s"), (3_725, "1 h 2 min"), (90_000, "1 d 1 h")],
)
def test_durations_have_two_units(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


class Standing(Job):
    """A job that never goes on, and of which a second passes at each look."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(None, Document({**JOB, **changes}))  # type: ignore[arg-type]

    def wait(self, timeout: float | None = None, poll: float = 0.5) -> Job:
        raise TransientError(f"still running after {timeout}", hint=f"polled each {poll} s", code="timeout")


def test_who_waits_for_a_job_that_stands_still_is_told_why_once(capsys: pytest.CaptureFixture[str]) -> None:
    idle = {**WAIT, "on": "source_idle", "command": None}
    with pytest.raises(TransientError, match="job 17 is blocked after 30 s"):
        watch(Standing(state="blocked", waits=[WAIT, idle]), 30.0)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"it waits for {WAIT['says']} -> assay reviews list\n"


def test_who_waits_is_told_what_failed_and_is_tried_again(capsys: pytest.CaptureFixture[str]) -> None:
    failed = {**WAIT, "on": "retry", "command": None, "says": "its next attempt at fetch, after: BREW_KEY is not set"}
    with pytest.raises(TransientError):
        watch(Standing(state="running", waits=[failed]), 30.0)
    assert capsys.readouterr().err == "it waits for its next attempt at fetch, after: BREW_KEY is not set\n"


def test_who_waits_for_an_hour_is_told_until_when(capsys: pytest.CaptureFixture[str]) -> None:
    rate = {**WAIT, "says": "the rate limit of a.example", "until": "2026-07-01T10:30:00+00:00", "command": "wait"}
    with pytest.raises(TransientError):
        watch(Standing(state="running", waits=[rate]), 8.0)
    said = "it waits for the rate limit of a.example, next look 2026-07-01 10:30:00 UTC -> wait\n"
    assert capsys.readouterr().err == said


def whole(terminal: int) -> str:
    """All that is written to the other end, until that is closed."""
    parts: list[bytes] = []
    try:
        while part := os.read(terminal, 4096):
            parts.append(part)
    except OSError as error:  # Linux says of a closed end that it cannot be read
        if error.errno != errno.EIO:
            raise
    os.close(terminal)
    return b"".join(parts).decode()


def test_what_is_told_beside_the_bar_stands_on_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = os.openpty()
    with ThreadPoolExecutor(max_workers=1) as reading:
        # a terminal holds a few kilobytes; how often the bar is drawn again meanwhile, the machine's load decides
        read = reading.submit(whole, here)
        with os.fdopen(there, "w", encoding="utf-8") as terminal:
            monkeypatch.setattr(sys, "stderr", terminal)
            with pytest.raises(TransientError):
                watch(Standing(state="running", waits=[{**WAIT, "says": "an answer"}]), 8.0)
        said = read.result(timeout=30)
    before, _, behind = said.partition("it waits for an answer")
    assert before.endswith("\x1b[2K")
    assert behind.partition("\r\n")[0] == " -> assay reviews list"


def test_who_stops_waiting_is_told_that_the_job_goes_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> Job:
        raise KeyboardInterrupt

    monkeypatch.setattr(Standing, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        watch(Standing(), None)
    assert "job 17 goes on; see: assay jobs 17; stop it: assay jobs cancel 17" in capsys.readouterr().err
