"""Every error says what to do next: try again, wait, give up, or ask a person."""

from __future__ import annotations


class AssayError(Exception):
    """Root of all errors raised on purpose.

    `code` is a stable reason code; `hint` tells the reader what would mend it.
    """

    code = "error"

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code


class ConfigurationError(AssayError):
    """The configuration is wrong; nothing starts until a person has mended it."""

    code = "configuration"


class UsageError(AssayError):
    """The caller asked for something that does not exist or is not allowed."""

    code = "usage"


class NotFoundError(UsageError):
    """The named thing does not exist."""

    code = "not_found"


class ConflictError(UsageError):
    """The request contradicts what is already recorded."""

    code = "conflict"


class TransientError(AssayError):
    """Trying again later may succeed; costs one attempt."""

    code = "transient"

    def __init__(
        self, message: str, *, hint: str = "", code: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.retry_after = retry_after


class WaitingError(AssayError):
    """Something named must change first; costs no attempt."""

    code = "waiting"

    def __init__(
        self, message: str, *, waits_on: str, seconds: float | None = None, hint: str = "", code: str | None = None
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.waits_on = waits_on
        self.seconds = seconds


class TerminalError(AssayError):
    """The same input fails the same way every time; it becomes a dead letter."""

    code = "terminal"


class ReviewError(AssayError):
    """Only a person can decide."""

    code = "review"
