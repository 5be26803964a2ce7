"""Sources, targets and judges at the edge of what a sample can tell: one record, one kind, one that lags behind."""

from __future__ import annotations

import sqlite3
import sys
import types
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fleet_ground import COMPANY, PLAIN, Fleet, Script, companies, company, ground

from enrichment.audit.report import report
from enrichment.context import Tuning
from enrichment.store import audit_counts, planted
from schemas.source import PythonSource, Source, SqlSource
from schemas.target import TargetField


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database)
    yield made
    made.close()


def test_a_source_of_one_record_is_looked_at_whole_and_written(fleet: Fleet) -> None:
    asking = Script(PLAIN)
    fleet.configure(asking=asking)
    job = fleet.enrich(companies(range(1)))
    assert (fleet.state(job), fleet.counts(job)) == ("done", {"written": 1})
    assert [row["name"] for row in fleet.table()] == ["Company 0"]
    assert asking.count("audit") == 1
    with fleet.database.transaction() as tx:
        (told,) = report(audit_counts.of_fields(tx), planted.of_plans(tx), audit_counts.standing_rows(tx))
    # one row says nothing of what its auditor overlooks
    assert told["wrong_at_most"] is None
    assert told["statement"].startswith("unknown: ")


def test_a_source_of_one_record_that_is_wrong_writes_nothing_wrong(fleet: Fleet) -> None:
    fleet.configure(asking=Script(PLAIN, audit=lambda field, *_: "unsupported" if field == "city" else "supported"))
    job = fleet.enrich(companies(range(1)))
    assert [(row["name"], row["city"]) for row in fleet.table()] == [("Company 0", None)]
    assert fleet.state(job) == "done"


def _read(database: str, source: Source, **more: Any) -> tuple[dict[str, int], list[str], list[str]]:
    """Counts, keys written, and letters' places, of a job over a source."""
    fleet = ground(database, sources=[source], tuning=Tuning(plan_wait_seconds=0.0, chunk_size=2))
    fleet.configure(**more)
    job = fleet.submit("crm", "company")
    fleet.run()
    found = fleet.counts(job), [row["code"] for row in fleet.table()], [row["record_id"] for row in fleet.letters()]
    fleet.close()
    return found


def test_what_a_callable_raises_may_say_what_no_database_keeps(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words go into a letter, with which all that it had yielded was lost, and it was called again and again."""
    calls = []

    def records() -> Iterator[object]:
        calls.append(1)
        yield from companies(range(2))
        yield {"code": "C-2", "na\x00me": {1, 2}}
        raise ValueError("a \x00 byte, and half a \ud800 pair")

    module = types.ModuleType("a_users_module")
    module.records = records  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "a_users_module", module)
    source = PythonSource(name="crm", connector="python", callable="a_users_module:records", key="/code")
    counts, written, letters = _read(database, source)
    assert counts == {"written": 2, "dead": 2}
    assert written == ["C-00000", "C-00001"]
    assert letters == ["#2", "#page:0"]
    assert len(calls) == 1


def test_rows_whose_place_holds_nul_are_given_up_on_alone(database: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "d.db")) as connection:
        connection.execute("CREATE TABLE t (code TEXT PRIMARY KEY, name TEXT)")
        connection.executemany(
            "INSERT INTO t VALUES (?, 'A name')", [("a\x00b",), ("a\x00c",), ("b",), ("c\x00",), ("d",)]
        )
        connection.commit()
    source = SqlSource(name="crm", connector="sql", url="sqlite:///d.db", table="t", key="/code")
    counts, written, letters = _read(database, source, roots=[tmp_path])
    assert counts == {"written": 2, "dead": 3}
    assert written == ["b", "d"]
    assert letters == [r"#row:a\u0000b", r"#row:a\u0000c", r"#row:c\u0000"]


_WORDS = [TargetField(name=name, type="string", kind="text") for name in ("alpha", "beta", "gamma")]


def worded(numbers: range) -> list[dict[str, Any]]:
    return [{"code": f"C-{n:05d}", "one": f"a{n}", "two": f"b{n}", "three": f"c{n}"} for n in numbers]


def test_in_a_target_of_one_kind_a_swap_that_no_rule_sees_is_condemned(database: str) -> None:
    """Names that say nothing, values that look alike: only who compares with the record can tell."""
    target = company(COMPANY.by_name["code"], *_WORDS)
    bound = {"code": ("/code", ()), "alpha": ("/one", ()), "beta": ("/three", ()), "gamma": ("/two", ())}

    def audit(field: str, value: Any, record: Any, _: str) -> str:
        right = {"code": "code", "alpha": "one", "beta": "two", "gamma": "three"}[field]
        return "supported" if value == record.get(right) else "unsupported"

    fleet = ground(database, targets=[target], asking=Script(bound, audit=audit, sees=False))
    fleet.enrich(worded(range(150)))
    states = {row["name"]: row["state"] for row in fleet.rows("SELECT name, state FROM plan_field")}
    assert {name for name, state in states.items() if state == "released"} == {"code", "alpha"}
    assert {(row["beta"], row["gamma"]) for row in fleet.table()} == {(None, None)}
    assert [row["alpha"] for row in fleet.table()] == [f"a{n}" for n in range(150)]
    fleet.close()


def test_records_in_which_two_fields_are_always_equal_are_written(fleet: Fleet) -> None:
    job = fleet.enrich(companies(range(130), city=lambda n: f"Company {n}"))
    assert fleet.counts(job) == {"written": 130}
    assert all(row["city"] == row["name"] for row in fleet.table())


_TOLD = "SELECT purpose, count(DISTINCT work_id) AS calls, count(*) AS rows FROM sample GROUP BY purpose"


def test_a_judge_that_is_slower_than_the_fleet_holds_rows_and_costs_no_more_calls(database: str) -> None:
    asking = Script(PLAIN)
    fleet = ground(database, asking=asking, tuning=Tuning(plan_wait_seconds=0.0, chunk_size=50))
    fleet.only = frozenset({"plan", "map", "gate", "audit", "upsert", "merge"})
    jobs = [fleet.send(companies(range(100 * n, 100 * n + 100))) for n in range(4)]
    for _ in range(12):
        for due in fleet.turn():
            fleet.step(due)
        # what nobody has taken yet is published again
        fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    assert fleet.table() == []
    assert asking.count("audit") == 0
    assert [fleet.counts(job) for job in jobs] == [{"held": 100}] * 4
    # one request's rows for each judge work, however many chunks came meanwhile
    assert fleet.one("SELECT count(*) FROM work WHERE kind = 'judge'") <= 7
    fleet.only = None
    fleet.run()
    assert [fleet.counts(job) for job in jobs] == [{"written": 100}] * 4
    assert len(fleet.table()) == 400
    told = {row["purpose"]: row for row in fleet.rows(_TOLD)}
    assert told["probation"]["calls"] <= 7
    # what waited for the test is a lot of its own, of which a sample is looked at in requests as full as they can be
    assert told["released"]["calls"] <= -(-told["released"]["rows"] // 20)
    assert asking.count("audit") <= 7 + told["released"]["calls"]
    fleet.close()
