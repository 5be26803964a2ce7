"""Connections to addresses that were looked at, within a budget of time and bytes.

The guard sits where connections are opened: a name is resolved, checked and connected to in one step, so that no
second look-up can give another address, while Host, SNI and certificate stay those of the name.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import httpcore2

from enrichment.door.budget import Budget

_SocketOptions: TypeAlias = Iterable[httpcore2.SOCKET_OPTION] | None


class _Stream(httpcore2.NetworkStream):
    """A connection whose every step is bounded by the budget, headers and handshake included."""

    def __init__(self, stream: httpcore2.NetworkStream, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        arrived = self._stream.read(max_bytes, self._budget.bound(timeout))
        self._budget.received(len(arrived))
        return arrived

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._budget.bound(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        bound = self._budget.bound(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, bound), self._budget)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the client's interface
        return self._stream.get_extra_info(info)


class Network(httpcore2.NetworkBackend):
    """Opens connections to the addresses that `addresses` gives for a host, and to no others."""

    def __init__(self, addresses: Callable[[str, int], Sequence[str]], budget: Budget) -> None:
        self._addresses = addresses
        self._budget = budget
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _SocketOptions = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception | None = None
        for address in self._addresses(host, port):
            bound = self._budget.bound(timeout)
            try:
                stream = self._backend.connect_tcp(address, port, bound, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._budget)
        raise failure or httpcore2.ConnectError("no address")
