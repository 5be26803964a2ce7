"""What a provider's headers say of its limits. Whatever cannot be meant is left out, and named."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from schemas.rate import LONGEST_HOLD

PREFIX = "x-ratelimit-"
#: No provider allows more a minute; a larger number is a mistake.
_MOST = 1_000_000_000
#: Seconds beyond which a stated reset is not believed.
_DAY = 86_400.0
_UNITS = {"h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_SPAN = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:h|ms|m|s))+")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s)")


@dataclass(frozen=True, slots=True)
class Stated:
    """Limits a minute, and seconds for which nothing is left. `absurd`: names of headers that were left out."""

    requests: int | None = None
    tokens: int | None = None
    hold: float | None = None
    absurd: tuple[str, ...] = ()


def stated(headers: Mapping[str, str]) -> Stated:
    """Read x-ratelimit-limit-, -remaining- and -reset-requests and -tokens; names are in lower case."""
    absurd: list[str] = []
    limits = {side: _count(headers, f"limit-{side}", absurd, least=1) for side in ("requests", "tokens")}
    holds: list[float] = []
    for side in ("requests", "tokens"):
        left = _count(headers, f"remaining-{side}", absurd, least=0)
        reset = _span(headers, f"reset-{side}", absurd)
        if left == 0 and reset is not None:
            holds.append(min(reset, LONGEST_HOLD))
    return Stated(limits["requests"], limits["tokens"], max(holds, default=None), tuple(absurd))


def _count(headers: Mapping[str, str], name: str, absurd: list[str], *, least: int) -> int | None:
    text = headers.get(PREFIX + name)
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 12 and least <= int(text) <= _MOST:
        return int(text)
    absurd.append(PREFIX + name)
    return None


def _span(headers: Mapping[str, str], name: str, absurd: list[str]) -> float | None:
    """Seconds of `1s`, `6m0s`, `120ms`, or a bare number of seconds."""
    text = headers.get(PREFIX + name)
    if text is None:
        return None
    text = text.strip().lower()
    seconds = math.nan
    if len(text) > 64:
        seconds = math.nan
    elif _SPAN.fullmatch(text):
        seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    elif re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        seconds = float(text)
    if 0 <= seconds <= _DAY:
        return seconds
    absurd.append(PREFIX + name)
    return None
