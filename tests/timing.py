"""How long something takes the thread that does it."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Assert that the block takes at most this much processor time of its thread.

    Without collecting garbage meanwhile: what the tests before left may take a second by itself.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        started = time.thread_time()
        yield
        used = time.thread_time() - started
    finally:
        if collecting:
            gc.enable()
    assert used < seconds
