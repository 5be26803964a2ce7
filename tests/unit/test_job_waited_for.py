"""Waiting for a job looks at its state only, and at its counts once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from enrichment.client.document import Document
from enrichment.client.jobs import Job
from schemas.errors import TransientError


class Wire:
    """Answers with one state after the other, each look a second later; keeps whether counts were asked for."""

    def __init__(self, *states: str) -> None:
        self.states: Iterator[str] = iter(states)
        self.state = states[0]
        self.now = 0.0
        self.counted: list[bool] = []

    def ask(self, _: str, __: str, *, query: Mapping[str, Any] | None = None) -> Document:
        self.counted.append(query is None)
        if query is not None:
            self.state = next(self.states, self.state)
        return Document(id=1, state=self.state, **({"counts": {"accepted": 2}} if query is None else {}))

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def job(wire: Wire) -> Job:
    return Job(wire, Document(id=1, state="running", counts={"accepted": 0}))  # type: ignore[arg-type]


def test_counts_are_asked_for_once_at_the_end() -> None:
    wire = Wire("running", "running", "blocked", "running", "done")
    assert job(wire).wait().counts == {"accepted": 2}
    assert wire.counted == [False] * 5 + [True]


def test_a_job_that_stays_blocked_is_waited_for_no_longer() -> None:
    wire = Wire("blocked")
    assert job(wire).wait(poll=1.0).state == "blocked"
    assert wire.counted.count(True) == 1


def test_when_the_time_is_over_the_counts_are_those_of_now() -> None:
    waited = job(Wire("running"))
    with pytest.raises(TransientError, match="is running after 2 s"):
        waited.wait(timeout=2)
    assert waited.counts == {"accepted": 2}
