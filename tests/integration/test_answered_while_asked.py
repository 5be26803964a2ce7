"""Work that begins to wait for a person at the moment at which the person answers is not left waiting for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from celery import Celery
from fleet_ground import Fleet, companies, ground

from enrichment import deciding, failing
from enrichment.store import wakings
from enrichment.store import work as work_rows
from enrichment.store.dispatch import Due, Windows
from enrichment.store.work import Claimed
from schemas.errors import ReviewError
from tasks import dispatcher as dispatching

ASKED = ReviewError("the source makes too many shapes", hint="map them", code="too_many_shapes")


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database)
    yield made
    made.close()


def running(fleet: Fleet) -> list[Claimed]:
    """Two chunks of one source that are being mapped."""
    fleet.send(companies(range(3)))
    fleet.send(companies(range(3, 6)))
    with fleet.database.transaction() as tx:
        held = [
            work_rows.claim(tx, due.id, fence=due.fence, stage=due.stage, worker="inline", seconds=600)
            for due in fleet.turn()
        ]
    return [one for one in held if one is not None]


def answer(fleet: Fleet) -> None:
    with fleet.acting("api").transaction() as tx:
        deciding.decide(
            fleet.context,
            tx,
            fleet.one("SELECT id FROM review WHERE state = 'open'"),
            decision="continue",
            content_hash=None,
            by="anna",
            reason="they are ours",
        )


def waiting(fleet: Fleet) -> list[int]:
    return [row["id"] for row in fleet.rows("SELECT id FROM work WHERE status = 'waiting' ORDER BY id")]


def test_who_asks_while_the_same_is_answered_is_found(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = running(fleet)
    failing.after(fleet.context, first, ASKED, fleet.log)
    with fleet.acting("gate").transaction() as tx:
        # It finds the question open, and the answer comes before it waits.
        work_rows.hold(tx, second)
        failing._leave(fleet.context, tx, second, ASKED, failing.note_of(ASKED))
        answer(fleet)
    assert waiting(fleet) == [second.id]
    stop, sent = threading.Event(), list[Due]()

    def published(_: Celery, due: list[Due]) -> None:
        sent.extend(due)
        if second.id in {one.id for one in sent}:
            stop.set()

    monkeypatch.setattr(dispatching, "publish", published)
    windows = Windows(chunks_per_job=3, chunks_per_source=4, per_kind={})
    dispatcher = dispatching.Dispatcher(Celery(), fleet.database, dispatching.DispatcherSettings(windows=windows))
    thread = threading.Thread(target=dispatcher.run, args=(stop,))
    thread.start()
    found = stop.wait(20)
    stop.set()
    thread.join(20)
    assert found
    assert waiting(fleet) == []


def test_who_waits_for_an_answer_waits_on(fleet: Fleet) -> None:
    first, second = running(fleet)
    failing.after(fleet.context, first, ASKED, fleet.log)
    with fleet.database.transaction() as tx:
        work_rows.hold(tx, second)
        failing.ask_about_work(tx, second, code="attempts_exhausted", message="no")
        work_rows.put_back(tx, second, waits_on=failing.about_work(second.id))
    with fleet.acting("control").transaction() as tx:
        assert wakings.wake_unasked(tx) == 0
    assert waiting(fleet) == [first.id, second.id]
