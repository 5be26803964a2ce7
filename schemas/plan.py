"""A plan: how the records of one shape fill one target. It names pointers and operations, never values."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

AbstentionReason = Literal["absent", "ambiguous", "unsupported"]


class Origin(StrEnum):
    """Where one binding came from."""

    STORED = "stored"
    MATCHER = "matcher"
    SMALL = "small"
    LARGE = "large"
    PERSON = "person"
    IMPORT = "import"


class PlanState(StrEnum):
    PROBATION = "probation"
    RELEASED = "released"
    CONDEMNED = "condemned"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


class FieldState(StrEnum):
    PROBATION = "probation"
    RELEASED = "released"
    CONDEMNED = "condemned"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class OpArg(_Value):
    """One argument as it travels: the value is text, converted by the operation's declared type."""

    name: str
    value: str


class OpCall(_Value):
    op: str
    args: tuple[OpArg, ...] = ()


class Alternative(_Value):
    """1 to 4 pointers and 0 to 4 operations, applied left to right; no operation means `copy`."""

    paths: tuple[str, ...] = Field(min_length=1, max_length=4)
    ops: tuple[OpCall, ...] = Field(default=(), max_length=4)


class Binding(_Value):
    """One target field. The first alternative that gives a value wins."""

    target: str
    alternatives: tuple[Alternative, ...] = Field(min_length=1, max_length=3)
    origin: Origin = Origin.SMALL


class Abstention(_Value):
    target: str
    reason: AbstentionReason


class PlanBody(_Value):
    """The content of a plan, as it is exported, imported, hashed and compiled."""

    bindings: tuple[Binding, ...] = ()
    abstained: tuple[Abstention, ...] = ()

    def binding_of(self, field: str) -> Binding | None:
        return next((b for b in self.bindings if b.target == field), None)


class Refusal(_Value):
    """Why a proposed binding (or, with `target` null, a whole answer) was refused. Sent back to the model."""

    target: str | None
    paths: tuple[str, ...] = ()
    rule: str
    message: str
