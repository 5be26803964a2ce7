"""What one step of reading gives: a value, nothing, a reason code, or a value whose qualifier was dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from schemas.codes import Code
from schemas.json_types import Json


class Absent:
    """Nothing is stated: a missing pointer, null, or a text that trimming empties."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Fault:
    """The value cannot be read. `message` says why and never quotes the value."""

    code: Code
    message: str


@dataclass(frozen=True, slots=True)
class Approximate:
    """A value whose text carried a qualifier (`c.`, `>`, `+`) that the value does not."""

    value: Json


Outcome: TypeAlias = "Json | Absent | Fault | Approximate"

NOT_TEXT: Final = Fault(Code.TYPE, "not a text")
NOT_A_NUMBER: Final = Fault(Code.TYPE, "states no number")
TOO_LONG: Final = Fault(Code.OUT_OF_RANGE, "the text is longer than this operation reads")
TOO_LARGE: Final = Fault(Code.OUT_OF_RANGE, "the number has more digits than are kept")
