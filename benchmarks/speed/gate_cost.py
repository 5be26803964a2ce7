"""What the gate alone costs: a plan for twelve fields executed over invented records, and every rule asked."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from enrichment.gate.compiled import compile_gate
from enrichment.gate.reading import SourceReading
from enrichment.json_text import loads
from schemas.plan import Alternative, Binding, OpArg, OpCall, PlanBody
from schemas.target_json_schema import target_from_json_schema

_SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "x-kind": "name"},
        "country": {"type": "string", "x-kind": "country"},
        "founded_year": {"type": "integer", "minimum": 1000, "maximum": 2100, "x-kind": "year"},
        "employee_count": {"type": "integer", "minimum": 0, "x-kind": "count"},
        "revenue_amount": {"type": "number", "x-kind": "money", "x-currency-field": "revenue_currency"},
        "revenue_currency": {"type": "string", "x-kind": "currency"},
        "website": {"type": "string", "format": "uri", "x-kind": "url"},
        "email": {"type": "string", "format": "email", "x-kind": "email"},
        "headquarters": {"type": "string", "x-kind": "address"},
        "margin": {"type": "number", "x-kind": "percent"},
        "listed": {"type": "boolean", "x-kind": "boolean"},
        "isin": {"type": "string", "pattern": "^[A-Z]{2}[A-Z0-9]{9}[0-9]$", "x-kind": "code"},
    },
}
_OPERATIONS = {
    "name": "copy",
    "country": "parse_country",
    "founded_year": "parse_year",
    "employee_count": "parse_integer",
    "revenue_amount": "parse_money",
    "revenue_currency": "currency_of",
    "website": "parse_url",
    "email": "parse_email",
    "headquarters": "clean_place",
    "margin": "parse_percent",
    "listed": "parse_boolean",
    "isin": "copy",
}
#: Fields that read another pointer than the one of their own name.
_SHARED = {"revenue_currency": "revenue_amount"}


def _text(chance: random.Random, number: int) -> bytes:
    record = {
        "name": f"Alpha Orion {number}",
        "country": chance.choice(["Germany", "France", "Japan", "Canada", "India"]),
        "founded_year": f"{chance.randint(1850, 2020)} ; {chance.randint(5, 90)} years ago",
        "employee_count": f"{chance.randint(50, 90_000):,} (average, {chance.randint(2015, 2024)})",
        "revenue_amount": f"€{chance.randint(10, 900)}.{chance.randint(1, 9)} million (2021)",
        "website": f"www.alpha{number}.com",
        "email": f"Info@Alpha{number}.com",
        "headquarters": "Munich , Germany 48.14°N 11.58°E",
        "margin": f"{chance.randint(1, 30)}.{chance.randint(1, 9)} %",
        "listed": chance.choice(["yes", "no"]),
        "isin": f"DE{chance.randint(10**9, 10**10 - 1)}",
    }
    return json.dumps(record, ensure_ascii=False).encode()


def _binding(field: str) -> Binding:
    args = (OpArg(name="separators", value=",."),) if field == "employee_count" else ()
    calls = (OpCall(op=_OPERATIONS[field], args=args),)
    return Binding(target=field, alternatives=(Alternative(paths=(f"/{_SHARED.get(field, field)}",), ops=calls),))


def measure(*, records: int, seed: int) -> dict[str, Any]:
    """Microseconds of one process for each record, the best of three passes; parsing the text is told by itself."""
    target = target_from_json_schema("firm", _SCHEMA, identity=("name",))
    gate = compile_gate(target, PlanBody(bindings=tuple(_binding(name) for name in _OPERATIONS)), SourceReading())
    chance = random.Random(seed)
    texts = [_text(chance, number) for number in range(records)]
    parsing, judging = [], []
    accepted = filled = 0
    for _ in range(3):
        started = time.process_time()
        parsed = [loads(text, max_depth=64) for text in texts]
        parsing.append(time.process_time() - started)
        started = time.process_time()
        verdicts = [gate(record) for record in parsed]  # type: ignore[arg-type]  # they are objects
        judging.append(time.process_time() - started)
        accepted = sum(verdict.outcome == "accepted" for verdict in verdicts)
        filled = sum(value is not None for verdict in verdicts for value in verdict.cells.values())
    return {
        "records": records,
        "fields": len(_OPERATIONS),
        "accepted": accepted,
        "filled_cells": filled,
        "lost": records - accepted,
        "parse_us_per_record": round(1e6 * min(parsing) / records, 1),
        "gate_us_per_record": round(1e6 * min(judging) / records, 1),
    }
