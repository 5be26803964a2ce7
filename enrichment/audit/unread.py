"""Auditors of which no answer could be read: doubts about rows are then nobody's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def told(evidence: Mapping[str, Any]) -> dict[str, str]:
    """What a question about doubtful cells shows of it, from what is kept with the plan; nothing where all were."""
    found = [
        f"no answer of {model} about rows of this plan could be read: {why}"
        for model, why in sorted(evidence.get("unread", {}).items())
    ]
    return {"message": "; ".join(found), "hint": "look at the rows yourself, and mend that model"} if found else {}
