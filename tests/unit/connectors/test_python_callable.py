"""Callables that yield records."""

from __future__ import annotations

import itertools
import sys
import time
import types
from asyncio import CancelledError
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from enrichment.connectors.opening import open_pages
from enrichment.connectors.pages import Page
from enrichment.connectors.python_callable import CallableReader
from schemas.errors import ConfigurationError, DeadlineError, TerminalError, UsageError
from schemas.source import InlineSource, PythonSource


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Iterator[Page]]:
    def start(function: object, page_records: int = 2) -> Iterator[Page]:
        module = types.ModuleType("a_users_module")
        module.records = function  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "a_users_module", module)
        source = PythonSource(name="p", connector="python", callable="a_users_module:records")
        return open_pages(source, cursor=None, secrets=lambda _: "", page_records=page_records)

    return start


def test_it_is_called_once_and_read_in_pages(opened: Callable[..., Iterator[Page]]) -> None:
    calls: list[int] = []

    def records() -> Iterator[object]:
        calls.append(1)
        yield {"id": 1}
        yield 7
        yield {"id": 2.5}
        yield {"id": 3}
        yield {"id": 4}

    pages = list(opened(records))
    assert [[r.record_id for r in page.records] for page in pages] == [["1"], ["3"], ["4"]]
    assert [r.record_id for page in pages for r in page.refused] == ["#1", "#2"]
    assert [page.cursor for page in pages] == [{"done": 2}, {"done": 4}, None]
    assert not any(page.resumable for page in pages)
    assert calls == [1]


def test_an_exception_comes_behind_what_was_yielded(opened: Callable[..., Iterator[Page]]) -> None:
    def records() -> Iterator[object]:
        yield {"id": 1}
        raise ValueError("password=s3cret at //user:s3cret@host")

    pages = opened(records)
    page = next(pages)
    assert [r.record_id for r in page.records] == ["1"]
    assert page.cursor is not None
    with pytest.raises(TerminalError) as caught:
        next(pages)
    assert "ValueError after 1 records" in caught.value.message
    assert "s3cret" not in caught.value.message
    assert caught.value.code == "source_unreachable"


def test_one_that_raises_at_once(opened: Callable[..., Iterator[Page]]) -> None:
    with pytest.raises(TerminalError):
        next(opened(lambda: 1 / 0))


@pytest.mark.parametrize("name", ["nowhere.to.be:found", "os:nothing", "json:__doc__", "json", ":x", "json:"])
def test_callables_that_are_none(name: str) -> None:
    source = PythonSource(name="p", connector="python", callable=name)
    with pytest.raises(ConfigurationError):
        next(open_pages(source, cursor=None, secrets=lambda _: ""))


def test_it_cannot_be_gone_on_with() -> None:
    source = PythonSource(name="p", connector="python", callable="json:loads")
    with pytest.raises(UsageError):
        next(open_pages(source, cursor={"done": 2}, secrets=lambda _: ""))


def test_inline_sources_have_nothing_to_open() -> None:
    with pytest.raises(UsageError):
        open_pages(InlineSource(name="i", connector="inline"), cursor=None, secrets=lambda _: "")


def test_a_slow_one_shows_what_it_has(opened: Callable[..., Iterator[Page]], monkeypatch: pytest.MonkeyPatch) -> None:
    opened(lambda: ({"id": n} for n in range(4)))  # puts the module in place
    clock = iter(range(0, 1000, 7))
    monkeypatch.setattr("enrichment.connectors.python_callable.time.monotonic", lambda: next(clock))
    source = PythonSource(name="p", connector="python", callable="a_users_module:records")
    pages = list(CallableReader(source, page_seconds=10.0).pages(None))
    assert sum(len(page.records) for page in pages) == 4
    assert len(pages) > 1


class OfALibraryError(BaseException):
    """As gevent's timeouts and trio's cancellations are: no exception proper."""

    def __str__(self) -> str:
        raise ValueError("says nothing")


@pytest.mark.parametrize(
    "raised", [SystemExit(3), KeyboardInterrupt(), CancelledError(), GeneratorExit(), OfALibraryError()], ids=repr
)
def test_what_would_end_the_thread_ends_the_source_alone(
    opened: Callable[..., Iterator[Page]], raised: BaseException
) -> None:
    def records() -> Iterator[object]:
        yield {"id": 1}
        raise raised

    def calling() -> Iterator[object]:
        raise raised

    def read(pages: Iterator[Page]) -> tuple[list[str], BaseException | None]:
        found: list[str] = []
        try:
            for page in pages:
                found += [r.record_id for r in page.records]
        except TerminalError as error:
            return found, error
        return found, None

    with ThreadPoolExecutor(1) as pool:
        found, error = pool.submit(read, opened(records)).result()
        assert found == ["1"]
        assert isinstance(error, TerminalError)
        assert error.code == "source_unreachable"
        assert isinstance(pool.submit(read, opened(calling)).result()[1], TerminalError)


class Loading(Mapping[str, object]):
    """A record that is loaded when it is looked at."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __getitem__(self, name: str) -> object:
        raise self._error

    def __iter__(self) -> Iterator[str]:
        return iter(["id"])

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize("raised", [KeyError("id"), RuntimeError("changed size"), OfALibraryError()], ids=repr)
def test_a_record_that_raises_when_it_is_looked_at_is_refused_alone(
    opened: Callable[..., Iterator[Page]], raised: BaseException
) -> None:
    (page,) = opened(lambda: [{"id": 1}, Loading(raised), {"id": 2}], 5)
    assert [record.record_id for record in page.records] == ["1", "2"]
    assert [(r.record_id, r.code) for r in page.refused] == [("#1", "record_malformed")]
    assert type(raised).__name__ in page.refused[0].message


def test_a_deadline_while_a_record_is_looked_at_is_that_of_the_stage(opened: Callable[..., Iterator[Page]]) -> None:
    with pytest.raises(DeadlineError):
        list(opened(lambda: [Loading(DeadlineError())]))


def test_a_process_that_is_told_to_end_does(opened: Callable[..., Iterator[Page]]) -> None:
    def records() -> Iterator[object]:
        yield {"id": 1}
        sys.exit(0)

    pages = opened(records)
    with pytest.raises(SystemExit):
        list(pages)


def test_a_module_that_exits_when_it_is_imported_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_users_script.py").write_text("import sys\nsys.exit(2)\n")
    monkeypatch.syspath_prepend(tmp_path)
    source = PythonSource(name="p", connector="python", callable="a_users_script:records")
    with ThreadPoolExecutor(1) as pool, pytest.raises(ConfigurationError, match="imported: SystemExit"):
        pool.submit(lambda: list(open_pages(source, cursor=None, secrets=lambda _: ""))).result()


def test_a_deadline_amid_an_import_is_the_deadline_of_the_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_slow_module.py").write_text("from schemas.errors import DeadlineError\nraise DeadlineError\n")
    monkeypatch.syspath_prepend(tmp_path)
    source = PythonSource(name="p", connector="python", callable="a_slow_module:records")
    with pytest.raises(DeadlineError):
        list(open_pages(source, cursor=None, secrets=lambda _: ""))


def test_one_that_does_not_end_is_left_in_time_and_what_it_gave_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its stage would be ended by force, and nothing of it kept."""

    def records() -> Iterator[object]:
        for n in itertools.count():
            time.sleep(0.01)
            yield {"id": n}

    module = types.ModuleType("a_users_module")
    module.records = records  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "a_users_module", module)
    source = PythonSource(name="p", connector="python", callable="a_users_module:records")
    pages: list[Page] = []
    with pytest.raises(TerminalError, match="was not at its end after") as caught:
        pages.extend(CallableReader(source, page_records=3, longest=0.2).pages(None))
    assert caught.value.code == "source_unreachable"
    given = [int(r.record_id) for page in pages for r in page.records]
    assert given
    assert given == list(range(len(given)))
    assert f"and {len(given)} records" in caught.value.message
