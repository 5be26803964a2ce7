"""A plan that somebody edited is refused with the place that is wrong and what may stand there."""

from __future__ import annotations

from typing import Any

import pytest

from enrichment.deciding import plan_documents
from schemas.errors import UsageError
from schemas.plan import Origin

BINDING = {"target": "size", "alternatives": [{"paths": ["/n"], "ops": []}], "origin": "large"}


def document(**changed: Any) -> dict[str, Any]:
    return {"assay_plan": 1, "bindings": [{**BINDING, **changed}], "abstained": [], "pointers": {"/n": ["integer"]}}


def test_a_document_is_taken_as_brought_along() -> None:
    body = plan_documents.body_of(document())
    assert [(b.target, b.origin) for b in body.bindings] == [("size", Origin.IMPORT)]
    assert plan_documents.pointers_of(document()) == {"/n": frozenset({"integer"})}


@pytest.mark.parametrize(
    ("changed", "said", "hint"),
    [
        ({"origin": "human"}, "bindings.0.origin: is nothing that may stand here", "'large', 'person' or 'import'"),
        ({"origin": "larg"}, "did you mean 'large'?", "one of 'stored'"),
        ({"alternatives": []}, "bindings.0.alternatives: is too short", "at least 1"),
        ({"paths": ["/n"]}, "bindings.0.paths: is not known here", "bindings.0.paths: leave it out"),
        ({"target": None}, "bindings.0.target: is no text", "a text in quotes"),
    ],
)
def test_what_is_wrong_with_a_binding_is_named_with_what_may_stand_there(
    changed: dict[str, Any], said: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        plan_documents.body_of(document(**changed))
    assert said in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.code == "plan_document"


@pytest.mark.parametrize("pointers", ["x", {"/n": 3}, {"/n": "integer"}])
def test_pointers_are_named_too(pointers: object) -> None:
    with pytest.raises(UsageError, match="pointers is no table"):
        plan_documents.pointers_of({**document(), "pointers": pointers})


def test_another_document_is_none() -> None:
    with pytest.raises(UsageError, match="no exported plan"):
        plan_documents.require({**document(), "assay_plan": 2})
