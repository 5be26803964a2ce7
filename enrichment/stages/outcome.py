"""How a stage ends when it ends well. Everything else is an error that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Advance:
    """The next stage goes on with this artifact."""

    artifact: Mapping[str, Any]
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do for this work. `settles`: the job that waited for nothing else, if one did."""

    counts: Mapping[str, int] = field(default_factory=dict)
    settles: int | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """More of the same is left: the work is ready again at once."""

    counts: Mapping[str, int] = field(default_factory=dict)


Outcome = Advance | Finish | Again
