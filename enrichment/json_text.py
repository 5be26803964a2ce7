"""JSON as text: read exactly (fractions are `Decimal`), written exactly, and digested canonically."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import NoReturn

import orjson

from schemas.codes import Code
from schemas.errors import TerminalError
from schemas.json_types import Json
from schemas.pointer import escape

#: Escapes that may stand for a lone half of a surrogate pair, or for NUL, which PostgreSQL cannot keep in a text.
_SUSPECT_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
_BYTE_ORDER_MARK = "\ufeff"


def _malformed(message: str, hint: str) -> TerminalError:
    return TerminalError(message, hint=hint, code=Code.RECORD_MALFORMED)


def _too_deep(limit: int) -> TerminalError:
    return TerminalError(
        f"nested deeper than {limit} levels", hint="raise max_depth of the source", code=Code.RECORD_TOO_DEEP
    )


def _refuse_constant(name: str) -> NoReturn:
    raise _malformed(f"{name} is no JSON number", "the source must write null where it has no number")


class _Ambiguous(dict[str, Json]):
    """An object in which `name` stands more than once, with different values; the last one is kept."""

    __slots__ = ("name",)
    name: str


def _marked(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) < len(pairs):
        for name, value in pairs:
            if value is not members[name] and digest(value) != digest(members[name]):
                marked = _Ambiguous(members)
                marked.name = name
                return marked
    return members


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
#: Twice as slow.
_MARKING_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_marked)


def _decode(text: bytes | str) -> str:
    if isinstance(text, str):
        decoded = text
    else:
        try:
            decoded = str(text, "utf-8")
        except UnicodeDecodeError as error:
            raise _malformed(f"not UTF-8 at byte {error.start}", "the source must send UTF-8") from error
    return decoded.removeprefix(_BYTE_ORDER_MARK)


def _walk(value: object) -> Iterator[tuple[object, int]]:
    """Every value and member name within `value`, with the number of containers around it. Not recursive."""
    pending: list[tuple[object, int]] = [(value, 0)]
    while pending:
        inner, depth = pending.pop()
        yield inner, depth
        if isinstance(inner, Mapping):
            pending.extend((name, depth + 1) for name in inner)
            pending.extend((member, depth + 1) for member in inner.values())
        elif isinstance(inner, list | tuple):
            pending.extend((item, depth + 1) for item in inner)


def _check_texts(value: Json) -> None:
    for inner, _ in _walk(value):
        if isinstance(inner, str):
            if "\x00" in inner:
                raise _malformed("a text holds NUL", "the source must leave out the character U+0000")
            if not inner.isascii() and any("\ud800" <= c <= "\udfff" for c in inner):
                raise _malformed("a text holds half a surrogate pair", "the source must send whole characters")


def loads(text: bytes | str, *, max_depth: int) -> Json:
    """Read one JSON text exactly. Of a repeated member name the last one counts: `colons` and `repeated` tell of those.

    Raises:
        TerminalError: `record_malformed` (no JSON, not UTF-8, NaN or an infinity, NUL, half a surrogate pair, a number
            beyond what can be held) or `record_too_deep` (more than `max_depth` containers around a value).
    """
    decoded = _decode(text)
    value = _parsed(_DECODER, decoded, max_depth)
    # Brackets inside texts make this an upper bound, which is all that is needed to skip the walk.
    if decoded.count("{") + decoded.count("[") > max_depth and any(depth > max_depth for _, depth in _walk(value)):
        raise _too_deep(max_depth)
    if _SUSPECT_ESCAPE.search(decoded) or (isinstance(text, str) and not _encodes(text)):
        _check_texts(value)
    return value


def colons(value: Json) -> int:
    """How many colons `dumps` writes: as many as stand in the text that `loads` read it from, or some member of that
    text was lost because its name stands there again. Only a colon that is written as an escape misleads, which nobody
    writes.

    Raises:
        TerminalError: `record_malformed`, where the value is no JSON.
    """
    return dumps(value).count(b":")


def repeated(text: bytes | str, *, max_depth: int) -> str | None:
    """The pointer of a member that stands in a JSON text more than once with different values; null without one.

    Raises:
        TerminalError: as `loads`, which is more exact about depth and texts.
    """
    pending: list[tuple[Json, str]] = [(_parsed(_MARKING_DECODER, _decode(text), max_depth), "")]
    while pending:
        inner, way = pending.pop()
        if isinstance(inner, _Ambiguous):
            return f"{way}/{escape(inner.name)}"
        if isinstance(inner, Mapping):
            pending.extend((member, f"{way}/{escape(name)}") for name, member in inner.items())
        elif isinstance(inner, list):
            pending.extend((item, f"{way}/{i}") for i, item in enumerate(inner))
    return None


def _parsed(decoder: json.JSONDecoder, decoded: str, max_depth: int) -> Json:
    try:
        value: Json = decoder.decode(decoded)
    except RecursionError as error:
        raise _too_deep(max_depth) from error
    except InvalidOperation as error:
        raise _malformed(
            "a number has an exponent beyond what can be held", "the source must send it as text"
        ) from error
    except json.JSONDecodeError as error:
        raise _malformed(f"no JSON at character {error.pos}", "the source must send valid JSON") from error
    except ValueError as error:
        raise _malformed("a number has more digits than can be held", "the source must send it as text") from error
    return value


def _encodes(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _exact_number(number: Decimal) -> str:
    if not number.is_finite():
        _refuse_constant(str(number))
    return str(number)


def _default(value: object) -> object:
    if isinstance(value, Decimal):
        return orjson.Fragment(_exact_number(value))
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("the name of a member is a text")
    return orjson.dumps(value).decode()


def _slow(value: Json, *, sort: bool) -> str:
    """For what the fast writer refuses: integers beyond 64 bits, and nesting beyond 254 levels."""
    # Loops, not comprehensions: those would take a second stack frame for every level of nesting.
    parts: list[str] = []
    if isinstance(value, Mapping):
        for name in sorted(value) if sort else value:
            parts.append(f"{_name(name)}:{_slow(value[name], sort=sort)}")  # noqa: PERF401 - as above
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list | tuple):
        for item in value:
            parts.append(_slow(item, sort=sort))  # noqa: PERF401 - as above
        return "[" + ",".join(parts) + "]"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return orjson.dumps(value, default=_default).decode()


def _write(value: Json, *, sort: bool) -> bytes:
    try:
        written = orjson.dumps(value, default=_default, option=orjson.OPT_SORT_KEYS if sort else None)
    except orjson.JSONEncodeError as error:
        try:
            written = _slow(value, sort=sort).encode()
        except (TypeError, RecursionError, ValueError) as reason:
            # What an own rule said of a value is more than that it could not be written.
            if isinstance(reason.__cause__, TerminalError):
                raise reason.__cause__ from error
            raise _malformed(f"cannot be written as JSON: {error}", "give JSON values only") from error
    # The fast writer turns NaN and the infinities of floats into null, which would change the value in silence.
    if b"null" in written and any(isinstance(v, float) and not math.isfinite(v) for v, _ in _walk(value)):
        _refuse_constant("NaN or an infinity")
    return written


def dumps(value: Json) -> bytes:
    """Write compact JSON; a `Decimal` becomes the number that states it exactly.

    Raises:
        TerminalError: `record_malformed`, where the value is no JSON.
    """
    return _write(value, sort=False)


def digest(value: Json) -> bytes:
    """Sixteen bytes that tell two documents apart: SHA-256, truncated, over compact JSON with sorted member names."""
    return hashlib.sha256(_write(value, sort=True)).digest()[:16]
