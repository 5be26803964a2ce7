"""A model that is down stops being asked by anybody; a second provider takes over where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hostile_fixtures import KNOWN, Run, emptied, firms_file, models, running, truth

from enrichment.account import Account
from enrichment.asking import Asking
from enrichment.breaking.calls import CallBreakers, FailingOver
from enrichment.model.client import Model
from schemas.budget import Caps
from tests import hostile_model as hm
from tests.hostile_model import MAP, HostileModel
from workers.offline_names import SMALL

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


def _same() -> dict[tuple[str, str], str]:
    known = models()
    names = [name for name in (known.small, known.large, known.auditor, known.second) if name]
    return {(purpose, name): name for purpose in ("planning", "audit") for name in names}
