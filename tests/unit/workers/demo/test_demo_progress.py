from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from rich.console import Console

from schemas.errors import TransientError
from workers.demo import watching
from workers.demo.live import Moment, Progress

ZERO = {"accepted": 0, "in_flight": 0, "held": 0, "written": 0, "dead": 0}


def document(state: str = "running", **counts: int) -> dict[str, Any]:
    return {
        "state": state,
        "source": "listed_companies",
        "target": "company",
        "counts": {**ZERO, **counts},
        "calls": {"planning": 2, "audit": 7},
    }


def shown(*moments: Moment, terminal: bool) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    with Progress(console) as progress:
        for moment in moments:
            progress.show(moment)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


RUNNING = Moment(
    3.21, document(accepted=1837, in_flight=137, held=700, written=1000), {"map": 2, "gate": 1, "judge": 4}
)


def test_a_moment_says_where_records_and_work_are() -> None:
    assert RUNNING.settled == 1000
    assert RUNNING.standing == (
        "accepted 1,837: 137 in flight, 700 held, 1,000 written; calls: 2 planning, 7 audit; "
        "open work: 2 map, 1 gate, 4 judge"
    )


def test_without_a_terminal_each_standing_is_one_plain_line() -> None:
    text = shown(RUNNING, RUNNING, terminal=False)
    assert text == f"  3.2 s  {RUNNING.standing}\n"


def test_a_terminal_shows_stages_records_and_calls() -> None:
    text = shown(RUNNING, terminal=True)
    for said in ("1,000 of 1,837 settled", "700 held", "map 2 · gate 1", "judge 4", "planning 2 · audit 7"):
        assert said in text, said


class FakeJob:
    """A job that is in one state after the other, and stays in the last."""

    def __init__(self, *states: dict[str, Any]) -> None:
        self._states = list(states)
        self.document = states[0]
        self.looks = 0

    @property
    def state(self) -> str:
        return str(self.document["state"])

    def refresh(self) -> None:
        self.looks += 1
        self.document = self._states.pop(0) if len(self._states) > 1 else self._states[0]


class FakeDatabase:
    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that passes only by sleeping."""
    now = [0.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(watching.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def watched(monkeypatch: pytest.MonkeyPatch, job: FakeJob, *work: dict[str, int]) -> None:
    left = list(work)
    monkeypatch.setattr(watching.figures, "open_work", lambda *_, **__: left.pop(0) if len(left) > 1 else dict(left[0]))
    progress = Progress(Console(file=io.StringIO()))
    watching.watch(job, FakeDatabase(), progress, begun=0.0)  # type: ignore[arg-type]


@pytest.mark.usefixtures("clock")
def test_it_waits_for_the_audit_behind_a_job_that_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    job = FakeJob(document(), document("done"))
    watched(monkeypatch, job, {"gate": 1}, {"judge": 3}, {}, {"judge": 1}, {})
    assert job.looks == 8


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("state", ["done", "partial", "failed", "cancelled", "blocked"])
def test_it_ends_with_any_job_that_has_nothing_left_to_do(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    watched(monkeypatch, FakeJob(document(state)), {})


def test_a_job_that_stands_still_is_given_up(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    with pytest.raises(TransientError) as raised:
        watched(monkeypatch, FakeJob(document()), {"gate": 1})
    assert "1 gate" in raised.value.message
    assert "assay up" in raised.value.hint
    assert 180 < clock[0] < 190
