"""`assay plans shadow` and the comparison in `assay plans show`, as people read them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from enrichment import decision_views
from enrichment.gate_shadow import Replayed
from enrichment.shadow import Said, compare
from workers.cli import plans as commands

PAIRS = [
    (Said({"name": "A", "size": 1}, {}), Said({"name": "A"}, {"size": "ambiguous"})),
    (Said({"name": "B"}, {}), Said({"name": "B", "city": "Bern"}, {})),
    (Said({"name": "C"}, {}), Said({}, {}, "pattern")),
]


def run(monkeypatch: pytest.MonkeyPatch, found: Any, *words: str) -> str:
    fake = SimpleNamespace(shadow=lambda *_, **__: found, show=lambda _: found)
    monkeypatch.setattr(commands, "client", lambda _: SimpleNamespace(plans=fake))
    app = typer.Typer()
    commands.register(app)
    result = CliRunner().invoke(app, ["plans", *words])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_a_replayed_gate_is_told_by_records_and_by_field(monkeypatch: pytest.MonkeyPatch) -> None:
    found = decision_views.replayed(Replayed(7, "2-new", {"1-old": 4}, 1, compare(PAIRS)))
    said = run(monkeypatch, found, "shadow", "7")
    for part in (
        "gate 2-new beside 1-old (4): 3 records compared",
        "1 more are no longer stored",
        "records it would refuse: 1 (pattern 1)",
        "records it would accept that were refused: 0",
        "size 0 0 0 1 ambiguous 1",
        "city 0 0 1 0",
        "name 2 0 0 0",
    ):
        assert part in said
    document = json.loads(run(monkeypatch, found, "shadow", "7", "--json"))
    assert (document["differs"], [one["name"] for one in document["fields"]]) == (True, ["city", "name", "size"])


def test_a_successor_tells_what_it_gains_and_what_nothing_explains(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = {**compare(PAIRS).document(), "unexplained": ["1 of 3 records is refused"]}
    said = run(monkeypatch, {"id": 8, "shadow": decision_views.shadow(compared)}, "show", "8")
    assert "beside the plan before it, over 3 stored records: it newly fills city in 1" in said
    assert "not explained: 1 of 3 records is refused" in said
