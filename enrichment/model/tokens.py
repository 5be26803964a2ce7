"""Estimating tokens before a call, so that a rate and a budget can be reserved."""

from __future__ import annotations

#: Bytes per token of dense JSON (digits, pointers, punctuation) at worst; prose has twice as many, so that the estimate
#: lies above what servers count. What they count settles the reservation.
_BYTES_PER_TOKEN = 2
#: Marks of messages and roles, and of the response format.
_OVERHEAD = 64


def estimate_tokens(*texts: str | bytes) -> int:
    """Give an upper estimate for what a server will count for these texts together."""
    size = sum(len(t) if isinstance(t, bytes) else len(t.encode(errors="replace")) for t in texts)
    return -(-size // _BYTES_PER_TOKEN) + _OVERHEAD


def most_tokens(*texts: str | bytes) -> int:
    """Give the number of tokens that no server can pass for these texts together: one of each byte."""
    return sum(len(t) if isinstance(t, bytes) else len(t.encode(errors="replace")) for t in texts) + _OVERHEAD
