"""A local file, found below an allowed root, pinned, and read by byte ranges."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from schemas.codes import Code
from schemas.errors import TerminalError

_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class Line:
    """One physical line without its end; `end` is the offset of the next one.

    cut:    only the start of the text was kept
    counts: how often the counted byte stands in the whole line
    """

    start: int
    end: int
    text: bytes
    cut: bool = False
    counts: int = 0


@dataclass(frozen=True, slots=True)
class Pin:
    """What tells that a file is still the one that the reading began with."""

    size: int
    modified: int  # nanoseconds since 1970


class PinnedFile:
    """An open file. Whoever opens it closes it; the offsets it gives are valid as long as its pin is."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path
        self.pin = _pin(os.fstat(descriptor))

    @property
    def path(self) -> Path:
        """Where it lies, all links followed."""
        return self._path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def check(self, pin: Pin) -> None:
        """Raise `TerminalError` (`source_changed`) where the file is no longer what `pin` says."""
        try:
            found = {_pin(os.fstat(self._descriptor)), _pin(self._path.stat())}
        except OSError:
            found = set()
        if found != {pin}:
            raise TerminalError(
                "the file was changed while it was read",
                code=Code.SOURCE_CHANGED,
                hint="submit again once it is complete; what is already written then counts as unchanged",
            )

    def stream(self) -> BinaryIO:
        """Give a further handle on the same open file, with a close of its own, for a library that reads by itself."""
        return os.fdopen(os.dup(self._descriptor), "rb")

    def blocks(self, offset: int) -> Iterator[bytes]:
        """Give the bytes from an offset to the size that the file had when it was opened."""
        while offset < self.pin.size:
            block = os.pread(self._descriptor, min(_BLOCK, self.pin.size - offset), offset)
            if not block:
                return
            offset += len(block)
            yield block

    def lines(self, offset: int, *, limit: int, counting: bytes = b"") -> Iterator[Line]:
        """Give the lines from an offset on, keeping `limit` + 1 bytes of each at most. A line ends at a line feed."""
        start = offset
        kept, size, counts = bytearray(), 0, 0
        for block in self.blocks(offset):
            at = 0
            while at < len(block):
                found = block.find(b"\n", at)
                end = len(block) if found < 0 else found
                size += end - at
                if counting:
                    counts += block.count(counting, at, end)
                if (room := limit + 1 - len(kept)) > 0:
                    kept += block[at : min(end, at + room)]
                at = end + 1
                if found >= 0:
                    yield Line(start, start + size + 1, bytes(kept), cut=size > limit, counts=counts)
                    start += size + 1
                    kept, size, counts = bytearray(), 0, 0
        if size:
            yield Line(start, start + size, bytes(kept), cut=size > limit, counts=counts)


def open_below(path: str, roots: Sequence[Path]) -> PinnedFile:
    """Open a regular file whose real path lies below one of the real roots; a relative path is looked for in each.

    Raises:
        TerminalError: `source_refused`, it lies elsewhere or is no regular file; `not_found`.
    """
    for root in roots:
        resolved = Path(os.path.realpath(root))
        candidate = Path(os.path.realpath(resolved / path))
        if candidate.is_relative_to(resolved) and candidate.exists():
            return _opened(candidate, path)
    outside = [root for root in roots if Path(os.path.realpath(Path(root) / path)).is_relative_to(_real(root))]
    if outside:
        raise TerminalError(
            f"there is no file {path!r} below the allowed roots",
            code=Code.NOT_FOUND,
            hint="put it there, or mend path of the source",
        )
    raise TerminalError(
        f"{path!r} is not below an allowed root",
        code=Code.SOURCE_REFUSED,
        hint="allow the folder it lies in; links are followed before the check",
    )


def _real(root: Path) -> Path:
    return Path(os.path.realpath(root))


def _opened(resolved: Path, shown: str) -> PinnedFile:
    try:
        # The path is real: a link that takes its last place after the check is not followed. A pipe is not waited for.
        descriptor = os.open(resolved, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        code = Code.NOT_FOUND if error.errno == errno.ENOENT else Code.SOURCE_REFUSED
        raise TerminalError(
            f"{shown!r} cannot be opened ({errno.errorcode.get(error.errno or 0)})", code=code
        ) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise TerminalError(f"{shown!r} is not a regular file", code=Code.SOURCE_REFUSED)
    return PinnedFile(descriptor, resolved)


def _pin(status: os.stat_result) -> Pin:
    return Pin(status.st_size, status.st_mtime_ns)
