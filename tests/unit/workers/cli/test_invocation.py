from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import typer

from enrichment.client import Client, wire
from enrichment.door import Response
from schemas.errors import ConfigurationError
from workers import beginning
from workers.cli import calling
from workers.cli.exits import Exit
from workers.cli.invocation import Invocation
from workers.cli.program import run
from workers.embedded.processes import Identity, identity_of
from workers.up import detached, supervisor
from workers.up.configuration import Noted
from workers.up.places import Places
from workers.up.record import Phase, Recorder, ServiceRecord


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


WRONG = ["[sources.s]\nconnector = 'ftp'\n", "[sources\n"]


def test_what_runs_is_found_though_its_configuration_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = folder / "assay.toml"
    for text, complaint in zip(WRONG, ("sources.s.connector", "no valid TOML"), strict=True):
        wrong.write_text(text)
        with pytest.raises(ConfigurationError):
            Invocation().settings()
        settings = Invocation().standing()
        assert (settings.data_dir, settings.file, dict(settings.sources)) == (folder / ".assay", None, {})
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("the configuration is wrong, the next `assay up` will be refused: ")
        assert complaint in said.err
    for name in ("by_option", "by_variable"):
        Places(folder / name).home.mkdir(parents=True)
    assert Invocation(data_dir=folder / "by_option").standing().data_dir == folder / "by_option"
    monkeypatch.setenv("ASSAY_DATA_DIR", str(folder / "by_variable"))
    assert Invocation().standing().data_dir == folder / "by_variable"


def test_a_wrong_configuration_still_names_its_data_directory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = folder / "other" / "assay.toml"
    wrong.write_text(f"data_dir = 'data'\n{WRONG[0]}")
    Places(folder / "other" / "data").home.mkdir(parents=True)
    assert Invocation(config=wrong).standing().data_dir == folder / "other" / "data"
    # as everywhere else, a relative path begins at the file
    Places(folder / "other" / "variable").home.mkdir(parents=True)
    monkeypatch.setenv("ASSAY_DATA_DIR", "variable")
    assert Invocation(config=wrong).standing().data_dir == folder / "other" / "variable"


def test_a_data_directory_in_which_the_wrong_file_lies_is_known_too(folder: Path) -> None:
    (folder / "assay.toml").write_text(f"data_dir = '.'\n{WRONG[0]}")
    Places(folder).home.mkdir(parents=True)
    assert Invocation().standing().data_dir == folder


@pytest.mark.parametrize("text", WRONG)
def test_where_no_fleet_was_ever_started_what_is_wrong_is_an_error(folder: Path, text: str) -> None:
    (folder / "assay.toml").write_text(text)
    with pytest.raises(ConfigurationError):
        Invocation(data_dir=folder / "empty").standing()


def test_a_sound_configuration_is_used_whole_and_nothing_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "assay.toml").write_text("[work]\nchunk_size = 8\n")
    assert Invocation().standing().work.chunk_size == 8
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("text", WRONG)
def test_commands_go_on_over_a_wrong_configuration(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (folder / "assay.toml").write_text(text)
    (folder / ".assay" / "endpoint.json").write_text('{"url": "http://127.0.0.1:9", "api_key": "k"}')
    page = Response(200, {}, b'{"items": [], "next": null}', "http://127.0.0.1:9")
    monkeypatch.setattr(wire, "call_own_api", lambda *_, **__: page)
    for command, code, out in (
        ("status", Exit.UNAVAILABLE, "stopped"),
        ("down", Exit.OK, "nothing runs over"),
        ("jobs", Exit.OK, ""),
    ):
        assert run([command]) == code
        said = capsys.readouterr()
        assert out in said.out
        assert "the next `assay up` will be refused" in said.err
    assert run(["up"]) == Exit.CONFIGURATION


def me_or(mark: str | None = None) -> Identity:
    me = identity_of(os.getpid())
    assert me is not None
    return me if mark is None else me._replace(mark=mark)


@pytest.mark.parametrize("supervised", [True, False])
def test_only_a_fleet_that_is_supervised_is_waited_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch, supervised: bool
) -> None:
    recorder = Recorder(Places(folder / ".assay").record, me_or(None if supervised else "another"))
    recorder.phase("running")
    # what a killed `assay up` left running still answers
    recorder.service(ServiceRecord("api", "running", *me_or()))
    asked: list[float] = []
    monkeypatch.setattr(Client, "local", lambda _, *, patience: asked.append(patience))
    context = SimpleNamespace(find_object=lambda _: Invocation())
    calling.client(cast("typer.Context", context), patience=8.0)
    assert asked == [8.0 if supervised else 0.0]


@pytest.mark.parametrize("phase", ["running", "stopped"])
def test_the_key_of_a_fleet_that_has_ended_is_not_sent_to_whoever_has_its_port(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, phase: Phase
) -> None:
    (folder / ".assay" / "endpoint.json").write_text('{"url": "http://127.0.0.1:9", "api_key": "k"}')
    sent: list[Any] = []
    page = Response(200, {}, b'{"items": [], "next": null}', "http://127.0.0.1:9")

    def call(*asked: Any, **_: Any) -> Response:
        sent.append(asked)
        return page

    monkeypatch.setattr(wire, "call_own_api", call)
    recorder = Recorder(Places(folder / ".assay").record, me_or("another"))
    recorder.service(ServiceRecord("api", "running", me_or().pid, "another", "http://127.0.0.1:9"))
    recorder.phase(phase)
    assert run(["jobs"]) == Exit.UNAVAILABLE
    said = capsys.readouterr().err
    assert f"the fleet of {folder / '.assay'} is stopped" in said
    assert "assay up --detach" in said
    assert sent == []
    # an address that was named is somebody's own word
    assert run(["--url", "http://127.0.0.1:9", "--key", "k", "jobs"]) == Exit.OK
    assert len(sent) == 1


def test_a_configuration_that_cannot_be_read_is_not_said_to_differ(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "assay.toml"
    file.write_text("[work]\nchunk_size = 8\n")
    started = Noted.of(Invocation().settings())
    Recorder(Places(folder / ".assay").record, me_or(), started).phase("running")
    file.write_text("[work]\nchunk_size = 9\n")
    run(["status"])
    assert "CHANGED" in capsys.readouterr().out
    file.write_text(WRONG[1])
    run(["status"])
    said = capsys.readouterr()
    assert "CHANGED" not in said.out
    assert "the next `assay up` will be refused" in said.err


def test_what_is_wrong_with_a_configuration_is_said_once_beside_a_fleet_that_serves(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "assay.toml").write_text(WRONG[1])
    (folder / ".assay" / "endpoint.json").write_text('{"url": "http://127.0.0.1:9", "api_key": "k"}')
    frozen = {"source": None, "since": "2026-07-01T09:30:20+00:00", "by": "admin", "reason": "wrong figures"}
    page = Response(200, {}, json.dumps({"items": [frozen], "next": None}).encode(), "http://127.0.0.1:9")
    monkeypatch.setattr(wire, "call_own_api", lambda *_, **__: page)
    recorder = Recorder(Places(folder / ".assay").record, me_or())
    recorder.service(ServiceRecord("api", "running", *me_or()))
    recorder.phase("running")
    assert run(["status"]) == Exit.OK
    said = capsys.readouterr()
    assert "FROZEN    the whole fleet since 2026-07-01 09:30:20 UTC by admin: wrong figures" in said.out
    assert said.err.count("the configuration is wrong") == 1


@pytest.mark.parametrize(
    ("text", "arguments", "times"),
    [(None, [], 1), (None, ["--detach"], 1), (None, ["--ready-fd", "9"], 0), ("[work]\n", [], 0)],
)
def test_up_says_that_there_is_nothing_to_start_with(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    text: str | None,
    arguments: list[str],
    times: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "assay.toml").write_text(text)
    monkeypatch.setattr(beginning, "begin_process", lambda *_, **__: None)
    monkeypatch.setattr(detached, "start_detached", lambda *_: 0)
    monkeypatch.setattr(supervisor.Supervisor, "run", lambda *_, **__: None)
    assert run(["up", *arguments]) == Exit.OK
    assert capsys.readouterr().err.count(f"there is no assay.toml in {tmp_path}: no source, no target") == times
