"""The command line: parsing, exit codes, what is printed. Nothing runs behind it."""

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.client.encoding import batches
from schemas import VERSION
from schemas.errors import (
    AssayError,
    ConfigurationError,
    ConflictError,
    NotFoundError,
    TransientError,
    UsageError,
    WaitingError,
)
from workers.cli.asking import is_person
from workers.cli.examples import EXAMPLES
from workers.cli.exits import MEANINGS, Exit, exit_of, table
from workers.cli.jobs import outcome, split
from workers.cli.output import print_fields, print_page, print_table
from workers.cli.program import app, hoisted, run
from workers.cli.progress import line, settled
from workers.cli.record_lines import lines_of

COMMANDS = {
    "api",
    "audit",
    "budget",
    "demo",
    "dispatcher",
    "dlq",
    "doctor",
    "down",
    "explain",
    "flower",
    "jobs",
    "keys",
    "migrate",
    "plans",
    "reviews",
    "status",
    "submit",
    "up",
    "worker",
}


@pytest.mark.parametrize("values", [[","], [""], [" , "], ["\udcff"]])
def test_ids_that_name_nothing_or_cannot_be_sent_open_no_job(values: list[str]) -> None:
    with pytest.raises(UsageError):
        split(values)


@pytest.mark.parametrize("arguments", [["explain", "item", "bad\udcff"], ["dlq", "list", "--source", "bad\udcff"]])
def test_an_argument_that_is_no_utf_8_is_told(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "endpoint.json").write_text('{"url": "http://127.0.0.1:9", "api_key": "k"}')
    assert run(["--data-dir", str(tmp_path), *arguments]) == Exit.USAGE
    assert "is not UTF-8" in capsys.readouterr().err


def test_a_closed_input_gives_no_records_and_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="standard input is closed"):
        lines_of(Path("-"))
    assert not is_person()


def test_every_command_is_listed_with_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == Exit.OK
    said = capsys.readouterr().out
    listed = said.partition("Commands:")[2].partition("Exit codes:")[0]
    assert {line.split()[0] for line in listed.splitlines() if line.strip()} >= COMMANDS
    for code, meaning in MEANINGS.items():
        assert f"{code.value} {meaning}" in " ".join(said.split())
        assert str(code.value) in said


def test_the_documentation_has_the_same_table() -> None:
    text = (Path(__file__).parents[4] / "docs" / "command-line.md").read_text(encoding="utf-8")
    for code, meaning in MEANINGS.items():
        assert f"| {code.value} | {meaning} |" in text


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == Exit.OK
    assert f"assay {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", sorted(EXAMPLES))
def test_examples_are_shown_and_can_be_typed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command.split(), "--help"]) == Exit.OK
    shown = capsys.readouterr().out.partition("Examples:\n")[2].splitlines()
    assert [line.strip() for line in shown if line] == list(EXAMPLES[command])
    for example in EXAMPLES[command]:
        program, *words = shlex.split(example.partition(" > ")[0])
        assert program == "assay"
        named: Any = typer.main.get_command(app)
        context = None
        while hasattr(named, "get_command"):
            context = named.make_context("assay", list(words), parent=context)
            named = named.get_command(context, words.pop(0))
        # Parses without running; an unknown option, a missing argument or a text for a number would raise.
        named.make_context(command, words, parent=context)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["submit", "a", "b", "--data-dir", "/x"], ["--data-dir", "/x", "submit", "a", "b"]),
        (["status", "--config=a.toml", "--json"], ["--config=a.toml", "status", "--json"]),
        (["--config", "a", "jobs", "3"], ["--config", "a", "jobs", "3"]),
        (["explain", "t", "--", "--config", "f"], ["explain", "t", "--", "--config", "f"]),
        (["status", "--config"], ["status", "--config"]),
        ([], []),
    ],
)
def test_shared_options_may_stand_anywhere(arguments: list[str], expected: list[str]) -> None:
    assert hoisted(arguments) == expected


@settings(derandomize=True)
@given(st.lists(st.sampled_from(["--config", "--url", "--key=x", "--", "a", "b", "--json"])))
def test_hoisting_loses_and_adds_nothing(arguments: list[str]) -> None:
    assert sorted(hoisted(arguments)) == sorted(arguments)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (NotFoundError("x"), 2),
        (ConflictError("x"), 2),
        (ConfigurationError("x"), 78),
        (TransientError("x"), 75),
        (TransientError("x", code="not_running"), 69),
        (TransientError("x", code="source_unreachable"), 69),
        (TransientError("x", code="database"), 69),
        (WaitingError("x", waits_on="budget"), 75),
        (UsageError("x", code="unauthorized"), 77),
        (UsageError("x", code="forbidden"), 77),
        (AssayError("x"), 1),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: AssayError, code: int) -> None:
    assert exit_of(error) == code


def test_wrong_usage_ends_with_two_and_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["submit"]) == Exit.USAGE
    assert run(["no-such-command"]) == Exit.USAGE
    assert "no-such-command" in capsys.readouterr().err


def test_an_error_is_told_with_its_hint_and_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--config", str(tmp_path / "none.toml"), "status"]) == Exit.CONFIGURATION
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert "hint: " in said.err
    assert "Traceback" not in said.err


def test_where_nothing_runs_commands_say_how_to_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["jobs"]) == Exit.UNAVAILABLE
    assert "assay up" in capsys.readouterr().err
    assert run(["keys", "list"]) == Exit.UNAVAILABLE
    assert "assay up" in capsys.readouterr().err
    assert run(["down"]) == Exit.OK


def test_status_of_nothing_is_a_whole_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["status", "--json"]) == Exit.UNAVAILABLE
    found = json.loads(capsys.readouterr().out)
    assert found["services"] == []
    assert found["state"] == "stopped"
    assert found["database"] == {"url": None}
    assert found["model"] == {"url": None, "name": "assay-offline-small", "offline": True}


def test_an_address_and_a_key_belong_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--url", "http://127.0.0.1:9", "jobs"]) == Exit.USAGE
    assert "--key is missing" in capsys.readouterr().err


def test_migrate_prints_sql_without_a_database(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["migrate", "--print-sql"]) == Exit.OK
    said = capsys.readouterr().out
    assert "CREATE SCHEMA IF NOT EXISTS assay" in said
    assert "CREATE TABLE assay.work" in said


def test_a_worker_has_one_of_the_roles(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["worker", "fetsch"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "there is no role 'fetsch', did you mean 'fetch'?" in said
    assert "isolated" in said


def test_keys_have_one_of_three_roles(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "create", "me", "--role", "king"]) == Exit.USAGE
    assert "producer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given_ids", "expected"),
    [(None, None), (["a,b", "c"], ["a", "b", "c"]), (["Smith,, J.,x"], ["Smith, J.", "x"]), ([" a , "], ["a"])],
)
def test_ids_are_repeated_or_separated(given_ids: list[str] | None, expected: list[str] | None) -> None:
    assert split(given_ids) == expected


def test_lines_are_sent_one_by_one_and_a_bad_one_alone(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    lines = [b'{"a": 1}', b"not json", b'{"b": "\xff"}', b'{"n": 0.12345678901234567890123, "m": 1e400}']
    file.write_bytes(b"\xef\xbb\xbf" + b"\r\n\n".join(lines) + b"\n[broken\n")
    sent = list(batches(lines_of(file)))
    assert sent == [b"\n".join([*lines, b'"[broken"'])]


def test_a_json_array_is_no_file_of_lines(tmp_path: Path) -> None:
    file = tmp_path / "records.json"
    file.write_text('[{"a": 1}]')
    with pytest.raises(UsageError) as caught:
        list(lines_of(file))
    assert "jq" in caught.value.hint
    with pytest.raises(UsageError):
        lines_of(tmp_path / "none")


@pytest.mark.parametrize(
    ("state", "code"), [("done", 0), ("partial", 1), ("failed", 1), ("cancelled", 1), ("blocked", 75)]
)
def test_the_end_of_a_job_is_the_end_of_the_command(state: str, code: int) -> None:
    assert outcome(state) == code


COUNTS = {"accepted": 10, "in_flight": 2, "held": 1, "review": 1, "written": 5, "dead": 1, "unchanged": 0}


def test_progress_counts_what_has_come_to_an_end() -> None:
    assert settled(COUNTS) == (6, 10)
    assert line(COUNTS) == "6 of 10 records (2 in flight, 1 held, 1 review, 5 written, 1 dead)"


def test_tables_are_plain_and_listings_are_pages(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1, "counts": {"dead": 2}, "name": "a\x1b[31mred\x1b[0m\nb"},
        {"id": 20, "counts": {}, "name": None},
    ]
    print_table(rows, ("id", "counts.dead", "name"), empty="none")
    said = capsys.readouterr().out
    assert said.splitlines()[0].split() == ["ID", "DEAD", "NAME"]
    assert "\x1b" not in said
    assert len(said.splitlines()) == 3
    print_table([], ("id",), empty="none")
    assert capsys.readouterr().out == "none\n"
    print_page(rows)
    assert json.loads(capsys.readouterr().out) == {"items": rows, "next": None}
    print_fields({"a": "x" * 100, "b": True}, ("a", "b"))
    assert capsys.readouterr().out == f"a  {'x' * 100}\nb  yes\n"


_HELP = "from workers.cli.program import run\nrun(['--help'])"
_STATUS = "import workers.up.status, workers.up.record, enrichment.client"


@pytest.mark.parametrize(
    ("script", "heavy"),
    [
        (
            _HELP,
            ("celery", "sqlalchemy", "psycopg", "fastapi", "openai", "phonenumbers", "pint", "rich.progress", "redis"),
        ),
        # Asked often, by people and by scripts: not by way of all that a worker is made of.
        (_STATUS, ("celery", "fastapi", "openai", "phonenumbers", "pint", "redis", "enrichment.pipeline")),
    ],
)
def test_what_is_asked_often_imports_next_to_nothing(script: str, heavy: tuple[str, ...]) -> None:
    told = f"import sys\n{script}\nsys.stderr.write(' '.join(name for name in {heavy!r} if name in sys.modules))"
    root = Path(__file__).parents[4]
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", told],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.stderr == ""
    assert time.monotonic() - began < 30


def test_a_reader_that_has_seen_enough_leaves_no_trace() -> None:
    """As of `| head`: what is left is written at the program's end, when nobody reads any more."""
    read, write = os.pipe()
    os.close(read)
    program = "from workers.cli import program; program.run = lambda _: print('the rest') or 0; program.main()"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    ended = subprocess.run(
        [sys.executable, "-c", program], stdout=write, stderr=subprocess.PIPE, text=True, check=False, env=buffered
    )
    os.close(write)
    assert (ended.stderr, ended.returncode) == ("", 0)


def test_the_program_says_which_release_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.split()[:2] == ["assay", VERSION]


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_the_exit_codes_of_help_are_not_broken_within_a_word(columns: int) -> None:
    lines = table(columns).splitlines()
    assert max(map(len, lines)) <= min(columns, 80) - 2
    words = " ".join(" ".join(lines).split())
    assert all(f"{code.value} {meaning}" in words for code, meaning in MEANINGS.items())


@pytest.mark.parametrize(
    ("into", "code", "said"),
    [
        (">&-", Exit.OK, ""),
        ("> /dev/full", Exit.CONFIGURATION, "error: the output cannot be written: no space is left"),
    ],
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_an_output_that_takes_nothing_leaves_no_traceback(into: str, code: int, said: str) -> None:
    script = "from workers.cli.program import main; main()"
    command = f"{shlex.join([sys.executable, '-c', script, '--version'])} {into}"
    ended = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.partition("\n")[0]) == (code, said)


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-8"])
def test_what_an_encoding_has_no_character_for_is_escaped(tmp_path: Path, encoding: str) -> None:
    name = "\u6771\u4eac \u2192 \U0001f3e2"
    command = [sys.executable, "-P", "-m", "workers", "--data-dir", str(tmp_path / name), "status"]
    environ = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(Path(__file__).parents[4])}
    done = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, check=False, timeout=100)
    assert done.returncode == Exit.UNAVAILABLE, done.stderr
    said = done.stdout.decode(encoding).partition(": ")[0]
    assert json.loads(f'"{said}"') == str(tmp_path / name)


def test_a_path_that_the_environment_cannot_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "assay.toml").write_text('data_dir = "d\u00e4ta"', encoding="utf-8")
    command = [sys.executable, "-P", "-m", "workers", "status"]
    environ = {**os.environ, "PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONPATH": str(Path(__file__).parents[4])}
    done = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == Exit.CONFIGURATION
    assert "LC_ALL=C.UTF-8" in done.stderr
    assert "Traceback" not in done.stderr
