"""Numbered batches of a streamed job, told apart by what was sent: sender and receiver count in the same way."""

from __future__ import annotations

import hashlib


def digest_of(body: bytes) -> str:
    """Of the bytes of one batch. SHA-256, 32 hexadecimal digits of it."""
    return hashlib.sha256(body).hexdigest()[:32]


def chained(before: str | None, digest: str) -> str:
    """Of all batches up to one: that of those before it, null where there are none, and its own."""
    return digest_of(f"{before or ''}{digest}".encode())
