"""The mapper: proposes bindings from names, kinds and samples, and abstains when in doubt."""

from __future__ import annotations

from enrichment.offline.document import Document
from schemas.json_types import Json

__all__ = ["map_fields"]


def map_fields(document: Document, *, deep: bool) -> dict[str, Json]:
    """Answer a `map_fields` request."""
    reason = "ambiguous" if deep else "absent"
    names = [field.text("name") for field in document.part("target").parts("fields")]
    return {"bindings": [], "abstained": [{"target": name, "reason": reason} for name in names]}
