"""Source hosts by the same limiter: the way out of the http connector, with a place taken before every request."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from enrichment.connectors.http import Fetch
from enrichment.door import Caps, Response, ThrottledError
from enrichment.door.allowance import none_left_for
from enrichment.rates.port import Ask, Rates, take
from schemas.errors import WaitingError
from schemas.rate import UNLIMITED, Rate, parse_rate
from schemas.source import HttpSource, Source


def host_rates(sources: Mapping[str, Source]) -> Mapping[str, Rate]:
    """Host -> its rate: of several sources on one host the strictest holds for all of them."""
    found: dict[str, Rate] = {}
    for source in sources.values():
        if not isinstance(source, HttpSource) or source.rate is None:
            continue
        rate = parse_rate(source.rate)
        for url in (source.url, source.item_url):
            host = host_of(url) if url else ""
            if host and rate.per_second < found.get(host, UNLIMITED).per_second:
                found[host] = rate
    return found


def host_of(url: str) -> str:
    """Name and port of the server that is asked, spelled in one way."""
    parts = urlsplit(url)
    name, port = (parts.hostname or "").rstrip("."), parts.port
    name = f"[{name}]" if ":" in name else name
    return name if port in {None, {"http": 80, "https": 443}.get(parts.scheme)} else f"{name}:{port}"


@dataclass(frozen=True, slots=True)
class Pacing:
    """What fetching needs of rates; `by_host` is of `host_rates`."""

    rates: Rates
    by_host: Mapping[str, Rate]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time

    def paced(self, fetch: Fetch, *, source: str, waiter: str) -> Fetch:
        return PacedFetch(self, fetch, source, waiter)


@dataclass(frozen=True, slots=True)
class PacedFetch:
    """`fetch_outside` for one piece of work.

    Raises, beside what that does:
        WaitingError: the host's rate is used up for longer than is waited in place, or the host asks to wait.
    """

    pacing: Pacing
    fetch: Fetch
    source: str
    waiter: str

    def __call__(self, url: str, *, headers: Mapping[str, str], allow_private: bool, caps: Caps) -> Response:
        host, rates = host_of(url), self.pacing.rates
        rate = self.pacing.by_host.get(host, UNLIMITED)
        key = f"host:{host}"
        ask = Ask(key, rate, self.source, self.waiter, seconds=caps.total_seconds + 5.0)
        grant = take(rates, ask, sleep=self.pacing.sleep)
        try:
            answer = self.fetch(url, headers=headers, allow_private=allow_private, caps=caps)
        except ThrottledError as error:
            if not error.retry_after:
                raise
            rates.penalize(key, error.retry_after)
            raise WaitingError(
                f"{host} asks to wait {error.retry_after:g} s",
                waits_on=f"rate:{key}",
                seconds=error.retry_after,
                hint="lower the source's rate where this happens often",
                code="rate_limited",
            ) from error
        else:
            # The last request that was left was this one: whoever asks next is refused, so nobody does.
            if (held := none_left_for(answer.headers, now=self.pacing.clock())) is not None:
                rates.penalize(key, held)
            self._charge_redirects(host, answer)
            return answer
        finally:
            rates.settle(grant)

    def _charge_redirects(self, host: str, answer: Response) -> None:
        """Count what was asked beyond the one request that a place was taken for.

        Afterwards: of a slow rate two places are never free together, and a redirected page would never be read.
        """
        asked = Counter(host_of(url) for url in (*answer.redirected, answer.url))
        asked[host] -= 1
        for other, times in asked.items():
            held = times / self.pacing.by_host.get(other, UNLIMITED).per_second
            if held > 0:
                self.pacing.rates.penalize(f"host:{other}", held)
