"""How often something may be asked, in every window of so many seconds."""

from __future__ import annotations

from dataclasses import dataclass

_SECONDS = {"s": 1.0, "min": 60.0, "h": 3_600.0}


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `requests` and `tokens` in every `seconds`, and `in_flight` at once. Null does not limit.

    Raises:
        ValueError: a number that is not above 0.
    """

    requests: int | None = None
    tokens: int | None = None
    seconds: float = 60.0
    in_flight: int | None = None

    def __post_init__(self) -> None:
        for value in (self.requests, self.tokens, self.seconds, self.in_flight):
            if value is not None and value <= 0:
                raise ValueError("a rate is above 0")

    @property
    def per_second(self) -> float:
        """Requests; infinite where they are not limited."""
        return float("inf") if self.requests is None else self.requests / self.seconds


#: Seconds for which a server's answer can hold the fleet back, whatever it says: then it is asked again.
LONGEST_HOLD = 3_600.0
#: Only what a server asks for holds: its Retry-After and its headers.
UNLIMITED = Rate()


def parse_rate(text: str) -> Rate:
    """Read `10/s`, `500/min` or `20/h`.

    Raises:
        ValueError: it is none of them.
    """
    count, _, unit = text.partition("/")
    if not (count.isascii() and count.isdigit()) or unit not in _SECONDS:
        raise ValueError("a rate is written as 10/s, 500/min or 20/h")
    return Rate(requests=int(count), seconds=_SECONDS[unit])
