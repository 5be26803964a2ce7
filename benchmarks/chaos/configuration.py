"""What the fleet under test is told: one target, sources of the same companies, a model with prices, and caps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.chaos.outside import PAGE

SOURCES: Final = ("main", "other")
#: Two sources of the same companies, each of which knows other things of them.
PAIR: Final = ("left", "right")
CHUNK: Final = 40
#: Money that one day and one job may cost, in the prices below.
DAY_CAP: Final = 50
_FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "name": {"type": "string", "description": "The company's name.", "x-kind": "name", "x-identity": True},
    "country": {"type": ["string", "null"], "description": "Country, ISO 3166-1 alpha-2.", "x-kind": "country"},
    "founded_year": {"type": ["integer", "null"], "description": "Year of its founding.", "x-kind": "year"},
    "employee_count": {
        "type": ["integer", "null"],
        "description": "Number of people it employs.",
        "x-kind": "count",
        "x-unit": "people",
    },
    "revenue_amount": {
        "type": ["number", "null"],
        "description": "Revenue of the year, in full units of its currency.",
        "x-kind": "money",
        "x-currency-field": "revenue_currency",
    },
    "revenue_currency": {
        "type": ["string", "null"],
        "description": "Currency of the revenue, ISO 4217.",
        "x-kind": "currency",
    },
    "website": {"type": ["string", "null"], "format": "uri", "description": "Its website.", "x-kind": "url"},
}
FIELDS: Final = tuple(_FIELDS)
#: Of the target, as its file says it.
SCHEMA: Final[Mapping[str, Any]] = {
    "title": "company",
    "description": "A company with its figures of the latest year.",
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": _FIELDS,
}


def write_configuration(
    home: Path,
    *,
    database: str,
    broker: str,
    limits: str,
    outside: str,
    fresh: Sequence[str],
    requests_per_minute: int | None,
) -> None:
    """Write `assay.toml` and the schema of its target; `outside` is where sources and model are."""
    (home / "company.schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    names = ("small", "large", "auditor", "second_auditor")
    offline = ("small", "large", "auditor", "second")
    lines = [
        'data_dir = "data"',
        f'[database]\nurl = "{database}"',
        f'[broker]\nurl = "{broker}"\n[limits]\nurl = "{limits}"',
        f'[model]\nbase_url = "{outside}/v1"\ntimeout = 4.0',
        *(f'{name} = "assay-offline-{model}"' for name, model in zip(names, offline, strict=True)),
        *([] if requests_per_minute is None else [f"requests_per_minute = {requests_per_minute}"]),
        "[model.prices]",
        *(f'"assay-offline-{model}" = {{ input = 1.0, output = 4.0 }}' for model in offline),
        f"[budget.day]\nmoney = {DAY_CAP}",
        f"[work]\nchunk_size = {CHUNK}",
        '[targets.company]\njson_schema = "company.schema.json"\ntable = "company"\ncreate = true',
    ]
    for name in (*SOURCES, *PAIR, *fresh):
        lines += [
            f'[sources.{name}]\nconnector = "http"\nurl = "{outside}/source/{name}"',
            'records = "/data"\nkey = "/name"\nversion = "/version"\nallow_private = true',
            f"timeout = 4.0\nprecedence = {5 if name == 'other' else 10}",
            f'pagination = {{ style = "page", param = "page", size_param = "size", size = {PAGE} }}',
        ]
    (home / "assay.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
