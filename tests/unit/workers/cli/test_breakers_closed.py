"""`assay breakers`: minutes become seconds, and closing by hand is confirmed by exactly what was shown."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from workers.cli import breakers as commands


class Fake:
    """The API's breakers, as far as their answers go."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def open(self, breaker: int, *, reason: str, seconds: int) -> dict[str, Any]:
        self.asked.append(("open", breaker, reason, seconds))
        return {"id": breaker, "state": "forced_open", "reason": reason}

    def close(self, breaker: int, *, reason: str, seconds: int, confirm: str | None) -> dict[str, Any]:
        self.asked.append(("close", breaker, reason, seconds, confirm))
        done = confirm == "token"
        return {"id": breaker, "key": "k", "rows": 20, "waiting": 2, "done": done, "confirm": None if done else "token"}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Fake:
    fake = Fake()
    monkeypatch.setattr(commands, "client", lambda _: SimpleNamespace(breakers=fake))
    return fake


def run(*words: str) -> Any:
    app = typer.Typer()
    commands.register(app)
    return CliRunner().invoke(app, ["breakers", *words])


def test_opening_by_hand_has_a_reason_and_an_end(api: Fake) -> None:
    assert run("open", "3", "--reason", "maintenance", "--minutes", "5").exit_code == 0
    assert api.asked == [("open", 3, "maintenance", 300)]
    assert run("open", "3").exit_code == 2
    assert run("open", "3", "--reason", "x", "--minutes", "0").exit_code == 2


def test_closing_without_a_terminal_says_what_it_lets_through_and_does_nothing(api: Fake) -> None:
    said = run("close", "3", "--reason", "mended")
    assert said.exit_code == 75
    assert "20 staged rows and 2 works of k would go on" in said.output
    assert "--confirm token" in said.output
    assert api.asked == [("close", 3, "mended", 3_600, None)]


@pytest.mark.parametrize(("words", "calls"), [(("--yes",), 2), (("--confirm", "token"), 1)])
def test_closing_by_hand_takes_the_token_of_what_was_shown(api: Fake, words: tuple[str, ...], calls: int) -> None:
    assert run("close", "3", "--reason", "mended", *words).exit_code == 0
    assert api.asked[-1] == ("close", 3, "mended", 3_600, "token")
    assert len(api.asked) == calls
