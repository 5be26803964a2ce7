"""The offline model's server: OpenAI's chat completions, answered without a network or a language model."""

from __future__ import annotations

import argparse
import hashlib
import json
import socket
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from enrichment.offline.desk import AUDITOR, MODELS, answer
from schemas.errors import AssayError, UsageError
from schemas.json_types import Json

#: Bytes of a request body; twenty records of 32 KB with their cells stay far below.
MAX_BODY: Final = 16_000_000
#: Characters that are counted as one token.
TOKEN: Final = 4
#: When this model's answers last changed in kind (Unix time); the API asks for a date.
_CREATED: Final = 1_767_225_600


def _error(status: int, message: str, *, code: str | None = None, param: str | None = None) -> JSONResponse:
    body = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return JSONResponse({"error": body}, status)


def _plain(value: object) -> int | float | str:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"not a JSON value: {type(value).__name__}")


def _text_of(content: object) -> str | None:
    """The text of a message: plain, or parts of type text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    texts = [part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text"]
    return "".join(text for text in texts if isinstance(text, str)) if texts else None


def _messages_of(body: Mapping[str, object]) -> tuple[str, int]:
    """Give the text of the last user message and the characters of all messages.

    Raises:
        UsageError: there is none.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise UsageError("'messages' is not a list of messages", hint="send at least one user message")
    texts = []
    for index, message in enumerate(messages):
        text = _text_of(message.get("content")) if isinstance(message, Mapping) else None
        if text is None:
            raise UsageError(f"messages[{index}] has no text content", hint="send text, plain or in parts")
        texts.append((message.get("role"), text))
    asked = [text for role, text in texts if role == "user"]
    if not asked:
        raise UsageError("there is no user message", hint="the user message is one JSON document")
    return asked[-1], sum(len(text) for _, text in texts)


def _limit_of(body: Mapping[str, object]) -> int | None:
    """Tokens that the answer may have; none is no limit.

    Raises:
        UsageError: not a positive integer.
    """
    for name in ("max_completion_tokens", "max_tokens"):
        limit = body.get(name)
        if limit is None:
            continue
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise UsageError(f"{name!r} is not a positive integer", hint="leave it out or raise it")
        return limit
    return None


def _parse(text: str | bytes, what: str) -> Json:
    def refuse(name: str) -> Decimal:
        raise UsageError(f"{what} holds {name}, which JSON does not know", hint="send null instead")

    try:
        value: Json = json.loads(text, parse_float=Decimal, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{what} is not JSON: {error}", hint="send one JSON document and nothing else") from error
    return value


def complete(body: Mapping[str, object]) -> dict[str, object]:
    """Answer a chat completion request.

    Raises:
        UsageError: a request that the contract or this API does not know.
    """
    model = body.get("model")
    if model not in MODELS:
        raise UsageError(f"The model {model!r} does not exist", hint=", ".join(MODELS), code="model_not_found")
    if body.get("stream"):
        raise UsageError("streaming is not offered", hint="send 'stream': false")
    if body.get("n") not in {None, 1}:
        raise UsageError("'n' is not 1", hint="the answer is the same each time; ask for one")
    asked, characters = _messages_of(body)
    limit = _limit_of(body)
    content = json.dumps(
        answer(str(model), _parse(asked, "the user message")),
        ensure_ascii=False,
        separators=(",", ":"),
        default=_plain,
    )
    cut = limit is not None and len(content) > limit * TOKEN
    content = content[: limit * TOKEN] if limit is not None else content
    asked_tokens, answered_tokens = characters // TOKEN, len(content) // TOKEN
    digest = hashlib.sha256(f"{model}\n{asked}".encode()).hexdigest()
    message: dict[str, object] = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
    return {
        "id": f"chatcmpl-{digest[:24]}",
        "object": "chat.completion",
        "created": _CREATED,
        "model": model,
        "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": "length" if cut else "stop"},
        ],
        "usage": {
            "prompt_tokens": asked_tokens,
            "completion_tokens": answered_tokens,
            "total_tokens": asked_tokens + answered_tokens,
        },
        "system_fingerprint": None,
    }


async def _body_of(request: Request) -> bytes | None:
    """The request's body, or nothing where it is larger than this server takes."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY:
            return None
        pieces.append(piece)
    return b"".join(pieces)


async def _chat_completions(request: Request) -> Response:
    raw = await _body_of(request)
    if raw is None:
        return _error(413, f"the request is larger than {MAX_BODY} bytes", code="request_too_large")
    try:
        body = _parse(raw, "the request")
        if not isinstance(body, Mapping):
            return _error(400, "the request is not an object")
        return JSONResponse(await run_in_threadpool(complete, body))
    except UsageError as error:
        status = 404 if error.code == "model_not_found" else 400
        code = error.code if error.code != UsageError.code else None
        hint = f" ({error.hint})" if error.hint else ""
        return _error(status, f"{error.message}{hint}", code=code)


def _listed(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "assay"}


async def _models() -> Response:
    return JSONResponse({"object": "list", "data": [_listed(name) for name in MODELS]})


async def _model(name: str) -> Response:
    if name not in MODELS:
        return _error(404, f"The model {name!r} does not exist", code="model_not_found")
    return JSONResponse(_listed(name))


async def _health() -> Response:
    return JSONResponse({"status": "ok"})


async def _not_found(request: Request, _: Exception) -> Response:
    return _error(404, f"unknown address {request.url.path}", code="unknown_url")


async def _not_allowed(request: Request, _: Exception) -> Response:
    return _error(405, f"{request.method} is not offered at {request.url.path}", code="method_not_allowed")


def create_app() -> FastAPI:
    """The application; it holds no state, so that any number of them give the same answers."""
    app = FastAPI(title="Assay offline model", docs_url=None, redoc_url=None, openapi_url=None)
    app.post("/v1/chat/completions")(_chat_completions)
    app.get("/v1/models")(_models)
    app.get("/v1/models/{name}")(_model)
    app.get("/healthz")(_health)
    app.exception_handler(404)(_not_found)
    app.exception_handler(405)(_not_allowed)
    return app


_FIRST: Final = {
    "model": AUDITOR,
    "messages": [
        {
            "role": "user",
            "content": json.dumps(
                {
                    "task": "audit_cells",
                    "version": 1,
                    "source": {"name": "places"},
                    "target": {"name": "place", "fields": [{"name": "country", "type": "string", "kind": "country"}]},
                    "records": [
                        {"source": {"country": "Malta"}, "cells": [{"id": "1", "field": "country", "value": "MT"}]}
                    ],
                }
            ),
        }
    ],
}


def serve(host: str, port: int, *, endpoint_file: Path | None = None) -> None:
    """Serve until told to stop. Port 0 takes a free one; the address is printed and, if asked for, written to a file.

    Raises:
        AssayError: the address cannot be had.
    """
    # tables are read before the first request waits for them
    complete(_FIRST)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise AssayError(f"cannot listen on {host}:{port}: {error}", hint="choose another port, or 0") from error
        # the backlog is open before the address is told, so that nobody who reads it is refused
        listener.listen(128)
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        url = f"http://{shown}:{listener.getsockname()[1]}/v1"
        if endpoint_file is not None:
            whole = endpoint_file.with_name(f"{endpoint_file.name}.new")
            whole.write_text(url + "\n", encoding="utf-8")
            whole.replace(endpoint_file)
        sys.stdout.write(f"Assay offline model at {url}\n")
        sys.stdout.flush()
        config = uvicorn.Config(create_app(), log_level="warning", access_log=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[listener])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="workers.offline_model", description="Serve the Assay offline model.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    parser.add_argument("--port", type=int, default=8461, help="port to listen on; 0 takes a free one")
    parser.add_argument("--endpoint-file", type=Path, help="file that receives the address")
    args = parser.parse_args(argv)
    try:
        serve(args.host, args.port, endpoint_file=args.endpoint_file)
    except AssayError as error:
        sys.stderr.write(f"{error.message}; {error.hint}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
