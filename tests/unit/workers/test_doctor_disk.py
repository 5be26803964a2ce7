"""What the doctor says of the disks that parts of the data directory lie on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from workers.doctor import machine
from workers.settings import Settings


class _Usage(NamedTuple):
    free: float


def test_a_part_on_a_volume_of_its_own_is_looked_at_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("postgres", "redis", "logs"):
        (tmp_path / name).mkdir()
    full, stat = tmp_path / "redis", Path.stat

    def on_two_volumes(path: Path, **options: bool) -> object:
        found = stat(path, **options)  # type: ignore[arg-type]
        return type("Stat", (), {"st_dev": 2 if path == full else 1, "st_mode": found.st_mode})

    monkeypatch.setattr(Path, "stat", on_two_volumes)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: _Usage(1e6 if path == full else 9e9))
    found = list(machine.disk(Settings(base=tmp_path, data_dir=tmp_path)))
    assert [(one.level, one.message.endswith(str(tmp_path))) for one in found] == [("well", True), ("wrong", False)]
    assert found[1].message.endswith("redis")


def test_a_directory_that_is_not_there_yet_is_where_its_parent_is(tmp_path: Path) -> None:
    (found,) = machine.disk(Settings(base=tmp_path, data_dir=tmp_path / "a" / "b"))
    assert found.message.endswith(str(tmp_path))
