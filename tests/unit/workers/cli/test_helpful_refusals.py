"""What the command line says where something is away, wrong, or long."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from enrichment.client import wire
from enrichment.door import Response
from workers.api.examples import LETTER
from workers.cli import calling
from workers.cli.exits import Exit
from workers.cli.output import many
from workers.cli.program import run
from workers.cli.rollbacks import told


def test_a_fleet_that_was_stopped_is_to_be_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "_PATIENCE", 0.0)
    monkeypatch.setattr(calling.client, "__kwdefaults__", {"patience": 0.0})
    (tmp_path / "endpoint.json").write_text('{"url": "http://127.0.0.1:9", "api_key": "k"}')
    assert run(["--data-dir", str(tmp_path), "jobs"]) == Exit.UNAVAILABLE
    said = capsys.readouterr().err
    assert "assay up --detach" in said
    assert "check the address" not in said


def test_a_message_is_shown_whole(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    message = "another record of the same chunk has the same key and other content; " * 3
    letter = {**LETTER, "issues": [{"field": None, "rule": "duplicate_key", "message": message.strip()}]}

    def call(*_: Any, **__: Any) -> Response:
        return Response(200, {}, json.dumps(letter).encode(), "http://127.0.0.1:1")

    monkeypatch.setattr(wire, "call_own_api", call)
    assert run(["--url", "http://127.0.0.1:1", "--key", "k", "dlq", "show", "41"]) == Exit.OK
    assert message.strip() in capsys.readouterr().out


def test_status_says_of_a_target_what_up_would(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string", "x-kind": "nonsense", "x-identity": True}}}
    (tmp_path / "t.schema.json").write_text(json.dumps(schema))
    (tmp_path / "assay.toml").write_text("[targets.t]\njson_schema = 't.schema.json'\n")
    where = ["--config", str(tmp_path / "assay.toml"), "--data-dir", str(tmp_path / "data")]
    assert run([*where, "up"]) == Exit.CONFIGURATION
    refused = capsys.readouterr().err
    assert run([*where, "status"]) == Exit.CONFIGURATION
    said = capsys.readouterr()
    assert said.err == refused
    # what runs is shown first: that is what was asked
    assert "stopped" in said.out


def test_one_is_not_many() -> None:
    assert [many(n, "letter") for n in (0, 1, 1_200)] == ["0 letters", "1 letter", "1,200 letters"]
    assert many(None, "letter") == "None letters"
    found = {"assertions": 1, "rows": 1, "changed": 1, "deleted": 0, "untouched": 0}
    assert told(found) == "1 assertion; of 1 row: 1 to change, 0 to go, 0 to stay as they are"


def test_a_plan_is_taken_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []

    def call(*_: Any, **options: Any) -> Response:
        sent.append(options.get("body"))
        return Response(200, {}, b'{"id": 7, "state": "probation"}', "http://127.0.0.1:1")

    monkeypatch.setattr(wire, "call_own_api", call)
    monkeypatch.setattr("sys.stdin", io.StringIO('{"source": "crm"}'))
    assert run(["--url", "http://127.0.0.1:1", "--key", "k", "plans", "import", "-"]) == Exit.OK
    assert [json.loads(body) for body in sent] == [{"source": "crm"}]
    monkeypatch.setattr("sys.stdin", io.StringIO("[]"))
    assert run(["--url", "http://127.0.0.1:1", "--key", "k", "plans", "import", "-"]) == Exit.USAGE
    assert "assay plans export" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "  "])
def test_a_key_is_somebodys(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "create", name]) == Exit.USAGE
    assert "without a name" in capsys.readouterr().err
