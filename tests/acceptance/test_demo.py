"""The demo as a user runs it: a first run, the same again, and one company changed at its API."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from demo_texts import plain_fields
from psycopg.rows import dict_row

from tests.evals.scoring import Outcome, load_labels, score, table
from workers.demo.companies import load_companies
from workers.embedded import discard_postgres, start_postgres
from workers.embedded.servers import OWNER

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(280)]

ROOT = Path(__file__).parents[2]
COLUMNS = [
    "name",
    "symbol",
    "isin",
    "country",
    "founded_year",
    "employee_count",
    "revenue_amount",
    "revenue_currency",
    "net_income_amount",
    "net_income_currency",
    "website",
    "headquarters",
]
CHANGE = "Oracle Corporation:/metadata/employees=170,000 (2026)"
#: Share of the plain texts of a field that must be read.
LEAST_READ = 0.98


def assay(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "workers", "--data-dir", str(data_dir), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=data_dir,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def demo(data_dir: Path, *arguments: str) -> dict[str, Any]:
    ended = assay(data_dir, "demo", "--json", *arguments)
    assert ended.returncode == 0, ended.stderr[-4_000:]
    report: dict[str, Any] = json.loads(ended.stdout)
    return report


@dataclass(frozen=True)
class Table:
    """The rows by name, the transaction that wrote each, and why cells are empty."""

    rows: Mapping[str, Mapping[str, Any]]
    written_by: Mapping[str, str]
    reasons: Mapping[str, Mapping[str, str]]


def read(url: str) -> Table:
    with psycopg.connect(url.replace("+psycopg", ""), row_factory=dict_row) as connection:
        rows = connection.execute("SELECT xmin::text AS written_by, * FROM public.company").fetchall()
        reasons = connection.execute(
            "SELECT cells ->> 'name' AS name, reasons FROM assay.assertion"
            " WHERE target = 'company' AND state = 'standing' ORDER BY observation"
        ).fetchall()
    written_by = {row["name"]: row.pop("written_by") for row in rows}
    return Table({row["name"]: row for row in rows}, written_by, {row["name"]: row["reasons"] for row in reasons})


@dataclass(frozen=True)
class Runs:
    """Reports and the table after each run; between the first and the second the fleet was stopped and started."""

    first: dict[str, Any]
    after_first: Table
    served_again: dict[str, Any]
    docs_status: int
    second: dict[str, Any]
    after_second: Table
    third: dict[str, Any]
    after_third: Table


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    data_dir = Path(tempfile.mkdtemp(prefix="assay-demo-"))
    data_dir.chmod(0o711)
    try:
        yield _run(data_dir)
    finally:
        assay(data_dir, "down")
        discard_postgres(data_dir)
        shutil.rmtree(data_dir)


def _run(data_dir: Path) -> Runs:
    first = demo(data_dir)
    server = start_postgres(data_dir)
    after_first = read(server.url_for(OWNER))
    server.stop()
    up = assay(data_dir, "up", "--detach")
    assert up.returncode == 0, up.stderr[-4_000:]
    status = json.loads(assay(data_dir, "status", "--json").stdout)
    with urllib.request.urlopen(first["urls"]["API docs"], timeout=10) as answer:  # noqa: S310 - on loopback
        docs_status = answer.status
    second = demo(data_dir)
    after_second = read(status["database"]["url"])
    third = demo(data_dir, "--set", CHANGE)
    return Runs(
        first=first,
        after_first=after_first,
        served_again=status,
        docs_status=docs_status,
        second=second,
        after_second=after_second,
        third=third,
        after_third=read(status["database"]["url"]),
    )


def test_every_record_is_in_exactly_one_place(runs: Runs) -> None:
    for report in (runs.first, runs.second, runs.third):
        counts = report["job"]["counts"]
        assert counts["accepted"] == 1837
        assert sum(n for name, n in counts.items() if name != "accepted") == 1837
        assert report["conservation"]["holds"]
        assert report["job"]["state"] in {"done", "partial"}
    assert len(runs.after_first.rows) == runs.first["job"]["counts"]["written"] == runs.first["rows"]


def test_few_shapes_and_few_planning_calls_fill_the_table(runs: Runs) -> None:
    assert 1 <= runs.first["shapes"] <= 3
    assert 1 <= runs.first["job"]["calls"]["planning"] <= 9
    in_force = [plan for plan in runs.first["plans"] if plan["state"] in {"probation", "released"}]
    assert in_force
    for plan in in_force:
        named = [one["target"] for one in (*plan["bindings"], *plan["abstained"])]
        assert sorted(named) == sorted(COLUMNS)
        assert all(binding["origin"] in {"matcher", "small", "large"} for binding in plan["bindings"])


def test_the_table_is_exactly_what_was_asked_for(runs: Runs) -> None:
    rows = runs.after_first.rows
    assert list(rows["1&1"]) == COLUMNS
    assert rows["1&1"]["employee_count"] == 3167
    assert rows["DoorDash"]["employee_count"] == 31_400
    assert rows["Oracle Corporation"]["employee_count"] == 162_000
    assert money(rows["Nagarro"], "revenue") == (1_000_000_000, "EUR")
    assert money(rows["Hornbach (retailer)"], "revenue") == (5_120_000_000, "EUR")
    assert money(rows["Paramount Skydance"], "net_income") == (-621_000_000, "USD")
    for row in rows.values():
        assert (row["revenue_amount"] is None) == (row["revenue_currency"] is None)
        assert (row["net_income_amount"] is None) == (row["net_income_currency"] is None)
        assert "°" not in (row["headquarters"] or "")


def money(row: Mapping[str, Any], field: str) -> tuple[Decimal, str]:
    return row[f"{field}_amount"], row[f"{field}_currency"]


def test_no_labelled_cell_is_wrong_or_empty_for_a_false_reason(runs: Runs) -> None:
    judged = score(load_labels(), runs.after_first.rows, runs.after_first.reasons)
    assert len(judged) == 200
    bad = [one for one in judged if one.outcome in {Outcome.WRONG, Outcome.EMPTY_FALSE}]
    assert not bad, table(judged)


def test_an_empty_cell_always_says_why(runs: Runs) -> None:
    reasons = runs.after_first.reasons
    silent = [
        (name, field)
        for name, row in runs.after_first.rows.items()
        for field, value in row.items()
        if value is None and not reasons[name].get(field)
    ]
    assert not silent


def test_texts_with_one_plain_reading_are_read(runs: Runs) -> None:
    plain: Counter[str] = Counter()
    filled: Counter[str] = Counter()
    for name, company in load_companies().items():
        for field in plain_fields(company):
            plain[field] += 1
            filled[field] += runs.after_first.rows.get(name, {}).get(field) is not None
    assert sorted(plain) == sorted(COLUMNS)
    assert min(plain.values()) > 400, plain
    low = {field: f"{filled[field]} of {count}" for field, count in plain.items() if filled[field] < LEAST_READ * count}
    assert not low


def test_the_report_shows_what_a_user_needs(runs: Runs) -> None:
    first = runs.first
    assert [one["field"] for one in first["fill"]] == COLUMNS
    assert first["job"]["tokens"]["input"] > 0
    assert first["job"]["calls"]["audit"] > 0
    assert first["seconds"]["set_up"] > 0
    assert first["seconds"]["run"] > 0
    cell = first["explained"][0]
    assert (cell["key"], cell["value"], cell["source_text"]) == ("Oracle Corporation", 162_000, "c. 162,000 (2025)")
    assert sum(group["count"] for group in first["dead_letters"]) == first["job"]["counts"]["dead"]
    assert all(group["example"]["code"] == group["code"] for group in first["dead_letters"])
    assert any("assay" in one["command"] or "workers" in one["command"] for one in first["next"])


def test_the_fleet_serves_again_where_the_demo_said(runs: Runs) -> None:
    assert runs.first["urls"]["API docs"].startswith(runs.served_again["api"]["url"])
    assert runs.first["urls"]["Flower"] == runs.served_again["flower"]["url"]
    assert runs.docs_status == 200


def test_a_second_run_writes_nothing_and_asks_no_model(runs: Runs) -> None:
    assert runs.second["job"]["id"] != runs.first["job"]["id"]
    counts = runs.second["job"]["counts"]
    assert counts["written"] == 0
    assert counts["unchanged"] == runs.first["job"]["counts"]["written"]
    assert runs.second["job"]["calls"] == {"planning": 0, "audit": 0}
    assert runs.after_second == runs.after_first


def test_one_changed_company_changes_one_row(runs: Runs) -> None:
    before, after = runs.after_second, runs.after_third
    changed = {name for name, row in after.rows.items() if row != before.rows[name]}
    rewritten = {name for name, by in after.written_by.items() if by != before.written_by[name]}
    assert changed == rewritten == {"Oracle Corporation"}
    assert after.rows["Oracle Corporation"] == {**before.rows["Oracle Corporation"], "employee_count": 170_000}
    assert runs.third["job"]["counts"]["written"] == 1
    assert runs.third["job"]["calls"]["planning"] == 0
    assert runs.third["job"]["calls"]["audit"] <= 1
