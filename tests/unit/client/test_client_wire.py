from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from enrichment.client import Client, wire
from enrichment.client.document import Document
from enrichment.client.jobs import Job
from enrichment.client.wire import Wire, refusal
from enrichment.door import Response
from schemas.errors import AssayError, ConflictError, NotFoundError, TransientError, UsageError


def answer(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, headers or {}, b"" if body is None else json.dumps(body).encode(), "http://127.0.0.1/")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, NotFoundError),
        (409, ConflictError),
        (400, UsageError),
        (401, UsageError),
        (422, UsageError),
        (429, TransientError),
        (503, TransientError),
        (500, AssayError),
    ],
)
def test_a_problem_becomes_the_error_that_it_tells_of(status: int, kind: type[AssayError]) -> None:
    error = refusal(answer(status, {"detail": "no", "code": "c", "hint": "h"}, {"retry-after": "7"}))
    assert type(error) is kind
    assert (error.message, error.code, error.hint) == ("no", "c", "h")
    if isinstance(error, TransientError):
        assert error.retry_after == 7


def test_an_answer_of_something_else_is_still_an_error_with_a_hint() -> None:
    error = refusal(Response(404, {}, b"<html>nothing</html>", "http://127.0.0.1/"))
    assert isinstance(error, NotFoundError)
    assert error.hint


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def asking(monkeypatch: pytest.MonkeyPatch, answers: list[Any], *, patience: float = 30.0) -> tuple[Wire, Clock]:
    clock = Clock()

    def call(*_: Any, **__: Any) -> Response:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found  # type: ignore[no-any-return]  # a list of answers and errors

    monkeypatch.setattr(wire, "call_own_api", call)
    return Wire("http://127.0.0.1", "key", patience, sleep=clock.sleep, clock=lambda: clock.now), clock


def test_reading_is_tried_again_and_waits_as_long_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    away = TransientError("away", code="source_unreachable")
    asked, clock = asking(monkeypatch, [away, answer(503, {}, {"retry-after": "4"}), answer(200, {"id": 1})])
    assert asked.ask("GET", "/v1/jobs/1").id == 1
    assert clock.slept == [0.25, 4.0]


def test_what_would_be_done_twice_is_not_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, clock = asking(monkeypatch, [TransientError("away"), answer(200)])
    with pytest.raises(TransientError):
        asked.ask("POST", "/v1/dead-letters/replay", {})
    assert clock.slept == []


def test_a_full_queue_took_nothing_and_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    full = answer(429, {"code": "queue_full", "detail": "full", "hint": "later"}, {"retry-after": "5"})
    asked, clock = asking(monkeypatch, [full, answer(200, {"done": True})])
    assert asked.ask("POST", "/v1/dead-letters/replay", {})["done"] is True
    assert clock.slept == [5.0]


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, clock = asking(monkeypatch, [TransientError("away") for _ in range(50)], patience=10)
    with pytest.raises(TransientError):
        asked.ask("GET", "/v1/jobs")
    assert sum(clock.slept) <= 10


def test_who_runs_the_api_is_told_what_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    away = TransientError("away", code="source_unreachable", hint="check the address")
    asked, _ = asking(monkeypatch, [away, away], patience=0.1)
    with pytest.raises(TransientError) as caught:
        asked.ask("GET", "/v1/jobs")
    assert caught.value.hint == "check the address"
    with pytest.raises(TransientError) as caught:
        replace(asked, remedy="assay up --detach").ask("GET", "/v1/jobs")
    assert caught.value.hint == "assay up --detach"


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("127.0.0.1:8383", "write it like http://127.0.0.1:8383"),
        ("assay.example.com", "write it like http://assay.example.com"),
        ("ftp://assay.example.com", "write it like http://127.0.0.1:8383"),
        ("me:word@assay.example.com", "write it like http://127.0.0.1:8383"),
    ],
)
def test_an_address_without_its_scheme_is_told_how_it_is_written(url: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        Client(url, "k").job(7)
    assert caught.value.hint == hint


def test_the_key_is_not_shown() -> None:
    assert "key-text" not in repr(Wire("http://127.0.0.1", "key-text"))


def test_members_can_be_read_as_attributes_and_what_is_missing_names_what_is_there() -> None:
    document = Document({"code": "type"})
    assert document.code == document["code"] == "type"
    with pytest.raises(AttributeError, match="there are: code"):
        _ = document.cod


def traceback_of(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def test_a_traceback_shows_the_hint_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as local:
        Client.local(tmp_path)
    assert traceback_of(local.value).endswith("\nhint: start the fleet with: assay up; or name its data directory\n")
    asked, _ = asking(monkeypatch, [answer(404, {"detail": "no job 7", "hint": "see: assay jobs"})])
    with pytest.raises(NotFoundError) as refused:
        Job(asked, Document({"id": 7})).wait()
    assert traceback_of(refused.value).endswith("NotFoundError: no job 7\nhint: see: assay jobs\n")
    assert str(refused.value) == "no job 7"


def test_an_error_without_a_hint_has_no_note(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, _ = asking(monkeypatch, [answer(500, {"detail": "broken"})])
    with pytest.raises(AssayError) as caught:
        asked.ask("GET", "/v1/jobs")
    assert "hint:" not in traceback_of(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ids": "1&1"}, "ids is one str"),
        ({"records": {"sku": "A-100"}}, "records is one dict"),
        ({"records": '{"sku": "A-100"}'}, "records is one str"),
    ],
)
def test_one_thing_is_not_taken_for_several(given: dict[str, Any], said: str) -> None:
    client = Client("http://127.0.0.1:9", "key", patience=0.0)
    with pytest.raises(UsageError, match=said) as refused:
        client.submit(source="crm", target="company", **given)
    assert refused.value.hint.startswith("give a list")


@pytest.mark.parametrize("key", ["", " ", "a key\n", "schl\u00fcssel"])
def test_an_api_key_that_cannot_be_one_is_told_as_that(key: str) -> None:
    with pytest.raises(UsageError, match="the API key") as told:
        Client("http://127.0.0.1:1", key)
    assert told.value.code == "unauthorized"
    assert "assay keys create" in told.value.hint


@pytest.mark.parametrize("key", ["", " x", "x ", "a\nb", "schl\u00fcssel"])
@pytest.mark.parametrize("records", [None, [{"id": 1}], iter(())])
def test_an_idempotency_key_that_cannot_be_sent_is_refused_and_not_replaced(key: str, records: Any) -> None:
    client = Client("http://127.0.0.1:1", "key", patience=0.0)
    with pytest.raises(UsageError, match="an idempotency key"):
        client.submit(source="pushed", target="company", records=records, idempotency_key=key)
