"""`assay dlq replay` and `discard`: a script does much only with the token of what it was shown."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from workers.api.examples import JOB
from workers.cli import asking
from workers.cli import letters as commands

UNDONE = "nothing was done; to do exactly this add: --confirm token"


class Replayed(dict[str, Any]):
    """What a replay did; its jobs have ended by the time that somebody waits for them."""

    def __init__(self, document: dict[str, Any], states: tuple[str, ...]) -> None:
        super().__init__(document)
        self.states = states

    def wait(self) -> list[Any]:
        documents = [{**JOB, "id": 70 + n, "state": state} for n, state in enumerate(self.states)]
        return [SimpleNamespace(state=one["state"], document=one) for one in documents]


class Fake:
    """The API's dead letters: so many match, and the jobs of a replay end in these states."""

    def __init__(self) -> None:
        self.many = 1
        self.states: tuple[str, ...] = ("done",)
        self.done: list[tuple[str, str | None]] = []

    def replay(self, *, dry_run: bool = False, confirm: str | None = None, **_: Any) -> Replayed:
        found = {"matched": self.many, "replayable": self.many, "refused": [], "jobs": [] if dry_run else [70]}
        return Replayed({**found, "confirm": self._token("replay", confirm, dry_run=dry_run)}, self.states)

    def discard(self, *, dry_run: bool = False, confirm: str | None = None, **_: Any) -> dict[str, Any]:
        found = {"matched": self.many, "discarded": 0 if dry_run else self.many}
        return {**found, "confirm": self._token("discard", confirm, dry_run=dry_run)}

    def _token(self, act: str, confirm: str | None, *, dry_run: bool) -> str | None:
        if dry_run:
            # as the API: for a few nothing has to be confirmed
            return "token" if self.many > 100 else None
        self.done.append((act, confirm))
        return None


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Fake:
    fake = Fake()
    monkeypatch.setattr(commands, "client", lambda _: SimpleNamespace(dead_letters=fake))
    return fake


def run(*words: str, answer: str | None = None) -> Any:
    app = typer.Typer()
    commands.register(app)
    return CliRunner().invoke(app, ["dlq", *words], input=answer)


ACTS = pytest.mark.parametrize("words", [("replay", "--all"), ("discard", "--all", "--reason", "old")])


@ACTS
def test_a_script_does_not_do_much_by_mistake(api: Fake, words: tuple[str, ...]) -> None:
    api.many = 101
    said = run(*words)
    assert said.exit_code == 75
    assert said.stderr.splitlines() == [UNDONE]
    assert api.done == []


@ACTS
@pytest.mark.parametrize(
    ("many", "more", "token"),
    [(100, (), None), (101, ("--yes",), "token"), (101, ("--confirm", "shown"), "shown")],
)
def test_little_and_what_was_meant_is_done(
    api: Fake, words: tuple[str, ...], many: int, more: tuple[str, ...], token: str | None
) -> None:
    api.many = many
    said = run(*words, *more)
    assert said.exit_code == 0
    assert "nothing was done" not in said.output
    assert api.done == [(words[0], token)]


@ACTS
@pytest.mark.parametrize("many", [100, 101])
def test_a_person_who_says_no_is_told_how_it_is_done(
    api: Fake, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], many: int
) -> None:
    monkeypatch.setattr(asking, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    api.many = many
    said = run(*words, answer="n\n")
    assert said.exit_code == 75
    # for a few there is no token that could be added
    assert said.stderr.endswith(f"Go on? [y/N]:{UNDONE if many > 100 else 'nothing was done'}\n")
    assert api.done == []


@ACTS
def test_a_dry_run_is_no_refusal(api: Fake, words: tuple[str, ...]) -> None:
    api.many = 101
    assert "nothing was done" not in run(*words, "--dry-run").output
    assert api.done == []


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (("done",), 0),
        (("blocked",), 75),
        (("partial",), 1),
        (("failed",), 1),
        (("done", "partial"), 1),
        (("partial", "blocked", "done"), 75),
    ],
)
def test_a_replay_that_is_waited_for_ends_as_its_jobs_did(api: Fake, states: tuple[str, ...], code: int) -> None:
    api.states = states
    said = run("replay", "--all", "--wait")
    assert said.exit_code == code
    for number, state in enumerate(states):
        assert f"job {70 + number} is {state}: " in said.output
    assert run("replay", "--all").exit_code == 0
