"""What one request may still use, of time and of the wire."""

from __future__ import annotations

import time

from enrichment.door.answers import Caps
from enrichment.door.decoding import too_large
from schemas.codes import Code
from schemas.errors import TransientError


class Budget:
    """Counts from the moment it is made; every step of the request asks it."""

    def __init__(self, caps: Caps) -> None:
        self._deadline = time.monotonic() + caps.total_seconds
        self._wire = caps.wire_limit
        self._body = caps.body_bytes

    def left(self) -> float:
        """Give the seconds left; raises `TransientError` when there are none."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TransientError("the answer takes too long", code=Code.SOURCE_UNREACHABLE)
        return left

    def bound(self, timeout: float | None) -> float:
        left = self.left()
        return left if timeout is None else min(timeout, left)

    def received(self, size: int) -> None:
        self._wire -= size
        if self._wire < 0:
            raise too_large(self._body)
