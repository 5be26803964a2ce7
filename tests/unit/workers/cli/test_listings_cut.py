"""Listings that were cut say so, and how the rest is had: nobody should take a page for the whole."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from enrichment.client import wire
from enrichment.door import Response
from workers.api.examples import JOB, PLAN, REVIEW
from workers.cli.exits import Exit
from workers.cli.program import run

TOTAL = 450


@pytest.fixture(autouse=True)
def api(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, list[str]]]:
    """An API with so many of everything, newest first, that gives pages as the real one does."""
    asked: list[dict[str, list[str]]] = []

    def call(_: str, base: str, address: str, **__: Any) -> Response:
        query = parse_qs(urlsplit(address).query)
        asked.append(query)
        first = int(query["cursor"][0]) - 1 if "cursor" in query else TOTAL
        shown = range(first, max(first - min(int(query["limit"][0]), 500), 0), -1)
        example: dict[str, Any] = {"/v1/jobs": JOB, "/v1/plans": PLAN, "/v1/reviews": REVIEW}.get(
            urlsplit(address).path, {}
        )
        items = [{**example, "id": n} for n in shown]
        body = {"items": items, "next": str(shown[-1]) if shown and shown[-1] > 1 else None}
        return Response(200, {}, json.dumps(body).encode(), base)

    monkeypatch.setattr(wire, "call_own_api", call)
    return asked


LISTINGS = [["jobs"], ["dlq", "list"], ["plans", "list"], ["reviews", "list"], ["breakers", "list"], ["compensations"]]


def said(*arguments: str) -> int:
    return run(["--url", "http://127.0.0.1:1", "--key", "key", *arguments])


@pytest.mark.parametrize("listing", LISTINGS, ids=" ".join)
def test_a_cursor_leads_through_the_whole_listing(capsys: pytest.CaptureFixture[str], listing: list[str]) -> None:
    seen: list[int] = []
    cursor: str | None = None
    for _ in range(3):
        more = [] if cursor is None else ["--cursor", cursor]
        assert said(*listing, "--limit", "201", "--json", *more) == Exit.OK
        page = json.loads(capsys.readouterr().out)
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert cursor is None
    assert seen == list(range(TOTAL, 0, -1))


@pytest.mark.parametrize("listing", LISTINGS, ids=" ".join)
def test_a_table_that_was_cut_says_how_the_rest_is_had(capsys: pytest.CaptureFixture[str], listing: list[str]) -> None:
    assert said(*listing, "--limit", "3") == Exit.OK
    assert "--cursor 448" in capsys.readouterr().err
    assert said(*listing, "--limit", "1000") == Exit.OK
    assert capsys.readouterr().err == ""


def test_filters_go_along_with_the_cursor(api: list[dict[str, list[str]]]) -> None:
    assert said("dlq", "list", "--code", "type", "--limit", "5", "--cursor", "9") == Exit.OK
    assert api == [{"code": ["type"], "limit": ["5"], "cursor": ["9"]}]
