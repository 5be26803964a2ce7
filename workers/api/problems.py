"""Errors as the API tells them: RFC 9457 problem documents, and never a word of what is inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from schemas.errors import (
    AssayError,
    ConfigurationError,
    ConflictError,
    NotFoundError,
    ReviewError,
    TerminalError,
    TransientError,
    UsageError,
    WaitingError,
    nearest,
)
from workers.api.answers import ExactJSON

_log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER = 2


class UnauthorizedError(AssayError):
    """No key, or none that is known."""

    code = "unauthorized"


class ForbiddenError(AssayError):
    """The key's role does not allow this."""

    code = "forbidden"


class BodyError(UsageError):
    """The body is larger than it may be, of another type, or no JSON."""

    code = "malformed_body"

    def __init__(self, message: str, *, status: int = 400, hint: str = "", code: str | None = None) -> None:
        super().__init__(message, hint=hint, code=code)
        self.status = status


class InvalidError(UsageError):
    """Members of a request are wrong; `errors` says which."""

    code = "invalid"

    def __init__(self, errors: Sequence[Mapping[str, str]]) -> None:
        listed = [": ".join(part for part in (one["field"], one["message"]) if part) for one in errors]
        # One error is told in full; of several the first, since `errors` has them all.
        others = len(listed) - 1
        more = f" ({others} more {'is' if others == 1 else 'are'} wrong)" if others > 0 else ""
        super().__init__(
            f"{listed[0]}{more}" if listed else "the request is wrong",
            hint="what is taken is listed at /docs, and by --help of every command",
        )
        self.errors = list(errors)

    @classmethod
    def of(cls, error: ValidationError | RequestValidationError, known: Iterable[str] = ()) -> InvalidError:
        """Say which member is wrong and why; never what it held. `known`: the members that there are."""
        wrong = [
            {
                "field": ".".join(str(part) for part in found["loc"] if part not in {"query", "path", "body"}),
                "message": _sentence(found),
                "rule": str(found["type"]),
            }
            for found in error.errors()
        ]
        for one in wrong:
            if one["rule"] == "extra_forbidden":
                one["message"] += nearest(one["field"], known)
        # a misspelt member comes before the one that is missing for it
        return cls(sorted(wrong, key=lambda one: "did you mean" not in one["message"]))


_STATUS: tuple[tuple[type[AssayError], int], ...] = (
    (UnauthorizedError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
    (UsageError, 422),
    (TransientError, 503),
    (WaitingError, 503),
    (TerminalError, 422),
    (ReviewError, 409),
    (ConfigurationError, 503),
)


def status_of(error: AssayError) -> int:
    if isinstance(error, BodyError):
        return error.status
    if error.code == "queue_full":
        return 429
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem(
    request: Request | None,
    status: int,
    *,
    code: str,
    detail: str,
    hint: str = "",
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document as an answer."""
    body: dict[str, Any] = {
        "type": f"urn:assay:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "hint": hint,
    }
    if errors:
        body["errors"] = list(errors)
    if request is not None:
        body["instance"] = request.url.path
        body["request_id"] = getattr(request.state, "request_id", None)
    return ExactJSON(body, status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def of_error(request: Request | None, error: AssayError) -> Response:
    status = status_of(error)
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="assay"'
    if status in {429, 503}:
        seconds = getattr(error, "retry_after", None) or _RETRY_AFTER
        headers["Retry-After"] = str(max(1, round(seconds)))
    if status >= 500:
        _log.warning("api.failed", code=error.code, error=error.message)
    return problem(
        request,
        status,
        code=error.code,
        detail=error.message,
        hint=error.hint,
        errors=error.errors if isinstance(error, InvalidError) else (),
        headers=headers,
    )


def broken(request: Request | None) -> Response:
    """What is told of an error that nobody foresaw: nothing."""
    return problem(
        request,
        500,
        code="internal",
        detail="the request broke something in the server",
        hint="the log of the API has it under the request id",
    )


def install(app: FastAPI) -> None:
    """Answer every error with a problem document."""

    async def assay(request: Request, error: Exception) -> Response:
        return of_error(request, error) if isinstance(error, AssayError) else broken(request)

    async def invalid(request: Request, error: Exception) -> Response:
        found = InvalidError.of(error) if isinstance(error, RequestValidationError) else InvalidError([])
        return of_error(request, found)

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = error.headers if isinstance(error, HTTPException) else None
        code, detail, hint = _REFUSALS.get(status, ("refused", HTTPStatus(status).phrase, ""))
        shown = detail.format(method=request.method, path=request.url.path)
        if status == 405:
            headers = {"Allow": ", ".join(sorted(_offered(request)))}
        return problem(request, status, code=code, detail=shown, hint=hint, headers=headers)

    app.add_exception_handler(AssayError, assay)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, refused)


def _offered(request: Request) -> set[str]:
    """The methods of every route at this address; Starlette names those of the first one only."""
    found: set[str] = set()
    for route in request.app.state.routes:
        if route.path_regex.match(request.scope["path"]):
            found |= route.methods
    return found | ({"HEAD"} if "GET" in found else set())


_REFUSALS = {
    404: ("unknown_address", "there is nothing at {path}", "the addresses are listed at /docs"),
    405: ("method_not_allowed", "{method} is not offered at {path}", "the header Allow names what is"),
}


def _sentence(found: Mapping[str, Any]) -> str:
    if found["type"] == "extra_forbidden":
        return "there is no such member"
    if found["type"] == "missing":
        return "is missing"
    return str(found["msg"]).removeprefix("Value error, ").removeprefix("Input ")
