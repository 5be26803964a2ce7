"""Waiting for a rate: briefly in place, else by putting the work back; and what a call's end tells the limiter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog

from enrichment.asking import Call
from enrichment.door import Caps, Response, ThrottledError
from enrichment.model.answer import Answer
from enrichment.model.failures import ModelUnavailableError, classify_status
from enrichment.rates.model_guard import ModelRates
from enrichment.rates.paced_fetch import Pacing, host_of, host_rates
from enrichment.rates.port import ASKED_TO_WAIT, HELD_OFF, NOTHING_LEFT, Ask, Grant, Wait, take
from enrichment.store.work import Claimed
from schemas.errors import TerminalError, WaitingError
from schemas.rate import Rate, parse_rate
from schemas.source import HttpSource

WORK = Claimed(
    id=7,
    kind="plan",
    stage="plan",
    fence=1,
    lane="normal",
    job_id=None,
    source="crm",
    target="company",
    position=None,
    args={},
    counts={},
    shape_id=None,
    plan_id=None,
    attempts=0,
    starts=0,
    worker="w",
)


@dataclass
class Scripted:
    """Gives what it was told to, then grants; notes what it hears."""

    answers: Iterator[Wait] = field(default_factory=lambda: iter(()))
    asked: list[Ask] = field(default_factory=list)
    heard: list[tuple[Any, ...]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)

    def reserve(self, ask: Ask) -> Grant | Wait:
        self.asked.append(ask)
        return next(self.answers, Grant(ask.key, "1"))

    def sent(self, grant: Grant) -> bool:
        return grant.id not in self.lost

    def settle(self, grant: Grant, *, tokens: int | None = None) -> None:
        self.heard.append(("settle", grant.key, tokens))

    def release(self, grant: Grant) -> None:
        self.heard.append(("release", grant.key))

    def penalize(self, key: str, seconds: float) -> None:
        self.heard.append(("penalize", key, seconds))

    def learn(self, key: str, *, requests: int | None, tokens: int | None, hold: float | None) -> None:
        self.heard.append(("learn", key, requests, tokens, hold))


ASK = Ask("model:small", Rate(60), "crm", "7")


def test_short_waits_happen_in_place() -> None:
    rates = Scripted(iter([Wait(1.0, "pace"), Wait(2.0, "pace")]))
    assert take(rates, ASK, sleep=rates.slept.append) == Grant("model:small", "1")
    assert rates.slept == [1.0, 2.0]


def test_a_long_wait_puts_the_work_back_under_the_name_of_its_rate() -> None:
    rates = Scripted(iter([Wait(3.0, "pace"), Wait(3.0, "requests")]))
    with pytest.raises(WaitingError) as caught:
        take(rates, ASK, sleep=rates.slept.append)
    assert (caught.value.waits_on, caught.value.seconds) == ("rate:model:small", 3.0)
    assert rates.slept == [3.0]


@pytest.mark.parametrize(
    ("reason", "code"), [("requests", "rate_limited"), (ASKED_TO_WAIT, HELD_OFF), (NOTHING_LEFT, HELD_OFF)]
)
def test_a_wait_for_a_limit_of_ours_is_told_from_one_that_the_other_side_asked_for(reason: str, code: str) -> None:
    rates = Scripted(iter([Wait(300.0, reason)]))
    with pytest.raises(WaitingError) as caught:
        take(rates, ASK, sleep=rates.slept.append)
    assert caught.value.code == code


def guard(rates: Scripted) -> ModelRates:
    return ModelRates(rates, Rate(60, 10_000), structlog.get_logger(), rates.slept.append)


CALL = Call(WORK, "planning", "small", 100, 200, 50, 60.0)


def test_a_call_takes_its_worst_case_and_settles_what_it_used() -> None:
    rates = Scripted()
    passage = guard(rates).admit(CALL)
    (ask,) = rates.asked
    assert (ask.key, ask.source, ask.waiter, ask.tokens, ask.seconds) == ("model:small", "crm", "7", 150, 90.0)
    passage.sent()
    limits = {"x-ratelimit-limit-requests": "20", "x-ratelimit-limit-tokens": "-5"}
    with structlog.testing.capture_logs() as logged:
        passage.answered(Answer("{}", "stop", None, "small", 30, 4, 0.1, limits=limits))
    assert rates.heard == [("settle", "model:small", 34), ("learn", "model:small", 20, None, None)]
    assert [(one["log_level"], one["headers"]) for one in logged] == [("warning", "x-ratelimit-limit-tokens")]


def test_a_429_with_retry_after_stops_the_whole_fleet_and_one_without_stops_nobody() -> None:
    for headers, heard in (({"retry-after": "7"}, [("penalize", "model:small", 7.0)]), ({}, [])):
        rates = Scripted()
        passage = guard(rates).admit(CALL)
        passage.failed(classify_status(429, headers, b"", "small"), sent=True)
        assert rates.heard == [("settle", "model:small", None), *heard]


def test_a_503_with_retry_after_is_no_penalty_and_a_429_may_state_limits() -> None:
    rates = Scripted()
    guard(rates).admit(CALL).failed(classify_status(503, {"retry-after": "7"}, b"", "small"), sent=True)
    assert rates.heard == [("settle", "model:small", None)]
    stated = {"x-ratelimit-limit-requests": "3", "X-RateLimit-Remaining-Requests": "0"}
    error = classify_status(429, {**stated, "x-ratelimit-reset-requests": "2s"}, b"", "small")
    guard(rates).admit(CALL).failed(error, sent=True)
    assert rates.heard[-1] == ("learn", "model:small", 3, None, 2.0)


def test_a_call_that_the_limiter_forgot_is_not_sent() -> None:
    rates = Scripted(lost={"1"})
    with pytest.raises(WaitingError) as caught:
        guard(rates).admit(CALL).sent()
    assert caught.value.waits_on == "rate:model:small"


def test_what_was_never_sent_gives_its_place_back() -> None:
    rates = Scripted()
    guard(rates).admit(CALL).failed(ModelUnavailableError("x", presumed=False), sent=False)
    assert rates.heard == [("release", "model:small")]


# Source hosts


def test_the_strictest_rate_of_a_host_holds_for_all_its_sources() -> None:
    made = {
        name: HttpSource(name=name, connector="http", url=url, rate=rate)
        for name, url, rate in (
            ("a", "https://API.example/v1", "10/s"),
            ("b", "https://api.example/v2", "120/min"),
            ("c", "https://other.example:8443/", None),
        )
    }
    assert host_rates(made) == {"api.example": Rate(120, seconds=60.0)}
    assert host_of("https://u:p@Other.example:8443/x") == "other.example:8443"
    assert {host_of(url) for url in ("http://a.example", "http://a.example.:80/x", "https://A.example:443")} == {
        "a.example"
    }
    assert host_of("http://[::1]:8080/x") == "[::1]:8080"


def fetched(rates: Scripted, outcome: Response | Exception) -> Response:
    def fetch(_: str, **__: object) -> Response:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    pacing = Pacing(rates, {"api.example": Rate(10, seconds=1.0)}, rates.slept.append)
    paced = pacing.paced(fetch, source="crm", waiter="9")
    return paced("https://api.example/x", headers={}, allow_private=False, caps=Caps(total_seconds=20.0))


def test_every_request_takes_a_place_of_its_host() -> None:
    rates, page = Scripted(iter([Wait(0.1, "pace")])), Response(200, {}, b"[]", "https://api.example/x")
    assert fetched(rates, page) is page
    ask = rates.asked[-1]
    assert (ask.key, ask.rate, ask.source, ask.waiter, ask.seconds) == (
        "host:api.example",
        Rate(10, seconds=1.0),
        "crm",
        "9",
        25.0,
    )
    assert (rates.slept, rates.heard) == ([0.1], [("settle", "host:api.example", None)])


def test_what_redirects_asked_beyond_its_place_is_made_up_for() -> None:
    """Ten a second: each further request of the host costs a tenth, those of a host without a rate nothing."""
    rates = Scripted()
    asked = ("https://api.example/x", "https://api.example/y", "https://other.example/")
    fetched(rates, Response(200, {}, b"[]", "https://api.example:443/z", asked))
    assert rates.heard == [("penalize", "host:api.example", 0.2), ("settle", "host:api.example", None)]


def test_a_source_that_names_a_time_is_left_alone_by_all_until_then() -> None:
    rates = Scripted()
    with pytest.raises(WaitingError) as caught:
        fetched(rates, ThrottledError("429", retry_after=30.0))
    assert (caught.value.waits_on, caught.value.seconds) == ("rate:host:api.example", 30.0)
    assert ("penalize", "host:api.example", 30.0) in rates.heard
    rates = Scripted()
    with pytest.raises(ThrottledError):
        fetched(rates, ThrottledError("429"))
    with pytest.raises(TerminalError):
        fetched(rates, TerminalError("no"))
    assert rates.heard == [("settle", "host:api.example", None)] * 2


def test_a_source_that_has_nothing_left_is_asked_by_nobody_until_it_has() -> None:
    rates = Scripted()
    page = Response(200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, b"[]", "https://api.example/x")
    assert fetched(rates, page) is page
    assert rates.heard == [("penalize", "host:api.example", 30.0), ("settle", "host:api.example", None)]


@pytest.mark.parametrize("text", ["0/s", "-1/s", "10", "10/day", "x/s", "1.5/s", "/s", "²/s"])
def test_a_rate_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        parse_rate(text)


def test_rates_are_read_with_their_window() -> None:
    assert [parse_rate(text) for text in ("10/s", "500/min", "20/h")] == [
        Rate(10, seconds=1.0),
        Rate(500, seconds=60.0),
        Rate(20, seconds=3_600.0),
    ]
