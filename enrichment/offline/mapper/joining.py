"""A person's name in parts, where a target wants it whole."""

from __future__ import annotations

from typing import Final

from enrichment.evidence import fit, infer_target_kind
from enrichment.evidence.sense import sense_of_name
from enrichment.offline.mapper.request import MapRequest
from schemas.kinds import Kind
from schemas.plan import Alternative, OpArg, OpCall
from schemas.target import TargetField

_GIVEN: Final = TargetField(name="first_name", type="string", kind=Kind.NAME)
_FAMILY: Final = TargetField(name="last_name", type="string", kind=Kind.NAME)
_SURE: Final = 0.85


def whole_name(field: TargetField, request: MapRequest) -> Alternative | None:
    """Given and family name joined, where exactly one of each stands side by side."""
    sense = sense_of_name(field.name, request.entity)
    if infer_target_kind(field) is not Kind.NAME or sense.content - {"full_name"} or "join" not in request.operations:
        return None
    parts = []
    for wanted in (_GIVEN, _FAMILY):
        found = [s.path for s in request.sources if fit(s, wanted, entity=request.entity).score >= _SURE]
        if len(found) != 1:
            return None
        parts += found
    if len({path.rpartition("/")[0] for path in parts}) != 1:
        return None
    paths = tuple(parts)
    if any(r.target == field.name and set(r.paths) == set(paths) for r in request.refused):
        return None
    return Alternative(paths=paths, ops=(OpCall(op="join", args=(OpArg(name="separator", value=" "),)),))
