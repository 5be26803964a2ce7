"""Which offline model answers which task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from enrichment.offline.auditor import audit_by_reading, audit_by_rendering
from enrichment.offline.document import Document
from enrichment.offline.mapper import map_fields
from schemas.errors import UsageError
from schemas.json_types import Json

Answer = dict[str, Json]

SMALL: Final = "assay-offline-small"
LARGE: Final = "assay-offline-large"
AUDITOR: Final = "assay-offline-auditor"
SECOND: Final = "assay-offline-second"

_MAPPERS: Final[Mapping[str, Callable[[Document], Answer]]] = {
    SMALL: lambda document: map_fields(document, deep=False),
    LARGE: lambda document: map_fields(document, deep=True),
}
_AUDITORS: Final[Mapping[str, Callable[[Document], Answer]]] = {
    SMALL: audit_by_reading,
    LARGE: audit_by_rendering,
    AUDITOR: audit_by_reading,
    SECOND: audit_by_rendering,
}
MODELS: Final = (SMALL, LARGE, AUDITOR, SECOND)


def answer(model: str, document: Json) -> Answer:
    """Answer one request document of the contract, with the name of the model deciding how.

    Raises:
        UsageError: not a request of this contract, or one that this model does not take.
    """
    request = Document.of(document)
    task = request.text("task")
    by_model = {"map_fields": _MAPPERS, "audit_cells": _AUDITORS}.get(task)
    if by_model is None:
        raise UsageError(f"unknown task {task!r}", hint="a task is map_fields or audit_cells")
    if model not in by_model:
        raise UsageError(f"{model} does not take {task}", hint=f"ask one of {', '.join(by_model)}")
    return by_model[model](request)
