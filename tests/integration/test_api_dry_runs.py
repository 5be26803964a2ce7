"""What was never meant to be written is not, whatever else happens to its shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from api_fixtures import Api
from fleet_ground import Script
from inline_fleet import InlineFleet

from schemas.source import InlineSource
from schemas.target import Target, TargetField


def target(name: str) -> Target:
    return Target(
        name=name,
        table=name,
        create=True,
        fields=(
            TargetField(name="name", type="string", identity=True, kind="name"),
            TargetField(name="city", type="string", kind="text"),
        ),
    )


TARGETS = [target("company"), target("prospect")]
PUSHED = InlineSource(name="pushed", connector="inline", key="/id")


class Ground:
    def __init__(self, api: Api, fleet: InlineFleet) -> None:
        self.api = api
        self.fleet = fleet

    def send(self, *records: dict[str, str], into: str = "company", dry_run: bool = False) -> int:
        body = {"source": "pushed", "target": into, "records": list(records), "dry_run": dry_run}
        job: int = self.api.ask("POST", "/v1/jobs", body).json()["id"]
        self.fleet.run()
        return job

    def names(self, table: str) -> set[str]:
        return {row["name"] for row in self.api.rows(f"SELECT name FROM public.{table}")}


@pytest.fixture
def ground(database: str, url_for: Callable[[str], str]) -> Iterator[Ground]:
    api = Api(database, url_for("assay_api"))
    api.clear("company", "prospect")
    script = Script({"name": ("/name", ()), "city": ("/town", ())})
    fleet = InlineFleet(database, sources=[PUSHED], targets=TARGETS, asking=script)
    api.configure([PUSHED], TARGETS)
    yield Ground(api, fleet)
    fleet.close()
    api.close()


PLAIN = {"id": "1", "name": "plain"}


def test_a_dry_run_shows_rows_and_writes_none_even_when_it_widens_its_shape(ground: Ground) -> None:
    ground.send(PLAIN)
    job = ground.send({"id": "2", "name": "dry", "town": "Rom"}, dry_run=True)
    ground.fleet.run()
    assert ground.names("company") == {"plain"}
    shown = ground.api.ask("GET", f"/v1/jobs/{job}").json()
    assert [row["key"] for row in shown["rows"]] == ["dry"]
    assert (shown["state"], shown["counts"]["unchanged"]) == ("done", 1)
    # What comes later to be written is, by the plan that knows the wider shape.
    ground.send({"id": "3", "name": "real", "town": "Bonn"})
    assert ground.names("company") == {"plain", "real"}


def test_a_dry_run_counts_what_it_would_give_up_on_by_reason(ground: Ground) -> None:
    job = ground.send(PLAIN, {"id": "2", "town": "Rom"}, {"id": "3", "town": "Bari"}, {"name": "x"}, dry_run=True)
    shown = ground.api.ask("GET", f"/v1/jobs/{job}").json()
    assert shown["refused_counts"] == {"identity_missing": 2, "key_missing": 1}
    assert len(shown["refused"]) == 3


def test_a_dry_run_of_what_is_written_already_shows_it_and_changes_nothing(ground: Ground) -> None:
    ground.send(PLAIN, {"id": "2", "name": "other"})
    written = "SELECT * FROM assertion ORDER BY id"
    before = ground.api.rows(written)
    dry = ground.send(PLAIN, {"id": "2", "name": "other"}, dry_run=True)
    shown = ground.api.ask("GET", f"/v1/jobs/{dry}").json()
    assert sorted(row["key"] for row in shown["rows"]) == ["other", "plain"]
    counts = {state: n for state, n in shown["counts"].items() if n}
    assert (shown["state"], counts) == ("done", {"accepted": 2, "unchanged": 2})
    assert ground.api.rows(written) == before
    assert [row["state"] for row in ground.api.rows("SELECT state FROM staged WHERE dry_job > 0")] == ["dry", "dry"]
    # and a run that is none finds it unchanged, as ever
    real = ground.send(PLAIN)
    assert ground.api.ask("GET", f"/v1/jobs/{real}").json()["counts"]["unchanged"] == 1
    assert len(ground.api.rows("SELECT 1 FROM staged WHERE dry_job = 0")) == 2


def test_a_record_is_written_into_the_target_that_it_was_sent_for_only(ground: Ground) -> None:
    ground.send(PLAIN)
    ground.send({"id": "9", "name": "other", "town": "Rom"}, into="prospect")
    ground.send({"id": "3", "name": "real", "town": "Bonn"})
    assert ground.names("company") == {"plain", "real"}
    assert ground.names("prospect") == {"other"}


def test_rows_that_were_written_before_the_shape_grew_gain_what_the_successor_binds(ground: Ground) -> None:
    ground.send(PLAIN)
    ground.send({"id": "3", "name": "real", "town": "Bonn"}, {"id": "4", "name": "more", "town": "Köln"})
    ground.fleet.run()
    rows = ground.api.rows("SELECT name, city FROM public.company ORDER BY name")
    assert rows == [
        {"name": "more", "city": "Köln"},
        {"name": "plain", "city": None},
        {"name": "real", "city": "Bonn"},
    ]
