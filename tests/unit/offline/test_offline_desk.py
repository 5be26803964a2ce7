"""Which model takes which task, and what a wrong request is told."""

from __future__ import annotations

from typing import Any

import pytest

from enrichment.offline.desk import AUDITOR, LARGE, MODELS, SECOND, SMALL, answer
from schemas.errors import UsageError
from workers import offline_names

FIELD = {"name": "name", "type": "string"}
MAP = {
    "task": "map_fields",
    "target": {"name": "thing", "fields": [FIELD]},
    "source": {"name": "s", "fields": [{"path": "/name", "types": ["string"], "fill": 1, "samples": ["A"]}]},
    "operations": [{"op": "copy", "args": [], "doc": ""}],
    "refused": [],
}
AUDIT = {
    "task": "audit_cells",
    "target": {"name": "thing", "fields": [FIELD]},
    "records": [{"id": "r", "source": {"name": "A"}, "cells": [{"id": "c", "field": "name", "value": "A"}]}],
}


def test_names_say_what_they_are() -> None:
    assert all(name.startswith("assay-offline-") for name in MODELS)


@pytest.mark.parametrize("model", [SMALL, LARGE])
def test_mappers_map(model: str) -> None:
    assert answer(model, MAP) == {
        "bindings": [{"target": "name", "alternatives": [{"paths": ["/name"], "ops": []}]}],
        "abstained": [],
    }


@pytest.mark.parametrize("model", MODELS)
def test_all_audit(model: str) -> None:
    assert answer(model, AUDIT) == {"verdicts": [{"id": "c", "verdict": "supported"}]}


@pytest.mark.parametrize("model", [AUDITOR, SECOND])
def test_auditors_do_not_map(model: str) -> None:
    with pytest.raises(UsageError, match="does not take map_fields"):
        answer(model, MAP)


def test_the_fleet_asks_for_these_models() -> None:
    assert (offline_names.SMALL, offline_names.LARGE) == (SMALL, LARGE)
    assert (offline_names.AUDITOR, offline_names.SECOND) == (AUDITOR, SECOND)


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (None, "not an object"),
        ({}, "'task'"),
        ({"task": "other"}, "unknown task"),
        (without(MAP, "target"), "'target'"),
        (without(MAP, "source"), "'source'"),
        (without(MAP, "operations"), "'operations'"),
        (MAP | {"target": {"name": "t", "fields": [{"name": "x", "type": "blob"}]}}, r"fields\[0\].type"),
        (MAP | {"target": {"name": "t", "fields": [{"name": "x", "type": "string", "kind": "odd"}]}}, "kind"),
        (MAP | {"source": {"name": "s", "fields": [{"path": "/a", "types": [], "fill": True, "samples": []}]}}, "fill"),
        (MAP | {"source": {"name": "s", "fields": [{"path": "/a", "types": [1], "fill": 1, "samples": []}]}}, "types"),
        (without(AUDIT, "records"), "'records'"),
        (AUDIT | {"records": [3]}, r"records\[0\]"),
        (AUDIT | {"records": [{"source": {}, "cells": [{"id": "c", "field": "b"}]}]}, "no field of the target"),
        (AUDIT | {"records": "text"}, "not a list"),
    ],
)
def test_a_wrong_request_is_told_where(document: Any, where: str) -> None:
    with pytest.raises(UsageError, match=where):
        answer(SMALL, document)
