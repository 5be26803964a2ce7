"""Around every request: an id for it, and an answer even where something broke."""

from __future__ import annotations

import re
import uuid

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.errors import AssayError
from workers.api import problems

_log = structlog.get_logger()
_NAME = "x-request-id"
_USABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Guard:
    """ASGI middleware. A request id that the caller sends is kept where it can be shown safely."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(_NAME, "")
        if scope["method"] == "HEAD":
            # Answered as GET; whoever serves this leaves out the body, which its own scope still tells it to.
            scope = {**scope, "method": "GET"}
        request_id = given if _USABLE.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers[_NAME] = request_id
                headers["x-content-type-options"] = "nosniff"
                headers.setdefault("cache-control", "no-store")
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self._app(scope, receive, answer)
            except Exception as error:  # noqa: BLE001 - the last place where a request's failure can be answered
                request = Request(scope)
                if isinstance(error, AssayError):
                    told = problems.of_error(request, error)
                else:
                    _log.error("api.broke", error=type(error).__name__, path=scope["path"], exc_info=error)
                    told = problems.broken(request)
                if not begun:
                    await told(scope, receive, answer)
