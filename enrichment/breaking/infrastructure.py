"""What counts as a failure of the infrastructure behind a model or a source; never of anybody's quality."""

from __future__ import annotations

from enrichment.breaking.machine import Outcome
from enrichment.model.failures import NOT_FOUND, QUOTA, ModelUnauthorizedError, ModelUnavailableError
from schemas.codes import Code
from schemas.errors import AssayError, ConfigurationError, TransientError, WaitingError

#: Seconds before the first probe where only somebody's hand is likely to mend it.
_BY_HAND = 60.0

ANSWERED = Outcome("calls", failed=False)


def of_call(error: AssayError) -> Outcome | None:
    """The outcome of a call of a model that raised; null where it says nothing of the model's infrastructure.

    A refused key, a name that the server does not know, and a used up quota stop the model for everyone at once.
    """
    match error:
        case ModelUnauthorizedError():
            return Outcome("calls", failed=True, reason=error.code, at_once=True, wait=_BY_HAND)
        case ConfigurationError(code=code) if code == NOT_FOUND:
            return Outcome("calls", failed=True, reason=error.code, at_once=True, wait=_BY_HAND)
        case WaitingError(waits_on=waits_on) if waits_on == QUOTA:
            return Outcome("calls", failed=True, reason=error.code, at_once=True, wait=_BY_HAND)
        case ModelUnavailableError():
            return Outcome("calls", failed=True, reason=error.code, wait=error.retry_after or 0.0)
    return None


def of_fetch(error: Exception) -> Outcome | None:
    """The outcome of reading a source that raised; null where it says nothing of its host."""
    if isinstance(error, TransientError) and error.code == Code.SOURCE_UNREACHABLE:
        return Outcome("calls", failed=True, reason=error.message[:200], wait=error.retry_after or 0.0)
    return None
