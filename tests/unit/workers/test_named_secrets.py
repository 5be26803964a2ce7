"""A secret that is named and not there: said before anything starts, with the variable and where it belongs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from schemas.errors import ConfigurationError
from schemas.source import Auth
from workers.addresses import Addresses
from workers.cli.exits import Exit
from workers.cli.program import run
from workers.composition import build_context, secret_of
from workers.doctor import machine
from workers.named_secrets import missing_secrets, require_secrets
from workers.running import run_worker
from workers.settings import Settings, load_settings

MODEL = "[model]\nbase_url = 'http://127.0.0.1:9/v1'\nsmall = 's'\napi_key_env = 'NOPE_NOT_SET'\n"
CRM = "[sources.crm]\nconnector = 'http'\nurl = 'https://example.com/v1'\nauth = { env = 'NO_TOKEN' }\n"
ERP = "[sources.erp]\nconnector = 'sql'\nurl = 'postgresql://h/d'\ntable = 't'\npassword = { file = 'erp' }\n"
SERVERS = "[database]\nurl = 'postgresql://h/d'\n[broker]\nurl = 'redis://h:6379/0'\n"
ELSEWHERE = Addresses("postgresql+psycopg://h/d", "redis://h:6379/0")


@pytest.fixture
def load(tmp_path: Path) -> Any:
    def loaded(text: str) -> Settings:
        (tmp_path / "assay.toml").write_text(text)
        return load_settings(tmp_path / "assay.toml", {"ASSAY_DATA_DIR": str(tmp_path / "data")})

    return loaded


@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_up_refuses_to_start_and_names_the_variable(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], detach: list[str]
) -> None:
    (tmp_path / "assay.toml").write_text(MODEL)
    where = ["--config", str(tmp_path / "assay.toml"), "--data-dir", str(tmp_path / "data")]
    assert run([*where, "up", *detach]) == Exit.CONFIGURATION
    said = capfd.readouterr().err
    assert "model.api_key_env: the variable NOPE_NOT_SET is not set" in said
    assert "hint: set NOPE_NOT_SET for the role model and role isolated" in said
    assert not (tmp_path / "data" / "postgres").exists()


def test_all_that_is_missing_is_said_at_once(load: Any, tmp_path: Path) -> None:
    settings = load(MODEL + CRM + ERP + "[flower]\npassword_env = 'NO_WORD'\n")
    with pytest.raises(ConfigurationError) as caught:
        require_secrets(settings, {})
    assert [one.where for one in caught.value.problems] == ["model.api_key_env", "flower.password_env"]
    # what one source lacks keeps no other waiting
    left = require_secrets(settings, {"NOPE_NOT_SET": "k", "NO_WORD": "w"})
    assert [one.where for one in left] == ["sources.crm.auth.env", "sources.erp.password.file"]
    (tmp_path / "erp").write_text("word\n")
    assert missing_secrets(settings, {"NOPE_NOT_SET": "k", "NO_TOKEN": "t", "NO_WORD": "w"}) == []


def test_a_second_provider_that_is_never_asked_needs_no_key(load: Any) -> None:
    second = "[model.fallback]\nbase_url = 'http://h/v1'\nsmall = 't'\napi_key_env = 'SECOND'\n"
    told = [one.where for one in missing_secrets(load(MODEL + second), {"NOPE_NOT_SET": "k"})]
    assert told == ["model.fallback.api_key_env"]
    assert missing_secrets(load(MODEL + second + "fail_over = 'never'\n"), {"NOPE_NOT_SET": "k"}) == []


def test_only_the_role_model_needs_its_key(load: Any) -> None:
    settings = load(MODEL + CRM + SERVERS)
    assert [one.where for one in missing_secrets(settings, {}, role="model")] == ["model.api_key_env"]
    for role in ("gate", "upsert", "control", "dispatcher", "api"):
        assert missing_secrets(settings, {}, role=role) == []
    with pytest.raises(ConfigurationError, match="NOPE_NOT_SET"):
        run_worker(settings, Addresses("postgresql://h/d", "redis://h:6379/0"), "model", isolated=False, node="n")


def test_the_doctor_calls_it_wrong_where_the_role_model_runs(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = machine.secrets(load(MODEL))
    assert (finding.level, "NOPE_NOT_SET" in finding.message, bool(finding.remedy)) == ("wrong", True, True)
    # one service among others does not have to know it
    assert list(machine.secrets(load(MODEL + SERVERS))) == []
    monkeypatch.setenv("NOPE_NOT_SET", "key")
    (finding,) = machine.secrets(load(MODEL))
    assert finding.level == "well"


@pytest.mark.parametrize(("state", "start"), [("stopped", "assay up --detach"), ("running", "assay down && assay up")])
def test_the_remedy_is_one_that_works_as_the_fleet_stands(
    load: Any, monkeypatch: pytest.MonkeyPatch, state: str, start: str
) -> None:
    """A fleet that runs refuses to be started, and keeps the environment that it has."""
    standing = SimpleNamespace(state=state, services=())
    monkeypatch.setattr(machine, "fleet_status", lambda _: standing)
    (finding,) = machine.secrets(load(MODEL))
    assert f"then: {start}" in finding.remedy


def test_what_a_fleet_of_up_lacks_has_to_be_exported_before_it_starts(load: Any) -> None:
    def hint(text: str) -> str:
        context = build_context(load(text), ELSEWHERE, role="control", connections=1)
        try:
            with pytest.raises(ConfigurationError, match="'NO_TOKEN' is not set") as caught:
                context.secrets(Auth(env="NO_TOKEN"))
        finally:
            context.database.close()
        return caught.value.hint

    assert hint(CRM) == "export it before `assay up`: assay down && assay up --detach"
    assert hint(CRM + SERVERS) == "set it for the worker of the role fetch"
    (left,) = require_secrets(load(CRM), {})
    assert left.remedy == "set NO_TOKEN for the role isolated and role fetch: export it before `assay up`"
    (alone,) = missing_secrets(load(CRM + SERVERS), {}, role="fetch")
    assert alone.remedy == "set NO_TOKEN for the role isolated and role fetch"


def test_a_secret_is_read_alone(tmp_path: Path) -> None:
    """The connector puts the prefix before it; here it would be a second one."""
    (tmp_path / "token").write_text("abc\n")
    read = secret_of({"TOKEN": "abc"})
    for auth in (Auth(env="TOKEN", prefix="Bearer "), Auth(file=str(tmp_path / "token"), prefix="Bearer ")):
        assert read(auth) == "abc"
