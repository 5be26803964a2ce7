"""Iterate a Python callable that yields records. It is called once; where it stopped, it cannot be gone on with."""

from __future__ import annotations

import importlib
import re
import threading
import time
from collections.abc import Iterator
from itertools import count
from typing import Final

from enrichment.connectors.inline import read_one
from enrichment.connectors.page_text import sorted_out
from enrichment.connectors.pages import PAGE_BYTES, Cursor, FetchedRecord, Page, RefusedRecord
from schemas.codes import Code
from schemas.errors import ConfigurationError, DeadlineError, TerminalError, UsageError
from schemas.source import PythonSource

_MESSAGE = 200
#: What foreign code raises: anything, as the timeouts and cancellations of some libraries show. Left to itself, what is
#: no exception proper would end a thread of the pool for good, which nobody would hear of: `sys.exit()` means the
#: user's script there.
_RAISED: Final = (BaseException,)
#: What an exception of foreign code may quote and nobody else should read.
_SECRET = re.compile(r"(?i)((?:key|token|secret|password|passwd|pwd)\s*[=:]\s*|bearer\s+|basic\s+)\S+|//[^/@\s]+@")


class CallableReader:
    """One python source. `page_records` and `page_seconds` bound a page, so that a slow source shows that it lives.

    longest: seconds of the whole iteration. It is one stage, of which nothing is left where its deadline (300 s) ends
             it.
    """

    def __init__(
        self, source: PythonSource, *, page_records: int = 500, page_seconds: float = 10.0, longest: float = 270.0
    ) -> None:
        self._source = source
        self._page_records = page_records
        self._page_seconds = page_seconds
        self._longest = longest

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """Give pages that are not resumable; their cursor only counts the values yielded.

        Raises:
            UsageError: a cursor was given.
            ConfigurationError: there is no such callable, or it gives nothing to iterate.
            TerminalError: `source_unreachable`, it raised, or is not at its end in time; what it yielded before was
                given as a page.
        """
        if cursor is not None:
            raise UsageError(
                f"source {self._source.name} cannot be gone on with",
                hint="a python source is read by one fetch; submit again",
            )
        ends = time.monotonic() + self._longest
        values = self._called()
        waiting: list[FetchedRecord | RefusedRecord] = []
        size = 0
        began = time.monotonic()
        for done in count():
            if time.monotonic() >= ends:
                if waiting:
                    yield _page(waiting, done)
                raise self._endless(done)
            try:
                value = next(values)
            except StopIteration:
                yield _page(waiting, None)
                return
            except _RAISED as error:
                _let_the_process_end(error)
                if waiting:
                    yield _page(waiting, done)
                raise self._failed(error, done) from error
            late = time.monotonic() - began >= self._page_seconds
            if waiting and (late or len(waiting) >= self._page_records or size >= PAGE_BYTES):
                yield _page(waiting, done)
                waiting, size, began = [], 0, time.monotonic()
            outcome = self._read(value, f"#{done}")
            waiting.append(outcome)
            size += len(outcome.body or b"")

    def _read(self, value: object, place: str) -> FetchedRecord | RefusedRecord:
        """Read one value, whose own code may run for it: of a mapping that loads its members when they are asked for,
        or that another thread changes meanwhile.
        """
        try:
            return read_one(value, place, self._source)
        except DeadlineError:
            raise
        except _RAISED as error:
            _let_the_process_end(error)
            message = f"the record cannot be looked at: {type(error).__name__}"
            return RefusedRecord(place, Code.RECORD_MALFORMED, message)

    def _called(self) -> Iterator[object]:
        module_name, _, name = self._source.callable.partition(":")
        hint = "write package.module:function, importable by the workers"
        try:
            function = getattr(importlib.import_module(module_name), name)
        except DeadlineError:
            # A module that takes too long is not one that is missing: the stage begins anew, alone.
            raise
        except _RAISED as error:
            _let_the_process_end(error)
            message = f"{self._source.callable!r} cannot be imported: {type(error).__name__}"
            raise ConfigurationError(message, hint=hint) from error
        if not callable(function):
            raise ConfigurationError(f"{self._source.callable!r} cannot be called", hint=hint)
        try:
            return iter(function())
        except _RAISED as error:
            _let_the_process_end(error)
            raise self._failed(error, 0) from error

    def _endless(self, done: int) -> TerminalError:
        return TerminalError(
            f"{self._source.callable} was not at its end after {self._longest:.0f} s and {done} records; what lies"
            " behind was not read",
            code=Code.SOURCE_UNREACHABLE,
            hint="submit with a limit, or have it write a file for a file source, which is read bit by bit",
        )

    def _failed(self, error: BaseException, done: int) -> TerminalError:
        said = _SECRET.sub("[...]", _said(error))[:_MESSAGE]
        return TerminalError(
            f"{self._source.callable} raised {type(error).__name__} after {done} records: {said}",
            code=Code.SOURCE_UNREACHABLE,
            hint="mend the callable and submit again; what is already written then counts as unchanged",
        )


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except _RAISED as unsaid:
        _let_the_process_end(unsaid)
        return ""


def _let_the_process_end(error: BaseException) -> None:
    """In its main thread a process is told by these that it is to end, whatever code it runs."""
    if isinstance(error, SystemExit | KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
        raise error


def _page(outcomes: list[FetchedRecord | RefusedRecord], done: int | None) -> Page:
    records, refused = sorted_out(outcomes)
    return Page(records, refused, None if done is None else {"done": done}, resumable=False)
