"""Undo a body's compression a bounded piece at a time, so that a bomb is noticed before it fills the memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

from schemas.codes import Code
from schemas.errors import TerminalError, TransientError

#: What the door says it accepts.
ACCEPTED = "gzip, deflate"
_PIECE = 1 << 16
_GZIP, _ZLIB, _RAW = 31, 15, -15


def read_body(pieces: Iterable[bytes], encoding: str, *, limit: int) -> bytes:
    """Collect a body of at most `limit` decompressed bytes.

    Raises:
        TerminalError: `page_too_large`; `page_malformed` for a compression that was not asked for or is broken.
        TransientError: the compressed text breaks off.
    """
    body = bytearray()
    for piece in _decoder(encoding)(pieces):
        if len(body) + len(piece) > limit:
            raise too_large(limit)
        body += piece
    return bytes(body)


def too_large(limit: int) -> TerminalError:
    return TerminalError(f"the answer has more than {limit} bytes", code=Code.PAGE_TOO_LARGE)


def _decoder(encoding: str) -> Callable[[Iterable[bytes]], Iterable[bytes]]:
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return lambda pieces: pieces
    if name in {"gzip", "x-gzip"}:
        return lambda pieces: _inflated(pieces, _GZIP)
    if name == "deflate":
        return lambda pieces: _inflated(pieces, None)
    raise TerminalError(f"the answer is compressed in a way that was not asked for ({name[:40]})", code=_MALFORMED)


_MALFORMED = Code.PAGE_MALFORMED


def _inflated(pieces: Iterable[bytes], wbits: int | None) -> Iterator[bytes]:
    inflate = None if wbits is None else zlib.decompressobj(wbits)
    started = False
    for piece in pieces:
        if not piece:
            continue
        if inflate is None:
            # "deflate" is zlib's format by RFC 9110, 8.4.1.2, but raw deflate in some servers.
            inflate = zlib.decompressobj(_ZLIB if piece[0] & 0x0F == 0x08 else _RAW)
        rest = piece
        while rest:
            if inflate.eof:
                if wbits != _GZIP:
                    break
                inflate = zlib.decompressobj(_GZIP)  # RFC 1952, 2.2: members may follow each other
            started = True
            try:
                yield inflate.decompress(rest, _PIECE)
            except zlib.error:
                raise TerminalError("the answer's compression is broken", code=_MALFORMED) from None
            rest = inflate.unconsumed_tail or inflate.unused_data
    # All that arrived may be taken in, and a rest of what it says not yet given.
    while inflate is not None and not inflate.eof and (held := inflate.decompress(b"", _PIECE)):
        yield held
    if inflate is not None and started and not inflate.eof:
        raise TransientError("the answer breaks off", code=Code.SOURCE_UNREACHABLE)
