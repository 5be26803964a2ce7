from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from enrichment.store.figures import EmptyCells, Fill
from workers.demo.rendering import render
from workers.demo.report import LetterGroup, Next, Report, Seconds

EXAMPLE: dict[str, Any] = json.loads(Path(__file__).with_name("example_report.json").read_text())


def report(**counts: int) -> Report:
    job = {**EXAMPLE["job"], "counts": {**EXAMPLE["job"]["counts"], **counts}}
    return Report(
        job=job,
        fill=Fill(**EXAMPLE["fill"]),
        empty=[EmptyCells(**one) for one in EXAMPLE["empty"]],
        shapes=2,
        plans=EXAMPLE["plans"],
        letters=[LetterGroup(one["code"], 1, one) for one in EXAMPLE["letters"]],
        explained=EXAMPLE["explained"],
        urls={"API docs": "http://127.0.0.1:8383/docs", "Flower": "http://127.0.0.1:5555"},
        login="user assay, password secret",
        model="assay-offline-small at http://127.0.0.1:8461/v1 (rules, no language model)",
        changed=["DoorDash /metadata/employees = 40,000 (2026)"],
        seconds=Seconds(9.81, 21.4),
        next=[Next("assay up", "serve this again at the addresses above")],
    )


def printed(shown: Report, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    render(shown, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_report_says_what_was_asked_for() -> None:
    text = printed(report())
    for said in (
        "accepted 1,837 = written 1,836 + unchanged 0 + dead 1 (adds up)",
        "1: listed_companies into company, partial",
        "planning 4, audit 31; tokens 181,022 in, 20,411 out; cost none",
        "2, plans in force 1; bindings by large 1, matcher 1, small 1",
        "absent 371, ambiguous 34, out_of_range 8",
        "Plan 3 of shape 1: released",
        "parse_integer(separators=,.)",
        "else /metadata/headquarters > parse_country",
        "condemned 2/3",
        "left empty: absent",
        "identity_missing",
        "c. 162,000 (2025)",
        "162000 (the source says about)",
        "this cell was found supported; the field is released, 0 wrong of 116 looked at",
        "empty: ambiguous",
        "this cell was not in the sample",
        "http://127.0.0.1:8383/docs",
        "password secret",
        "assay up",
        "set-up 9.8 s, run 21.4 s",
        "DoorDash /metadata/employees = 40,000 (2026)",
    ):
        assert said in text, said
    assert "Plan 2" not in text


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, printed(report(), width).splitlines())) <= width


def test_what_a_source_wrote_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in printed(report())


def test_records_that_are_lost_are_told_and_fail_the_demo() -> None:
    lost = report(accepted=1838)
    assert "(is 1,837)" in printed(lost)
    assert not lost.adds_up
    assert not lost.succeeded
    assert lost.document()["conservation"]["holds"] is False


@pytest.mark.parametrize(("state", "succeeded"), [("done", True), ("partial", True), ("failed", False)])
def test_a_demo_succeeds_with_its_job(state: str, *, succeeded: bool) -> None:
    shown = report()
    assert replace(shown, job={**shown.job, "state": state}).succeeded is succeeded


def test_the_document_holds_the_job_and_everything_that_is_shown() -> None:
    document = json.loads(json.dumps(report().document()))
    assert document["job"] == EXAMPLE["job"]
    assert document["conservation"] == {
        "accepted": 1837,
        "ends": {name: n for name, n in EXAMPLE["job"]["counts"].items() if name != "accepted"},
        "sum": 1837,
        "holds": True,
    }
    assert document["origins"] == {"matcher": 1, "small": 1, "large": 1}
    assert document["shapes"] == 2
    assert document["seconds"] == {"set_up": 9.81, "run": 21.4}
    employees = next(one for one in document["fill"] if one["field"] == "employee_count")
    assert employees["filled"] == 1420
    assert employees["empty"][1] == {"reason": "ambiguous", "cells": 34, "key": "Beazley Group"}
    assert document["dead_letters"][0]["code"] == "identity_missing"
