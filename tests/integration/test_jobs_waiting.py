"""A job that does not move says on what it waits, and waiting for it counts nothing meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from api_fixtures import Api
from fleet_ground import COMPANY, CRM, PLAIN, Fleet, Script, companies, ground

from enrichment import freezing
from enrichment.context import Tuning


class Ground:
    def __init__(self, url: str, role_url: str) -> None:
        self.asking = Script(PLAIN)
        self.fleet: Fleet = ground(url, tuning=Tuning(plan_wait_seconds=30.0), asking=self.asking)
        self.api = Api(url, role_url)
        self.api.configure([CRM], [COMPANY])

    def waits(self, job: int) -> list[dict[str, Any]]:
        shown = self.api.ask("GET", f"/v1/jobs/{job}").json()
        (listed,) = [one for one in self.api.ask("GET", "/v1/jobs").json()["items"] if one["id"] == job]
        assert listed["waits"] == shown["waits"]
        found: list[dict[str, Any]] = shown["waits"]
        return found


@pytest.fixture
def made(database: str, url_for: Callable[[str], str]) -> Iterator[Ground]:
    one = Ground(database, url_for("assay_api"))
    yield one
    one.fleet.close()
    one.api.close()


def test_records_without_a_plan_wait_for_more_of_their_source_and_then_for_a_thaw(made: Ground) -> None:
    job = made.fleet.send(companies(range(7)))
    made.fleet.only = frozenset({"map"})
    made.fleet.run(until=lambda: made.fleet.counts(job) == {"held": 7})
    (told,) = made.waits(job)
    assert (told["on"], told["records"], told["works"]) == ("source_idle", 7, 1)
    assert told["says"].startswith("a plan for shape ")
    assert told["since"] is not None
    made.fleet.only = None
    with made.fleet.database.transaction() as tx:
        freezing.freeze(tx, None, known=["crm"], reason="wrong figures", by="ada")
    made.fleet.run(turns=8, until=lambda: any(one["on"] == "frozen" for one in made.waits(job)))
    (told,) = made.waits(job)
    assert (told["on"], told["command"]) == ("frozen", "assay thaw")
    assert "by ada: wrong figures" in told["says"]
    with made.fleet.database.transaction() as tx:
        freezing.thaw(tx, None, by="ada")
    made.fleet.run()
    assert (made.fleet.state(job), made.waits(job)) == ("done", [])


def test_a_refused_plan_is_told_as_the_question_that_it_is(made: Ground) -> None:
    made.asking.bindings = {"code": ("/name", ()), "name": ("/name", ()), "employees": ("/name", ())}
    job = made.fleet.enrich(companies(range(60)))
    assert made.fleet.state(job) == "blocked"
    (told,) = made.waits(job)
    assert (told["on"], told["records"]) == ("review", 60)
    assert told["command"].startswith("assay reviews show ")


def test_a_paused_job_says_how_it_goes_on(made: Ground) -> None:
    job = made.fleet.send(companies(range(3)))
    made.api.ask("POST", f"/v1/jobs/{job}/pause")
    (told,) = made.waits(job)
    assert told["command"] == f"assay jobs resume {job}"


def test_the_state_alone_is_given_without_counting(made: Ground) -> None:
    job = made.fleet.send(companies(range(3)))
    brief = made.api.ask("GET", f"/v1/jobs/{job}?counts=false").json()
    assert (brief["id"], brief["state"]) == (job, "running")
    assert "counts" not in brief
    assert made.api.ask("GET", "/v1/jobs/999?counts=false").status_code == 404
