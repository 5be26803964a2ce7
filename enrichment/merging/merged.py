"""What a merge has done, counted as it goes."""

from __future__ import annotations

from dataclasses import dataclass, field

from enrichment.store.folding import Folded


@dataclass(slots=True)
class Merged:
    """Counts of one merge; rows are target rows."""

    asserted: int = 0
    inserted: int = 0
    updated: int = 0
    baseline: int = 0
    review: int = 0
    refused: int = 0
    held: int = 0
    orphans: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {
            "written": self.asserted,
            "inserted": self.inserted,
            "updated": self.updated,
            "review": self.review,
            "refused": self.refused,
            "held": self.held,
        }

    def add(self, folded: Folded) -> None:
        self.inserted += folded.inserted
        self.updated += folded.updated
        self.orphans += folded.orphans
