"""Tokens by which a person confirms what they were shown: bound to it, expiring, and of no use for anything else."""

from __future__ import annotations

import hashlib
import hmac

from schemas.errors import ConflictError

#: Seconds within which a confirmation counts.
VALID_SECONDS = 600


def token(secret: bytes, subject: str, *, now: float) -> str:
    """A token for what `subject` names exactly; `now` is seconds since 1970.

    Once what was confirmed is done, the same subject does not come again: that makes a token single use.
    """
    expires = int(now) + VALID_SECONDS
    return f"{expires}.{_signature(secret, subject, expires)}"


def require(secret: bytes, subject: str, given: str | None, *, now: float, what: str) -> None:
    """
    Raises:
        ConflictError: `confirmation`; there is no token, it has expired, or it is for something else.
    """
    hint = "ask with dry_run first, look at what it says, and pass its token on as confirm"
    if given is None:
        raise ConflictError(f"{what} has to be confirmed", hint=hint, code="confirmation")
    expires, _, signature = given.partition(".")
    known = expires.isascii() and expires.isdigit() and len(expires) <= 12
    if not known or not hmac.compare_digest(signature.encode(), _signature(secret, subject, int(expires)).encode()):
        raise ConflictError(
            f"the confirmation is not for this: {what} is something else by now", hint=hint, code="confirmation"
        )
    if int(expires) < now:
        raise ConflictError("the confirmation has expired", hint=hint, code="confirmation")


def _signature(secret: bytes, subject: str, expires: int) -> str:
    return hmac.new(secret, f"{expires}|{subject}".encode(), hashlib.sha256).hexdigest()[:40]
