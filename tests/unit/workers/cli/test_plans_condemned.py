"""A person is shown what condemning does before it is done, and told what takes it back; a script is not asked."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from workers.api.examples import PLAN
from workers.cli import asking
from workers.cli import plans as commands

SHOWN = "2 assertions; of 2 rows: 1 to change, 1 to go, 0 to stay as they are"


class Fake:
    """Plans of an API that holds one, and keeps what it is asked to do."""

    def __init__(self, **states: str) -> None:
        self.states = states
        self.done: list[Any] = []
        self.plans = self

    def show(self, _: int) -> dict[str, Any]:
        fields = [{**PLAN["fields"][0], "name": name, "state": state} for name, state in self.states.items()]
        return {**PLAN, "id": 7, "fields": fields}

    def rollback(self, plan: int, *, fields: Sequence[str] | None = None) -> dict[str, Any]:
        self.done.append(("look", plan, fields))
        return {**self.show(plan), "assertions": 2, "rows": 2, "changed": 1, "deleted": 1, "untouched": 0}

    def condemn(self, plan: int, *, fields: Sequence[str] | None, reason: str) -> dict[str, Any]:
        self.done.append(("condemn", plan, fields, reason))
        self.states |= dict.fromkeys(fields or self.states, "condemned")
        return self.show(plan)

    def approve(self, plan: int, *, fields: Sequence[str] | None, **_: str) -> dict[str, Any]:
        self.states |= dict.fromkeys(fields or (), "released")
        return self.show(plan)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Fake:
    found = Fake(city="released", size="condemned", name="released")
    monkeypatch.setattr(commands, "client", lambda *_, **__: found)
    return found


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))


def run(*words: str, answer: str | None = None) -> Any:
    app = typer.Typer()
    commands.register(app)
    return CliRunner().invoke(app, ["plans", *words], input=answer)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("answer", "code"), [("n\n", 75), ("y\n", 0)])
def test_a_person_is_shown_what_would_go_before_anything_does(api: Fake, answer: str, code: int) -> None:
    said = run("condemn", "7", "--field", "city", "--field", "size", answer=answer)
    assert said.exit_code == code
    assert said.stderr.startswith(f"city of plan 7: {SHOWN}\nCondemn it? [y/N]:")
    # what is condemned already asserts nothing that could be counted
    assert api.done[0] == ("look", 7, ["city"])
    assert api.done[1:] == ([("condemn", 7, ["city", "size"], "")] if code == 0 else [])
    assert ("nothing was done" in said.stderr) == (code == 75)
    back = "this takes it back: assay plans approve 7 --field city --field size\n"
    assert said.stdout.endswith(back) == (code == 0)


def test_a_script_condemns_without_being_asked(api: Fake) -> None:
    assert run("condemn", "7", "--reason", "wrong").exit_code == 0
    assert api.done == [("condemn", 7, None, "wrong")]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("words", [("--yes",), ("--field", "size")])
def test_nobody_is_asked_who_said_yes_or_where_nothing_can_go(api: Fake, words: tuple[str, ...]) -> None:
    assert run("condemn", "7", *words).exit_code == 0
    assert [one[0] for one in api.done] == ["condemn"]


def test_approving_says_what_it_took_back_and_what_it_left(api: Fake) -> None:
    api.states["city"] = "condemned"
    said = run("approve", "7", "--field", "city").stdout
    assert "\ntaken back: city; their records go back through\n" in said
    assert said.endswith("\nleft condemned: size; this takes it back: assay plans approve 7 --field size\n")
    assert "condemned:" not in run("approve", "7", "--field", "size").stdout
    assert run("approve", "7", "--json").stdout.count("\n") == 1
