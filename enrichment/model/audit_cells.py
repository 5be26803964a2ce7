"""The request `audit_cells`: does the record say what the cell holds? It knows no plan, pointer or operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeVar

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
#: Bytes of records that one request carries: with instructions and answer they fit the context of the models in use.
MAX_REQUEST_BYTES: Final = 256 * 1024
#: Bytes of one verdict beside its field's name, and of an answer's JSON to a token.
_VERDICT: Final = len('{"id":"r100.","verdict":"unsupported"},')
_BYTES_PER_TOKEN: Final = 3
_Row = TypeVar("_Row")


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


def portions(
    fields: Sequence[str], rows: Mapping[_Row, AuditRow], *, max_output_tokens: int
) -> Iterator[dict[_Row, AuditRow]]:
    """Split rows into as many requests as it takes for each to be read whole and answered below its cap; mostly one."""
    answer = sum(len(name) + _VERDICT for name in fields)
    room = max(max_output_tokens * _BYTES_PER_TOKEN // max(answer, 1), 1)
    each = -(-len(rows) // max(-(-len(rows) // room), 1))
    portion: dict[_Row, AuditRow] = {}
    size = 0
    for key, row in rows.items():
        length = len(dumps(row.record))
        more = length if length <= MAX_RECORD_BYTES else 0
        if portion and (len(portion) >= each or size + more > MAX_REQUEST_BYTES):
            yield portion
            portion, size = {}, 0
        portion[key] = row
        size += more
    if portion:
        yield portion


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
