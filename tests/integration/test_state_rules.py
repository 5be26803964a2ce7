"""What only the database knows: an id that changed its row, a value far from what stood there, a row that somebody
changed between gate and merge. Each through the whole pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_fixtures import KNOWN, Run, emptied, firm, right, running, truth, written

from schemas.source import FileSource
from tests.hostile_model import HostileModel

FIRMS = 12
#: The record's own number is its key, so that a name can change under it.
SOURCE = FileSource(name="firms", connector="file", path="firms.jsonl", key="/id")


def numbered(n: int, **changes: Any) -> dict[str, Any]:
    return {"id": n, **firm(n), **changes}


@pytest.fixture
def run(database: str, tmp_path: Path) -> Iterator[Run]:
    emptied(database)
    written(tmp_path / "firms.jsonl", [numbered(n) for n in range(FIRMS)])
    with HostileModel(KNOWN, truth) as model, running(database, model, sources=[SOURCE], roots=[tmp_path]) as started:
        yield started


def row(run: Run, name: str) -> dict[str, Any]:
    (found,) = [one for one in run.table() if one["name"] == name]
    return found


def test_an_id_that_changes_its_row_is_a_question(run: Run, tmp_path: Path) -> None:
    run.enrich()
    written(tmp_path / "firms.jsonl", [numbered(3, name="Firm 77")])
    run.enrich()
    assert (run.counts, run.reviews()) == ({"review": 1}, ["identity_conflict"])
    assert row(run, "Firm 3") == right(3)
    assert len(run.table()) == FIRMS


def test_a_value_far_from_what_stood_there_is_a_question(run: Run, tmp_path: Path) -> None:
    """The auditor finds it in the record; whether the record can be right is for a person."""
    run.enrich()
    many = {**firm(5_000_000), "name": "Firm 3"}
    run.model.tells({"Firm 3": {**right(5_000_000), "name": "Firm 3"}})
    written(tmp_path / "firms.jsonl", [{"id": 3, **many}])
    run.enrich()
    assert (run.counts, run.reviews()) == ({"review": 1}, ["jump"])
    assert row(run, "Firm 3") == right(3)


def test_a_value_far_from_its_column_s_history_is_a_question(run: Run, tmp_path: Path) -> None:
    run.enrich()
    with run.fleet.database.transaction() as tx:
        tx.execute(
            "INSERT INTO column_history (target, field, version, rows, smallest, largest)"
            " VALUES ('firm', 'employee_count', 99, 500, 1000, 2000)"
        )
    written(tmp_path / "firms.jsonl", [numbered(5_000_000)])
    run.enrich()
    assert (run.counts, run.reviews()) == ({"review": 1}, ["jump"])
    assert len(run.table()) == FIRMS


@pytest.mark.parametrize(
    "digest", ["digest", "md5(key || (cells || '{\"employee_count\": 4}')::text)"], ids=["kept", "forged"]
)
def test_a_row_that_somebody_changed_is_refused(digest: str, run: Run) -> None:
    """By its digest; and, where that was forged too, by executing the plan once more."""
    run.job = run.fleet.submit("firms", "firm")
    run.fleet.run(until=lambda: "audit" in run.fleet.ran)
    with run.fleet.database.transaction() as tx:
        changed = tx.execute(
            f"UPDATE staged SET cells = cells || '{{\"employee_count\": 4}}', digest = {digest}"
            " WHERE record_id = '3' AND state = 'staged'"
        ).rowcount
    assert changed == 1
    run.fleet.run()
    assert run.letters() == {"3": "tampered"}
    assert (run.state, run.counts) == ("partial", {"written": FIRMS - 1, "dead": 1})
    assert run.wrong_cells() == []
    assert len(run.table()) == FIRMS - 1
