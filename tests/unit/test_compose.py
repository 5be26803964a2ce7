"""The composed fleet: what each service may reach, know and do.

The Compose specification's own schema is in no well-kept package, so the keys that are used are listed here; another
one has to be added on purpose, after a look into the specification.
"""

import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from workers.settings import load_settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("assay:")}
CONFIGURED = {name: service for name, service in OURS.items() if "environment" in service}

TOP = {"name", "services", "networks", "volumes", "secrets"}
KEYS = {
    "build": str,
    "cap_drop": list,
    "command": list,
    "depends_on": dict,
    "deploy": dict,
    "entrypoint": list,
    "environment": dict,
    "healthcheck": dict,
    "image": str,
    "init": bool,
    "networks": list,
    "pids_limit": int,
    "ports": list,
    "read_only": bool,
    "restart": str,
    "secrets": list,
    "security_opt": list,
    "shm_size": str,
    "stop_grace_period": str,
    "tmpfs": list,
    "user": str,
    "volumes": list,
}
#: What each service is given, and nothing beside it.
SECRETS = {
    "migrate": {"database_url_owner"},
    "dispatcher": {"database_url_control", "broker_url"},
    "control": {"database_url_control", "broker_url"},
    "fetch": {"database_url_fetch", "broker_url"},
    "fetch-isolated": {"database_url_fetch", "broker_url"},
    "model": {"database_url_model", "broker_url", "model_api_key"},
    "gate": {"database_url_gate", "broker_url"},
    "gate-isolated": {"database_url_gate", "broker_url"},
    "upsert": {"database_url_upsert", "broker_url"},
    "upsert-isolated": {"database_url_upsert", "broker_url"},
    "api": {"database_url_api", "broker_url"},
    "flower": {"broker_url", "flower_password"},
    "offline-model": set(),
}
OUTSIDE = {"fetch", "fetch-isolated", "model"}
PUBLISHED = {"api": 8383, "flower": 5555}
COMMANDS = {"migrate": (), "dispatcher": (), "api": (), "flower": (), "worker": ("--isolated",)}
ROLES = {"fetch", "model", "gate", "upsert", "control"}


def sources(service: dict[str, Any]) -> dict[str, str]:
    """Give the secrets of a service: where they come from, by the name of their file."""
    given = [s if isinstance(s, dict) else {"source": s, "target": s} for s in service.get("secrets", [])]
    return {s["target"]: s["source"] for s in given}


def test_only_known_keys_of_the_right_type() -> None:
    assert {key for key in COMPOSE if not key.startswith("x-")} == TOP
    for name, service in SERVICES.items():
        for key, value in service.items():
            assert key in KEYS, f"{name}.{key}"
            assert isinstance(value, KEYS[key]), f"{name}.{key}"
        assert set(service.get("healthcheck", {})) <= {"test", "interval", "timeout", "retries", "start_period"}
        assert set(service.get("deploy", {})) <= {"replicas"}
        assert service["restart"] in {"no", "unless-stopped"}
        for after, condition in service.get("depends_on", {}).items():
            assert after in SERVICES
            assert set(condition) == {"condition"}
            assert condition["condition"] in {"service_healthy", "service_completed_successfully"}


def test_everything_that_is_named_is_declared_and_used() -> None:
    used = {source for service in SERVICES.values() for source in sources(service).values()}
    assert used == set(COMPOSE["secrets"])
    assert {n for service in SERVICES.values() for n in service["networks"]} == set(COMPOSE["networks"])
    volumes = {v.split(":")[0] for service in SERVICES.values() for v in service.get("volumes", [])}
    assert {v for v in volumes if not v.startswith(".")} == set(COMPOSE["volumes"])
    for secret in COMPOSE["secrets"].values():
        assert set(secret) == {"file"}


def test_each_service_has_only_the_secrets_it_needs() -> None:
    assert {name: set(sources(service).values()) for name, service in OURS.items()} == SECRETS


def test_no_secret_is_written_down() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert not re.search(r"://[^\s/]*:[^\s/]*@", text)
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|URL|KEY|TOKEN", key):
                assert key.endswith("_FILE"), key
                assert value.removeprefix("/run/secrets/") in sources(service), key


def test_no_service_can_grow_in_rights() -> None:
    for name, service in SERVICES.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"].split(":")[0] not in {"root", "0"}, name
        assert all(place.startswith("/") for place in service["tmpfs"]), name
        mounted = [v for v in service.get("volumes", []) if v.startswith(".")]
        assert all(v.endswith(":ro") for v in mounted), name
        # a folder around the secrets would give a service all of them
        assert not {"./deploy", ".", "./deploy/secrets"} & {v.split(":")[0] for v in mounted}, name


def test_only_those_who_need_it_have_a_way_out() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name, service in SERVICES.items():
        beyond = {"outside"} if name in OUTSIDE else {"front"} if name in PUBLISHED else set()
        assert set(service["networks"]) - {"inside"} == beyond, name


def test_ports_are_bound_to_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {name: [f"127.0.0.1:{port}:{port}"] for name, port in PUBLISHED.items()}


@pytest.mark.parametrize("name", sorted(set(OURS) - {"offline-model"}))
def test_every_command_is_one_of_assay(name: str) -> None:
    verb, *rest = OURS[name]["command"]
    assert verb in COMMANDS
    if verb == "worker":
        role = rest.pop(0)
        assert role in ROLES
        assert name.removesuffix("-isolated") == role
        assert ("--isolated" in rest) == name.endswith("-isolated")
    assert set(rest) <= set(COMMANDS[verb])


def test_every_role_runs() -> None:
    assert {s["command"][1] for s in OURS.values() if s["command"][0] == "worker"} == ROLES


@pytest.mark.parametrize("name", sorted(CONFIGURED))
def test_the_settings_know_every_variable(name: str, tmp_path: Path) -> None:
    service = CONFIGURED[name]
    (tmp_path / "broker_url").write_text("redis://:x@redis:6379/0")
    (tmp_path / "database_url").write_text("postgresql+psycopg://assay_x:x@postgres:5432/assay")
    given = set(sources(service))
    for name_of_file in ("broker_url", "database_url"):
        if name_of_file not in given:
            (tmp_path / name_of_file).unlink()
    environ = {k: v.replace("/run/secrets", str(tmp_path)) for k, v in service["environment"].items()}
    environ["ASSAY_CONFIG"] = str(ROOT / "deploy" / "config" / "assay.toml")
    settings = load_settings(None, environ)
    assert (settings.database.address is not None) == ("database_url" in given)
    assert (settings.broker.address is not None) == ("broker_url" in given)
    assert settings.log.format == "json"
    assert service["environment"]["ASSAY_CONFIG"] == "/etc/assay/assay.toml"
    if name in PUBLISHED:
        section = settings.api if name == "api" else settings.flower
        assert (section.host, section.port) == ("0.0.0.0", PUBLISHED[name])  # noqa: S104 - inside its container


def test_services_start_in_the_order_of_their_health() -> None:
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in set(CONFIGURED) - {"migrate"}:
        assert SERVICES[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"},
            "redis": {"condition": "service_healthy"},
        }, name
    assert {name for name, service in SERVICES.items() if "healthcheck" in service} == {
        "postgres",
        "redis",
        "api",
        "flower",
    }


def test_redis_refuses_rather_than_forgets() -> None:
    configuration = SERVICES["redis"]["command"][0]
    assert "maxmemory-policy noeviction" in configuration
    assert "appendonly yes" in configuration
    assert "requirepass $$(cat /run/secrets/redis_password)" in configuration
    assert SERVICES["redis"]["volumes"] == ["redis-data:/data"]
    assert SERVICES["postgres"]["volumes"][0] == "postgres-data:/var/lib/postgresql/data"
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres_password"


def test_postgres_makes_every_role_that_logs_in() -> None:
    script = (ROOT / "deploy" / "roles.sh").read_text()
    listed = re.search(r"for role in ([a-z ]+);", script)
    assert listed is not None
    roles = {f"database_url_{role}" for role in listed.group(1).split()}
    wanted = {s for service in OURS.values() for s in sources(service).values() if s.startswith("database_url_")}
    assert roles == wanted
    assert roles <= set(sources(SERVICES["postgres"]))


def test_secrets_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    script = shutil.copy(ROOT / "deploy" / "make-secrets.sh", tmp_path)
    subprocess.run([script], check=True, capture_output=True, timeout=30)
    made = {p.name: p.read_text() for p in (tmp_path / "secrets").iterdir() if p.is_file()}
    assert set(made) == {Path(s["file"]).name for s in COMPOSE["secrets"].values()}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert made["redis_password"] in made["broker_url"]
    passwords = [v for k, v in made.items() if k != "model_api_key"]
    assert len(set(passwords)) == len(passwords)
    subprocess.run([script], check=True, capture_output=True, timeout=30)
    assert {p.name: p.read_text() for p in (tmp_path / "secrets").iterdir() if p.is_file()} == made


def test_the_image_installs_what_the_tests_ran_with() -> None:
    def pins(file: Path) -> dict[str, str]:
        found = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", file.read_text(), re.MULTILINE)
        return {name: version for name, version in found if found.count((name, version)) == 1}

    tested, shipped = pins(ROOT / "requirements.txt"), pins(ROOT / "deploy" / "requirements.txt")
    assert shipped.items() <= tested.items()
    assert {"celery", "psycopg", "setuptools"} <= set(shipped)
    assert not {"pytest", "mypy", "ruff"} & set(shipped)


def test_the_image_runs_as_nobody_in_particular() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER assay"]
    assert "--require-hashes" in "".join(lines)
    assert 'ENTRYPOINT ["assay"]' in lines
