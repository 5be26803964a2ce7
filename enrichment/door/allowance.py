"""What a source's headers say of requests that are left: for how long there are none.

Read are the forms in use: `x-ratelimit-remaining` and `-reset` (also `x-rate-limit-`), and those of the IETF's draft
draft-ietf-httpapi-ratelimit-headers, old (`ratelimit-remaining`, `ratelimit-reset`; `ratelimit: limit=9, remaining=0,
reset=5`) and new (`ratelimit: "default";r=0;t=5`). A reset is in seconds, or a moment since 1970 in seconds or
milliseconds. What cannot be meant holds nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from schemas.rate import LONGEST_HOLD

_PREFIXES: Final = ("ratelimit-", "x-ratelimit-", "x-rate-limit-")
_MEMBER: Final = re.compile(r"(?:^|[;,\s])(remaining|reset|r|t)\s*=\s*([0-9]{1,15}(?:\.[0-9]{1,6})?)(?=$|[;,\s])")
_NUMBER: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,6})?")
_LONGEST_HEADER: Final = 500
#: Larger numbers are moments: thirty years of seconds are no span that anybody waits.
_MOMENT: Final = 1_000_000_000.0
_MILLISECONDS: Final = 100_000_000_000.0
#: Seconds beyond which a reset is not believed.
_DAY: Final = 86_400.0


def none_left_for(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds for which a source has nothing left, an hour at most; null where it has, or does not say.

    Of several windows the longest counts. Header names are in lower case; `now` is seconds since 1970.
    """
    spans = [_span(reset, now) for remaining, reset in _stated(headers) if remaining == 0]
    believed = [span for span in spans if 0 < span <= _DAY]
    return min(max(believed), LONGEST_HOLD) if believed else None


def _stated(headers: Mapping[str, str]) -> Iterator[tuple[float, float]]:
    """(remaining, reset) of every window that is stated whole."""
    for prefix in _PREFIXES:
        remaining, reset = (_number(headers.get(prefix + part, "")) for part in ("remaining", "reset"))
        if remaining is not None and reset is not None:
            yield remaining, reset
    whole = headers.get("ratelimit", "")[:_LONGEST_HEADER]
    # The old form is one window with commas between its members, the new one a list of windows.
    for window in whole.split(",") if '"' in whole else [whole]:
        members = {name[:3]: float(value) for name, value in _MEMBER.findall(window)}
        remaining, reset = members.get("rem", members.get("r")), members.get("res", members.get("t"))
        if remaining is not None and reset is not None:
            yield remaining, reset


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def _span(reset: float, now: float) -> float:
    if reset < _MOMENT:
        return reset
    return (reset / 1_000 if reset > _MILLISECONDS else reset) - now
