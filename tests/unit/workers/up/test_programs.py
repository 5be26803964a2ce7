"""What each process of the fleet is started with, and what it is not told."""

import json
import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import ConfigurationError
from workers.flower import flower_password, known_flower_password
from workers.settings import Settings, load_settings
from workers.up import ports
from workers.up.places import Places
from workers.up.ports import ServicePort, choose_port
from workers.up.preparing import write_endpoint
from workers.up.programs import environment_of, program
from workers.up.roster import STOPPING, Surroundings, node_of, services
from workers.up.status import masked

TOML = """
[model]
base_url = "http://127.0.0.1:1/v1"
api_key_env = "MODEL_KEY"
small = "s"
[flower]
password_env = "CONSOLE_PASSWORD"
[sources.crm]
connector = "http"
url = "https://example.com/v1"
key = "/id"
auth = { header = "Authorization", env = "CRM_TOKEN" }
"""
ENVIRON = {
    "PATH": "/bin",
    "MODEL_KEY": "m",
    "CRM_TOKEN": "c",
    "CONSOLE_PASSWORD": "p",
    "FLOWER_UNAUTHENTICATED_API": "true",
    "FLOWER_PORT": "1",
    "PYTHONPATH": "/theirs",
    "OTHER": "o",
}


@pytest.fixture
def configured(tmp_path: Path) -> Settings:
    (tmp_path / "assay.toml").write_text(TOML)
    return load_settings(tmp_path / "assay.toml", {})


@pytest.mark.parametrize(
    ("service", "secrets"),
    [
        ("fetch", {"CRM_TOKEN"}),
        ("model", {"MODEL_KEY"}),
        ("isolated", {"CRM_TOKEN", "MODEL_KEY"}),
        ("gate", set()),
        ("upsert", set()),
        ("control", set()),
        ("dispatcher", set()),
        ("api", set()),
        ("flower", {"CONSOLE_PASSWORD"}),
    ],
)
def test_each_service_is_told_its_own_secrets_only(configured: Settings, service: str, secrets: set[str]) -> None:
    told = environment_of(service, configured, ENVIRON)
    assert {"CRM_TOKEN", "MODEL_KEY", "CONSOLE_PASSWORD"} & set(told) == secrets
    assert told["OTHER"] == "o"
    assert told["ASSAY_CONFIG"] == str(configured.file)
    assert told["ASSAY_DATA_DIR"] == str(configured.data_dir)


def test_no_secret_is_forgotten(tmp_path: Path) -> None:
    second = '[model.fallback]\nbase_url = "http://b/v1"\nsmall = "t"\napi_key_env = "SECOND"\n'
    (tmp_path / "assay.toml").write_text(
        TOML.replace("[flower]", second + "[flower]")
        + '[sources.erp]\nconnector = "sql"\nurl = "postgresql://h/d"\ntable = "t"\npassword = { env = "ERP" }\n'
    )
    configured = load_settings(tmp_path / "assay.toml", {})
    environ = {**ENVIRON, "SECOND": "s", "ERP": "e"}
    known = {"fetch": {"ERP"}, "model": {"SECOND"}, "isolated": {"ERP", "SECOND"}, "gate": set[str]()}
    for service, secrets in known.items():
        assert {"ERP", "SECOND"} & set(environment_of(service, configured, environ)) == secrets


def test_no_option_of_flower_gets_in_by_the_environment(configured: Settings) -> None:
    for service in ("flower", "api", "gate"):
        assert not [name for name in environment_of(service, configured, ENVIRON) if name.startswith("FLOWER_")]


def test_our_packages_stand_before_those_of_the_user(configured: Settings) -> None:
    ours, *others = environment_of("gate", configured, ENVIRON)["PYTHONPATH"].split(":")
    assert (Path(ours) / "workers" / "entry.py").exists()
    assert others == ["/theirs"]
    command = program("gate", ["worker", "gate"], configured, ENVIRON).command
    assert command[1:4] == ["-P", "-m", "workers"]


def test_the_offline_model_is_told_nothing(configured: Settings) -> None:
    told = program("offline-model", [], configured, ENVIRON, module="workers.offline_model").environment
    assert set(told) <= {"PATH", "LD_LIBRARY_PATH", "LC_ALL", "TZ", "PYTHONPATH", "PYTHONUNBUFFERED"}


def test_every_service_that_starts_is_also_stopped(tmp_path: Path) -> None:
    offline = Settings.model_validate({"base": tmp_path, "data_dir": tmp_path / "d"})
    around: Any = Surroundings(settings=offline, environ={}, database=None)  # type: ignore[arg-type]
    started = {service.name for row in services(around) for service in row}
    stopped = [name for row in STOPPING for name in row]
    assert started | {"redis", "postgres"} == set(stopped)
    assert len(stopped) == len(set(stopped))
    # who may still ask goes before who is asked
    assert stopped.index("dispatcher") < stopped.index("gate") < stopped.index("redis") < stopped.index("postgres")


def test_fleets_that_share_a_database_have_nodes_of_their_own(tmp_path: Path) -> None:
    def made(name: str, url: str | None) -> Settings:
        found = {"base": tmp_path, "data_dir": tmp_path / name}
        return Settings.model_validate(found if url is None else {**found, "database": {"url": url}})

    url = "postgresql://h/d"
    assert node_of(made("a", url), "gate") != node_of(made("b", url), "gate")
    assert node_of(made("a", None), "gate") == node_of(made("b", None), "gate")


def test_the_port_of_the_last_start_is_taken_again(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        taken = busy.getsockname()[1]
        chosen = choose_port("api", configured=None, usual=taken, file=file)
        assert chosen != taken
        with pytest.raises(ConfigurationError) as caught:
            choose_port("api", configured=taken, usual=taken, file=file)
        assert caught.value.code == "port_taken"
        assert "[api] port" in caught.value.hint
    assert choose_port("api", configured=None, usual=taken, file=file) == chosen
    assert json.loads(file.read_text()) == {"api": chosen}


def test_a_port_that_somebody_took_meanwhile_is_given_up_until_it_was_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "answers", lambda *_: True)
    port = ServicePort("api", configured=None, usual=None, file=tmp_path / "ports.json")
    with socket.socket() as other:
        other.bind(("127.0.0.1", port.take()))
        other.listen()
        # it answers, but it is not the process that was started
        assert not port.serves(1, "http://127.0.0.1", "/healthz")
        first, second = port.number, port.take()
        assert second != first
    with socket.socket() as mine:
        mine.bind(("127.0.0.1", second))
        mine.listen()
        assert port.serves(os.getpid(), "http://127.0.0.1", "/healthz")
        # others know it by now
        assert port.take() == second


def test_flower_has_a_password_that_only_its_owner_can_read(tmp_path: Path) -> None:
    mine = Settings.model_validate({"base": tmp_path, "data_dir": tmp_path / "d"})
    assert known_flower_password(mine) is None
    made = flower_password(mine)
    assert len(made) >= 20
    assert flower_password(mine) == known_flower_password(mine) == made
    assert stat.S_IMODE(Places(mine.data_dir).flower_password.stat().st_mode) == 0o600


def test_a_configured_password_of_flower_has_to_be_there(
    configured: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONSOLE_PASSWORD", raising=False)
    with pytest.raises(ConfigurationError):
        flower_password(configured)
    monkeypatch.setenv("CONSOLE_PASSWORD", "p")
    assert flower_password(configured) == "p"
    monkeypatch.setenv("CONSOLE_PASSWORD", "pässwört")
    with pytest.raises(ConfigurationError, match="CONSOLE_PASSWORD"):
        flower_password(configured)
    named = Settings.model_validate({"base": tmp_path, "flower": {"password_file": tmp_path / "none"}})
    with pytest.raises(ConfigurationError):
        flower_password(named)


def test_the_endpoint_file_is_closed_to_others(tmp_path: Path) -> None:
    write_endpoint(tmp_path / "endpoint.json", "http://127.0.0.1:1", "assay_x")
    assert stat.S_IMODE((tmp_path / "endpoint.json").stat().st_mode) == 0o600
    assert json.loads((tmp_path / "endpoint.json").read_text()) == {"url": "http://127.0.0.1:1", "api_key": "assay_x"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:pw@127.0.0.1:6379/0", "redis://:***@127.0.0.1:6379/0"),
        ("postgresql://u:p%40@h/d", "postgresql://u:***@h/d"),
        ("http://127.0.0.1:8383", "http://127.0.0.1:8383"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        (None, "-"),
    ],
)
def test_addresses_are_shown_without_passwords(url: str | None, shown: str) -> None:
    assert masked(url) == shown
