"""A model that is down stops being asked by anybody; a second provider takes over where there is one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from hostile_fixtures import KNOWN, Run, emptied, firms_file, models, running, truth

from enrichment.account import FAILED_A_DAY, Account, pause
from enrichment.asking import Asking
from enrichment.breaking import keys, machine, tending
from enrichment.breaking.calls import CallBreakers, FailingOver
from enrichment.model import client
from enrichment.model.client import Model
from enrichment.model.failures import FAILING, QUOTA
from enrichment.rates.model_guard import ModelRates
from enrichment.rates.redis_limiter import RedisLimiter
from enrichment.store import breakers
from enrichment.store.breakers import Kept
from enrichment.store.rates import NotedUses
from schemas.budget import Caps
from schemas.rate import Rate
from tests import hostile_model as hm
from tests.hostile_model import MAP, HostileModel
from workers.addresses import Addresses
from workers.composition import build_asking
from workers.doctor import work as doctor_work
from workers.embedded import RedisServer
from workers.offline_names import AUDITOR, LARGE, SECOND, SMALL
from workers.settings import Settings
from workers.settings.model_sections import Model as ModelSettings

FIRMS = 40
_TRANSITIONS = "SELECT before, after, reason FROM breaker_event ORDER BY id"


@pytest.fixture
def model() -> Iterator[HostileModel]:
    with HostileModel(KNOWN, truth) as server:
        yield server


@pytest.fixture
def run(database: str, tmp_path: Path, model: HostileModel) -> Iterator[Run]:
    emptied(database)
    source, root = firms_file(tmp_path, range(FIRMS))
    with running(database, model, sources=[source], roots=[root]) as made, asking(made, model) as first:
        made.fleet.configure(asking=first)
        yield made


@contextmanager
def asking(run: Run, server: HostileModel, *, fallback: bool = False) -> Iterator[Asking]:
    database, door = run.fleet.acting("model"), Model(server.url, "a key")
    try:
        guards = [CallBreakers(database), Account(database, Caps(), {})]
        yield Asking(door, models(), guards, fallback=fallback)
    finally:
        door.close()


@pytest.mark.parametrize("fault", [hm.unauthorized, hm.no_quota], ids=["401", "quota"])
def test_a_refused_key_stops_the_model_at_once_until_a_probe_succeeds(
    fault: hm.Fault, run: Run, model: HostileModel
) -> None:
    model.play(MAP, fault)
    run.enrich()
    assert model.count(MAP) == 2
    assert (run.state, run.counts) == ("done", {"written": FIRMS})
    moves = [(m["before"], m["after"]) for m in run.fleet.rows(_TRANSITIONS)]
    assert moves == [("closed", "open"), ("open", "half_open"), ("half_open", "closed")]


def test_five_failures_in_a_row_open_it_and_cost_nobody_an_attempt_while_it_is_open(
    run: Run, model: HostileModel
) -> None:
    model.play(MAP, *[hm.broken] * 6)
    run.enrich()
    assert (run.state, run.counts) == ("done", {"written": FIRMS})
    moves = [m["after"] for m in run.fleet.rows(_TRANSITIONS)]
    assert moves == ["open", "half_open", "open", "half_open", "closed"]
    assert {row["state"] for row in run.fleet.rows("SELECT state FROM breaker WHERE kind = 'quality'")} <= {"closed"}


def _turned(run: Run, turns: int = 16) -> None:
    for _ in range(turns):
        for due in run.fleet.turn():
            run.fleet.step(due)


def _closed(run: Run, *, by: str | None) -> None:
    """The model's breaker closes: by a person's word, or since a probe of other work has passed."""
    with run.fleet.acting("api").transaction() as tx:

        def close(breaker: machine.Breaker, now: datetime) -> machine.Breaker:
            if by is None:
                return machine.Breaker(breaker.kind, reason="1 probe passed")
            return machine.force_close(breaker, until=now + timedelta(hours=1), reason="mended")

        breakers.change(tx, keys.of_model(SMALL), close, by=by)


def _plan_work(run: Run) -> dict[str, Any]:
    (row,) = run.fleet.rows(
        "SELECT status, waits_on, extract(epoch FROM wait_until - now())::float8 AS seconds FROM work"
        " WHERE kind = 'plan'"
    )
    return row


@pytest.mark.parametrize("fault", [hm.broken, hm.unauthorized, hm.status(404, "model_not_found")])
def test_what_failed_all_day_goes_on_at_once_where_a_person_closes_the_breaker(
    fault: hm.Fault, run: Run, model: HostileModel
) -> None:
    model.play(MAP, then=fault)
    run.job = run.fleet.submit("firms", "firm")
    _turned(run)
    assert (model.count(MAP), _plan_work(run)["waits_on"]) == (FAILED_A_DAY, FAILING)
    model.play(MAP)
    _turned(run, 4)
    assert model.count(MAP) == FAILED_A_DAY, "the day's calls are used up, whatever the model would say now"
    _closed(run, by=None)
    assert _plan_work(run)["status"] == "ready", "whoever finds that it answers again wakes those who wait for it"
    _turned(run, 4)
    assert model.count(MAP) == FAILED_A_DAY
    _closed(run, by="ada")
    assert _plan_work(run)["status"] == "ready"
    run.fleet.run()
    assert (run.state, run.counts, run.wrong_cells()) == ("done", {"written": FIRMS}, [])


def _spent(run: Run, model: HostileModel) -> None:
    """The quota is used up: nobody waits on the breaker itself."""
    model.play(MAP, then=hm.no_quota)
    run.job = run.fleet.submit("firms", "firm")
    while not run.fleet.rows("SELECT FROM work WHERE waits_on = %(on)s", on=QUOTA):
        for due in run.fleet.turn():
            run.fleet.step(due)
    assert (model.count(MAP), _plan_work(run)["seconds"] > 60) == (1, True)
    (open_one,) = breakers_of(run)
    assert (open_one.breaker.state, open_one.waiting) == ("open", 1)
    model.play(MAP)


def breakers_of(run: Run) -> list[Kept]:
    with run.fleet.acting("api").transaction() as tx:
        return breakers.listing(tx, open_only=True)


def test_who_waits_for_a_quota_is_the_probe_once_the_breaker_has_cooled_down(run: Run, model: HostileModel) -> None:
    _spent(run, model)
    with run.fleet.database.transaction() as tx:
        tx.execute("UPDATE breaker SET until = now()")
    for _ in range(2):
        with run.fleet.acting("control").transaction() as tx:
            tending.tend(tx)
    assert _plan_work(run)["status"] == "ready"
    run.fleet.run()
    assert (run.state, run.counts, run.wrong_cells()) == ("done", {"written": FIRMS}, [])


def test_who_waits_for_a_quota_goes_on_at_once_where_a_person_closes_the_breaker(run: Run, model: HostileModel) -> None:
    _spent(run, model)
    _closed(run, by="ada")
    assert _plan_work(run)["status"] == "ready"
    (told,) = doctor_work.stopped(run.fleet.database)
    assert (told.level, "on a person's word" in told.message, "probes" in told.remedy) == ("odd", True, False)
    run.fleet.run()
    assert (run.state, run.counts, run.wrong_cells()) == ("done", {"written": FIRMS}, [])


@pytest.mark.parametrize("tokens", [200_000, 900_000_000])
def test_a_server_that_miscounts_is_booked_at_the_worst_that_its_answer_can_have_cost(
    run: Run, model: HostileModel, tokens: int
) -> None:
    model.play(MAP, hm.counting(tokens, tokens))
    run.enrich()
    assert (run.state, run.counts) == ("done", {"written": FIRMS})
    (call,) = run.fleet.rows("SELECT input_tokens, output_tokens FROM model_call WHERE purpose = 'planning'")
    assert (call["output_tokens"], call["input_tokens"] < 50_000) == (models().max_output_tokens, True)


def test_a_person_who_closes_the_breaker_in_vain_allows_ten_calls_more(run: Run, model: HostileModel) -> None:
    model.play(MAP, then=hm.broken)
    run.job = run.fleet.submit("firms", "firm")
    _turned(run)
    _closed(run, by="ada")
    _turned(run, 24)
    assert model.count(MAP) == 2 * FAILED_A_DAY


def test_a_model_of_another_name_is_asked_whatever_the_old_one_failed(run: Run, model: HostileModel) -> None:
    """A request that is refused has no breaker; the name is mended in the configuration."""
    model.play(MAP, then=hm.status(400, "invalid_request_error"))
    run.job = run.fleet.submit("firms", "firm")
    _turned(run)
    assert model.count(MAP) == FAILED_A_DAY
    model.play(MAP)
    database, door = run.fleet.acting("model"), Model(model.url, "a key")
    renamed = models(small=LARGE)
    run.fleet.configure(asking=Asking(door, renamed, [Account(database, Caps(), {}, renamed.names)]))
    run.fleet.run()
    door.close()
    assert (run.state, run.counts) == ("done", {"written": FIRMS})


def test_the_calls_of_a_day_last_longer_than_an_outage(run: Run, model: HostileModel) -> None:
    """Ten within a quarter of an hour would make an outage of twenty minutes cost a day."""
    assert [pause(failed) for failed in range(4, 11)] == [0, 60, 240, 960, 3_840, 15_360, 15_360]
    model.play(MAP, then=hm.broken)
    run.job = run.fleet.submit("firms", "firm")
    while model.count(MAP) < 7:
        _turned(run, 1)
    waiting = _plan_work(run)
    assert waiting["waits_on"] == FAILING
    assert 950 < waiting["seconds"] <= 960
    model.play(MAP)
    _closed(run, by=None)
    run.fleet.run()
    assert (run.state, run.counts) == ("done", {"written": FIRMS})


def test_a_second_provider_takes_over_and_every_call_says_so(run: Run, model: HostileModel) -> None:
    model.play(MAP, then=hm.unauthorized)
    told: list[tuple[str, str, str]] = []
    with HostileModel(KNOWN, truth) as second, asking(run, second, fallback=True) as other:
        over = FailingOver(
            run.fleet.context.asking or other,
            other,
            run.fleet.database,
            names=_same(),
            tell=lambda first, other, _, reason: told.append((first, other, reason)),
        )
        run.fleet.configure(asking=over)
        run.enrich()
        assert (run.state, run.counts, run.wrong_cells()) == ("done", {"written": FIRMS}, [])
        assert (model.count(MAP), second.count(MAP)) == (1, 1)
    assert told == [(SMALL, SMALL, "model_unauthorized")]
    calls = run.fleet.rows("SELECT model, fallback FROM model_call WHERE purpose = 'planning' AND state = 'settled'")
    assert calls == [{"model": SMALL, "fallback": True}]


@pytest.mark.parametrize(
    ("seconds", "second", "said"),
    [(3_000, 1, ["model_rate_limited", "held_off"]), (20, 0, [])],
    ids=["for long", "for a moment"],
)
def test_a_provider_that_asks_to_be_left_alone_for_long_is_passed_by(
    run: Run, model: HostileModel, redis_server: RedisServer, seconds: int, second: int, said: list[str]
) -> None:
    """Nobody calls it meanwhile, so that its breaker would never open, and work waited as long as it was told to."""
    model.play(MAP, then=hm.status(429, "rate_limit_exceeded", headers={"Retry-After": str(seconds)}))
    model.play("audit_cells", then=hm.status(429, "rate_limit_exceeded", headers={"Retry-After": str(seconds)}))
    told: list[str] = []
    database = run.fleet.acting("model")
    limiter = RedisLimiter(redis_server.url, NotedUses(database), structlog.get_logger(), prefix=uuid.uuid4().hex)
    rates = ModelRates(limiter, Rate(), structlog.get_logger())
    door = Model(model.url, "a key")
    with HostileModel(KNOWN, truth) as there, asking(run, there, fallback=True) as other:
        one = Asking(door, models(), [CallBreakers(database), Account(database, Caps(), {}), rates])
        over = FailingOver(one, other, database, names=_same(), tell=lambda *why: told.append(why[-1]))
        run.fleet.configure(asking=over)
        run.job = run.fleet.submit("firms", "firm")
        _turned(run)
        assert (model.count(MAP), there.count(MAP)) == (1, second)
    assert list(dict.fromkeys(told)) == said
    if second:
        assert (run.state, run.counts, run.wrong_cells()) == ("done", {"written": FIRMS}, [])
    else:
        assert _plan_work(run)["status"] == "waiting"
    door.close()


def test_a_configured_second_provider_is_asked_where_it_is_and_paid_what_it_charges(
    run: Run, model: HostileModel, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a fleet builds it from its configuration; its models have the names of the first provider's."""
    model.play(MAP, then=hm.status(429, "rate_limit_exceeded", headers={"Retry-After": "3000"}))
    names = {"small": SMALL, "large": LARGE, "auditor": AUDITOR, "second_auditor": SECOND}
    cheap, dear = ({name: {"input": money, "output": money} for name in names.values()} for money in (1, 1_000))
    database = run.fleet.acting("model")
    with HostileModel(KNOWN, truth) as there, ExitStack() as doors:
        # a fleet's doors are open as long as its processes live
        monkeypatch.setattr(client, "Model", lambda *told: doors.enter_context(closing(Model(*told))))
        told = ModelSettings.model_validate(
            {"base_url": model.url, "prices": cheap, **names}
            | {"fallback": {"base_url": there.url, "prices": dear, **names}}
        )
        addresses = Addresses(database="", broker=redis_server.url)
        run.fleet.configure(asking=build_asking(Settings(base=Path(), model=told), addresses, database))
        run.job = run.fleet.submit("firms", "firm")
        _turned(run)
        assert (model.count(MAP), there.count(MAP)) == (1, 1)
    (call,) = run.fleet.rows(
        "SELECT cost, input_tokens + output_tokens AS tokens FROM model_call WHERE fallback AND purpose = 'planning'"
    )
    assert call["cost"] * 1_000_000 == call["tokens"] * 1_000


def _same() -> dict[tuple[str, str], str]:
    known = models()
    names = [name for name in (known.small, known.large, known.auditor, known.second) if name]
    return {(purpose, name): name for purpose in ("planning", "audit") for name in names}
