"""What comes back through the door, and how statuses are told apart: later, never, or now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from enrichment.door.allowance import none_left_for
from schemas.codes import Code
from schemas.errors import TerminalError, TransientError
from schemas.rate import LONGEST_HOLD

#: Refusals that time alone may lift: request timeout, too early, too many requests.
_LATER = frozenset({408, 425, 429})
#: With what a source says that it is asked too often; 403 only where its headers say so.
_THROTTLES = frozenset({403, 429})
_GONE = frozenset({404, 410})
#: Refusals of who asks -> what mends them.
_CREDENTIALS = {
    # what is sent is the variable as it stands, and most tokens are exported without the word before them
    401: 'check the source\'s credentials: a bearer token needs prefix = "Bearer " in auth, or the word in its value',
    403: "check the source's credentials",
}
_WITHHELD = "a redirect led there, and credentials go to the configured origin alone: configure this address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Limits of one request, redirects included.

    body_bytes:      of the body, decompressed
    wire_bytes:      read from the network, headers included; None: body_bytes and 256 KB
    total_seconds:   from the first look-up to the last byte
    connect_seconds: for one connection attempt; read_seconds: between two arrivals
    """

    body_bytes: int = 50_000_000
    wire_bytes: int | None = None
    total_seconds: float = 60.0
    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    redirects: int = 5

    @property
    def wire_limit(self) -> int:
        return self.body_bytes + 262_144 if self.wire_bytes is None else self.wire_bytes


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. Header names are in lower case, repeated ones joined by a comma; `url` is the one that answered,
    `redirected` are those that were asked before it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    redirected: tuple[str, ...] = ()


class StatusError(TerminalError):
    """The source answered, and refused: a 4xx that trying again does not change."""

    def __init__(self, message: str, *, status: int, code: str, hint: str = "") -> None:
        super().__init__(message, hint=hint, code=code)
        self.status = status


class ThrottledError(TransientError):
    """The source says that it is asked too often."""


def require_success(status: int, headers: Mapping[str, str], where: str, *, now: float, withheld: bool = False) -> None:
    """Pass on a 2xx answer. `withheld`: a redirect led to another origin, which was not sent the credentials.

    Raises:
        TransientError: 5xx, 408, 425, 429, and 403 where the source says that no request is left, with `retry_after` in
            seconds where the source named one.
        StatusError: every other status; `not_found` for 404 and 410.
    """
    if 200 <= status < 300:
        return
    held = none_left_for(headers, now=now) if status in _THROTTLES else None
    if status in _LATER or status >= 500 or held is not None:
        raise (ThrottledError if status in _THROTTLES else TransientError)(
            f"{where} answered {status}",
            code=Code.SOURCE_UNREACHABLE,
            hint="the source is asked again later",
            retry_after=retry_after(headers, now=now) or held,
        )
    code = Code.NOT_FOUND if status in _GONE else Code.SOURCE_REFUSED
    hint = _CREDENTIALS.get(status, "check the source's address")
    if withheld and status in _CREDENTIALS:
        hint = _WITHHELD
    raise StatusError(f"{where} answered {status}", status=status, code=code, hint=hint)


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Give the seconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date), an hour at most.

    `now` is seconds since 1970.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_HOLD)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a year or a zone of any number of digits is none
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment.timestamp() - now, 0.0), LONGEST_HOLD)
