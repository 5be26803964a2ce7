"""What a failed call means, and what is to be done about it. Pure: it knows status codes, not the HTTP client.

Failures here are of the surrounding, never of the model's quality: they cost no answered call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from enrichment.model.answer import REQUEST_REFUSED
from schemas.errors import AssayError, ConfigurationError, TerminalError, TransientError, WaitingError
from schemas.rate import LONGEST_HOLD

#: What a person or a probe must change before anybody asks the model again.
QUOTA: Final = "model:quota"
#: What work waits on that has failed so often today that it is tried more seldom; woken where a model's breaker closes.
FAILING: Final = "model:infrastructure"
#: A server that answers so gave up waiting for another one, which may have done the work and charged for it.
_GATEWAY_GAVE_UP = frozenset({408, 502, 504, 522, 524})
_QUOTA_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached", "insufficient_balance"})
#: How servers say that they have no model of this name, some of them with status 400.
_NO_MODEL_CODES = frozenset({"model_not_found", "invalid_model", "model_not_available", "unknown_model"})
#: Code of an error that says that the server has no such model, or is none at this address.
NOT_FOUND: Final = "model_not_found"
#: Code of a 429 that is not about a quota.
RATE_LIMITED: Final = "model_rate_limited"
_LIMITS = "x-ratelimit-"
#: What a code of an error looks like. Other texts may hold anything, also what no column takes.
_CODE: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,80}")


class ModelUnavailableError(TransientError):
    """The model could not be asked, or did not answer.

    `presumed`: the request may have reached a model and may be charged; its reservation is settled at the worst case.
    `limits`: the server's x-ratelimit-* headers, where it answered.
    """

    code = "model_unavailable"

    def __init__(
        self,
        message: str,
        *,
        presumed: bool,
        retry_after: float | None = None,
        hint: str = "",
        code: str | None = None,
        limits: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code, retry_after=retry_after)
        self.presumed = presumed
        self.limits = dict(limits or {})


class ModelUnauthorizedError(ConfigurationError):
    """The key is refused: nobody asks this model again until a person has mended it."""

    code = "model_unauthorized"


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a year or a zone of any number of digits is none
        return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait (RFC 9110, section 10.2.3), at most an hour; null where it does not say.

    Names of `headers` are in lower case. A date is compared with the response's own `Date`, not with the local clock.
    """
    stated = headers.get("retry-after")
    if (milliseconds := _seconds(headers.get("retry-after-ms", ""))) is not None:
        return min(milliseconds / 1000, LONGEST_HOLD)
    if stated is None:
        return None
    if (seconds := _seconds(stated)) is not None:
        return min(seconds, LONGEST_HOLD)
    until, now = _moment(stated), _moment(headers.get("date"))
    if until is None or now is None or (until.tzinfo is None) != (now.tzinfo is None):
        return None
    return min(max((until - now).total_seconds(), 0.0), LONGEST_HOLD)


def limits_of(headers: Mapping[str, str]) -> dict[str, str]:
    """What a server says of its limits; names in lower case."""
    return {name.lower(): value for name, value in headers.items() if name.lower().startswith(_LIMITS)}


def _error_codes(body: bytes) -> frozenset[str]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return frozenset()
    error = document.get("error", document) if isinstance(document, dict) else None
    if not isinstance(error, dict):
        return frozenset()
    told = (error.get(name) for name in ("code", "type"))
    return frozenset(one for one in told if isinstance(one, str) and _CODE.fullmatch(one))


def classify_status(status: int, headers: Mapping[str, str], body: bytes, model: str) -> AssayError:
    """The error for a response that is no answer. Its message holds nothing of the body, which may echo the request."""
    codes = _error_codes(body)
    if status == 402 or (status == 429 and codes & _QUOTA_CODES):
        return WaitingError(
            "the model's quota is used up",
            waits_on=QUOTA,
            hint="raise the quota at the provider; a probe notices when it is back",
            code="model_quota",
        )
    if status in {401, 403}:
        return ModelUnauthorizedError(
            f"the model server refuses the key (status {status})",
            hint="check the variable that [model] api_key_env names, and what the key may use",
        )
    if status in {404, 405, 410} or 300 <= status < 400 or (status in {400, 422} and codes & _NO_MODEL_CODES):
        return ConfigurationError(
            f"the model server does not know what is asked for (status {status}, model {model!r})",
            hint="check base_url and the names of the models under [model]",
            code=NOT_FOUND,
        )
    if status in {408, 409, 425, 429} or status >= 500:
        return ModelUnavailableError(
            f"the model server answered with status {status}",
            presumed=status in _GATEWAY_GAVE_UP,
            retry_after=retry_after(headers),
            code=RATE_LIMITED if status == 429 else None,
            limits=limits_of(headers),
        )
    return TerminalError(
        f"the model server refuses the request (status {status}{', ' + min(codes) if codes else ''})",
        hint="the model may not support strict response schemas, or the request is longer than it reads",
        code=REQUEST_REFUSED,
    )
