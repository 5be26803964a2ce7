"""What the doctor says of the server of the model, and of one that does not run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from enrichment.door import Response
from workers.cli.invocation import Invocation
from workers.doctor import examine, servers
from workers.settings import Settings
from workers.up.places import Places

KEYLESS = {"base_url": "http://127.0.0.1:9/v1", "small": "s"}


def test_a_server_that_wants_no_key_is_sent_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Mapping[str, str]] = []

    def call(*_: Any, headers: Mapping[str, str], **__: Any) -> Response:
        sent.append(headers)
        return Response(200, {}, b'{"data": [{"id": "s"}]}', "http://127.0.0.1:9/v1/models")

    monkeypatch.setattr(servers, "call_own_api", call)
    found = servers.model(Settings.model_validate({"base": tmp_path, "model": KEYLESS}), None)
    assert (found.level, found.message) == ("well", "http://127.0.0.1:9/v1 answers")
    assert sent == [{}]


@pytest.mark.parametrize(
    ("status", "level"), [(404, "well"), (405, "well"), (501, "well"), (500, "wrong"), (503, "wrong")]
)
def test_a_server_need_not_list_its_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, level: str
) -> None:
    answer = Response(status, {}, b"", "http://127.0.0.1:9/v1/models")
    monkeypatch.setattr(servers, "call_own_api", lambda *_, **__: answer)
    found = servers.model(Settings.model_validate({"base": tmp_path, "model": KEYLESS}), None)
    assert found.level == level


def test_an_embedded_fleet_that_is_down_is_unknown_throughout(tmp_path: Path) -> None:
    (tmp_path / "assay.toml").write_text("")
    places = Places(tmp_path / "data")
    places.model_endpoint.parent.mkdir(parents=True)
    # where it answered when it last ran, as `assay down` leaves it
    places.model_endpoint.write_text("http://127.0.0.1:9/v1")
    places.record.parent.mkdir(parents=True, exist_ok=True)
    places.record.write_text(
        '{"supervisor": {"pid": 1, "mark": "gone"}, "phase": "stopped", "services":'
        ' [{"name": "offline-model", "state": "stopped"}]}'
    )
    found = {one.check: one for one in examine(Invocation(tmp_path / "assay.toml", tmp_path / "data"))}
    assert {check: found[check].level for check in ("broker", "database", "model")} == dict.fromkeys(
        ("broker", "database", "model"), "unknown"
    )
    assert "assay up --detach" in found["model"].remedy
