"""Reading a chat completion: the few members that count, each of which may be missing or wrong."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

#: Tokens that no request and no answer has: a server that says more miscounts, and no column and no cap could take it.
_NO_ANSWER_HAS: Final = 1_000_000_000
#: Characters of a model's name; what is longer is none.
_NAME: Final = 200


class NotACompletionError(Exception):
    """The body of a successful response is no chat completion: a proxy's page, half a document."""


class Completion(NamedTuple):
    """`tokens` are (input, output), null where the server did not say, or not what can be; so is `model`."""

    text: str
    finish_reason: str | None
    refusal: str | None
    model: str | None
    tokens: tuple[int, int] | None


def _text(value: Any) -> str | None:  # noqa: ANN401 - a foreign document
    return value if isinstance(value, str) else None


def _count(value: Any) -> int | None:  # noqa: ANN401 - as above
    counts = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _NO_ANSWER_HAS
    return value if counts else None


def _name(value: Any) -> str | None:  # noqa: ANN401 - as above
    """A name that can be stored and shown: NUL and halves of surrogate pairs can not."""
    return value if isinstance(value, str) and value.isprintable() and 0 < len(value) <= _NAME else None


def _tokens(usage: Any, *, said: bool) -> tuple[int, int] | None:  # noqa: ANN401 - as above
    """None where it is not told, or cannot be: every request has tokens, and so has whatever is said."""
    if not isinstance(usage, dict):
        return None
    given, made = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    return None if not given or made is None or (said and not made) else (given, made)


def read_completion(body: bytes) -> Completion:
    """
    Raises:
        NotACompletionError: not JSON, or no message in it.
    """
    try:
        document = json.loads(body)
        choice = document["choices"][0]
        message = choice["message"]
        content, refusal = message.get("content"), message.get("refusal")
        finish_reason = choice.get("finish_reason")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise NotACompletionError from error
    return Completion(
        text=_text(content) or "",
        finish_reason=_text(finish_reason),
        refusal=_text(refusal) or None,
        model=_name(document.get("model")),
        tokens=_tokens(document.get("usage"), said=bool(content or refusal)),
    )
