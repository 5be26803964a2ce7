"""The mapper: proposes bindings from names, kinds and samples, and abstains when in doubt."""

from __future__ import annotations

from enrichment.offline.document import Document
from enrichment.offline.mapper.choosing import LARGE, SMALL, assign, consider
from enrichment.offline.mapper.companions import companion, companions
from enrichment.offline.mapper.joining import whole_name
from enrichment.offline.mapper.request import read
from schemas.json_types import Json
from schemas.plan import Alternative

__all__ = ["map_fields"]


def _as_json(alternative: Alternative) -> dict[str, Json]:
    return {
        "paths": list(alternative.paths),
        "ops": [
            {"op": call.op, "args": [{"name": arg.name, "value": arg.value} for arg in call.args]}
            for call in alternative.ops
        ],
    }


def map_fields(document: Document, *, deep: bool) -> dict[str, Json]:
    """Answer a `map_fields` request: each target field once, bound or abstained from.

    `deep`: look at more source fields, and ask for more where a proposal was refused.

    Raises:
        UsageError: it is no such request.
    """
    request = read(document)
    belonging = companions(request.fields)
    choices = {
        field.name: consider(field, request, LARGE if deep else SMALL)
        for field in request.fields
        if field.name not in belonging
    }
    given = assign(tuple(choices.values()))
    bindings: list[Json] = []
    abstained: list[Json] = []
    for field in request.fields:
        if field.name in belonging:
            alternatives = companion(field, given.get(belonging[field.name], ()), request)
        else:
            alternatives = tuple(made.alternative for made in given.get(field.name, ()))
        if not alternatives and (joined := whole_name(field, request)) is not None:
            alternatives = (joined,)
        if alternatives:
            bindings.append({"target": field.name, "alternatives": [_as_json(one) for one in alternatives]})
        else:
            reason = choices[field.name].reason if field.name in choices else "absent"
            abstained.append({"target": field.name, "reason": reason})
    return {"bindings": bindings, "abstained": abstained}
