"""What a demo reports: figures of one job, of the plans and rows behind it, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

from enrichment.store.figures import EmptyCells, Fill

#: An object as the HTTP API gives it.
Document: TypeAlias = Mapping[str, Any]

_IN_FORCE: Final = frozenset({"probation", "released"})
_ENDED_WELL: Final = frozenset({"done", "partial"})


@dataclass(frozen=True, slots=True)
class LetterGroup:
    """The dead letters of one code; `example` is one of them."""

    code: str
    count: int
    example: Document


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall time: until every service was ready, and from there until no work was open."""

    set_up: float
    run: float


@dataclass(frozen=True, slots=True)
class Next:
    """A command that a user may type now, and what it shows."""

    command: str
    shows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`explained` are single cells with where they came from; `urls` are addresses by what answers there."""

    job: Document
    fill: Fill
    empty: Sequence[EmptyCells]
    shapes: int
    plans: Sequence[Document]
    letters: Sequence[LetterGroup]
    explained: Sequence[Document]
    urls: Mapping[str, str]
    login: str
    model: str
    changed: Sequence[str]
    seconds: Seconds
    next: Sequence[Next]

    @property
    def ends(self) -> Mapping[str, int]:
        """Where the accepted records stand, each once."""
        return {name: count for name, count in self.job["counts"].items() if name != "accepted"}

    @property
    def adds_up(self) -> bool:
        """Whether every accepted record is in exactly one place."""
        return bool(self.job["counts"]["accepted"] == sum(self.ends.values()))

    @property
    def succeeded(self) -> bool:
        return self.adds_up and self.job["state"] in _ENDED_WELL

    @property
    def in_force(self) -> list[Document]:
        return [plan for plan in self.plans if plan["state"] in _IN_FORCE]

    @property
    def origins(self) -> Mapping[str, int]:
        """How many bindings of the plans in force came from where."""
        return Counter(binding["origin"] for plan in self.in_force for binding in plan["bindings"])

    def document(self) -> dict[str, Any]:
        """The report as one JSON object."""
        reasons = {name: [one for one in self.empty if one.field == name] for name in self.fill.filled}
        return {
            "job": dict(self.job),
            "conservation": {
                "accepted": self.job["counts"]["accepted"],
                "ends": dict(self.ends),
                "sum": sum(self.ends.values()),
                "holds": self.adds_up,
            },
            "rows": self.fill.rows,
            "fill": [
                {
                    "field": name,
                    "filled": filled,
                    "of": self.fill.rows,
                    "empty": [{"reason": one.reason, "cells": one.cells, "key": one.key} for one in reasons[name]],
                }
                for name, filled in self.fill.filled.items()
            ],
            "shapes": self.shapes,
            "plans": [dict(plan) for plan in self.plans],
            "origins": dict(self.origins),
            "dead_letters": [asdict(group) for group in self.letters],
            "explained": [dict(one) for one in self.explained],
            "changed": list(self.changed),
            "model": self.model,
            "urls": dict(self.urls),
            "seconds": {"set_up": round(self.seconds.set_up, 2), "run": round(self.seconds.run, 2)},
            "next": [asdict(one) for one in self.next],
        }
