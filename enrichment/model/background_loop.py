"""An event loop in a thread of its own, so that any thread can make a call that ends when its time is up.

Only cancelling a coroutine ends a call whose bytes keep dripping: timeouts of sockets start anew with every byte.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")
#: How long a cancelled call may take to let go of its connection.
_GRACE = 5.0


class BackgroundLoop:
    """Starts with the first call. Safe to use from many threads; a forked process needs one of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                self._loop = loop
                self._thread = threading.Thread(target=loop.run_forever, name=self._name, daemon=True)
                self._thread.start()
            return self._loop

    def run(self, call: Coroutine[Any, Any, _Result], seconds: float) -> _Result:
        """
        Raises:
            TimeoutError: the call took longer; it was cancelled.
        """
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(call, seconds), self._running())
        try:
            return future.result(seconds + _GRACE)
        except concurrent.futures.CancelledError as error:
            raise TimeoutError from error
        finally:
            future.cancel()

    def close(self) -> None:
        with self._lock:
            if self._loop is None or self._thread is None:
                return
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_GRACE)
            if not self._thread.is_alive():
                self._loop.close()
            self._loop = self._thread = None
