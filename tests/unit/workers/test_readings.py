"""How a value is read is told in one way, wherever it is told."""

from __future__ import annotations

from typing import Any

import pytest

from workers.api.examples import CELL, PLAN
from workers.cli.explained import print_cell
from workers.cli.plans import _print_plan
from workers.readings import reading

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
    _print_plan({**PLAN, "bindings": [binding]}, as_json=False)
    assert f"/revenue > {TOLD}" in capsys.readouterr().out
