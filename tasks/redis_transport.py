"""kombu's Redis transport without a new client for every command: making one cost more than what it was made for."""

from __future__ import annotations

from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """A client holds nothing but the pool of connections that it was made for, and threads may share it."""

    _shared: Any = None

    def __init__(self, connection: Any, **settings: Any) -> None:  # noqa: ANN401 - kombu is not typed
        self._told = connection.client
        super().__init__(connection, **settings)  # type: ignore[no-untyped-call]  # as above

    def _connparams(self, asynchronous: bool = False) -> Any:  # noqa: ANN401 - as kombu calls it
        """A connection that was lost lets go of its address before its channel has given back what is unacknowledged:
        the worker ended of it.
        """
        if self.connection.client is None:
            self.connection.client = self._told
        return super()._connparams(asynchronous)  # type: ignore[no-untyped-call]  # as above

    def _create_client(self, asynchronous: bool = False) -> Any:  # noqa: ANN401 - as kombu calls it
        if asynchronous:
            # It holds one connection, which the event loop watches.
            return super()._create_client(asynchronous=True)  # type: ignore[no-untyped-call]  # kombu is not typed
        shared = self._shared
        if shared is None or shared.connection_pool is not self.pool:
            # The pool is another one after the connection was lost.
            shared = self._shared = super()._create_client()  # type: ignore[no-untyped-call]  # as above
        return shared


class Transport(redis.Transport):
    Channel = Channel
