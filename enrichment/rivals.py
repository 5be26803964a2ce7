"""What else a target field could be: other pointers of some records, by the evidence of names, kinds and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from enrichment.evidence import entity_words, read_source, read_target, score
from enrichment.sampling import sample_fields
from schemas.json_types import Json
from schemas.plan import Binding
from schemas.target import Target

#: Rivals that are shown, and how well one has to fit.
_FEW = 5
_WORTH_A_LOOK = 0.2


def of(target: Target, binding: Binding, found: Sequence[Json]) -> list[dict[str, Any]]:
    """Path, fit (0..1) and samples of the pointers that fit the binding's field best, without its own."""
    field = target.by_name.get(binding.target)
    records = [record for record in found if isinstance(record, Mapping)]
    if field is None or not records:
        return []
    entity = entity_words(target.name)
    wanted = read_target(field, entity=entity)
    own = {path for alternative in binding.alternatives for path in alternative.paths}
    scored = [
        (score(read_source(offered, entity=entity), wanted).score, offered)
        for offered in sample_fields(records)
        if offered.path not in own and not {"array", "object"} & set(offered.types)
    ]
    best = sorted((pair for pair in scored if pair[0] >= _WORTH_A_LOOK), key=lambda p: (-p[0], p[1].path))
    return [{"path": o.path, "fit": fit, "samples": list(o.samples)} for fit, o in best[:_FEW]]
