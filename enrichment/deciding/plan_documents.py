"""A plan as a document that goes from one fleet to another, and that a person may have edited on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from schemas.errors import UsageError
from schemas.plan import Binding, Origin, PlanBody
from schemas.wording import validation_problems

#: Of the document that is exported and taken over.
VERSION: Final = 1
_CODE: Final = "plan_document"
#: Things wrong with a document that are told at once.
_SHOWN: Final = 5


def require(document: Mapping[str, Any]) -> None:
    """Raises UsageError where the document is none that `export` gives."""
    if document.get("assay_plan") != VERSION:
        raise UsageError("this is no exported plan", hint="export one with: assay plans export ID", code=_CODE)


def body_of(document: Mapping[str, Any]) -> PlanBody:
    """What the plan binds; its bindings are brought along, whoever made them.

    Raises:
        UsageError: it cannot be read; the first things that are wrong, with what may stand there.
    """
    try:
        body = PlanBody.model_validate(
            {name: document.get(name, []) for name in ("bindings", "abstained")}, strict=False
        )
    except ValidationError as error:
        problems = validation_problems(error)
        raise UsageError(
            "the document cannot be taken over: " + "; ".join(f"{one.where}: {one.what}" for one in problems[:_SHOWN]),
            hint="; ".join(dict.fromkeys(f"{one.where}: {one.remedy}" for one in problems[:_SHOWN])),
            code=_CODE,
        ) from None
    bindings = (Binding(target=b.target, alternatives=b.alternatives, origin=Origin.IMPORT) for b in body.bindings)
    return PlanBody(bindings=tuple(bindings), abstained=body.abstained)


def pointers_of(document: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """The pointers of its shape, with their types.

    Raises:
        UsageError: they cannot be read.
    """
    pointers = document.get("pointers", {})
    if not isinstance(pointers, Mapping) or not all(isinstance(types, list | tuple) for types in pointers.values()):
        raise UsageError(
            "the document cannot be taken over: pointers is no table of pointers with lists of types",
            hint='write it like {"/employees": ["integer"]}, as it is exported',
            code=_CODE,
        )
    return {str(pointer): frozenset(map(str, types)) for pointer, types in pointers.items()}
