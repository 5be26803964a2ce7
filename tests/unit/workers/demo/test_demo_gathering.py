from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from workers.demo.gathering import command_line


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an environment that holds the program, called from that folder."""
    path = tmp_path / ".venv" / "bin" / "assay"
    path.parent.mkdir(parents=True)
    path.write_text("")
    path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(path), "demo"])
    monkeypatch.setenv("PATH", "/nonexistent")
    return path


def test_a_program_that_is_on_the_path_is_called_by_its_name(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join(["/nonexistent", str(program.parent)]))
    assert command_line(Path(".assay").absolute()) == "assay"


@pytest.mark.usefixtures("program")
def test_a_program_beside_the_folder_is_called_by_its_place() -> None:
    assert command_line(Path(".assay").absolute()) == ".venv/bin/assay"


@pytest.mark.usefixtures("program")
def test_an_unusual_data_directory_is_part_of_every_command(tmp_path: Path) -> None:
    assert command_line(tmp_path / "my data") == f".venv/bin/assay --data-dir '{tmp_path}/my data'"


def test_a_program_run_as_a_module_is_called_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "workers" / "__main__.py"), "demo"])
    monkeypatch.setenv("PATH", "/nonexistent")
    assert command_line(Path(".assay").absolute()) == "python -m workers"
