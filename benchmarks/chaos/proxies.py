"""A TCP proxy whose connections can be cut, refused, slowed down and left half-open."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from typing import Final

_CHUNK: Final = 65_536


class Proxy:
    """Forwards to a port on this machine, from a thread of its own. All methods may be called from any thread."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.port = 0
        self._delay = 0.0
        self._refusing = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._flowing: asyncio.Event | None = None
        self._started = threading.Event()
        threading.Thread(target=self._run, name=f"proxy to {port}", daemon=True).start()
        self._started.wait()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.run_forever()

    async def _serve(self) -> None:
        self._flowing = asyncio.Event()
        self._flowing.set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            _reset(writer)
            return
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _reset(writer)
            return
        pair = {writer, inner_writer}
        self._writers |= pair
        await asyncio.gather(self._pump(reader, inner_writer), self._pump(inner_reader, writer))
        self._writers -= pair

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        flowing = self._flowing
        try:
            while flowing is not None and (data := await reader.read(_CHUNK)):
                await flowing.wait()
                if self._delay:
                    await asyncio.sleep(self._delay)
                writer.write(data)
                await writer.drain()
        except OSError:
            _reset(writer)
        finally:
            writer.close()

    def cut(self) -> None:
        """Reset every connection; new ones are taken."""
        self._loop.call_soon_threadsafe(self._reset_all)

    def _reset_all(self) -> None:
        for writer in list(self._writers):
            _reset(writer)

    def refuse(self, *, refusing: bool) -> None:
        self._refusing = refusing
        if refusing:
            self.cut()

    def stall(self, *, stalled: bool) -> None:
        """Keep every connection open, old and new, and let no byte through."""
        flowing = self._flowing
        if flowing is not None:
            self._loop.call_soon_threadsafe(flowing.clear if stalled else flowing.set)

    def slow(self, seconds: float) -> None:
        """Hold each piece of data for so long."""
        self._delay = seconds

    def heal(self) -> None:
        self.slow(0.0)
        self.refuse(refusing=False)
        self.stall(stalled=False)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST, as a peer that is gone does."""
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
