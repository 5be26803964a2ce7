"""The wire below the SDK: what leaves is only what we put there, and what comes back is bounded."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import AsyncIterator

import httpx2

#: Headers that a request may carry, beside the SDK's own marks, which it reads again when the answer is there.
_HEADERS = frozenset({"host", "accept", "content-type", "content-length", "transfer-encoding", "user-agent"})
_SDK_MARKS = "x-stainless-"
#: What is read of an error: enough for its code.
_ERROR_BYTES = 64_000
#: What every member of a gzip body begins with.
_MEMBER = b"\x1f"


class TooLargeError(httpx2.ReadError):
    """The response passed the bound on bytes."""


class _Bounded(httpx2.AsyncByteStream):
    """A body of at most `limit` bytes, unpacked: what is longer is refused, or cut where only its beginning counts."""

    def __init__(self, stream: httpx2.AsyncByteStream, limit: int, *, packed: bool, cut: bool) -> None:
        self._stream = stream
        self._limit = limit
        self._cut = cut
        self._unpack = _unpacker() if packed else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for raw in self._stream:
            piece = raw
            if self._unpack is not None:
                piece = self._unpacked(raw, self._limit - size + 1)
            size += len(piece)
            if size > self._limit and self._cut:
                return
            if size > self._limit:
                raise TooLargeError(f"the response is larger than {self._limit} bytes")
            yield piece

    def _unpacked(self, raw: bytes, most: int) -> bytes:
        """At most so many bytes. What is packed with gzip may consist of several members (RFC 1952)."""
        piece = b""
        while raw and self._unpack is not None and len(piece) < most:
            if self._unpack.eof:
                if not raw.startswith(_MEMBER):
                    break  # padding
                self._unpack = _unpacker()
            try:
                piece += self._unpack.decompress(raw, most - len(piece))
            except zlib.error as error:
                raise httpx2.DecodingError("the response is not packed as it says") from error
            raw = self._unpack.unused_data
        return piece

    async def aclose(self) -> None:
        await self._stream.aclose()


def _unpacker() -> zlib._Decompress:
    return zlib.decompressobj(wbits=47)  # zlib or gzip, as the bytes say


class BoundedTransport(httpx2.AsyncHTTPTransport):
    """`api_key` empty sends none. No proxy and no certificate of the environment is used."""

    def __init__(self, api_key: str, limit: int, tls: ssl.SSLContext | None) -> None:
        super().__init__(verify=tls if tls is not None else True, trust_env=False)
        self._api_key = api_key
        self._limit = limit

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        # The SDK adds headers that it finds in the environment; none of them may leave.
        for name in [n for n in request.headers if n not in _HEADERS and not n.startswith(_SDK_MARKS)]:
            del request.headers[name]
        if self._api_key:
            request.headers["authorization"] = f"Bearer {self._api_key}"
        request.headers["accept-encoding"] = "identity"
        response = await super().handle_async_request(request)
        packed = response.headers.pop("content-encoding", "identity").lower() in {"gzip", "x-gzip", "deflate"}
        if isinstance(response.stream, httpx2.AsyncByteStream):
            failed = response.status_code >= 300
            limit = min(self._limit, _ERROR_BYTES) if failed else self._limit
            response.stream = _Bounded(response.stream, limit, packed=packed, cut=failed)
        return response
