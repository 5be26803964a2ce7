"""The auditor: judges cells from the text of the record alone."""

from __future__ import annotations

from enrichment.offline.auditor import reading, rendering
from enrichment.offline.auditor.request import Word, read
from enrichment.offline.document import Document
from schemas.json_types import Json

__all__ = ["audit_by_reading", "audit_by_rendering"]


def _answer(verdicts: list[tuple[str, Word]]) -> dict[str, Json]:
    return {"verdicts": [{"id": cell, "verdict": word} for cell, word in verdicts]}


def audit_by_reading(document: Document) -> dict[str, Json]:
    """Judge each cell by reading the places of the record whose name could mean its field."""
    return _answer(reading.judge(read(document)))


def audit_by_rendering(document: Document) -> dict[str, Json]:
    """Judge each cell by looking for its value as the record could have spelled it."""
    return _answer(rendering.judge(read(document)))
