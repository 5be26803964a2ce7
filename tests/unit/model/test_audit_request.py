import json
from decimal import Decimal

from enrichment.model.audit_cells import MAX_RECORD_BYTES, MAX_REQUEST_BYTES, AuditRow, build_audit_cells, portions
from enrichment.operations import REGISTRY
from schemas.kinds import Kind
from schemas.target import Target, TargetField

FIELDS = (
    TargetField(name="employee_count", type="integer", kind=Kind.COUNT, unit="people", description="how many"),
    TargetField(name="revenue", type="number", kind=Kind.MONEY),
    TargetField(name="isin", type="string", kind=Kind.CODE, identity=True),
)
COMPANY = Target(name="company", table="company", fields=FIELDS)
ROW = AuditRow({"name": "1&1", "n": Decimal("1.50")}, {"employee_count": 3167, "revenue": Decimal("3910000000.50")})


def test_the_document_is_the_contract_s() -> None:
    request = build_audit_cells(COMPANY, ["employee_count", "revenue", "isin"], "listed_companies", [ROW])
    assert json.loads(request.user_json) == {
        "task": "audit_cells",
        "version": 1,
        "source": {"name": "listed_companies"},
        "target": {
            "name": "company",
            "fields": [
                {
                    "name": "employee_count",
                    "type": "integer",
                    "kind": "count",
                    "unit": "people",
                    "description": "how many",
                },
                {"name": "revenue", "type": "number", "kind": "money", "unit": None, "description": ""},
                {"name": "isin", "type": "string", "kind": "code", "unit": None, "description": ""},
            ],
        },
        "records": [
            {
                "id": "r1",
                "source": {"name": "1&1", "n": 1.5},
                "cells": [
                    {"id": "r1.employee_count", "field": "employee_count", "value": 3167},
                    {"id": "r1.revenue", "field": "revenue", "value": "3910000000.5"},
                    {"id": "r1.isin", "field": "isin", "value": None},
                ],
            }
        ],
    }
    assert dict(request.cells) == {
        "r1.employee_count": (0, "employee_count"),
        "r1.revenue": (0, "revenue"),
        "r1.isin": (0, "isin"),
    }
    verdict = request.schema["properties"]["verdicts"]["items"]
    assert verdict["additionalProperties"] is False
    assert verdict["properties"]["id"]["enum"] == list(request.cells)
    assert verdict["properties"]["verdict"]["enum"] == ["supported", "unsupported", "unsure"]


def test_a_record_too_large_to_be_sent_is_left_out() -> None:
    large = AuditRow({"text": "ü" * 17_000}, {"isin": "x"})
    request = build_audit_cells(COMPANY, ["isin"], "s", [ROW, large, ROW])
    assert request.left_out == (1,)
    assert [r["id"] for r in json.loads(request.user_json)["records"]] == ["r1", "r3"]
    assert set(request.cells) == {"r1.isin", "r3.isin"}


def test_the_auditor_hears_nothing_of_the_mapper() -> None:
    request = build_audit_cells(COMPANY, ["isin"], "s", [ROW])
    told = request.system + request.user_json + json.dumps(request.schema)
    assert not [name for name in REGISTRY if "_" in name and name in told]
    for word in ("pointer", "binding", "operation", "plan ", "mapper", "/name"):
        assert word not in told


def test_too_many_cells_for_an_enumeration_are_left_open() -> None:
    request = build_audit_cells(COMPANY, ["isin", "revenue"], "s", [ROW] * 126)
    assert request.schema["properties"]["verdicts"]["items"]["properties"]["id"] == {"type": "string"}


def _sizes(fields: int, rows: dict[int, AuditRow], *, cap: int) -> list[int]:
    found = list(portions([f"field_{n}" for n in range(fields)], rows, max_output_tokens=cap))
    assert [key for one in found for key in one] == list(rows)
    return [len(one) for one in found]


def test_rows_are_split_evenly_where_their_verdicts_pass_the_cap() -> None:
    rows = dict.fromkeys(range(23), AuditRow({"a": 1}, {}))
    assert _sizes(12, rows, cap=8_192) == [23]
    assert _sizes(40, rows, cap=8_192) == [12, 11]
    assert _sizes(12, rows, cap=1) == [1] * 23
    assert _sizes(12, {}, cap=8_192) == []


def test_records_of_one_request_have_a_size_that_models_read() -> None:
    large = AuditRow({"a": "x" * 30_000}, {})
    assert _sizes(3, dict.fromkeys(range(20), large), cap=8_192) == [8, 8, 4]
    left_out = AuditRow({"a": "x" * MAX_RECORD_BYTES}, {})
    assert MAX_REQUEST_BYTES < 20 * MAX_RECORD_BYTES
    assert _sizes(3, dict.fromkeys(range(20), left_out), cap=8_192) == [20]
