"""Bodies of requests: read within a limit, parsed exactly, checked against a model; and how OpenAPI describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, ValidationError

from enrichment import json_text
from schemas.errors import TerminalError
from schemas.json_types import Json
from workers.api.access import context_of
from workers.api.problems import BodyError, InvalidError

#: Containers around a value of a request that is not a record.
_DEPTH = 16
_JSON = frozenset({"", "application/json", "application/x-ndjson", "application/jsonl", "application/json-lines"})


class Body(BaseModel):
    """A request body: members that are not known are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


M = TypeVar("M", bound=BaseModel)


async def read(request: Request) -> bytes:
    """
    Raises:
        BodyError: too large (413), not said to be JSON (415), or packed (415).
    """
    limit = context_of(request).max_body_bytes
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared[:18]) > limit:
        raise _too_large(limit)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise BodyError("packed bodies are not read", status=415, code="media_type", hint="send it as it is")
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
    if size and kind not in _JSON and not kind.endswith("+json"):
        raise BodyError(f"{kind} is not read here", status=415, code="media_type", hint="send application/json")
    return b"".join(pieces)


Raw = Annotated[bytes, Depends(read)]


def parse(raw: bytes, *, max_depth: int = _DEPTH) -> Json:
    """
    Raises:
        BodyError: no JSON, or nested too deep.
    """
    try:
        return json_text.loads(raw, max_depth=max_depth)
    except TerminalError as error:
        raise BodyError(f"the body is no usable JSON: {error.message}", hint="send one JSON document") from None


def checked(model: type[M], value: Json) -> M:
    """
    Raises:
        InvalidError: members are missing, unknown or of the wrong type.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidError.of(error, known=model.model_fields) from None


def take(model: type[M], raw: bytes) -> M:
    """A small JSON body; nothing at all is an empty object."""
    return checked(model, parse(raw) if raw.strip() else {})


def document(raw: bytes) -> Mapping[str, Json]:
    """A body that is one JSON object of whatever members.

    Raises:
        BodyError: no JSON, or no object.
    """
    value = parse(raw, max_depth=64)
    if not isinstance(value, Mapping):
        raise BodyError("the body is not an object", status=422, code="invalid", hint="send one JSON object")
    return value


def described(model: type[Body], *examples: Any, required: bool = True) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """How OpenAPI describes a body that a route reads by itself."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    content: dict[str, Any] = {"schema": schema}
    if examples:
        content["examples"] = {f"example {i}": {"value": one} for i, one in enumerate(examples, start=1)}
    return {"requestBody": {"required": required, "content": {"application/json": content}}}


def of_any(what: str) -> dict[str, Any]:
    """As `described`, of a body that is one JSON object whose members are not fixed here."""
    schema = {"type": "object", "description": what}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _too_large(limit: int) -> BodyError:
    return BodyError(
        f"the body has more than {limit} bytes",
        status=413,
        code="body_too_large",
        hint="send records in batches: open the job with receive = true",
    )
