"""Rules on the text of a model's answer, whatever it was asked: declined, repeating itself, too long, not JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from enrichment.gate.repetition import repeats_itself
from schemas.codes import Code
from schemas.plan import Refusal

#: No proper answer is longer: 200 fields with three alternatives each stay below it.
MAX_CHARACTERS: Final = 200_000
_Wire = TypeVar("_Wire", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class AnswerText:
    """What came back.

    text:          content of the message, empty where there was none
    finish_reason: why the model stopped, as the server says
    refusal:       the model's own words of refusal, null where it did not decline
    """

    text: str
    finish_reason: str | None = "stop"
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerRule:
    code: Code
    check: Callable[[AnswerText], str | None]


def _declined(answer: AnswerText) -> str | None:
    if answer.refusal is not None or answer.finish_reason == "content_filter":
        return "the model declined to answer"
    return None


def _repetition(answer: AnswerText) -> str | None:
    return "the answer repeats itself" if repeats_itself(answer.text) else None


def _oversize(answer: AnswerText) -> str | None:
    if answer.finish_reason == "length":
        return "the answer was cut off at its limit of tokens"
    if len(answer.text) > MAX_CHARACTERS:
        return f"the answer is longer than {MAX_CHARACTERS} characters"
    return None


ANSWER_RULES: Final[tuple[AnswerRule, ...]] = (
    AnswerRule(Code.REFUSAL, _declined),
    AnswerRule(Code.REPETITION, _repetition),
    AnswerRule(Code.OVERSIZE, _oversize),
)


#: As it stands in JSON.
_NUL: Final = "\\u0000"


class MalformedError(Exception):
    """The text is not what was asked for; the message says why without quoting it."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = dict(pairs)
    if len(names) < len(pairs):
        raise MalformedError("a JSON object holds the same key twice")
    return names


def _no_constant(_name: str) -> NoReturn:
    raise MalformedError("NaN and Infinity are not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


def _one_object(text: str) -> dict[str, object]:
    stripped = text.strip(" \t\r\n")
    if not stripped:
        raise MalformedError("the answer is empty")
    if not stripped.startswith("{") or not stripped.endswith("}"):
        raise MalformedError("the answer is not one JSON object and nothing else: no code fence, no words around it")
    try:
        value, end = _DECODER.raw_decode(stripped)
    except (ValueError, RecursionError) as error:
        raise MalformedError("the answer is not valid JSON") from error
    if end != len(stripped):
        raise MalformedError("there is text after the JSON object")
    if not isinstance(value, dict):
        raise MalformedError("the answer is not a JSON object")
    return value


def _first_error(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part[:40]}" for part in found["loc"]).lstrip(".")
    problem = "unknown field" if found["type"] == "extra_forbidden" else found["msg"]
    return f"{where}: {problem}"


def read_answer(text: str, wire: type[_Wire]) -> _Wire:
    """Read exactly one JSON object of exactly the shape `wire`.

    Raises:
        MalformedError: anything else, duplicate keys and text that no database can hold included.
    """
    try:
        text.encode()
        value = _one_object(text)
        written = json.dumps(value, ensure_ascii=False)
        written.encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise MalformedError("the answer holds half of a surrogate pair, or is nested too deep") from error
    # Behind backslashes that are meant as such the same letters are a text as any.
    if _NUL in written.replace("\\\\", ""):
        raise MalformedError("the answer holds the character U+0000")
    try:
        return wire.model_validate(value)
    except ValidationError as error:
        raise MalformedError(_first_error(error)) from error


def refuse_text(answer: AnswerText, rules: Sequence[AnswerRule] = ANSWER_RULES) -> Refusal | None:
    """The first rule that refuses the answer as a whole."""
    for rule in rules:
        if (wrong := rule.check(answer)) is not None:
            return Refusal(target=None, rule=rule.code.value, message=wrong)
    return None
