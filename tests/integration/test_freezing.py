"""The kill switch, flipped in the midst of work: nothing is written, nobody asked, nothing lost; and it goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fleet_ground import CRM, PLAIN, Fleet, Script, companies, ground

from enrichment import freezing
from enrichment.freezing import Thawed
from enrichment.pipeline import STAGES
from enrichment.store import freezes
from schemas.errors import NotFoundError, WaitingError


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[CRM], asking=Script(PLAIN))
    yield made
    made.close()


def freeze(fleet: Fleet, source: str | None = None) -> None:
    with fleet.database.transaction() as tx:
        freezing.freeze(tx, source, known={"crm"}, reason="wrong figures downstream", by="ann")


def thaw(fleet: Fleet, source: str | None = None) -> None:
    with fleet.database.transaction() as tx:
        freezing.thaw(tx, source, by="ben")


def call(source: str | None = "crm") -> Any:
    return SimpleNamespace(work=SimpleNamespace(source=source))


def test_in_the_midst_of_a_job_it_is_gated_and_not_written_until_it_is_thawed(fleet: Fleet) -> None:
    fleet.enrich(companies(range(3)))
    fleet.release_all()
    before = fleet.table()
    job = fleet.send(companies(range(6), city="Elsewhere"))
    freeze(fleet)
    fleet.run(until=lambda: bool(fleet.rows("SELECT 1 FROM work WHERE waits_on = 'frozen'")))
    assert fleet.table() == before
    assert fleet.one("SELECT count(*) FROM staged WHERE state = 'staged'") == 6
    (waiting,) = fleet.rows("SELECT stage, attempts, error ->> 'code' AS code FROM work WHERE waits_on = 'frozen'")
    assert (waiting["stage"], waiting["attempts"]) == ("upsert", 0)
    assert fleet.counts(job) == {"in_flight": 6}
    thaw(fleet)
    fleet.run()
    assert fleet.counts(job) == {"written": 6}
    assert {row["city"] for row in fleet.table()} == {"Elsewhere"}


@pytest.mark.parametrize("stage", ["upsert", "merge", "refold"])
def test_every_way_to_a_target_is_stopped(fleet: Fleet, stage: str) -> None:
    assert {name for name, one in STAGES.items() if one.writes} == {"upsert", "merge", "refold"}
    fleet.execute(
        "INSERT INTO work (kind, stage, status, source, target, args)"
        " VALUES (%(kind)s, %(stage)s, 'ready', 'crm', 'company', '{\"keys\": []}')",
        kind="chunk" if stage == "upsert" else stage,
        stage=stage,
    )
    freeze(fleet, "crm")
    (due,) = fleet.turn()
    fleet.step(due)
    assert fleet.one("SELECT waits_on FROM work") == "frozen"


def test_no_model_is_asked_while_it_is_frozen(fleet: Fleet) -> None:
    guard = Thawed(fleet.acting("model"))
    guard.admit(call()).sent()
    freeze(fleet)
    with pytest.raises(WaitingError, match="by ann: wrong figures downstream") as refused:
        guard.admit(call())
    assert refused.value.waits_on == "frozen"
    thaw(fleet)
    guard.admit(call())


def test_a_source_is_frozen_by_itself_and_stays_so_when_the_fleet_is_thawed(fleet: Fleet) -> None:
    guard = Thawed(fleet.acting("model"))
    freeze(fleet, "crm")
    guard.admit(call("other"))
    freeze(fleet)
    freeze(fleet)
    with pytest.raises(WaitingError):
        guard.admit(call("other"))
    thaw(fleet)
    guard.admit(call("other"))
    with pytest.raises(WaitingError):
        guard.admit(call("crm"))
    with fleet.database.transaction() as tx, pytest.raises(NotFoundError):
        freezing.thaw(tx, None, by="ben")
    with fleet.database.transaction() as tx, pytest.raises(NotFoundError):
        freezing.freeze(tx, "nobody", known={"crm"}, reason="x", by="ann")


def test_who_freezes_waits_for_what_is_being_written(fleet: Fleet) -> None:
    frozen = threading.Event()

    def flip() -> None:
        freeze(fleet)
        frozen.set()

    other = threading.Thread(target=flip)
    with fleet.database.transaction() as tx:
        freezing.require_writable(tx, "crm")
        other.start()
        while not fleet.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            assert other.is_alive()
        assert not frozen.is_set()
    other.join(timeout=10)
    assert frozen.is_set()
    with fleet.database.transaction() as tx:
        assert freezes.standing(tx, "crm") is not None
