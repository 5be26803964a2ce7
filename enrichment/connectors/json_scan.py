"""Find a list in JSON text and split it into its elements without parsing them.

Reads blocks, so that memory does not grow with the text; keeps going where a parser stops: an element may be broken,
endless or nested to any depth, and the ones after it are still found. Offsets are bytes from the start of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from json import loads as parse_key

# Each of these can be matched in one way only, so that going back over it costs no more than going on did. Possessive
# groups would say so, but before Python 3.11.5 they match too much (github.com/python/cpython/issues/106052).
_IN_TEXT = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*', re.DOTALL)
#: Runs over everything that does not change the depth, complete texts included.
_PLAIN = re.compile(rb'[^"\[\]{}]*+(?:"%b"[^"\[\]{}]*+)*' % _IN_TEXT.pattern, re.DOTALL)
#: The same at depth 0 of a list, where a comma ends an element.
_PLAIN_TOP = re.compile(rb'[^"\[\]{},]*+(?:"%b"[^"\[\]{},]*+)*' % _IN_TEXT.pattern, re.DOTALL)
_OPENING, _CLOSING = frozenset(b"[{"), frozenset(b"]}")
_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb"[^,\]} \t\r\n]*+")
_BLOCK = 1 << 18


def blocks_of(text: bytes) -> Iterator[bytes]:
    for at in range(0, len(text), _BLOCK):
        yield text[at : at + _BLOCK]


@dataclass(frozen=True, slots=True)
class Element:
    """One element of the list.

    text: its bytes without surrounding space, the first `limit` + 1 of them where it is larger
    size: its whole size in bytes
    next: offset after it and its comma, where another reading may go on
    """

    start: int
    text: bytes
    size: int
    next: int


class Scanner:
    """A position in a text that arrives in blocks."""

    def __init__(self, blocks: Iterable[bytes], offset: int = 0) -> None:
        self._blocks = iter(blocks)
        self._base = offset
        self._block = b""
        self._at = 0
        self._kept: bytearray | None = None
        self._limit = 0
        self._size = 0
        #: True once the bracket that closes the list was read.
        self.closed = False

    @property
    def offset(self) -> int:
        return self._base + self._at

    def enter(self, tokens: Sequence[str]) -> bool:
        """Go to the value that the pointer tokens name. False: nothing stands there, or the text breaks off."""
        self._skip(_SPACE)
        for token in tokens:
            opening = self._peek()
            if opening == b"{":
                found = self._enter_member(token)
            elif opening == b"[" and token.isascii() and token.isdigit():
                found = self._enter_element(int(token))
            else:
                found = False
            if not found:
                return False
            self._skip(_SPACE)
        return self._peek() != b""

    def enter_list(self) -> bool:
        """Step over the opening bracket of the list that starts here. False: no list starts here."""
        if self._peek() != b"[":
            return False
        self._take()
        return True

    def value(self, limit: int) -> bytes | None:
        """Give the text of the value that starts here; None where it is longer than `limit` bytes."""
        self._keep(limit)
        self._skip_value()
        return bytes(self._release()) if self._size <= limit else None

    def elements(self, limit: int) -> Iterator[Element]:
        """Give the elements of the list that the scanner stands in, keeping `limit` + 1 bytes of each at most."""
        while True:
            self._skip(_SPACE)
            following = self._peek()
            if following == b"":
                return
            if following == b"]":
                self._take()
                self.closed = True
                return
            start = self.offset
            self._keep(limit)
            self._skip_element()
            text, size = bytes(self._release()), self._size
            if self._peek() == b",":
                self._take()
            stripped = text.rstrip(b" \t\r\n") if size == len(text) else text
            yield Element(start, stripped, size - len(text) + len(stripped), self.offset)

    def leave(self, levels: int) -> None:
        """Step behind the closing brackets of so many containers, over what else is in them."""
        for _ in range(levels):
            self._skip_nested()

    def at_end(self) -> bool:
        """Say whether nothing but space is left."""
        self._skip(_SPACE)
        return self._peek() == b""

    def _enter_member(self, name: str) -> bool:
        self._take()
        while True:
            self._skip(_SPACE)
            if self._peek() != b'"':
                return False
            key = self.value(limit=65_536)
            self._skip(_SPACE)
            if self._peek() != b":":
                return False
            self._take()
            self._skip(_SPACE)
            if key is not None and _unquoted(key) == name:
                return True
            self._skip_value()
            if not self._comma():
                return False

    def _enter_element(self, index: int) -> bool:
        self._take()
        for _ in range(index):
            self._skip(_SPACE)
            self._skip_value()
            if not self._comma():
                return False
        self._skip(_SPACE)
        return self._peek() not in {b"", b"]"}

    def _comma(self) -> bool:
        self._skip(_SPACE)
        if self._peek() != b",":
            return False
        self._take()
        return True

    def _skip_value(self) -> None:
        opening = self._peek()
        if opening == b'"':
            self._skip_text()
        elif opening in {b"[", b"{"}:
            self._take()
            self._skip_nested()
        else:
            self._skip(_SCALAR)

    def _skip_element(self) -> None:
        while True:
            self._skip(_PLAIN_TOP)
            following = self._peek()
            if following in {b"", b",", b"]"}:
                return
            if following == b'"':
                self._skip_text()
                continue
            self._take()
            if following != b"}":
                self._skip_nested()

    def _skip_nested(self) -> None:
        """Step behind the bracket that closes the one just read."""
        depth = 1
        while depth and self._peek():
            in_text, at, depth = _within(self._block, self._at, depth)
            self._advance(at)
            if in_text:
                self._skip_text()

    def _skip_text(self) -> None:
        """Step over a text; unlike the patterns above it may reach over any number of blocks."""
        self._take()
        while True:
            self._skip(_IN_TEXT)
            following = self._peek()
            if following == b"":
                return
            self._take()
            if following == b'"':
                return
            if self._peek() == b"":
                return
            self._take()

    def _peek(self) -> bytes:
        while self._at >= len(self._block):
            following = next(self._blocks, None)
            if following is None:
                return b""
            self._base += len(self._block)
            self._block, self._at = following, 0
        return self._block[self._at : self._at + 1]

    def _take(self) -> None:
        self._advance(self._at + 1)

    def _skip(self, pattern: re.Pattern[bytes]) -> None:
        while self._peek():
            found = pattern.match(self._block, self._at)
            if found is not None:
                self._advance(found.end())
            if self._at < len(self._block):
                return

    def _advance(self, to: int) -> None:
        if self._kept is not None:
            self._size += to - self._at
            room = self._limit + 1 - len(self._kept)
            if room > 0:
                self._kept += self._block[self._at : min(to, self._at + room)]
        self._at = to

    def _keep(self, limit: int) -> None:
        self._kept, self._limit, self._size = bytearray(), limit, 0

    def _release(self) -> bytearray:
        kept, self._kept = self._kept, None
        return kept if kept is not None else bytearray()


def _within(block: bytes, at: int, depth: int) -> tuple[bool, int, int]:
    """Go on to where the depth is 0 or the block ends; True: to the start of a text that the block breaks off."""
    end = len(block)
    while depth and at < end:
        found = block[at]
        if found in _OPENING:
            depth += 1
            at += 1
        elif found in _CLOSING:
            depth -= 1
            at += 1
        else:
            plain = _PLAIN.match(block, at)
            if plain is None or plain.end() == at:
                return True, at, depth
            at = plain.end()
    return False, at, depth


def _unquoted(key: bytes) -> str | None:
    try:
        name = parse_key(key)
    except ValueError:
        return None
    return name if isinstance(name, str) else None
