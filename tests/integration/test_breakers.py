"""Breakers in the database: shared by everybody, one probe at a time, rows in quarantine, and who they let pass."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fleet_ground import COMPANY, PLAIN, Fleet, Script, companies, company, ground

from enrichment import deciding
from enrichment.breaking import forcing, guarding, keys, machine
from enrichment.breaking.keys import Key
from enrichment.breaking.machine import Outcome, State
from enrichment.complaining import Reported, report_defect
from enrichment.model.prompts import PROMPT_VERSION
from enrichment.store import breakers
from enrichment.store.breakers import Kept
from enrichment.store.database import Database
from schemas.errors import ConflictError, TransientError, UsageError, WaitingError
from schemas.source import InlineSource
from schemas.target import TargetField

BAD = Outcome("rows", failed=True, reason="defects in city")
FINE = Outcome("rows", failed=False)


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database)
    yield made
    made.close()


#: A field that no name gives away, so that a model is asked.
TOWN = company(*COMPANY.fields, TargetField(name="town", type="string", kind="text"))


@pytest.fixture
def towns(database: str) -> Iterator[Fleet]:
    made = ground(database, targets=(TOWN,))
    yield made
    made.close()


def planner(model: str = "small", *, source: str = "crm") -> Key:
    return keys.of_planner(source, "company", COMPANY.version, model=model, prompt=str(PROMPT_VERSION))


MATCHER = keys.of_planner("crm", "company", COMPANY.version, model="matcher", prompt="-")


def kept(fleet: Fleet, key: Key) -> Kept:
    with fleet.database.transaction() as tx:
        return next(one for one in breakers.listing(tx) if one.key == key)


def state(fleet: Fleet, key: Key) -> State:
    return kept(fleet, key).breaker.state


def tell(fleet: Fleet, key: Key, *outcomes: Outcome, holder: int | None = None) -> None:
    with fleet.database.transaction() as tx:
        guarding.record(tx, key, outcomes, holder=holder, stretch=lambda: 1.0)


def cooled(fleet: Fleet) -> None:
    fleet.execute("UPDATE breaker SET until = now() WHERE state = 'open'")


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What each of so many threads gets that begin together."""
    begin = threading.Barrier(count)

    def one(n: int) -> Any:
        begin.wait()
        return act(n)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_failures_spread_over_processes_open_it_everywhere_and_no_other_source(database: str, fleet: Fleet) -> None:
    """T04, R-CB-1, R-CB-2: each has connections of its own, as processes have."""
    own = [Database(database, application=f"process {n}", size=1) for n in range(8)]

    def fail(n: int) -> None:
        if n < 5:
            with own[n].transaction() as tx:
                guarding.record(tx, planner(), [BAD], holder=None)

    at_once(8, fail)
    assert state(fleet, planner()) == State.OPEN
    for n, one in enumerate(own):
        assert not guarding.admitted(one, planner(), n)
        assert guarding.admitted(one, planner(source="other"), n)
        one.close()
    assert len(fleet.rows("SELECT 1 FROM breaker_event")) == 1


def test_of_many_claimers_exactly_one_is_the_probe(database: str, fleet: Fleet) -> None:
    """T05, R-CB-6."""
    tell(fleet, planner(), *[BAD] * 5)
    cooled(fleet)
    shared = Database(database, application="claimers", size=16)
    assert sum(at_once(16, lambda n: guarding.admitted(shared, planner(), n + 1))) == 1
    shared.close()
    assert state(fleet, planner()) == State.HALF_OPEN


def test_a_killed_probe_frees_its_lease_and_the_cool_down_has_doubled(fleet: Fleet) -> None:
    tell(fleet, planner(), *[BAD] * 5)
    cooled(fleet)
    assert guarding.admitted(fleet.database, planner(), 1)
    assert not guarding.admitted(fleet.database, planner(), 2)
    fleet.execute("UPDATE breaker SET lease_until = now()")
    assert not guarding.admitted(fleet.database, planner(), 2)
    after = kept(fleet, planner()).breaker
    assert (after.state, after.opens, after.lease) == (State.OPEN, 2, None)
    cooled(fleet)
    assert guarding.admitted(fleet.database, planner(), 2)


def test_what_breaks_off_without_an_outcome_gives_the_lease_back(fleet: Fleet) -> None:
    tell(fleet, planner(), *[BAD] * 5)
    cooled(fleet)
    with pytest.raises(TransientError), guarding.passing(fleet.database, [planner()], 1):
        raise TransientError("the model is away")
    assert guarding.admitted(fleet.database, planner(), 2)


def test_nothing_goes_on_where_the_breakers_cannot_be_read() -> None:
    """R-CB-5."""
    away = Database("postgresql://nobody@127.0.0.1:9/none", application="away", size=1)
    with pytest.raises(TransientError):
        guarding.admitted(away, planner(), 1)
    away.close()


def test_a_key_that_never_fails_has_no_row_to_queue_for(fleet: Fleet) -> None:
    tell(fleet, planner(), FINE, FINE)
    assert fleet.rows("SELECT 1 FROM breaker") == []


def test_an_open_planner_is_not_asked_its_work_waits_and_goes_on_when_it_closes(towns: Fleet) -> None:
    fleet, asking = towns, Script({**PLAIN, "town": ("/place", ())})
    fleet.configure(asking=asking)
    key = keys.of_planner("crm", "company", TOWN.version, model="small", prompt=str(PROMPT_VERSION))
    tell(fleet, key, *[BAD] * 5)
    job = fleet.enrich(companies(range(60), place=lambda n: f"Place {n % 5}"))
    assert asking.count("planning") == 0
    assert fleet.rows("SELECT status, waits_on, attempts FROM work WHERE kind = 'plan'") == [
        {"status": "waiting", "waits_on": key.waits_on, "attempts": 0}
    ]
    assert (fleet.state(job), fleet.counts(job)) == ("running", {"held": 60})
    cooled(fleet)
    fleet.run()
    assert asking.count("planning") == 1
    assert state(fleet, key) in {State.HALF_OPEN, State.CLOSED}


def test_rows_staged_before_the_opening_are_quarantined_until_three_probes_passed(fleet: Fleet) -> None:
    """T06: they stay staged and count as held; nothing is merged while it is open or half open."""
    asking = Script(PLAIN)
    fleet.configure(asking=asking)
    fleet.only = frozenset({"map", "gate", "audit", "plan"})
    job = fleet.send(companies(range(150)))
    for _ in range(12):
        for due in fleet.turn():
            fleet.step(due)
    fleet.only = None
    fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    tell(fleet, _key_of_plan(fleet), *[BAD] * 5)
    fleet.run()
    assert fleet.table() == []
    assert fleet.counts(job) == {"held": 150}
    assert asking.count("audit") == 0
    cooled(fleet)
    fleet.run()
    assert state(fleet, _key_of_plan(fleet)) == State.CLOSED
    assert len(fleet.table()) == 150
    assert fleet.counts(job) == {"written": 150}


def test_rows_of_a_released_plan_stay_staged_while_its_key_is_open_and_a_fresh_audit_closes_it(fleet: Fleet) -> None:
    asking = Script(PLAIN)
    fleet.configure(asking=asking)
    fleet.enrich(companies(range(150)))
    tell(fleet, _key_of_plan(fleet), *[BAD] * 5)
    job = fleet.enrich(companies(range(200, 320)))
    assert len(fleet.table()) == 150
    assert fleet.counts(job) == {"held": 120}
    before = asking.count("audit")
    cooled(fleet)
    fleet.run()
    assert state(fleet, _key_of_plan(fleet)) == State.CLOSED
    assert asking.count("audit") - before >= 3
    assert fleet.counts(job) == {"written": 120}
    fleet.balanced(job)


def test_a_probe_that_finds_a_defect_opens_it_again(fleet: Fleet) -> None:
    fleet.enrich(companies(range(150)))
    tell(fleet, _key_of_plan(fleet), *[BAD] * 5)
    job = fleet.enrich(companies(range(200, 320)))

    # not the city, which another planner proposed
    def wrong(field: str, *_: Any) -> str:
        return "unsupported" if field == "employees" else "supported"

    fleet.configure(asking=Script(PLAIN, audit=wrong))
    cooled(fleet)
    fleet.run()
    after = kept(fleet, _key_of_plan(fleet)).breaker
    assert (after.state, after.opens) == (State.OPEN, 2)
    assert len(fleet.table()) == 150
    assert fleet.counts(job) == {"held": 120}


def test_a_forced_opening_stops_work_until_it_expires(fleet: Fleet) -> None:
    """T40, as far as one key goes."""
    fleet.enrich(companies(range(150)))
    key = _key_of_plan(fleet)
    with fleet.database.transaction() as tx:
        breakers.change(
            tx,
            key,
            lambda b, now: machine.force_open(b, until=now + machine.timedelta(hours=1), reason="maintenance"),
            by="ops",
        )
    job = fleet.enrich(companies(range(200, 220)))
    assert fleet.counts(job) == {"held": 20}
    fleet.execute("UPDATE breaker SET until = now()")
    fleet.run()
    assert fleet.counts(job) == {"written": 20}
    assert [row["by"] for row in fleet.rows('SELECT "by" FROM breaker_event ORDER BY id')] == ["ops", None]


def test_one_wrong_binding_is_condemned_and_opens_nothing(fleet: Fleet) -> None:
    """What has fallen is contained, however many rows one question to the auditor carried."""
    fleet.configure(asking=Script(PLAIN, audit=lambda field, *_: "unsupported" if field == "city" else "supported"))
    job = fleet.enrich(companies(range(150)))
    assert fleet.counts(job) == {"written": 150}
    assert {row["state"] for row in fleet.rows("SELECT state FROM breaker")} <= {"closed"}
    assert fleet.one("SELECT jsonb_array_length(windows -> 'rows') FROM breaker WHERE windows ? 'rows'") >= 2


def test_refused_proposals_open_it_for_every_shape_and_the_last_one_is_asked_again(towns: Fleet) -> None:
    """After its three calls the shape is a person's; a probe asks about it once more, for the breaker alone."""
    swapped: Mapping[str, Any] = {**PLAIN, "town": ("/missing", ())}
    fleet, asking = towns, _Refused(swapped)
    fleet.configure(asking=asking)
    fleet.enrich(companies(range(60), place=lambda n: f"Place {n % 5}"))
    key = keys.of_planner("crm", "company", TOWN.version, model="small", prompt=str(PROMPT_VERSION))
    assert asking.count("planning") == 3
    asking.garbled = False
    assert state(fleet, key) == State.CLOSED
    tell(fleet, key, Outcome("plans", failed=True))
    assert state(fleet, key) == State.OPEN
    cooled(fleet)
    fleet.run()
    assert state(fleet, key) == State.CLOSED
    assert asking.count("planning") == 6
    assert fleet.one("SELECT count(*) FROM plan") == 1


def test_a_shape_that_a_plan_serves_by_now_is_asked_about_as_a_whole_for_the_breaker(towns: Fleet) -> None:
    """Nothing of it is open: what waited for the breaker waited for ever, beside a probe every few seconds."""
    fleet, asking = towns, _Refused(PLAIN)
    fleet.configure(asking=asking)
    key = _refused(fleet)
    with fleet.acting("api").transaction() as tx:
        brought = {**deciding.export(tx, fleet.one("SELECT max(id) FROM plan")), "bindings": _BOUND}
        brought["abstained"] = [{"target": "town", "reason": "absent"}]
        deciding.import_plan(fleet.context, tx, brought, by="anna")
    fleet.run()
    asking.garbled = False
    asked, stored = asking.count("planning"), fleet.rows("SELECT id, body, state FROM plan ORDER BY id")
    tell(fleet, key, Outcome("plans", failed=True))
    cooled(fleet)
    fleet.run()
    assert state(fleet, key) == State.CLOSED
    assert asking.count("planning") == asked + 3
    assert fleet.rows("SELECT id, body, state FROM plan ORDER BY id") == stored


def test_a_shape_of_which_no_record_is_stored_is_no_probe_for_ever(towns: Fleet) -> None:
    fleet = towns
    fleet.configure(asking=_Refused(PLAIN))
    key = _refused(fleet)
    fleet.execute("DELETE FROM payload")
    tell(fleet, key, Outcome("plans", failed=True))
    cooled(fleet)
    fleet.run()
    assert (state(fleet, key), kept(fleet, key).shape_id) == (State.HALF_OPEN, None)
    assert fleet.one("SELECT count(*) FROM work WHERE args ? 'probe'") == 1


def _refused(fleet: Fleet) -> Key:
    """The planner of which every answer about a shape was refused."""
    fleet.enrich(companies(range(60), place=lambda n: f"Place {n % 5}"))
    return keys.of_planner("crm", "company", TOWN.version, model="small", prompt=str(PROMPT_VERSION))


_BOUND = [
    {"target": name, "alternatives": [{"paths": [f"/{name}"], "ops": []}], "origin": "person"}
    for name in ("code", "name", "employees", "city")
]


class _Refused(Script):
    garbled = True

    def _plan(self, document: Mapping[str, Any]) -> dict[str, Any]:
        return {"bindings": "none"} if self.garbled else super()._plan(document)


def _key_of_plan(fleet: Fleet) -> Key:
    """Whoever proposed the newest plan's bindings: the matcher for names that say everything."""
    from enrichment.store import plans

    with fleet.database.transaction() as tx:
        (key, *_) = sorted(keys.of_plan(plans.get(tx, fleet.one("SELECT max(id) FROM plan"))))
    return key


def test_no_breaker_stops_another_source(fleet: Fleet) -> None:
    other = InlineSource(name="other", connector="inline", key="/code")
    fleet.configure(sources={**fleet.context.sources, "other": other})
    fleet.execute("INSERT INTO source SELECT * FROM source WHERE false")
    tell(fleet, MATCHER, *[BAD] * 5)
    with pytest.raises(WaitingError):
        guarding.admit(fleet.database, MATCHER, 1)
    guarding.admit(fleet.database, keys.of_planner("other", "company", COMPANY.version, model="matcher", prompt="-"), 1)


def report(fleet: Fleet, key: str, field: str) -> Reported:
    with fleet.acting("api").transaction() as tx:
        return report_defect(fleet.context, tx, "company", key, field, by="downstream", reason="seen in a report")


def test_a_report_from_downstream_is_a_confirmed_defect_and_withdraws_the_cell(fleet: Fleet) -> None:
    fleet.enrich(companies(range(150)))
    before = fleet.one("SELECT defects FROM plan_field WHERE name = 'employees'")
    told = report(fleet, "C-00003", "employees")
    assert told.breaker == "closed"
    assert fleet.one("SELECT defects FROM plan_field WHERE name = 'employees'") == before + 1
    assert fleet.one("SELECT windows ->> 'rows' FROM breaker") == "[1]"
    with pytest.raises(ConflictError, match="found wrong before"):
        report(fleet, "C-00003", "employees")
    fleet.run()
    assert {row["code"] for row in fleet.table() if row["employees"] is None} == {"C-00003"}


@pytest.mark.parametrize(
    ("key", "field", "said"),
    [
        ("C-99999", "employees", "nothing written"),
        ("C-00001", "cty", "no field 'cty'"),
    ],
)
def test_a_report_on_nothing_says_so(key: str, field: str, said: str, fleet: Fleet) -> None:
    fleet.enrich(companies(range(3)))
    with pytest.raises(UsageError, match=said):
        report(fleet, key, field)


def test_closing_by_hand_needs_a_confirmation_of_what_it_lets_through(fleet: Fleet) -> None:
    fleet.enrich(companies(range(150)))
    key = _key_of_plan(fleet)
    tell(fleet, key, *[BAD] * 5)
    job = fleet.enrich(companies(range(200, 220)))

    def close(confirm: str | None) -> forcing.Closing:
        with fleet.database.transaction() as tx:
            return forcing.force_close(
                tx, kept(fleet, key).id, seconds=60, reason="mended", by="ops", secret=b"s", now=0.0, confirm=confirm
            )

    would = close(None)
    assert (would.done, would.rows, state(fleet, key)) == (False, 20, State.OPEN)
    with pytest.raises(ConflictError, match="confirmation"):
        close("1.forged")
    assert close(would.confirm).done
    fleet.run()
    assert fleet.counts(job) == {"written": 20}
    with pytest.raises(ConflictError):
        close(would.confirm)
    assert fleet.rows('SELECT after, reason FROM breaker_event WHERE "by" IS NOT NULL') == [
        {"after": "forced_closed", "reason": "mended"}
    ]
