"""What the HTTP API is handed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from enrichment.compiled_plans import CompiledPlans
from enrichment.context import Context, Tuning
from enrichment.counting import Counter
from enrichment.producing import Producer
from schemas.budget import Caps


def _nobody_asks() -> bool | None:
    return None


@dataclass(frozen=True, slots=True)
class ApiContext:
    """Everything that the routes use. One per process.

    secret:         key of confirmation tokens; the same in all processes that serve one API
    broker_answers: whether the broker is reachable; null where this process does not know
    described:      `services`, `database`, `broker`, `api` and `model` as `GET /v1/status` tells them
    max_body_bytes: of a request, as it is sent
    now:            seconds since 1970
    tuning:         numbers of the stages, for what decisions leave to them
    counter:        counts of jobs, as far as they are worth keeping
    """

    producer: Producer
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    broker_answers: Callable[[], bool | None] = _nobody_asks
    described: Mapping[str, Any] = field(default_factory=dict)
    max_body_bytes: int = 64_000_000
    metrics_seconds: float = 5.0
    tuning: Tuning = field(default_factory=Tuning)
    caps: Caps = field(default_factory=Caps)
    now: Callable[[], float] = time.time
    counter: Counter = field(default_factory=Counter)

    @property
    def stages(self) -> Context:
        """What decisions are handed of what the stages have; no model, no credential of a source."""
        return Context(
            database=self.producer.database,
            sources=self.producer.sources,
            targets=self.producer.targets,
            plans=CompiledPlans(),
            tuning=self.tuning,
        )
