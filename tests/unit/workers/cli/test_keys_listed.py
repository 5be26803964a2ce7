"""`assay keys` speaks to the database itself, and writes moments as the API does."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from enrichment.store import fleet
from enrichment.store.fleet import ApiKeyRow
from workers import keys as making
from workers.cli import keys as commands
from workers.cli.exits import Exit
from workers.cli.program import run
from workers.keys import NewKey

MADE = datetime(2026, 11, 30, 15, 10, 34, 888770, tzinfo=UTC)
ROW = ApiKeyRow(id=1, name="me", role="reader", prefix="abc", created_at=MADE, revoked_at=None)


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = SimpleNamespace(transaction=nullcontext)
    monkeypatch.setattr(commands, "_database", lambda *_: nullcontext(empty))
    monkeypatch.setattr(fleet, "keys", lambda _: [ROW])
    monkeypatch.setattr(making, "make_key", lambda *_, **__: NewKey(ROW, "assay_text"))


def test_moments_are_iso_8601_as_in_every_other_listing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "list", "--json"]) == Exit.OK
    (listed,) = json.loads(capsys.readouterr().out)["items"]
    assert (listed["created_at"], listed["revoked_at"]) == (MADE.isoformat(), None)
    assert run(["keys", "create", "me", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["created_at"] == MADE.isoformat()
    assert run(["keys", "list"]) == Exit.OK
    assert "2026-11-30 15:10:34 " in capsys.readouterr().out
