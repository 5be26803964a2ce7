"""What the offline auditors say of cells, asked as the contract asks."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from enrichment.offline.desk import answer


def verdicts(
    model: str, target: str, fields: dict[str, dict[str, Any]], rows: list[tuple[Any, dict[str, Any]]]
) -> list[dict[str, str]]:
    records = [
        {
            "id": f"r{index}",
            "source": source,
            "cells": [{"id": f"{index}/{name}", "field": name, "value": cells.get(name)} for name in fields],
        }
        for index, (source, cells) in enumerate(rows)
    ]
    listed = [
        {"name": name, "type": "string", "kind": None, "unit": None, "description": ""} | more
        for name, more in fields.items()
    ]
    document = {
        "task": "audit_cells",
        "version": 1,
        "source": {"name": "feed"},
        "target": {"name": target, "fields": listed},
        "records": records,
    }
    given_back = answer(model, json.loads(json.dumps(document), parse_float=Decimal))["verdicts"]
    assert [v["id"] for v in given_back] == [c["id"] for r in records for c in r["cells"]]  # type: ignore[index,union-attr]
    found: list[dict[str, str]] = [{} for _ in rows]
    for verdict in given_back:  # type: ignore[union-attr]
        index, name = verdict["id"].split("/")  # type: ignore[index,call-overload,union-attr]
        found[int(index)][name] = verdict["verdict"]  # type: ignore[index,call-overload]
    return found


def one(model: str, source: Any, value: Any, name: str, target: str = "company", **field: Any) -> str:
    return verdicts(model, target, {name: field}, [(source, {name: value})])[0][name]
