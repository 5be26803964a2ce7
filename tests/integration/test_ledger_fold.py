"""A row is the fold of the standing assertions of its key, whatever the order in which they came."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from fleet_ground import COMPANY, Fleet, ground
from ledger_ground import Said, land, on_paper, refold, rows_of, void

from enrichment.gate.version import gate_version
from enrichment.store import registry
from schemas.source import InlineSource

PRECEDENCE = {"a": 0, "b": 0, "c": 5, "Z": 0}


def source(name: str, precedence: int) -> InlineSource:
    return InlineSource(name=name, connector="inline", key="/code", precedence=precedence)


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[source(*pair) for pair in PRECEDENCE.items()])
    yield made
    made.close()


def cells(**given: Any) -> dict[str, Any]:
    return {"code": "k", **given}


def row(fleet: Fleet, key: str = "k") -> dict[str, Any]:
    (found,) = fleet.rows("SELECT * FROM public.company WHERE code = %(key)s", key=key)
    return found


def complete(folded: dict[str, Any]) -> dict[str, Any]:
    return {f.name: folded.get(f.name) for f in COMPANY.fields}


THREES = {
    "observations of one record": [
        Said("a", cells(name="one", employees=1), observation=1),
        Said("a", cells(name=None, employees=2, city="here"), observation=2),
        Said("a", cells(name="three", employees=None), observation=3),
    ],
    "versions beat observations": [
        Said("a", cells(name="old", employees=1), version=3, observation=1),
        Said("a", cells(name="older", city="x"), version=2, observation=2),
        Said("a", cells(name="oldest", city="y", employees=9), version=1, observation=3),
    ],
    "a missing version is lowest": [
        Said("a", cells(name="missing", city="missing"), version=None, observation=9, record="r9"),
        Said("a", cells(name="number"), version=-5, observation=1, record="r2"),
        Said("a", cells(employees=1), version=-6, observation=1, record="r3"),
    ],
    "number below date-time below text": [
        Said("a", cells(name="number", city="number", employees=1), version=10**30, record="r1"),
        Said("a", cells(name="moment", city="moment"), version="2020-01-01T00:00:00Z", record="r2"),
        Said("a", cells(name="text"), version="2020-01-01", record="r3"),
    ],
    "moments order by time, not by their text": [
        Said("a", cells(name="later", employees=1), version="2020-01-01T00:30:00-01:00", record="r1"),
        Said("a", cells(name="earlier", city="x"), version="2020-01-01T01:00:00Z", record="r2"),
        Said("a", cells(name="earliest", city="y"), version="2020-01-01T01:30:00+01:00", record="r3"),
    ],
    "numbers order by value": [
        Said("a", cells(name="ten", employees=1), version=10, record="r1"),
        Said("a", cells(name="nine", city="x"), version=9, record="r2"),
        Said("a", cells(name="nine and a half", city="y"), version=Decimal("9.5"), record="r3"),
    ],
    "precedence beats version": [
        Said("c", cells(name="preferred"), version=None),
        Said("a", cells(name="new", employees=2), version=99),
        Said("b", cells(name="newer", city="z"), version=100),
    ],
    "sources of one precedence order by name, bytewise": [
        Said("Z", cells(name="Z", city="Z", employees=26), version=9),
        Said("a", cells(name="a", city="a"), version=8),
        Said("b", cells(name="b"), version=None),
    ],
    "records of one source order by id last": [
        Said("a", cells(name="1", city="1", employees=1), record="r1"),
        Said("a", cells(name="2", city="2"), record="r2"),
        Said("a", cells(name="10"), record="r10"),
    ],
    "the latest plan and gate of one observation counts alone": [
        Said("a", cells(name="first plan", city="only the first plan says so"), plan=1),
        Said("a", cells(name="second plan"), plan=2, gate=1),
        Said("a", cells(name="second gate", employees=5), plan=2, gate=2),
    ],
}


@pytest.mark.parametrize("three", THREES.values(), ids=THREES.keys())
def test_every_order_of_three_gives_the_same_row(fleet: Fleet, three: list[Said]) -> None:
    expected = complete(on_paper(three, PRECEDENCE))
    for number, order in enumerate(itertools.permutations(three)):
        key = f"k{number}"
        for one in order:
            land(fleet, _in_row(one, number))
        assert row(fleet, key) == expected | {"code": key}, [one.cells for one in order]
    land(fleet, *[_in_row(one, 99) for one in three])
    assert row(fleet, "k99") == expected | {"code": "k99"}


def _in_row(one: Said, number: int) -> Said:
    """The same for another row; other plans keep its staged rows apart from the first one's."""
    return replace(one, key=f"k{number}", cells={**one.cells, "code": f"k{number}"}, plan=one.plan * 100 + number)


def test_random_histories_in_random_order_give_the_fold(fleet: Fleet) -> None:
    chance = random.Random(7)
    versions: list[Any] = [None, 1, 2, 2.5, "2024-01-01T00:00:00Z", "2023-06-01T12:00:00+02:00", "v1", "v10"]
    for number in range(25):
        key = f"k{number}"
        said = [
            Said(
                chance.choice("abcZ"),
                {
                    "code": key,
                    "name": chance.choice([None, "n1", "n2", "n3"]),
                    "employees": chance.choice([None, 1, 2, 3]),
                    "city": chance.choice([None, "x", "y"]),
                },
                record=f"{key}-{chance.randint(1, 3)}",
                observation=place,
                version=_exact(chance.choice(versions)),
                key=key,
                plan=chance.randint(1, 3),
            )
            for place in range(1, 7)
        ]
        expected = complete(on_paper(said, PRECEDENCE))
        chance.shuffle(said)
        for start in range(0, 6, 2):
            land(fleet, *said[start : start + 2])
        assert row(fleet, key) == expected


def _exact(version: Any) -> Any:
    return Decimal(str(version)) if isinstance(version, float) else version


def test_two_agreeing_sources_leave_the_row_when_one_is_voided(fleet: Fleet) -> None:
    land(fleet, Said("a", cells(name="same", employees=5)))
    land(fleet, Said("b", cells(name="same", city="only b")))
    assert row(fleet) == cells(name="same", employees=5, city="only b")
    void(fleet, "b")
    assert row(fleet) == cells(name="same", employees=5, city=None)
    void(fleet, "a")
    assert fleet.table() == []


def test_equal_content_writes_no_row(fleet: Fleet) -> None:
    land(
        fleet, Said("a", cells(name="same", employees=5)), Said("a", {"code": "k2", "name": "x"}, key="k2", record="r2")
    )
    before = rows_of(fleet)
    done = land(fleet, Said("b", cells(name="same")), Said("a", cells(name="same", employees=5), observation=2))
    assert (done.folded.updated, done.folded.inserted) == (0, 0)
    refold(fleet, "k", "k2")
    assert rows_of(fleet) == before
    assert fleet.one("SELECT count(*) FROM assertion") == 4
    changed = land(fleet, Said("b", cells(name="other"), observation=3))
    assert changed.folded.updated == 1


def test_the_same_observation_asserts_once(fleet: Fleet) -> None:
    for _ in range(3):
        fleet.execute("DELETE FROM staged")
        land(fleet, Said("a", cells(name="x")))
    assert fleet.one("SELECT count(*) FROM assertion") == 1


def test_a_voided_entry_stays_and_may_be_asserted_anew(fleet: Fleet) -> None:
    land(fleet, Said("a", cells(name="x")))
    void(fleet, "a")
    fleet.execute("DELETE FROM staged")
    land(fleet, Said("a", cells(name="x")))
    states = fleet.rows("SELECT state, void_reason FROM assertion ORDER BY id")
    assert [s["state"] for s in states] == ["void", "standing"]
    assert states[0]["void_reason"] == "withdrawn"
    assert row(fleet) == cells(name="x", employees=None, city=None)


def test_a_changed_precedence_folds_anew_what_the_source_asserts(fleet: Fleet) -> None:
    land(fleet, Said("a", cells(name="a")), Said("c", cells(name="c", city="c")))
    land(fleet, *[Said("a", {"code": f"o{n}", "name": "x"}, record=f"o{n}", key=f"o{n}") for n in range(3)])
    assert row(fleet)["name"] == "c"
    before = [r for r in rows_of(fleet) if r["code"] != "k"]
    with fleet.database.transaction() as tx:
        registry.sync(tx, [source("a", 9)], [COMPANY], gate_version=gate_version())
    fleet.run()
    assert row(fleet) == cells(name="a", employees=None, city="c")
    assert [r for r in rows_of(fleet) if r["code"] != "k"] == before
    assert fleet.one("SELECT count(*) FROM work WHERE kind = 'refold' AND status = 'done'") == 1


def test_a_precedence_that_changes_again_amid_its_refold_is_heeded_in_every_row(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows that the first refold had passed stayed folded by the precedence of then."""
    monkeypatch.setattr("enrichment.stages.refold._BATCH", 1)
    for key in ("k0", "k1", "k2"):
        land(
            fleet,
            *[Said(name, {"code": key, "name": name}, record=f"{name}{key}", key=key) for name in ("a", "c")],
        )
    assert [r["name"] for r in fleet.table()] == ["c", "c", "c"]

    def change(precedence: int) -> None:
        with fleet.database.transaction() as tx:
            registry.sync(tx, [source("a", precedence)], [COMPANY], gate_version=gate_version())

    change(9)
    fleet.run(until=lambda: fleet.table()[0]["name"] == "a")
    assert [r["name"] for r in fleet.table()] == ["a", "c", "c"]
    change(0)
    fleet.run()
    assert [r["name"] for r in fleet.table()] == ["c", "c", "c"]


def test_an_unchanged_configuration_files_no_refold(fleet: Fleet) -> None:
    land(fleet, Said("a", cells(name="a")))
    with fleet.database.transaction() as tx:
        registry.sync(tx, [source("a", 0)], [COMPANY], gate_version=gate_version())
    assert fleet.one("SELECT count(*) FROM work") == 0


def test_two_writers_of_one_key_leave_one_row_equal_to_the_fold(fleet: Fleet) -> None:
    chance = random.Random(3)
    said = {
        name: [
            Said(
                name,
                cells(name=chance.choice([None, f"{name}{n}"]), employees=chance.choice([None, n]), city=name),
                record=f"{name}{n % 5}",
                observation=n,
                version=chance.choice([None, n % 7]),
            )
            for n in range(200)
        ]
        for name in "ab"
    }
    failed: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for one in said[name]:
                land(fleet, one)
        except BaseException as error:  # noqa: BLE001 - reported by the test
            failed.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in said]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert fleet.one("SELECT count(*) FROM assertion") == 400
    assert fleet.table() == [complete(on_paper([*said["a"], *said["b"]], PRECEDENCE))]


def test_three_first_writers_of_a_new_key_lose_nothing(fleet: Fleet) -> None:
    fields = {"name": "n", "employees": 1, "city": "c"}
    for round_ in range(10):
        key = f"k{round_}"
        start = threading.Barrier(3)

        def write(item: tuple[str, Any], key: str = key, start: threading.Barrier = start) -> None:
            start.wait(10)
            land(fleet, Said("a", {"code": key, item[0]: item[1]}, record=f"{key}{item[0]}", key=key))

        threads = [threading.Thread(target=write, args=(item,)) for item in fields.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert row(fleet, key) == {"code": key, **fields}


def test_a_row_is_deleted_only_where_nothing_asserts(fleet: Fleet) -> None:
    land(fleet, Said("a", cells(name="a")), Said("b", {"code": "k2", "name": "b"}, key="k2", record="b1"))
    kept = void(fleet, "a", may_delete=False)
    assert kept.orphans == ("k",)
    assert len(fleet.table()) == 2
    assert refold(fleet, "k", "k2").deleted == 1
    assert [r["code"] for r in fleet.table()] == ["k2"]
    assert refold(fleet, "k").deleted == 0
