"""Answers: JSON in which no number loses digits, and listings that say where to go on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from starlette.responses import Response

from schemas.errors import UsageError

#: Digits before or behind the point up to which a number is written without an exponent.
_PLAINLY: Final = 100


class ExactJSON(Response):
    """Decimals become text, moments ISO 8601."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:  # noqa: ANN401 - whatever can be told
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        # `1e30000000` would be thirty megabytes
        return format(value, "f") if abs(value.adjusted()) <= _PLAINLY else str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be told as JSON")


def page(items: Sequence[Mapping[str, Any]], *, more: bool) -> ExactJSON:
    """A listing; each item has an `id`, and the next page begins after the last one's."""
    return ExactJSON({"items": items, "next": str(items[-1]["id"]) if more and items else None})


def after(cursor: str | None) -> int | None:
    """
    Raises:
        UsageError: this cursor was never given out.
    """
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise UsageError("the cursor is none of ours", hint="pass on `next` of the page before", code="cursor")
    return int(cursor)
