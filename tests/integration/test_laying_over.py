"""Which rows are laid over the row as it stands instead of folding all that stands anew, and that nobody can tell."""

from __future__ import annotations

import random
from collections.abc import Iterator

import psycopg
import pytest
from fleet_ground import Fleet, companies, company, ground
from ledger_ground import Said, land, on_paper, refold, rows_of, void

from enrichment.deciding import plans as deciding
from enrichment.gate.version import gate_version
from enrichment.store import registry
from schemas.source import InlineSource

PRECEDENCE = {"a": 0, "c": 5}
FIRST = Said("a", {"code": "k", "name": "one", "employees": 1}, observation=1, version=1)


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    sources = [InlineSource(name=n, connector="inline", key="/code", precedence=p) for n, p in PRECEDENCE.items()]
    made = ground(database, sources=sources)
    yield made
    made.close()


def again(observation: int = 2, *, source: str = "a", record: str = "r1", version: int = 1, plan: int = 1) -> Said:
    said = {"code": "k", "name": f"of {source} {record} {observation}", "city": "here"}
    return Said(source, said, record=record, observation=observation, version=version, plan=plan)


def test_the_first_of_a_key_and_the_next_observation_of_its_record_are_laid_over(fleet: Fleet) -> None:
    assert land(fleet, FIRST).laid_over == 1
    landed = land(fleet, again(2))
    assert (landed.laid_over, landed.folded.updated) == (1, 1)
    (row,) = fleet.rows("SELECT name, employees, city FROM public.company")
    assert row == {"name": "of a r1 2", "employees": 1, "city": "here"}


def test_a_row_that_says_nothing_new_is_not_written_and_the_next_is_laid_over_it(fleet: Fleet) -> None:
    land(fleet, FIRST)
    before = rows_of(fleet)
    landed = land(fleet, Said("a", FIRST.cells, observation=2, version=1))
    assert (landed.laid_over, landed.folded.updated, rows_of(fleet)) == (1, 0, before)
    assert land(fleet, again(3)).laid_over == 1


@pytest.mark.parametrize(
    "second",
    [
        again(2, record="r2"),
        again(2, version=0),
        again(1, version=2, plan=2),
        again(2, source="c"),
    ],
    ids=["another record", "an older version", "the same observation", "another source"],
)
def test_whatever_else_comes_is_folded_with_all_that_stands(fleet: Fleet, second: Said) -> None:
    land(fleet, FIRST)
    assert land(fleet, second).laid_over == 0
    expected = on_paper([FIRST, second], PRECEDENCE)
    (row,) = fleet.rows("SELECT code, name, employees, city FROM public.company")
    assert row == {name: expected.get(name) for name in row}


def test_what_lies_below_another_source_is_never_laid_over_it(fleet: Fleet) -> None:
    land(fleet, FIRST)
    land(fleet, again(2, source="c"))
    assert land(fleet, again(2)).laid_over == 0
    assert land(fleet, again(3, source="c")).laid_over == 0, "the newest entry was not the strongest"
    assert land(fleet, again(4, source="c")).laid_over == 1
    (row,) = fleet.rows("SELECT name FROM public.company")
    assert row == {"name": "of c r1 4"}


def test_two_rows_of_one_key_in_one_merge_are_folded(fleet: Fleet) -> None:
    assert land(fleet, FIRST, again(2)).laid_over == 0


@pytest.mark.parametrize("hand", ["UPDATE public.company SET city = 'mine'", "DELETE FROM public.company"])
def test_a_row_that_somebody_else_changed_is_folded_with_its_baseline(fleet: Fleet, hand: str) -> None:
    land(fleet, FIRST)
    with fleet.database.transaction() as tx:
        tx.execute(hand)
    assert land(fleet, again(2)).laid_over == 0


def test_what_an_older_release_appended_is_seen(fleet: Fleet) -> None:
    """It notes no top: the newest entry is then another than the one that was noted."""
    land(fleet, FIRST)
    land(fleet, again(2, source="c"))
    with fleet.database.transaction() as tx:
        own = "SELECT staged_id FROM assertion WHERE source = 'a' AND state = 'standing'"
        tx.execute(f"UPDATE target_key SET top = ({own})".encode())
    assert land(fleet, again(2)).laid_over == 0
    (row,) = fleet.rows("SELECT name FROM public.company")
    assert row == {"name": "of c r1 2"}


def test_after_a_withdrawal_the_next_is_laid_over_what_is_left(fleet: Fleet) -> None:
    land(fleet, FIRST)
    land(fleet, again(2, source="c"))
    void(fleet, "c")
    assert land(fleet, again(2)).laid_over == 1
    (row,) = fleet.rows("SELECT name FROM public.company")
    assert row == {"name": "of a r1 2"}


def test_a_key_of_which_everything_was_withdrawn_begins_anew(fleet: Fleet) -> None:
    land(fleet, FIRST)
    void(fleet, "a", may_delete=False)  # the row waits for the role that may delete it
    assert land(fleet, again(2)).laid_over == 0
    (row,) = fleet.rows("SELECT name, employees FROM public.company")
    assert row == {"name": "of a r1 2", "employees": None}


def test_random_histories_laid_over_are_their_fold(fleet: Fleet) -> None:
    seed = 20_261_129
    chance = random.Random(seed)
    laid = 0
    for number in range(25):
        key, history = f"k{number}", []
        for observation in range(1, 8):
            filled = {n: chance.randint(1, 9) for n in ("employees",) if chance.random() < 0.6}
            filled |= {n: f"{n} {observation}" for n in ("name", "city") if chance.random() < 0.6}
            said = Said(
                chance.choice("aaaac"),
                {"code": key, **filled},
                record=f"{key} {chance.choice('112')}",
                observation=observation if chance.random() < 0.8 else max(observation - 2, 1),
                version=chance.choice((1, 1, 1, 2, None)),
                key=key,
                plan=100 * number + observation,
            )
            history.append(said)
            laid += land(fleet, said).laid_over
            expected = on_paper(history, PRECEDENCE)
            (row,) = fleet.rows("SELECT * FROM public.company WHERE code = %(key)s", key=key)
            assert row == {name: expected.get(name) for name in row}, f"seed {seed}, {key}: {history}"
        assert refold(fleet, key).updated == 0
    assert laid > 25


def test_a_baseline_that_came_to_lie_above_is_not_laid_over(database: str) -> None:
    made = ground(
        database,
        sources=[InlineSource(name="a", connector="inline", key="/code")],
        targets=[company(existing="replace")],
    )
    made.execute("INSERT INTO public.company (code, name, employees) VALUES ('k', 'mine', 7)")
    land(made, FIRST)
    after = company(existing="keep")
    with made.database.transaction() as tx:
        registry.sync_target(tx, after)
    made.configure(targets={"company": after})
    assert land(made, again(2)).laid_over == 0
    assert [row["name"] for row in made.table()] == ["mine"]
    made.close()


def test_a_changed_precedence_is_heeded_before_its_refold(fleet: Fleet) -> None:
    land(fleet, Said("c", {"code": "k", "name": "of c"}, observation=1, version=1))
    land(fleet, FIRST)
    land(fleet, again(2, source="c", record="r1"))
    with fleet.database.transaction() as tx:
        raised = InlineSource(name="a", connector="inline", key="/code", precedence=9)
        registry.sync_source(tx, raised, gate_version=gate_version())
    assert land(fleet, again(3, source="c", record="r1")).laid_over == 0
    assert [row["name"] for row in fleet.table()] == ["one"]


def test_what_a_table_refused_to_withdraw_is_not_laid_over(database: str) -> None:
    made = ground(database)
    made.enrich(companies(range(60)))
    made.release_all()
    made.execute("ALTER TABLE public.company ADD CHECK (employees IS NOT NULL)")
    with made.acting("api").transaction() as tx:
        plan = (tx.execute("SELECT max(id) AS id FROM plan WHERE state = 'released'").fetchone() or {})["id"]
        deciding.condemn(made.context, tx, plan, fields=["employees"], by="anna", reason="wrong")
    made.only = frozenset({"refold"})
    made.run()
    assert made.one("SELECT count(*) FROM review WHERE rule = 'target_refused' AND state = 'open'") == 60
    assert made.one("SELECT count(*) FROM target_key WHERE top IS NOT NULL") == 0
    first = {"code": "C-00000", "name": "Company 0", "city": "new"}
    with pytest.raises(psycopg.errors.CheckViolation):
        land(made, Said("crm", first, record="C-00000", observation=2, version=1, key="C-00000"))
    made.close()
