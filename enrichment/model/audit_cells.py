"""The request `audit_cells`: does the record say what the cell holds? It knows no plan, pointer or operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from enrichment.evidence import infer_target_kind
from enrichment.json_text import dumps
from enrichment.model.prompts import AUDIT_CELLS
from enrichment.model.response_schemas import Schema, audit_cells_schema
from enrichment.operations.text import plain_number
from schemas.json_types import Cell, Json, Record
from schemas.target import Target, TargetField

NAME: Final = "audit_cells"
_VERSION: Final = 1
#: Bytes of JSON; a larger record is not sent, and its cells stay `unsure`.
MAX_RECORD_BYTES: Final = 32 * 1024


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A raw record, and the filled cells that are said to come from it."""

    record: Record
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """One request, ready to be sent.

    cells:    cell id -> (index of the row, field), for every cell that is asked about
    left_out: indexes of rows whose record is too large to be sent
    """

    system: str
    user_json: str
    schema: Schema
    cells: Mapping[str, tuple[int, str]]
    left_out: tuple[int, ...]
    name: str = NAME


def _field(field: TargetField) -> dict[str, Any]:
    return {
        "name": field.name,
        "type": field.type,
        "kind": kind.value if (kind := infer_target_kind(field)) is not None else None,
        "unit": field.unit,
        "description": field.description,
    }


def _value(value: Cell) -> str | int | bool | None:
    """As JSON, where a fraction is text so that no reader rounds it."""
    if isinstance(value, Decimal):
        plain = plain_number(value)
        return str(value) if plain is None else plain
    return value


def build_audit_cells(target: Target, fields: Sequence[str], source: str, rows: Sequence[AuditRow]) -> AuditRequest:
    """Ask about `fields` of every row; a cell that a row does not fill is sent as null."""
    records: list[Json] = []
    cells: dict[str, tuple[int, str]] = {}
    left_out = []
    for index, row in enumerate(rows):
        if len(dumps(row.record)) > MAX_RECORD_BYTES:
            left_out.append(index)
            continue
        record_id = f"r{index + 1}"
        asked: list[Json] = []
        for name in fields:
            cell_id = f"{record_id}.{name}"
            cells[cell_id] = (index, name)
            asked.append({"id": cell_id, "field": name, "value": _value(row.cells.get(name))})
        records.append({"id": record_id, "source": row.record, "cells": asked})
    document: Json = {
        "task": NAME,
        "version": _VERSION,
        "source": {"name": source},
        "target": {"name": target.name, "fields": [_field(target.by_name[name]) for name in fields]},
        "records": records,
    }
    return AuditRequest(
        system=AUDIT_CELLS,
        user_json=dumps(document).decode(),
        schema=audit_cells_schema(tuple(cells)),
        cells=cells,
        left_out=tuple(left_out),
    )
