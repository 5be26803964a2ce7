"""The model's door against servers that behave, and against servers that do not."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from enrichment.model.answer import Answer
from enrichment.model.client import Model
from enrichment.model.failures import QUOTA, ModelUnauthorizedError, ModelUnavailableError
from schemas.errors import ConfigurationError, TerminalError, WaitingError

SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
KEY = "key-canary-5591"
Connect = Callable[..., Model]


def completion(content: Any = "{}", *, usage: Any = None, finish: Any = "stop", **message: Any) -> bytes:
    document: dict[str, Any] = {
        "id": "x",
        "model": "served-model",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
        ],
    }
    return json.dumps(document | ({"usage": usage} if usage is not None else {})).encode()


USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


@pytest.fixture
def connect(serve: Any, serve_raw: Any) -> Iterator[Connect]:
    assert serve
    assert serve_raw
    models: list[Model] = []

    def made(url: str, key: str = KEY, **settings: Any) -> Model:
        models.append(Model(f"{url}/v1", key, **settings))
        return models[-1]

    yield made
    for model in models:
        model.close()


def ask(model: Model, *, timeout: float = 5.0) -> Answer:
    return model.complete("map_fields", SCHEMA, "the instructions", '{"task":"map_fields"}', "small", 1_000, timeout)


def test_the_request_is_the_contract_s(serve: Any, connect: Connect) -> None:
    server = serve(lambda _: (200, {}, completion('{"bindings":[]}', usage=USAGE)))
    answer = ask(connect(server.url))
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(asked.body) == {
        "model": "small",
        "messages": [
            {"role": "system", "content": "the instructions"},
            {"role": "user", "content": '{"task":"map_fields"}'},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "map_fields", "strict": True, "schema": SCHEMA},
        },
        "max_completion_tokens": 1_000,
    }
    assert (answer.text, answer.finish_reason, answer.refusal) == ('{"bindings":[]}', "stop", None)
    assert (answer.model, answer.input_tokens, answer.output_tokens) == ("served-model", 11, 7)
    assert not answer.estimated
    assert 0 < answer.seconds < 5


def test_nothing_of_the_environment_leaves(serve: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "environment-canary")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Extra: environment-canary\nAuthorization: Bearer environment-canary")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://environment-canary.invalid")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server = serve(lambda _: (200, {}, completion()))
    ask(connect(server.url))
    ask(connect(server.url, ""))
    with_key, without_key = server.asked
    assert "environment-canary" not in str(with_key.headers) + str(without_key.headers)
    assert with_key.headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in without_key.headers


@pytest.mark.parametrize(
    ("body", "text", "finish", "refusal"),
    [
        (completion("```json\n{}\n```"), "```json\n{}\n```", "stop", None),
        (completion('{"a', finish="length"), '{"a', "length", None),
        (completion(None, refusal="I will not."), "", "stop", "I will not."),
        (completion(""), "", "stop", None),
        (completion(None), "", "stop", None),
        (completion([{"type": "text", "text": "{}"}]), "", "stop", None),
        (completion(finish=7), "{}", None, None),
    ],
)
def test_answers_come_back_as_they_are(
    serve: Any, connect: Connect, body: bytes, text: str, finish: str | None, refusal: str | None
) -> None:
    answer = ask(connect(serve(lambda _: (200, {}, body)).url))
    assert (answer.text, answer.finish_reason, answer.refusal) == (text, finish, refusal)


@pytest.mark.parametrize("name", ["other\x00model", "half \ud800", "x" * 5_000, "", 7, None])
def test_a_name_that_no_model_has_is_the_one_that_was_asked_for(serve: Any, connect: Connect, name: Any) -> None:
    body = json.dumps({**json.loads(completion(usage=USAGE)), "model": name}).encode()
    assert ask(connect(serve(lambda _: (200, {}, body)).url)).model == "small"


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": True, "completion_tokens": 1},
        {"prompt_tokens": -1},
        "many",
        {"prompt_tokens": 10**30, "completion_tokens": 7},
        {"prompt_tokens": 7, "completion_tokens": 10**12},
        {"prompt_tokens": 0, "completion_tokens": 7},
        {"prompt_tokens": 7, "completion_tokens": 0},
    ],
)
def test_missing_usage_is_estimated(serve: Any, connect: Connect, usage: Any) -> None:
    answer = ask(connect(serve(lambda _: (200, {}, completion("x" * 1_000, usage=usage))).url))
    assert answer.estimated
    assert answer.input_tokens > 0
    assert answer.output_tokens >= 500


def test_an_estimate_is_within_what_was_reserved(serve: Any, connect: Connect) -> None:
    answer = ask(connect(serve(lambda _: (200, {}, completion("x" * 709_000))).url))
    assert (answer.estimated, answer.output_tokens) == (True, 1_000)


@pytest.mark.parametrize(
    "body", [b"", b"<html>busy</html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{}]}', b"\xff"]
)
def test_what_is_no_completion_may_have_been_charged(serve: Any, connect: Connect, body: bytes) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        ask(connect(serve(lambda _: (200, {}, body)).url))
    assert caught.value.presumed


def test_an_answer_beyond_the_bound_is_cut_off(serve: Any, connect: Connect) -> None:
    server = serve(lambda _: (200, {}, completion("x" * 709_000)))
    answer = ask(connect(server.url, max_response_bytes=100_000))
    assert (answer.text, answer.finish_reason, answer.estimated) == ("", "length", True)
    assert answer.output_tokens == 1_000


def test_a_packed_answer_is_bounded_by_what_it_unpacks_to(serve: Any, connect: Connect) -> None:
    bomb, small = gzip.compress(completion("x" * 50_000_000)), gzip.compress(completion("ok"))
    packed = {"content-encoding": "gzip"}
    assert ask(connect(serve(lambda _: (200, packed, bomb)).url, max_response_bytes=100_000)).finish_reason == "length"
    assert ask(connect(serve(lambda _: (200, packed, small)).url)).text == "ok"
    half = len(completion("ok")) // 2
    members = b"".join(gzip.compress(part) for part in (completion("ok")[:half], completion("ok")[half:]))
    for body in (members, small + bytes(8)):
        assert ask(connect(serve(lambda _, body=body: (200, packed, body)).url)).text == "ok"
    bombs = gzip.compress(b" ") + bomb
    assert ask(connect(serve(lambda _: (200, packed, bombs)).url, max_response_bytes=100_000)).finish_reason == "length"


def failing(status: int, headers: dict[str, str] | None = None, error: dict[str, Any] | None = None) -> Any:
    body = json.dumps({"error": {"message": "body-canary", **(error or {})}}).encode()
    return lambda _: (status, headers or {}, body)


@pytest.mark.parametrize(
    ("status", "error", "kind", "code", "presumed"),
    [
        (429, {"code": "rate_limit_exceeded"}, ModelUnavailableError, "model_rate_limited", False),
        (500, {}, ModelUnavailableError, "model_unavailable", False),
        (503, {}, ModelUnavailableError, "model_unavailable", False),
        (504, {}, ModelUnavailableError, "model_unavailable", True),
        (408, {}, ModelUnavailableError, "model_unavailable", True),
        (429, {"code": "insufficient_quota"}, WaitingError, "model_quota", None),
        (429, {"type": "insufficient_quota"}, WaitingError, "model_quota", None),
        (402, {}, WaitingError, "model_quota", None),
        (401, {}, ModelUnauthorizedError, "model_unauthorized", None),
        (403, {}, ModelUnauthorizedError, "model_unauthorized", None),
        (404, {"code": "model_not_found"}, ConfigurationError, "model_not_found", None),
        (302, {}, ConfigurationError, "model_not_found", None),
        (400, {"code": "invalid_request_error"}, TerminalError, "model_request_refused", None),
        (422, {}, TerminalError, "model_request_refused", None),
    ],
)
def test_each_status_says_what_to_do(
    serve: Any, connect: Connect, status: int, error: dict[str, Any], kind: Any, code: str, *, presumed: bool | None
) -> None:
    server = serve(failing(status, {"location": "http://127.0.0.1:9/"}, error))
    with pytest.raises(kind) as caught:
        ask(connect(server.url))
    assert caught.value.code == code
    assert getattr(caught.value, "presumed", None) is presumed
    assert len(server.asked) == 1, "the SDK tries nothing again, and follows no redirect"
    told = f"{caught.value} {caught.value.hint}"
    assert KEY not in told
    assert "body-canary" not in told
    if isinstance(caught.value, WaitingError):
        assert caught.value.waits_on == QUOTA


def test_a_wait_that_the_server_asks_for_is_handed_on(serve: Any, connect: Connect) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        ask(connect(serve(failing(429, {"retry-after": "7"})).url))
    assert caught.value.retry_after == 7


def test_an_endless_error_is_read_in_part(serve: Any, connect: Connect) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        ask(connect(serve(lambda _: (500, {}, b"x" * 5_000_000)).url))
    assert not caught.value.presumed


def test_a_server_that_is_not_there_was_never_asked(connect: Connect) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ModelUnavailableError) as caught:
        ask(connect(f"http://127.0.0.1:{port}"))
    assert not caught.value.presumed


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://[::1", ""])
def test_an_address_that_cannot_be_asked_is_a_matter_of_configuration(connect: Connect, url: str) -> None:
    with pytest.raises(ConfigurationError):
        ask(connect(url))


def hangs(_connection: socket.socket, over: threading.Event) -> None:
    over.wait(20)


def resets(connection: socket.socket, _over: threading.Event) -> None:
    connection.recv(65_536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def drips_headers(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
    while not over.wait(0.05):
        connection.sendall(b"a")


def drips_body(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n")
    while not over.wait(0.05):
        connection.sendall(b" ")


def drips_an_error(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 500 No\r\ncontent-length: 100000\r\n\r\n")
    while not over.wait(0.05):
        connection.sendall(b" ")


def stops_in_the_middle(connection: socket.socket, _over: threading.Event) -> None:
    connection.recv(65_536)
    connection.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"choices"')


@pytest.mark.parametrize("hold", [hangs, drips_headers, drips_body, drips_an_error])
def test_a_call_ends_when_its_time_is_up(serve_raw: Any, connect: Connect, hold: Any) -> None:
    model = connect(serve_raw(hold).url)
    began = time.monotonic()
    with pytest.raises(ModelUnavailableError) as caught:
        ask(model, timeout=0.6)
    assert time.monotonic() - began < 3
    assert (caught.value.code, caught.value.presumed) == ("model_timeout", True)


@pytest.mark.parametrize("hold", [resets, stops_in_the_middle])
def test_a_broken_connection_may_have_been_charged(serve_raw: Any, connect: Connect, hold: Any) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        ask(connect(serve_raw(hold).url))
    assert caught.value.presumed


def test_threads_ask_at_once_over_one_door(serve: Any, connect: Connect) -> None:
    meet = threading.Barrier(4, timeout=10)

    def together(_: Any) -> Any:
        meet.wait()
        return 200, {}, completion("{}", usage=USAGE)

    model = connect(serve(together).url)
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(model, timeout=10))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    assert [a.output_tokens for a in answers] == [7] * 4


def test_a_closed_door_can_be_closed_again(serve: Any, connect: Connect) -> None:
    model = connect(serve(lambda _: (200, {}, completion())).url)
    ask(model)
    model.close()
    model.close()
    assert ask(model).text == "{}"
