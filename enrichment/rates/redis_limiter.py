"""The limiter in Redis: the only module that asks Redis for anything."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, Protocol

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from enrichment.rates.port import Ask, Grant, Wait
from enrichment.rates.script import SCRIPT
from schemas.errors import ConfigurationError, TransientError
from schemas.rate import LONGEST_HOLD, Rate

_MICRO = 1_000_000
#: Seconds until a limiter that is away is asked again.
_AWAY = 10.0
#: A use is written to PostgreSQL ahead, so that one write serves for a while: a share of the window, and at least this.
_AHEAD_SHARE = 1 / 12
_AHEAD = 2.0


class Uses(Protocol):
    """What PostgreSQL knows of when a key was last used."""

    def left(self, key: str) -> float | None:
        """Seconds from now until the last noted use of the key, negative for the past; null where there was none."""

    def note(self, key: str, seconds: float) -> None:
        """The key may be used for so many seconds from now."""


class Log(Protocol):
    def warning(self, event: str, **fields: Any) -> Any: ...  # noqa: ANN401 - whatever can be logged


def transit(seconds: float) -> float:
    """Seconds added to a window, so that requests that travel for different times still keep within the limit."""
    return min(max(seconds / 100, 0.1), seconds / 25)


class RedisLimiter:
    """Safe to use from many threads. `prefix` separates fleets that share one Redis."""

    def __init__(
        self,
        url: str,
        uses: Uses,
        log: Log,
        *,
        prefix: str = "assay",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            self._redis = redis.Redis.from_url(
                url, socket_timeout=3.0, socket_connect_timeout=3.0, retry=Retry(NoBackoff(), 0)
            )
        except ValueError as error:
            raise ConfigurationError(
                "the limiter's address is none of a Redis server", hint="set limits.url to redis://host:6379/0"
            ) from error
        self._script = self._redis.register_script(SCRIPT)
        self._uses = uses
        self._log = log
        self._prefix = prefix
        self._clock = clock
        self._noted: dict[str, float] = {}
        self._lock = threading.Lock()

    def reserve(self, ask: Ask) -> Grant | Wait:
        """Take a place in the log, or say when to ask again. A limiter or a database that is away lets nobody pass."""
        grant = Grant(ask.key, uuid.uuid4().hex)
        try:
            found = self._reserve(grant, ask, blocked=-1.0)
            if found[0] == b"missing":
                found = self._reserve(grant, ask, blocked=self._still_counts(ask))
            if found[0] != b"granted":
                return Wait(max(int(found[1]) / _MICRO, 0.001), found[2].decode() if len(found) > 2 else "")
            if self._note(ask) and not self._run(ask.key, "verify", grant.id)[0]:
                # The memory was lost between the grant and its note: others cannot know of it, so it is void.
                return Wait(0.01, "the limiter lost its memory just now")
        except redis.RedisError as error:
            self._log.warning("rate.limiter_away", key=ask.key, error=type(error).__name__)
            return Wait(_AWAY, "the limiter cannot be reached")
        except TransientError as error:
            self._log.warning("rate.database_away", key=ask.key, error=error.message)
            return Wait(_AWAY, "the database cannot be reached")
        return grant

    def _reserve(self, grant: Grant, ask: Ask, *, blocked: float) -> list[Any]:
        rate = ask.rate
        return self._run(
            ask.key,
            "reserve",
            grant.id,
            ask.source,
            max(ask.tokens, 0),
            rate.requests or 0,
            rate.tokens or 0,
            rate.in_flight or 0,
            round((rate.seconds + transit(rate.seconds)) * _MICRO),
            round(ask.seconds * _MICRO),
            round(blocked * _MICRO),
            rate.seconds / 60,
            ask.waiter,
        )

    def _still_counts(self, ask: Ask) -> float:
        """Seconds for which what was used before a loss of memory still counts: none where nothing was used."""
        if ask.rate.requests is None and ask.rate.tokens is None:
            return 0.0
        left = self._uses.left(ask.key)
        window = ask.rate.seconds + transit(ask.rate.seconds)
        return 0.0 if left is None else max(left + window, 0.0)

    def _note(self, ask: Ask) -> bool:
        """Note in PostgreSQL that the key is used; true where that was due."""
        ahead = self._ahead(ask.rate)
        now = self._clock()
        with self._lock:
            if now < self._noted.get(ask.key, float("-inf")):
                return False
        self._uses.note(ask.key, ahead)
        with self._lock:
            # Half of it is kept back: a grant is used a moment later.
            self._noted[ask.key] = now + ahead / 2
        return True

    @staticmethod
    def _ahead(rate: Rate) -> float:
        return max(rate.seconds * _AHEAD_SHARE, _AHEAD)

    def sent(self, grant: Grant) -> bool:
        try:
            return bool(self._run(grant.key, "sent", grant.id)[0])
        except redis.RedisError as error:
            self._log.warning("rate.limiter_away", key=grant.key, error=type(error).__name__)
            return False

    def settle(self, grant: Grant, *, tokens: int | None = None) -> None:
        self._tell(grant.key, "settle", grant.id, -1 if tokens is None else max(tokens, 0))

    def release(self, grant: Grant) -> None:
        self._tell(grant.key, "release", grant.id)

    def penalize(self, key: str, seconds: float) -> None:
        self._tell(key, "penalty", "", round(min(seconds, LONGEST_HOLD) * _MICRO))

    def learn(self, key: str, *, requests: int | None, tokens: int | None, hold: float | None) -> None:
        self._tell(key, "learn", "", requests or 0, tokens or 0, round(min(hold or 0.0, LONGEST_HOLD) * _MICRO))

    def _tell(self, key: str, *said: str | float) -> None:
        try:
            self._run(key, *said)
        except redis.RedisError as error:
            # A use in flight ends by itself; what was used stays counted.
            self._log.warning("rate.not_told", key=key, error=type(error).__name__)

    def _run(self, key: str, *said: str | float) -> list[Any]:
        names = ("log", "sizes", "flight", "state", "queue", "turns")
        # The braces keep the keys of one limit on one node of a cluster.
        found: list[Any] = self._script(
            keys=[f"{self._prefix}:rate:{{{key}}}:{name}" for name in names],
            args=[*said],
        )
        return found

    def close(self) -> None:
        self._redis.close()
