"""A job whose records come once more with other content while they are on their way: the last observation counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from fleet_ground import Fleet, companies, ground, required

from enrichment import intake
from enrichment.chunks import file_chunks
from enrichment.connectors.inline import read_values
from enrichment.connectors.pages import FetchedRecord
from enrichment.store import jobs

(GOOD,) = companies([100])
(OTHER,) = companies([100], city="other")
(BAD,) = companies([100], city="")
(KNOWN,) = companies([3])
(MOVED,) = companies([3], city="moved")


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, targets=(required("city"),))
    made.enrich(companies(range(60)))
    made.release_all()
    yield made
    made.close()


def send(fleet: Fleet, *pages: Mapping[str, Any]) -> int:
    """A job that has read all of its pages before the first of them is mapped."""
    job = fleet.send([pages[0]])
    for page in pages[1:]:
        found, _ = read_values([page], fleet.context.source("crm"))
        part: Sequence[FetchedRecord] = list(found)
        with fleet.acting("api").transaction() as tx:
            members = intake.take_in(tx, jobs.get(tx, job), part, work_id=None)
            file_chunks(tx, members, source="crm", target="company", job_id=job, size=500)
    return job


def city(fleet: Fleet, code: str) -> str | None:
    return {row["code"]: row["city"] for row in fleet.table()}.get(code)


@pytest.mark.parametrize(
    ("pages", "end", "stands"),
    [
        pytest.param((BAD, GOOD), "written", "Town 2", id="refused first"),
        pytest.param((GOOD, BAD), "dead", "Town 2", id="refused last"),
        pytest.param((GOOD, OTHER), "written", "other", id="both accepted"),
        pytest.param((KNOWN, MOVED), "written", "moved", id="unchanged first"),
    ],
)
def test_a_record_counts_by_its_last_observation(
    fleet: Fleet, pages: tuple[Mapping[str, Any], ...], end: str, stands: str
) -> None:
    job = send(fleet, *pages)
    fleet.run()
    assert fleet.counts(job) == {end: 1}
    assert fleet.state(job) == ("partial" if end == "dead" else "done")
    assert city(fleet, pages[0]["code"]) == stands


def test_a_record_without_a_plan_is_held_as_it_was_seen_last(database: str) -> None:
    fleet = ground(database, targets=(required("city"),))
    job = send(fleet, BAD, GOOD)
    fleet.run()
    assert fleet.counts(job) == {"written": 1}
    assert city(fleet, GOOD["code"]) == GOOD["city"]
    fleet.close()


@pytest.mark.parametrize("pages", [(KNOWN, MOVED), (GOOD, OTHER), (GOOD, BAD)])
def test_nothing_of_a_cancelled_job_is_written_later(fleet: Fleet, pages: tuple[Mapping[str, Any], ...]) -> None:
    before = fleet.table()
    job = send(fleet, *pages)
    fleet.only = frozenset({"map", "gate"})
    fleet.run()
    fleet.only = None
    with fleet.acting("api").transaction() as tx:
        assert jobs.cancel(tx, job)
    fleet.run()
    assert fleet.table() == before
    assert set(fleet.counts(job)) <= {"cancelled", "dead"}
