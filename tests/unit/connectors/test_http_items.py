"""Records by id."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from enrichment.connectors.opening import open_items
from enrichment.connectors.pages import Page
from schemas.errors import TerminalError, UsageError
from schemas.source import FileSource, HttpSource

Serve = Callable[..., Any]


def source(url: str, item_url: str | None = "/c/{id}", **settings: Any) -> HttpSource:
    full = None if item_url is None else url + item_url
    return HttpSource(name="s", connector="http", url=url, item_url=full, allow_private=True, **settings)


def read(configured: Any, ids: list[str], cursor: Any = None, **given: Any) -> list[Page]:
    return list(open_items(configured, ids, cursor=cursor, secrets=lambda _: "", **given))


def test_ids_are_one_segment_of_the_path_whatever_they_hold(serve: Serve) -> None:
    paths: list[str] = []

    def reply(asked: Any) -> Any:
        paths.append(asked.path)
        return 200, {}, json.dumps({"id": given[len(paths) - 1]}).encode()

    given = ["a/b", "a?b#c", "../x", "ä %", "a&b=c", "1"]
    pages = read(source(serve(reply).url), given)
    assert paths == ["/c/a%2Fb", "/c/a%3Fb%23c", "/c/..%2Fx", "/c/%C3%A4%20%25", "/c/a%26b%3Dc", "/c/1"]
    assert [page.records[0].record_id for page in pages] == given


@pytest.mark.parametrize("record_id", [".", "..", "", " a"])
def test_ids_that_cannot_be_asked_for(serve: Serve, record_id: str) -> None:
    server = serve(lambda _: (200, {}, b"{}"))
    (page,) = read(source(server.url), [record_id])
    assert [(r.record_id, r.code) for r in page.refused] == [(record_id, "not_found")]
    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, b"", "not_found"),
        (410, b"", "not_found"),
        (200, b"<html>", "record_malformed"),
        (200, b'{"id":"other"}', "record_malformed"),
        (200, b"{}", "key_missing"),
        (200, b'{"id":"x","a":"' + b"x" * 2_000 + b'"}', "record_too_large"),
        (200, b"x" * 10_000, "record_too_large"),
    ],
)
def test_an_id_that_gives_no_record(serve: Serve, status: int, body: bytes, code: str) -> None:
    server = serve(lambda asked: (status, {}, body) if asked.path == "/c/x" else (200, {}, b'{"id":"y"}'))
    pages = read(source(server.url, max_record_bytes=1_000, max_page_bytes=5_000), ["x", "y"])
    assert [(r.record_id, r.code) for page in pages for r in page.refused] == [("x", code)]
    assert [r.record_id for page in pages for r in page.records] == ["y"]


def test_a_refusal_of_the_source_is_no_missing_record(serve: Serve) -> None:
    with pytest.raises(TerminalError):
        read(source(serve(lambda _: (403, {}, b"")).url), ["x"])


def test_a_reading_goes_on_behind_any_id(serve: Serve) -> None:
    server = serve(lambda asked: (200, {}, json.dumps({"id": asked.path[3:]}).encode()))
    configured = source(server.url)
    first = next(open_items(configured, ["a", "b", "c"], cursor=None, secrets=lambda _: ""))
    rest = read(configured, ["a", "b", "c"], json.loads(json.dumps(first.cursor)))
    assert [r.record_id for page in [first, *rest] for r in page.records] == ["a", "b", "c"]
    assert rest[-1].cursor is None


@pytest.mark.parametrize("item_url", [None, "/c/"])
def test_a_source_without_an_address_for_items(item_url: str | None) -> None:
    with pytest.raises(UsageError):
        read(source("http://x.test", item_url), ["a"])


class TestFiles:
    def configured(self, folder: Path) -> FileSource:
        (folder / "a.jsonl").write_text("".join(f'{{"id":{n}}}\n' for n in range(10)))
        return FileSource(name="f", connector="file", path="a.jsonl")

    def test_they_are_searched(self, tmp_path: Path) -> None:
        pages = read(self.configured(tmp_path), ["7", "x", "2"], roots=[tmp_path], page_records=4)
        assert [r.record_id for page in pages for r in page.records] == ["2", "7"]
        assert [(r.record_id, r.code) for page in pages for r in page.refused] == [("x", "not_found")]

    def test_a_search_goes_on_where_it_stopped(self, tmp_path: Path) -> None:
        configured, cursor, found = self.configured(tmp_path), None, []
        for _ in range(10):
            page = next(
                open_items(
                    configured, ["7", "x", "2"], cursor=cursor, secrets=lambda _: "", roots=[tmp_path], page_records=4
                )
            )
            found += [r.record_id for r in (*page.records, *page.refused)]
            if page.cursor is None:
                break
            cursor = json.loads(json.dumps(page.cursor))
        assert found == ["2", "7", "x"]

    def test_a_foreign_cursor_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError):
            read(self.configured(tmp_path), ["7"], {"size": 1}, roots=[tmp_path])
