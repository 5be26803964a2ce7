from __future__ import annotations

from pathlib import Path

import pytest

from workers.cli.invocation import Invocation
from workers.up.places import Places


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a configuration, whose fleet was last run with one that lies elsewhere."""
    monkeypatch.chdir(tmp_path)
    places = Places(tmp_path / ".assay")
    places.home.mkdir(parents=True)
    (tmp_path / "other").mkdir()
    configuration = tmp_path / "other" / "assay.toml"
    configuration.write_text("[work]\nchunk_size = 7\n")
    places.configuration.write_text(str(configuration))
    return tmp_path


def test_the_configuration_of_the_last_run_holds_where_none_is_named(folder: Path) -> None:
    settings = Invocation().settings()
    assert settings.work.chunk_size == 7
    assert settings.data_dir == folder / ".assay"


def test_a_configuration_that_lies_here_goes_before_the_last_one(folder: Path) -> None:
    (folder / "assay.toml").write_text("[work]\nchunk_size = 8\n")
    assert Invocation().settings().work.chunk_size == 8


def test_a_named_configuration_goes_before_the_last_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = folder / "named.toml"
    named.write_text("[work]\nchunk_size = 9\n")
    assert Invocation(config=named).settings().work.chunk_size == 9
    monkeypatch.setenv("ASSAY_CONFIG", str(named))
    assert Invocation().settings().work.chunk_size == 9


def test_each_data_directory_has_its_own_last_configuration(folder: Path) -> None:
    assert Invocation(data_dir=folder / "empty").settings().work.chunk_size == 500


def test_a_last_configuration_that_is_gone_is_forgotten(folder: Path) -> None:
    (folder / "other" / "assay.toml").unlink()
    assert Invocation().settings().work.chunk_size == 500
