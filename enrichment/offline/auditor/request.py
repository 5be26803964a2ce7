"""The request of an audit as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from enrichment.offline.document import Document
from schemas.errors import UsageError
from schemas.json_types import Json

Word = Literal["supported", "unsupported", "unsure"]


@dataclass(frozen=True, slots=True)
class AuditField:
    """One target field as the auditor is told of it."""

    name: str
    type: str
    kind: str | None
    unit: str | None
    description: str


@dataclass(frozen=True, slots=True)
class AuditCell:
    id: str
    field: AuditField
    value: Json


@dataclass(frozen=True, slots=True)
class AuditRecord:
    source: Json
    cells: tuple[AuditCell, ...]


@dataclass(frozen=True, slots=True)
class AuditRequest:
    target: str
    source: str
    fields: tuple[AuditField, ...]
    records: tuple[AuditRecord, ...]


def _field(part: Document) -> AuditField:
    return AuditField(
        name=part.text("name"),
        type=part.text("type"),
        kind=part.optional_text("kind"),
        unit=part.optional_text("unit"),
        description=part.optional_text("description") or "",
    )


def _record(part: Document, fields: dict[str, AuditField]) -> AuditRecord:
    cells = []
    for cell in part.parts("cells"):
        name = cell.text("field")
        if name not in fields:
            raise UsageError(f"{cell.where}: {name!r} is no field of the target", hint="list it in target.fields")
        cells.append(AuditCell(cell.text("id"), fields[name], cell.body.get("value")))
    return AuditRecord(part.body.get("source"), tuple(cells))


def read(document: Document) -> AuditRequest:
    """Read an `audit_cells` request.

    Raises:
        UsageError: it is not one.
    """
    target = document.part("target")
    fields = tuple(_field(part) for part in target.parts("fields"))
    by_name = {field.name: field for field in fields}
    source = document.part("source") if document.body.get("source") is not None else Document({})
    return AuditRequest(
        target=target.optional_text("name") or "",
        source=source.optional_text("name") or "",
        fields=fields,
        records=tuple(_record(part, by_name) for part in document.parts("records")),
    )
