"""Verdicts of evaluations, as they were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from enrichment.store.database import Tx


@dataclass(frozen=True, slots=True)
class Found:
    """One evaluation without its cases' results."""

    id: int
    task: str
    model: str
    prompt_version: str
    gate_version: str
    bar: float
    cases: int
    passed: int
    verdict: str
    created_at: datetime


_COLUMNS = "id, task, model, prompt_version, gate_version, bar, cases, passed, verdict, created_at"


def add(tx: Tx, document: Mapping[str, Any]) -> int:
    """Keep an evaluation, given as its document; gives its id."""
    versions = document["versions"]
    row = tx.execute(
        """
        INSERT INTO evaluation (task, model, prompt_version, gate_version, targets_version, cases_version, bar, trials,
                                cases, passed, lower, upper, verdict, results)
        VALUES (%(task)s, %(model)s, %(prompt)s, %(gate)s, %(targets)s, %(cases_version)s, %(bar)s, %(trials)s,
                %(cases)s, %(passed)s, %(lower)s, %(upper)s, %(verdict)s, %(results)s)
        RETURNING id
        """,
        {
            **{
                name: document[name] for name in ("task", "model", "bar", "trials", "cases", "passed", "lower", "upper")
            },
            **{name: versions[name] for name in ("prompt", "gate", "targets")},
            "cases_version": versions["cases"],
            "verdict": document["verdict"],
            "results": Jsonb(document["results"]),
        },
    ).fetchone()
    assert row is not None  # noqa: S101 - an INSERT without a conflict gives its row
    return int(row["id"])


def latest(tx: Tx, *, task: str, model: str, prompt_version: str) -> Found | None:
    """The newest evaluation of a model with a prompt."""
    row = tx.execute(
        f"""
        SELECT {_COLUMNS} FROM evaluation
        WHERE task = %(task)s AND model = %(model)s AND prompt_version = %(prompt_version)s
        ORDER BY id DESC LIMIT 1
        """,
        {"task": task, "model": model, "prompt_version": prompt_version},
    ).fetchone()
    return None if row is None else Found(**row)


def listed(tx: Tx, *, limit: int) -> list[dict[str, Any]]:
    """The newest evaluations with their cases' results, newest first."""
    return tx.execute("SELECT * FROM evaluation ORDER BY id DESC LIMIT %(limit)s", {"limit": limit}).fetchall()


def document(row: Mapping[str, Any]) -> dict[str, Any]:
    """A stored evaluation in the form in which it was given, with its id and time."""
    names = ("id", "task", "model", "verdict", "bar", "passed", "cases", "trials", "lower", "upper", "results")
    versions = {name: row[f"{name}_version"] for name in ("prompt", "gate", "targets", "cases")}
    return {**{name: row[name] for name in names}, "versions": versions, "created_at": row["created_at"].isoformat()}
