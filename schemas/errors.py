"""Every error says what to do next: try again, wait, give up, or ask a person.

Nothing of ours is imported here: where a foreign package hides ours, this file is loaded alone to say so.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

#: What no text of PostgreSQL holds, and no UTF-8.
_NOT_KEPT: Final = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Write NUL and halves of surrogate pairs as JSON does, and leave everything else as it is."""
    return _NOT_KEPT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class AssayError(Exception):
    """Root of all errors raised on purpose.

    `code` is a stable reason code; `hint` tells the reader what would mend it.
    """

    code = "error"

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        # Whoever tells of it keeps it, whatever somebody else's error said that it quotes.
        self.message = storable(message)
        super().__init__(self.message)
        self.hint = storable(hint)
        if code is not None:
            self.code = code


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a configuration: the key it stands at, what is wrong, and what would mend it."""

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        said = f"{self.where}: {self.what}" if self.where else self.what
        return f"{said}; {self.remedy}" if self.remedy else said


class ConfigurationError(AssayError):
    """The configuration is wrong; nothing starts until a person has mended it.

    `problems` lists everything found at once, so that one start shows all there is to mend.
    """

    code = "configuration"

    def __init__(
        self, message: str, *, hint: str = "", code: str | None = None, problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.problems = tuple(problems)

    @classmethod
    def of(cls, subject: str, problems: Sequence[Problem]) -> ConfigurationError:
        """Give one error for all `problems` of `subject` (a file, a target)."""
        if len(problems) == 1:
            # what would mend it is the hint; said in the message too, it would stand there twice
            alone = Problem(problems[0].where, problems[0].what)
            return cls(f"{subject}: {alone}", hint=problems[0].remedy, problems=problems)
        listed = [str(p) for p in problems]
        lines = "\n".join(f"  - {line}" for line in listed)
        return cls(
            f"{subject}: {len(listed)} problems\n{lines}", hint="mend all of them and start again", problems=problems
        )


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


class OutageError(TransientError):
    """What the fleet itself stands on does not take this now, whoever asks; costs no attempt."""


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


class DeadlineError(AssayError):
    """A stage has taken longer than it may; raised in its thread, wherever that stands."""

    code = "deadline"

    def __init__(self) -> None:
        super().__init__("the stage took longer than it may", hint="it begins anew, and alone if that happens again")


class ReviewError(AssayError):
    """Only a person can decide."""

    code = "review"


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Give `, did you mean 'x'?`, or nothing where no known name is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f", did you mean {near[0]!r}?" if near else ""
