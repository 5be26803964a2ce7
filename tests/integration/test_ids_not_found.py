"""Ids that a job names: those that the source does not have are told, counted once, and never end in silence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from api_fixtures import Api, total
from fleet_ground import COMPANY, PLAIN, Fleet, Script, companies, ground

from enrichment.context import Tuning
from enrichment.gate.version import gate_version
from enrichment.store import registry
from schemas.source import FileSource, PythonSource, Source

TUNING = Tuning(plan_wait_seconds=0.0, chunk_size=10)


def given() -> Iterator[dict[str, object]]:
    yield from companies(range(30))


class Ground:
    """An API over the tables of a fleet that reads a file."""

    def __init__(self, url: str, role_url: str, folder: Path) -> None:
        lines = "".join(json.dumps(one) + "\n" for one in companies(range(30)))
        (folder / "dump.jsonl").write_text(lines + "no json\n", encoding="utf-8")
        self.sources: tuple[Source, ...] = (
            FileSource(name="dump", connector="file", path=str(folder / "dump.jsonl"), key="/code"),
            PythonSource(name="called", connector="python", callable=f"{__name__}:given", key="/code"),
        )
        self.fleet: Fleet = ground(url, sources=self.sources, tuning=TUNING, asking=Script(PLAIN))
        self.fleet.configure(roots=(folder,))
        self.api = Api(url, role_url)
        self.api.configure(self.sources, [COMPANY])

    def ids(self, ids: list[str], *, source: str = "dump", **more: object) -> dict[str, object]:
        asked = {"source": source, "target": "company", "ids": ids, **more}
        job = self.api.ask("POST", "/v1/jobs", asked).json()["id"]
        self.fleet.run()
        shown: dict[str, object] = self.api.ask("GET", f"/v1/jobs/{job}").json()
        assert shown["counts"]["accepted"] == total(shown["counts"])  # type: ignore[index,arg-type]
        return shown


@pytest.fixture
def made(database: str, url_for: Callable[[str], str], tmp_path: Path) -> Iterator[Ground]:
    one = Ground(database, url_for("assay_api"), tmp_path)
    yield one
    one.fleet.close()
    one.api.close()


@pytest.mark.parametrize("source", ["dump", "called"])
def test_ids_that_a_source_read_as_a_whole_does_not_have_are_dead_letters(made: Ground, source: str) -> None:
    absent = [f"X-{n}" for n in range(25)]
    job = made.ids(["C-00003", *absent, "C-00017"], source=source)
    assert job["state"] == "partial"
    assert {name: n for name, n in job["counts"].items() if n} == {"accepted": 27, "written": 2, "dead": 25}  # type: ignore[attr-defined]
    told = job["not_found"]
    assert told == {"count": 25, "ids": sorted(absent)[:20]}
    assert {letter["code"] for letter in made.fleet.letters()} == {"not_found"}
    assert sorted(letter["record_id"] for letter in made.fleet.letters()) == sorted(absent)


def test_ids_that_are_all_there_are_done_and_name_nothing(made: Ground) -> None:
    job = made.ids(["C-00003", "C-00017"])
    assert (job["state"], job["not_found"]) == ("done", None)


def test_ids_behind_a_limit_were_never_looked_for(made: Ground) -> None:
    job = made.ids(["C-00003", "C-00017", "nowhere"], limit=2)
    assert (job["state"], job["not_found"]) == ("done", None)


def test_a_dry_run_says_what_is_not_there_and_leaves_no_letters(made: Ground) -> None:
    job = made.ids(["C-00003", "nowhere"], dry_run=True)
    assert job["not_found"] == {"count": 1, "ids": ["nowhere"]}
    assert job["refused"] == [{"record_id": "nowhere", "code": "not_found"}]
    assert [row["key"] for row in job["rows"]] == ["C-00003"]  # type: ignore[attr-defined]
    assert made.fleet.letters() == []
    assert made.fleet.table() == []


def test_a_dry_run_of_records_that_cannot_be_read_leaves_no_letters(made: Ground) -> None:
    asked = {"source": "dump", "target": "company", "dry_run": True}
    job = made.api.ask("POST", "/v1/jobs", asked).json()["id"]
    made.fleet.run()
    shown = made.api.ask("GET", f"/v1/jobs/{job}").json()
    assert (shown["counts"]["unchanged"], shown["counts"]["dead"], len(shown["rows"])) == (30, 1, 20)
    assert [one["code"] for one in shown["refused"]] == ["record_malformed"]
    assert made.fleet.letters() == []


def test_no_more_ids_are_told_than_the_limit_lets_in(made: Ground) -> None:
    job = made.ids(["C-00003", *(f"X-{n:02d}" for n in range(40))], limit=12)
    assert job["counts"]["accepted"] == 12  # type: ignore[index]
    assert job["not_found"] == {"count": 11, "ids": [f"X-{n:02d}" for n in range(11)]}


def test_nothing_is_told_to_be_missing_where_a_page_could_not_be_read(made: Ground, tmp_path: Path) -> None:
    text = json.dumps(companies(range(30)))
    (tmp_path / "broken.json").write_text(text[: len(text) // 2] + " ]]]]", encoding="utf-8")
    source = FileSource(name="broken", connector="file", path=str(tmp_path / "broken.json"), key="/code")
    made.fleet.configure(sources={**made.fleet.context.sources, "broken": source})
    made.api.configure((*made.sources, source), [COMPANY])
    with made.fleet.database.transaction() as tx:
        registry.sync_source(tx, source, gate_version=gate_version())
    job = made.ids(["C-00001", "C-00029"], source="broken")
    assert (job["state"], job["not_found"]) == ("partial", None)
    assert "not_found" not in {letter["code"] for letter in made.fleet.letters()}
