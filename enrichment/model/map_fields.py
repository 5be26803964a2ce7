"""The request `map_fields`: how does this target come out of records of this shape?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from enrichment.evidence import infer_target_kind
from enrichment.evidence.kinds import CODED
from enrichment.gate.offer import Offer
from enrichment.json_text import dumps
from enrichment.model.parts import fits
from enrichment.model.prompts import MAP_FIELDS
from enrichment.model.response_schemas import Schema, map_fields_schema
from enrichment.operations import REGISTRY, ReadSettings, operation_offers
from enrichment.sampling import MAX_SAMPLES, cut
from schemas.errors import UsageError
from schemas.json_types import Json
from schemas.plan import Refusal
from schemas.shape import SampledField
from schemas.target import Target, TargetField

NAME: Final = "map_fields"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """One request, ready to be sent: `user_json` is the whole user message. `offer` is what an answer may name."""

    system: str
    user_json: str
    schema: Schema
    offer: Offer
    name: str = NAME


def _field(field: TargetField) -> dict[str, Any]:
    return {
        "name": field.name,
        "type": field.type,
        "format": field.format,
        "kind": kind.value if (kind := infer_target_kind(field)) is not None else None,
        "unit": field.unit,
        "currency_field": field.currency_field,
        "required": field.required,
        "identity": field.identity,
        "description": field.description,
        "allowed": None if field.allowed is None else list(field.allowed),
        "minimum": field.minimum,
        "maximum": field.maximum,
        "pattern": field.pattern,
    }


def _coded(target: Target, names: Sequence[str]) -> frozenset[str]:
    return frozenset(name for name in names if infer_target_kind(target.by_name[name]) in CODED)


def _source_field(field: SampledField) -> dict[str, Any]:
    return {
        "path": field.path,
        "types": list(field.types),
        "fill": round(field.fill, 4),
        "samples": [cut(sample) for sample in field.samples[:MAX_SAMPLES]],
    }


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {
        "target": refusal.target,
        "paths": list(refusal.paths),
        "rule": refusal.rule,
        "message": refusal.message,
    }


def build_map_fields(
    target: Target,
    fields: Sequence[str],
    source: str,
    shape: str,
    source_fields: Sequence[SampledField],
    *,
    refused: Sequence[Refusal] = (),
    part: tuple[int, int] = (0, 1),
    settings: Mapping[str, ReadSettings] | None = None,
) -> PlanRequest:
    """Ask about `fields` of the target, offering `source_fields`.

    refused:  everything refused for this shape so far, by whichever model; what concerns other fields is left out
    part:     (index, number of parts)
    settings: target field -> what its operations may know, for checking the answer

    Raises:
        UsageError: nothing to ask or to offer, or more than one request may offer.
    """
    asked, operations = tuple(fields), tuple(REGISTRY)
    paths = tuple(f.path for f in source_fields)
    if not asked or not paths:
        raise UsageError("a request needs target fields and pointers", hint="abstain from what nothing is offered for")
    if not fits(asked, paths, operations):
        raise UsageError("a request offers too much", hint="split it with split_parts")
    document: Json = {
        "task": NAME,
        "version": _VERSION,
        "target": {
            "name": target.name,
            "description": target.description,
            "fields": [_field(target.by_name[name]) for name in asked],
        },
        "source": {
            "name": source,
            "shape": shape,
            "part": {"index": part[0], "of": part[1]},
            "fields": [_source_field(f) for f in source_fields],
        },
        "operations": list(operation_offers()),
        "refused": [_refusal(r) for r in refused if r.target is None or r.target in asked],
    }
    return PlanRequest(
        system=MAP_FIELDS,
        user_json=dumps(document).decode(),
        schema=map_fields_schema(asked, paths, operations),
        offer=Offer(asked, frozenset(paths), frozenset(operations), settings or {}, _coded(target, asked)),
    )
