"""Operations on what is not yet one scalar: several pointers, lists, lists of objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import ABSENT, TOO_LONG, Fault, Outcome
from enrichment.operations.text import LONGEST_TEXT, as_text, fold
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Json, is_absent

_NOT_A_LIST = Fault(Code.TYPE, "not a list")
_NOT_OBJECTS = Fault(Code.TYPE, "not a list of objects")


def _items(value: Json) -> Iterator[Json]:
    if isinstance(value, list | tuple):
        yield from value
    else:
        yield value


def _first(value: Json) -> Outcome:
    return next((item for item in _items(value) if not is_absent(item)), ABSENT)


def compile_first(_args: Arguments, _settings: ReadSettings) -> Step:
    return _first


def compile_join(args: Arguments, _settings: ReadSettings) -> Step:
    separator = str(args["separator"])

    def join(value: Json) -> Outcome:
        pieces: list[str] = []
        length = 0
        for pointed in _items(value):
            for item in _items(pointed):
                text = as_text(item)
                if isinstance(text, Fault):
                    return text
                if isinstance(text, str):
                    pieces.append(text)
                    length += len(text) + len(separator)
                    if length > LONGEST_TEXT:
                        return TOO_LONG
        return fold(separator.join(pieces)) or ABSENT

    return join


def compile_element(args: Arguments, _settings: ReadSettings) -> Step:
    index = int(args["index"])
    if index < 0:
        raise UsageError("element: the index is negative", hint="elements are counted from 0")

    def element(value: Json) -> Outcome:
        if isinstance(value, list | tuple):
            item = value[index] if index < len(value) else None
            return ABSENT if is_absent(item) else item
        return ABSENT if is_absent(value) else _NOT_A_LIST

    return element


def compile_select(args: Arguments, _settings: ReadSettings) -> Step:
    key, equals, take = str(args["key"]), fold(str(args["equals"])), str(args["take"])

    def select(value: Json) -> Outcome:
        if is_absent(value):
            return ABSENT
        if not isinstance(value, list | tuple):
            return _NOT_OBJECTS
        for item in value:
            if not isinstance(item, Mapping):
                return _NOT_OBJECTS
            if key in item and as_text(item[key]) == equals:
                taken = item.get(take)
                return ABSENT if is_absent(taken) else taken
        return ABSENT

    return select
