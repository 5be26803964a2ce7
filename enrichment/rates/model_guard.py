"""The guard of rates before a model: a place in the fleet's limit is taken before the call, and settled after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from enrichment.asking import Call
from enrichment.model.answer import Answer
from enrichment.model.failures import RATE_LIMITED, ModelUnavailableError
from enrichment.rates.headers import stated
from enrichment.rates.port import Ask, Grant, Rates, take
from enrichment.rates.redis_limiter import Log
from schemas.errors import WaitingError
from schemas.rate import Rate


@dataclass(frozen=True, slots=True)
class ModelRates:
    """Every model has the rate of the provider for itself."""

    rates: Rates
    rate: Rate
    log: Log
    sleep: Callable[[float], None] = time.sleep

    def admit(self, call: Call) -> Underway:
        """
        Raises:
            WaitingError: its turn is too far away to wait in place.
        """
        ask = Ask(
            key=f"model:{'fallback/' if call.fallback else ''}{call.model}",
            rate=self.rate,
            source=call.work.source or "",
            waiter=str(call.work.id),
            tokens=call.input_tokens + call.max_output_tokens,
            seconds=call.seconds + 30.0,
        )
        return Underway(self, take(self.rates, ask, sleep=self.sleep))

    def heed(self, key: str, headers: Mapping[str, str]) -> None:
        said = stated(headers)
        if said.absurd:
            self.log.warning("rate.absurd_headers", key=key, headers=", ".join(said.absurd))
        if said.requests or said.tokens or said.hold:
            self.rates.learn(key, requests=said.requests, tokens=said.tokens, hold=said.hold)


@dataclass(frozen=True, slots=True)
class Underway:
    """One call under way."""

    guard: ModelRates
    grant: Grant

    def sent(self) -> None:
        """
        Raises:
            WaitingError: the limiter has lost its memory since it let the call pass.
        """
        if not self.guard.rates.sent(self.grant):
            raise WaitingError(
                f"the limiter does not know of this use of {self.grant.key} any more",
                waits_on=f"rate:{self.grant.key}",
                seconds=1.0,
                code="rate_limited",
            )

    def answered(self, answer: Answer) -> None:
        self.guard.rates.settle(self.grant, tokens=answer.input_tokens + answer.output_tokens)
        self.guard.heed(self.grant.key, answer.limits)

    def failed(self, error: Exception, *, sent: bool) -> None:
        if not sent:
            self.guard.rates.release(self.grant)
            return
        self.guard.rates.settle(self.grant)
        if not isinstance(error, ModelUnavailableError):
            return
        self.guard.heed(self.grant.key, error.limits)
        if error.code == RATE_LIMITED and error.retry_after:
            self.guard.rates.penalize(self.grant.key, error.retry_after)
