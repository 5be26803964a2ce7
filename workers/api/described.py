"""How OpenAPI describes what is answered: the members that are fixed. More may be added, so others are allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from schemas.plan import FieldState, PlanState
from schemas.states import ItemState, JobState, LetterState

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_NUMBER: Final[Schema] = {"type": "integer"}
_MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
_EXACT: Final[Schema] = {"type": ["string", "null"], "description": "A decimal, as text: no digit is lost."}


def _maybe(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(**members: Schema) -> Schema:
    return {"type": "object", "required": [*members], "properties": members}


def _counts(*names: str) -> Schema:
    return _object(**dict.fromkeys(names, _COUNT))


JOB: Final = _object(
    id=_NUMBER,
    source=_TEXT,
    target=_TEXT,
    state={"type": "string", "enum": [*map(str, JobState)]},
    counts=_counts("accepted", *map(str, ItemState)),
    calls=_counts("planning", "audit"),
    tokens=_counts("input", "output"),
    cost=_EXACT,
)
#: As it is asked for without its counts: with what costs nothing to know.
JOB_OR_STATE: Final[Schema] = {**JOB, "required": ["id", "source", "target", "state"]}
BATCH: Final = _object(id=_NUMBER, state=JOB["properties"]["state"], batches=_COUNT)
_OP: Final = _object(op=_TEXT, args=_list(_object(name=_TEXT, value=_TEXT)))
_ALTERNATIVE: Final = _object(paths=_list(_TEXT), ops=_list(_OP))
PLAN: Final = _object(
    id=_NUMBER,
    source=_TEXT,
    target=_TEXT,
    shape=_NUMBER,
    state={"type": "string", "enum": [*map(str, PlanState)]},
    bindings=_list(_object(target=_TEXT, alternatives=_list(_ALTERNATIVE), origin=_TEXT)),
    abstained=_list(_object(target=_TEXT, reason=_TEXT)),
    fields=_list(
        _object(name=_TEXT, state={"type": "string", "enum": [*map(str, FieldState)]}, audited=_COUNT, defects=_COUNT)
    ),
)
LETTER: Final = _object(
    id=_NUMBER,
    job=_NUMBER,
    source=_TEXT,
    target=_TEXT,
    record_id=_TEXT,
    stage=_TEXT,
    code=_TEXT,
    issues=_list(_object(field=_maybe(_TEXT), rule=_TEXT, message=_TEXT)),
    attempts=_COUNT,
    replays=_COUNT,
    state={"type": "string", "enum": [*map(str, LetterState)]},
    created_at=_MOMENT,
)
CELL: Final = _object(
    target=_TEXT,
    key=_TEXT,
    field=_TEXT,
    value={"type": ["string", "integer", "number", "boolean", "null"], "description": "Decimals are text."},
    reason={"type": ["string", "null"], "description": "Why it is empty."},
    source_text=_maybe(_TEXT),
    paths=_list(_TEXT),
    ops=_list(_OP),
    plan=_maybe(_NUMBER),
    job=_maybe(_NUMBER),
    verdict=_maybe(_TEXT),
    audit={"type": ["object", "null"]},
    written_at=_maybe(_MOMENT),
    history=_list({"type": "object"}),
)


def page(of: Schema) -> Schema:
    return _object(items=_list(of), next={"type": ["string", "null"], "description": "The cursor of those behind."})


def answer(what: str, schema: Schema, example: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One entry of `responses`: JSON of this schema."""
    shown = {} if example is None else {"example": dict(example)}
    return {"description": what, "content": {"application/json": {"schema": schema, **shown}}}
