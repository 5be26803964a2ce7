"""A model server that can be told to err: over real HTTP it answers as the offline model does, or with a fault.

Every fault starts from the correct answer, so that what a test sees is owed to the fault alone.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self, TypeAlias

from enrichment.offline.desk import answer
from workers.offline_model import _plain

Document: TypeAlias = dict[str, Any]
MAP: Final = "map_fields"
AUDIT: Final = "audit_cells"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in, and what the offline model answers to it. `number` counts requests of its task."""

    task: str
    model: str
    number: int
    document: Document
    correct: Document
    key: str | None = None

    @property
    def fields(self) -> list[str]:
        return [f["name"] for f in self.document["target"]["fields"]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A completion, whatever is in it."""

    content: str | None
    finish_reason: str = "stop"
    refusal: str | None = None
    usage: tuple[int, int] = (100, 10)


@dataclass(frozen=True, slots=True)
class Status:
    """A response that is no completion."""

    code: int
    error: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """The correct answer after some seconds."""

    seconds: float


class Hang:
    """Nothing ever comes."""


class Reset:
    """The connection is reset in the middle of the answer."""


Response: TypeAlias = Reply | Status | Late | Hang | Reset
Fault: TypeAlias = Callable[[Asked], Response]


def correct(asked: Asked) -> Response:
    return Reply(_text(asked.correct))


def _text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=_plain)


# Faults of a plan


def editing(change: Callable[[Asked, Document], object]) -> Fault:
    """A fault that changes the correct answer in place."""

    def fault(asked: Asked) -> Response:
        document = deepcopy(asked.correct)
        change(asked, document)
        return Reply(_text(document))

    return fault


def reads(path: str, *ops: str) -> list[Document]:
    """The alternatives of a binding that reads one pointer."""
    return _one(path, ops)


def _one(path: str, ops: Sequence[str] = ()) -> list[Document]:
    return [{"paths": [path], "ops": [{"op": name, "args": []} for name in ops]}]


def _without(document: Document, target: str) -> None:
    document["bindings"] = [b for b in document["bindings"] if b["target"] != target]
    document["abstained"] = [a for a in document["abstained"] if a["target"] != target]


def binds(target: str, path: str, *ops: str) -> Fault:
    """`target` is read from `path`, wherever it is asked about; the rest is right."""

    def change(asked: Asked, document: Document) -> None:
        if target in asked.fields:
            _without(document, target)
            document["bindings"].append({"target": target, "alternatives": _one(path, ops)})

    return editing(change)


def both(first: Fault, second: Fault) -> Fault:
    """Two faults that edit an answer, one after the other."""

    def fault(asked: Asked) -> Response:
        reply = first(asked)
        assert isinstance(reply, Reply)
        assert reply.content is not None
        return second(
            Asked(asked.task, asked.model, asked.number, asked.document, json.loads(reply.content), asked.key)
        )

    return fault


def drops(target: str) -> Fault:
    return editing(lambda _, document: _without(document, target))


def doubles(target: str) -> Fault:
    """The field stands in the bindings and among the abstentions, or twice among these."""
    return editing(lambda _, document: document["abstained"].append({"target": target, "reason": "absent"}))


def repeats(target: str) -> Fault:
    """The field's binding stands there twice."""

    def change(_: Asked, document: Document) -> None:
        document["bindings"] += [b for b in document["bindings"] if b["target"] == target]

    return editing(change)


def literal(target: str, value: object) -> Fault:
    """The model gives a value instead of saying where it stands."""

    def change(_: Asked, document: Document) -> None:
        _without(document, target)
        document["bindings"].append({"target": target, "value": value})

    return editing(change)


def claims(**members: object) -> Fault:
    """The answer praises itself: `verified`, `confidence`, whatever."""
    return editing(lambda _, document: document.update(members))


def claims_in_bindings(**members: object) -> Fault:
    return editing(lambda _, document: [b.update(members) for b in document["bindings"]])


def abstains(_: Asked) -> Response:
    """From every field."""
    return Reply(_text({"bindings": [], "abstained": [{"target": n, "reason": "absent"} for n in _.fields]}))


# Faults of any text


def saying(content: str | None, *, finish_reason: str = "stop", refusal: str | None = None) -> Fault:
    return lambda _: Reply(content, finish_reason, refusal)


def wrapped(before: str, after: str) -> Fault:
    return lambda asked: Reply(f"{before}{_text(asked.correct)}{after}")


def truncated(asked: Asked) -> Response:
    whole = _text(asked.correct)
    return Reply(whole[: len(whole) // 2], finish_reason="length")


def cut_without_saying(asked: Asked) -> Response:
    return Reply(_text(asked.correct)[:-3])


def repeating(asked: Asked) -> Response:
    """The right answer, then the same words over and over: 709,000 characters."""
    return Reply((_text(asked.correct) + "The answer is above. " * 34_000)[:709_000])


def counting(given: int, made: int) -> Fault:
    """The right answer, and tokens as the server counts them."""
    return lambda asked: Reply(_text(asked.correct), usage=(given, made))


fenced: Final = wrapped("```json\n", "\n```")
in_prose: Final = wrapped("Sure! Here is the mapping:\n", "\nLet me know whether it helps.")
declining: Final = saying(None, refusal="I cannot help with that.")
empty: Final = saying("")
nothing: Final = saying(None)
not_json: Final = saying("I would map the staff to the head count.")


# Faults of the surrounding


def status(code: int, kind: str = "", *, headers: Mapping[str, str] | None = None) -> Fault:
    error = {"message": "no", "type": kind or "error", "code": kind or None}
    return lambda _: Status(code, error, headers or {})


limited: Final = status(429, "rate_limit_exceeded", headers={"Retry-After": "7"})
no_quota: Final = status(429, "insufficient_quota")
broken: Final = status(500)
unauthorized: Final = status(401, "invalid_api_key")
proxy_page: Final[Fault] = lambda _: Status(200, body=b"<html>Please log in</html>")  # noqa: E731 - one of a list
hanging: Final[Fault] = lambda _: Hang()  # noqa: E731 - as above
resetting: Final[Fault] = lambda _: Reset()  # noqa: E731 - as above


def late(seconds: float) -> Fault:
    return lambda _: Late(seconds)


# Faults of an auditor


def judging(verdict: str) -> Fault:
    """The same verdict of every cell."""
    return editing(lambda _, document: [v.update(verdict=verdict) for v in document["verdicts"]])


def judging_field(name: str, verdict: str) -> Fault:
    """The same verdict of every cell of a field."""

    def change(asked: Asked, document: Document) -> None:
        of_field = {c["id"] for r in asked.document["records"] for c in r["cells"] if c["field"] == name}
        for one in document["verdicts"]:
            if one["id"] in of_field:
                one["verdict"] = verdict

    return editing(change)


says_nothing: Final = editing(lambda _, document: document.update(verdicts=[]))
judges_others: Final = editing(lambda _, document: document["verdicts"].append({"id": "r0.x", "verdict": "supported"}))
judges_twice: Final = editing(lambda _, document: document["verdicts"].append(document["verdicts"][0]))


class HostileModel:
    """A server on a port of the loopback interface. Use it as a context manager.

    knows:    target field -> alternatives, for fields from which the offline model abstains and a better one would not
    truth:    from a record to its row: then cells are judged by it and not by the offline auditor
    asked:    every request, in the order in which they came
    answered: requests, by task, that ended in a completion; what failed in the surrounding is not among them
    """

    def __init__(
        self,
        knows: Mapping[str, Sequence[Document]] | None = None,
        truth: Callable[[Document], Document] | None = None,
    ) -> None:
        self._knows = knows or {}
        self._truth = truth
        self.asked: list[Asked] = []
        self.answered: Counter[str] = Counter()
        self._faults: dict[str, list[Fault]] = {MAP: [], AUDIT: []}
        self._then: dict[str, Fault] = {MAP: correct, AUDIT: correct}
        self._by_model: dict[str, Fault] = {}
        self._lock = threading.Lock()
        self.closing = threading.Event()
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                model.handle(self)

            def log_message(self, *args: object) -> None:
                """Tests have no use for it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def play(self, task: str, *faults: Fault, then: Fault = correct) -> None:
        """Answer the next requests of a task with these faults in turn, all further ones with `then`."""
        with self._lock:
            self._faults[task] = list(faults)
            self._then[task] = then

    def always(self, model: str, fault: Fault) -> None:
        """Answer every request to this model so, before anything that is played."""
        with self._lock:
            self._by_model[model] = fault

    def tells(self, rows: Mapping[str, Document]) -> None:
        """Judge the records with these names by these rows from now on, all others as before."""
        before = self._truth
        assert before is not None
        self._truth = lambda record: rows.get(record["name"]) or before(record)

    def count(self, task: str) -> int:
        with self._lock:
            return sum(one.task == task for one in self.asked)

    def of(self, task: str) -> list[Asked]:
        with self._lock:
            return [one for one in self.asked if one.task == task]

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["content-length"])))
        document = json.loads(body["messages"][-1]["content"])
        right = self._right(body["model"], document)
        with self._lock:
            task = document["task"]
            number = sum(one.task == task for one in self.asked)
            asked = Asked(task, body["model"], number, document, right, request.headers.get("authorization"))
            self.asked.append(asked)
            queue = self._faults[task]
            own = self._by_model.get(asked.model)
            fault = own if own is not None else queue.pop(0) if queue else self._then[task]
        self._respond(request, asked, fault(asked))

    def _right(self, model: str, document: Document) -> Document:
        if document["task"] == AUDIT and self._truth is not None:
            return self._judged(document)
        right: Document = json.loads(_text(answer(model, document)))
        if document["task"] == MAP:
            open_fields = {a["target"] for a in right["abstained"]}
            for target in open_fields & self._knows.keys():
                _without(right, target)
                right["bindings"].append({"target": target, "alternatives": list(self._knows[target])})
        return right

    def _judged(self, document: Document) -> Document:
        assert self._truth is not None
        verdicts = []
        for record in document["records"]:
            row = self._truth(record["source"])
            for cell in record["cells"]:
                fits = cell["value"] == row.get(cell["field"])
                verdicts.append({"id": cell["id"], "verdict": "supported" if fits else "unsupported"})
        return {"verdicts": verdicts}

    def _respond(self, request: BaseHTTPRequestHandler, asked: Asked, response: Response) -> None:
        match response:
            case Hang():
                self.closing.wait()
                request.close_connection = True
            case Reset():
                _reset(request)
            case Late(seconds):
                if not self.closing.wait(seconds):
                    self._complete(request, asked, Reply(_text(asked.correct)))
            case Status(code, error, headers, raw):
                _send(request, code, raw if raw is not None else _text({"error": error}).encode(), headers)
            case Reply():
                self._complete(request, asked, response)

    def _complete(self, request: BaseHTTPRequestHandler, asked: Asked, reply: Reply) -> None:
        message = {"role": "assistant", "content": reply.content, "refusal": reply.refusal}
        completion = {
            "id": f"chatcmpl-{len(self.asked)}",
            "object": "chat.completion",
            "created": 0,
            "model": asked.model,
            "choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason}],
            "usage": {
                "prompt_tokens": reply.usage[0],
                "completion_tokens": reply.usage[1],
                "total_tokens": sum(reply.usage),
            },
        }
        with self._lock:
            self.answered[asked.task] += 1
        with contextlib.suppress(ConnectionError):  # nobody waits for what comes too late
            _send(request, 200, _text(completion).encode(), {})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


def _send(request: BaseHTTPRequestHandler, code: int, body: bytes, headers: Mapping[str, str]) -> None:
    request.send_response(code)
    for name, value in {"content-type": "application/json", **headers, "content-length": str(len(body))}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)


def _reset(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("content-length", "1000")
    request.end_headers()
    request.wfile.write(b'{"choices": [')
    request.wfile.flush()
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.connection.close()
    request.close_connection = True
