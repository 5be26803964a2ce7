"""The report of the audit: per target and source, how many of the cells that were written are wrong at most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from enrichment.audit.bounds import at_most

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """Counts of one field of the plans of a target and source that stand, or stood; `released` by anybody."""

    target: str
    source: str
    name: str
    released: bool
    audited: int
    defects: int
    unconfirmed: int
    unsure: int
    misses: int


def report(fields: Sequence[FieldCounts], rows: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    """One entry per target and source; `rows` are their standing assertions.

    The bound of an entry is the worst of its fields' bounds, each at a confidence that leaves all of them together 95 %
    (Bonferroni). It is unknown where a released field was never looked at.
    """
    groups = sorted({(f.target, f.source) for f in fields} | rows.keys())
    return [_entry(key, [f for f in fields if (f.target, f.source) == key], rows.get(key, 0)) for key in groups]


def _entry(key: tuple[str, str], fields: Iterable[FieldCounts], rows: int) -> dict[str, Any]:
    counted = [f for f in fields if f.audited or f.released]
    confidence = 1.0 - (1.0 - CONFIDENCE) / max(len(counted), 1)
    bounds = [at_most(f.audited, f.defects, confidence=confidence) for f in counted]
    known = [bound for bound in bounds if bound is not None]
    worst = max(known) if counted and len(known) == len(bounds) else None
    return {
        "target": key[0],
        "source": key[1],
        "rows": rows,
        "audited": sum(f.audited for f in counted),
        "defects": sum(f.defects for f in counted),
        "unconfirmed": sum(f.unconfirmed for f in counted),
        "unsure": sum(f.unsure for f in counted),
        "misses": sum(f.misses for f in counted),
        "confidence": CONFIDENCE,
        "wrong_at_most": None if worst is None else round(worst, 6),
        "recall": None,
        "statement": _statement(worst),
        "fields": [
            {
                "name": f.name,
                "audited": f.audited,
                "defects": f.defects,
                "misses": f.misses,
                "wrong_at_most": None if bound is None else round(bound, 6),
            }
            for f, bound in zip(counted, bounds, strict=True)
        ],
    }


def _statement(worst: float | None) -> str:
    if worst is None:
        return "unknown: not all that may be written was audited"
    return (
        f"with 95 % confidence at most {100 * worst:.2f} % of the cells written are wrong, as far as the auditor sees"
        " them; its recall was not measured"
    )
