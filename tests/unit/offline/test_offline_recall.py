"""How much of what is planted the offline auditors see, and how often they are wrong about what is right."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

import workers.demo
from enrichment.audit.faults import FAULTS
from enrichment.audit.planting import Base, plant
from enrichment.gate.compiled import compile_gate
from enrichment.gate.reading import SourceReading
from enrichment.json_text import loads
from enrichment.model.audit_cells import AuditRow, build_audit_cells
from enrichment.offline.desk import AUDITOR, SECOND, answer
from schemas.plan import Alternative, Binding, OpCall, PlanBody
from schemas.target import Target
from schemas.target_json_schema import target_from_json_schema
from workers.demo.companies import load_companies

SCHEMA = json.loads((Path(workers.demo.__file__).parent / "company.schema.json").read_text(encoding="utf-8"))
BOUND = {
    "name": ("/name", None),
    "symbol": ("/symbol", None),
    "isin": ("/isins/0", None),
    "country": ("/country", "parse_country"),
    "founded_year": ("/metadata/founded", "parse_year"),
    "employee_count": ("/metadata/employees", "parse_integer"),
    "revenue_amount": ("/metadata/revenue", "parse_money"),
    "revenue_currency": ("/metadata/revenue", "currency_of"),
    "net_income_amount": ("/metadata/net_income", "parse_money"),
    "net_income_currency": ("/metadata/net_income", "currency_of"),
    "website": ("/metadata/website", "parse_url"),
    "headquarters": ("/metadata/headquarters", "clean_place"),
}


def targets() -> dict[str, Target]:
    declared = target_from_json_schema("company", SCHEMA, table="company")
    plain = {"kind": None, "description": "", "currency_field": None}
    bare = Target(name="company", table="company", fields=tuple(f.model_copy(update=plain) for f in declared.fields))
    return {"kinds": declared, "bare": bare}


def rows(target: Target) -> list[Base]:
    """Every third company, with the cells of a right plan."""
    bindings = tuple(
        Binding(
            target=name,
            alternatives=(Alternative(paths=(path,), ops=() if op is None else (OpCall(op=op),)),),
        )
        for name, (path, op) in BOUND.items()
    )
    gate = compile_gate(target, PlanBody(bindings=bindings), SourceReading())
    made = []
    for number, company in enumerate(itertools.islice(load_companies().values(), 0, None, 3)):
        record = loads(json.dumps(company), max_depth=20)
        verdict = gate(record)  # type: ignore[arg-type]  # companies are objects
        cells = {name: cell for name, cell in verdict.cells.items() if cell is not None}
        clear = {n for n in BOUND if n in cells or verdict.reasons.get(n) == "absent"}
        made.append(Base(number, record, cells, clear))  # type: ignore[arg-type]  # as above
    return made


def judged(model: str, target: Target, shown: Sequence[AuditRow]) -> dict[tuple[int, str], str]:
    found: dict[tuple[int, str], str] = {}
    for start in range(0, len(shown), 23):
        request = build_audit_cells(target, list(BOUND), "listed_companies", shown[start : start + 23])
        told = answer(model, json.loads(request.user_json))["verdicts"]
        verdicts = {one["id"]: one["verdict"] for one in told}  # type: ignore[union-attr,index,call-overload]
        found |= {(start + row, name): verdicts[cell] for cell, (row, name) in request.cells.items()}  # type: ignore[misc,index]
    return found


@pytest.mark.parametrize("model", [AUDITOR, SECOND])
@pytest.mark.parametrize("kinds", ["kinds", "bare"])
def test_of_every_fault_four_fifths_are_seen_and_hardly_a_right_cell_is_doubted(model: str, kinds: str) -> None:
    target = targets()[kinds]
    bases = rows(target)
    right = judged(model, target, [AuditRow(base.record, base.cells) for base in bases])
    filled = [right[n, name] for n, base in enumerate(bases) for name in base.cells]
    assert filled.count("unsupported") < len(filled) / 100
    assert filled.count("unsure") < len(filled) / 100
    times: Counter[str] = Counter()
    plants = []
    for start in range(0, len(bases), 12):
        more = plant(bases[start : start + 12], target, key=b"a fixed key for tests", count=12, before=times)
        times.update(one.fault for one in more)
        plants += more
    told = judged(model, target, [AuditRow(bases[one.base].record, one.cells) for one in plants])
    seen: dict[str, list[bool]] = {}
    for n, one in enumerate(plants):
        if right[one.base, one.field] == "supported":
            seen.setdefault(one.fault, []).append(told[n, one.field] == "unsupported")
    assert seen.keys() == set(FAULTS)
    for fault, found in seen.items():
        assert len(found) >= 50, fault
        assert sum(found) >= 0.97 * len(found), fault
