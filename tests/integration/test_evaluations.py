"""Evals of the offline model over HTTP, what is kept of them, and who is refused by them."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from enrichment.asking import Call
from enrichment.evals import require_evaluated
from enrichment.evals.guard import Evaluated
from enrichment.model.prompts import PROMPT_VERSION
from enrichment.store import evaluations, migration
from enrichment.store.database import Database
from enrichment.store.work import Claimed
from schemas.errors import ConfigurationError, WaitingError
from tests import hostile_model as hm
from tests.hostile_model import AUDIT, HostileModel
from workers.cli import program
from workers.offline_names import AUDITOR, SECOND, SMALL

Output = pytest.CaptureFixture[str]


def test_the_offline_model_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    """Planner and auditor, over HTTP, by the command; without a database nothing is stored, and that is said."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)
    status = program.run(["eval", "--json", "--trials", "1", "--model", SMALL, "--model", AUDITOR])
    shown = capsys.readouterr()
    found = json.loads(shown.out)["evaluations"]
    assert [(one["model"], one["verdict"]) for one in found] == [(n, "pass") for n in (SMALL, AUDITOR)]
    assert {one["versions"]["prompt"] for one in found} == {PROMPT_VERSION}
    assert (status, {one["stored"] for one in found}) == (0, {None})
    assert "not stored" in shown.err


def call(purpose: str, model: str) -> Call:
    work = Claimed(**{f.name: None for f in fields(Claimed)})  # type: ignore[arg-type]
    return Call(work, purpose, model, 1, 1, 1, 1.0)


def configured(folder: Path, database: str, model: HostileModel) -> None:
    lines = (
        "[database]",
        f'url = "{database}"',
        "[broker]",
        'url = "redis://127.0.0.1:9/0"',
        "[model]",
        f'base_url = "{model.url}"',
        f'small = "{SMALL}"',
        f'auditor = "{AUDITOR}"',
    )
    (folder / "assay.toml").write_text("\n".join(lines))


def test_a_model_that_fails_is_refused_until_it_passes(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    migration.migrate(database)
    monkeypatch.chdir(tmp_path)
    store = Database(database, application="test", size=1)
    asked = [("audit_cells", AUDITOR)]
    with HostileModel() as model, store.transaction() as tx:
        configured(tmp_path, database, model)
        require_evaluated(tx, asked)
        with pytest.raises(ConfigurationError, match="never evaluated"):
            require_evaluated(tx, asked, strictly=True)
    with HostileModel() as model:
        configured(tmp_path, database, model)
        model.play(AUDIT, then=hm.judging("supported"))
        run = ["eval", "--task", "audit_cells", "--model", AUDITOR, "--trials", "1"]
        assert program.run(run) == 1
        with store.transaction() as tx, pytest.raises(ConfigurationError, match="failed the evals") as refused:
            require_evaluated(tx, asked)
        assert refused.value.code == "evaluation"
        with pytest.raises(WaitingError) as held:
            Evaluated(store).admit(call("audit", AUDITOR))
        assert held.value.waits_on == f"evaluation:{AUDITOR}"
        Evaluated(store).admit(call("planning", AUDITOR))
        assert program.run(["worker", "model"]) == 78
        assert "assay eval" in capsys.readouterr().err
        model.play(AUDIT)
        assert program.run(run) == 0
    Evaluated(store).admit(call("audit", AUDITOR))
    with store.transaction() as tx:
        require_evaluated(tx, asked, strictly=True)
        last = evaluations.latest(tx, task="audit_cells", model=AUDITOR, prompt_version=PROMPT_VERSION)
        assert last is not None
        assert (last.verdict, last.passed) == ("pass", last.cases)
        assert [one["verdict"] for one in evaluations.listed(tx, limit=9)] == ["pass", "fail"]
    store.close()
    assert program.run(["eval", "--stored"]) == 0
    assert "fail" in capsys.readouterr().out


def test_models_of_a_second_provider_are_asked_there_and_needed_where_evaluations_are(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    migration.migrate(database)
    monkeypatch.chdir(tmp_path)
    with HostileModel() as model, HostileModel() as second:
        configured(tmp_path, database, model)
        with (tmp_path / "assay.toml").open("a") as file:
            file.write("\nrequire_evaluation = true\n[model.fallback]\n")
            file.write(f'base_url = "{second.url}"\nsmall = "{SMALL}"\nauditor = "{SECOND}"\n')
        second.play(AUDIT, then=hm.judging("supported"))
        assert program.run(["eval", "--trials", "1", "--json", "--model", SECOND, "--model", AUDITOR]) == 1
        found = json.loads(capsys.readouterr().out)["evaluations"]
        assert {one["model"]: one["verdict"] for one in found} == {AUDITOR: "pass", SECOND: "fail"}
        assert ({one.model for one in model.asked}, {one.model for one in second.asked}) == ({AUDITOR}, {SECOND})
    store = Database(database, application="test", size=1)
    with store.transaction() as tx:
        for task in ("map_fields", "audit_cells"):
            evaluations.add(tx, {**found[0], "task": task, "model": SMALL, "verdict": "pass"})
    store.close()
    assert program.run(["worker", "model"]) == 78
    told = capsys.readouterr().err
    assert SECOND in told
    assert "failed" in told


def test_cases_of_a_user_decide_nothing(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are scored and not stored."""
    migration.migrate(database)
    monkeypatch.chdir(tmp_path)
    target = {"name": "t", "fields": [{"name": "lei", "type": "string", "kind": "code"}]}
    rubric = {"lei": {"gives": ["x"]}}
    case = {"id": "one", "story": "s", "task": "map_fields", "target": target, "records": [{"a": 1}], "rubric": rubric}
    (tmp_path / "own.jsonl").write_text(json.dumps(case))
    store = Database(database, application="test", size=1)
    with HostileModel() as model:
        configured(tmp_path, database, model)
        with store.transaction() as tx:
            before = len(evaluations.listed(tx, limit=99))
        assert program.run(["eval", "--cases", "own.jsonl"]) == 1
        with store.transaction() as tx:
            assert len(evaluations.listed(tx, limit=99)) == before
    store.close()
