"""`assay reviews decide --as-eval`: an answer is given once, its case must not be lost."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from schemas.errors import UsageError
from workers.cli import reviews as commands
from workers.cli.program import app


class Fake:
    def __init__(self) -> None:
        self.decided: list[tuple[int, str, str]] = []

    def show(self, _: int) -> dict[str, Any]:
        return {"content_hash": "seen"}

    def decide(self, review: int, decision: str, *, content_hash: str, reason: str | None) -> dict[str, Any]:
        del reason
        self.decided.append((review, decision, content_hash))
        return {"id": review, "state": "decided", "decision": decision, "subject": "row:4", "rule": "jump"}

    def eval_case(self, review: int) -> dict[str, Any]:
        return {"case": review}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Fake:
    fake = Fake()
    monkeypatch.setattr(commands, "client", lambda _: SimpleNamespace(reviews=fake))
    return fake


def decide(file: Path) -> Any:
    return CliRunner().invoke(app, ["reviews", "decide", "8", "approve", "--as-eval", str(file)])


def test_nothing_is_decided_where_the_case_cannot_be_kept(api: Fake, tmp_path: Path) -> None:
    found = decide(tmp_path / "none" / "cases.jsonl")
    assert isinstance(found.exception, UsageError)
    assert found.exception.message.endswith("cases.jsonl cannot be written: No such file or directory")
    assert api.decided == []


def test_a_decision_is_added_to_the_cases(api: Fake, tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text('{"case": 1}\n', encoding="utf-8")
    assert decide(file).exit_code == 0
    assert api.decided == [(8, "approve", "seen")]
    assert [json.loads(line)["case"] for line in file.read_text(encoding="utf-8").splitlines()] == [1, 8]
