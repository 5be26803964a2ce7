"""What leaves for Sentry: types and places, never content."""

import sys
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import ConfigurationError
from workers import reporting
from workers.settings import Settings


def settings(tmp_path: Path, **sentry: Any) -> Settings:
    return Settings.model_validate({"base": tmp_path, "sentry": sentry})


def test_without_an_address_nothing_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENTRY_DSN", raising=False)
    monkeypatch.delitem(sys.modules, "sentry_sdk", raising=False)
    assert reporting.start_reporting(settings(tmp_path), service="gate") is False
    assert "sentry_sdk" not in sys.modules


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        reporting.start_reporting(settings(tmp_path, dsn_file=tmp_path / "none"), service="gate")


EVENT: dict[str, Any] = {
    "event_id": "1",
    "message": "stage.broke",
    "tags": {"work": "7", "api_key": "abc", "url": "redis://:pw@h/0"},
    "user": {"ip_address": "1.2.3.4"},
    "request": {"data": {"name": "1&1"}, "headers": {"authorization": "x"}},
    "breadcrumbs": {"values": [{"message": "SELECT 1"}]},
    "extra": {"sys.argv": ["assay"]},
    "exception": {
        "values": [
            {
                "type": "UniqueViolation",
                "module": "psycopg.errors",
                "value": "Key (name)=(1&1) exists",
                "stacktrace": {"frames": [{"function": "f", "vars": {"row": "1&1"}}]},
            },
            {"type": "TransientError", "module": "schemas.errors", "value": "the database cannot be reached"},
        ]
    },
}


def test_content_is_taken_out_before_it_leaves() -> None:
    sent: Any = reporting.before_send(EVENT, {})  # type: ignore[arg-type]
    assert "1&1" not in str(sent)
    assert "1.2.3.4" not in str(sent)
    assert {"request", "user", "breadcrumbs", "extra"}.isdisjoint(sent)
    unknown, ours = sent["exception"]["values"]
    assert (unknown["type"], unknown["value"]) == ("UniqueViolation", "")
    assert ours["value"] == "the database cannot be reached"
    assert sent["message"] == "stage.broke"


def test_secrets_are_taken_out_at_any_depth() -> None:
    cleaned = reporting.scrubbed({"a": [{"deep": {"Api-Key": "x", "password": "y", "text": "redis://:pw@h"}}]})
    assert cleaned == {"a": [{"deep": {"Api-Key": "[Filtered]", "password": "[Filtered]", "text": "redis://:***@h"}}]}


def test_everything_that_could_be_collected_is_refused() -> None:
    flat = {name: value for name, value in reporting.COLLECTED.items() if value not in (False, 0, [], {"mode": "off"})}
    assert flat == {
        "http_headers": {"request": {"mode": "off"}},
        "graphql": {"document": False, "variables": False},
        "gen_ai": {"inputs": False, "outputs": False},
    }


def test_the_sdk_takes_these_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sentry_sdk

    monkeypatch.setenv("SENTRY_DSN", "http://public@127.0.0.1:9/1")
    envelopes: list[Any] = []
    try:
        assert reporting.start_reporting(settings(tmp_path), service="gate") is True
        client = sentry_sdk.get_client()
        assert client.options["data_collection"]["provided_by_user"] is True
        assert client.transport is not None
        monkeypatch.setattr(client.transport, "capture_envelope", envelopes.append)
        row = "1&1 AG"
        with pytest.raises(ValueError) as caught:
            int(row)
        reporting.report(caught.value, name="stage.broke", labels={"work": "7"})
        reporting.report(None, name="service.ended", labels={"service": "gate"})
    finally:
        sentry_sdk.init()
    first, second = (envelope.get_event() for envelope in envelopes)
    assert first["exception"]["values"][0]["type"] == "ValueError"
    assert first["tags"] == {"service": "gate", "work": "7"}
    assert row not in str(first)
    assert second["message"] == "service.ended"
