"""How a value is read is told in one way, wherever it is told."""

from __future__ import annotations

from typing import Any

import pytest

from enrichment.readings import reading
from workers.api.examples import CELL, PLAN
from workers.cli.explained import print_cell
from workers.cli.plan_told import print_plan

OPS: list[dict[str, Any]] = [
    {"op": "parse_money", "args": [{"name": "separators", "value": ",."}, {"name": "unit", "value": "EUR"}]},
    {"op": "trim", "args": []},
]
TOLD = "parse_money(separators=,., unit=EUR) > trim"


def test_operations_stand_with_their_arguments_by_name() -> None:
    assert reading(["/a", "/b"], OPS) == f"/a, /b > {TOLD}"
    assert reading(["/a"], []) == "/a"
    assert reading(None, None) == ""


def test_explain_and_plans_show_tell_it_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_cell({**CELL, "ops": OPS})
    assert TOLD in capsys.readouterr().out
    binding = {"target": "revenue", "alternatives": [{"paths": ["/revenue"], "ops": OPS}], "origin": "small"}
    print_plan({**PLAN, "bindings": [binding]}, as_json=False)
    assert f"/revenue > {TOLD}" in capsys.readouterr().out


def test_looks_that_decided_nothing_are_shown_where_there_are_any(capsys: pytest.CaptureFixture[str]) -> None:
    field = {**PLAN["fields"][0], "audited": 0, "unsure": 0}
    print_plan({**PLAN, "fields": [field]}, as_json=False)
    assert "UNSURE" not in capsys.readouterr().out
    print_plan({**PLAN, "fields": [{**field, "unsure": 116}]}, as_json=False)
    heads, row = (line.split() for line in capsys.readouterr().out.splitlines()[7:9])
    assert heads[-3:] == ["AUDITED", "DEFECTS", "UNSURE"]
    assert row[-3:] == ["0", "0", "116"]
