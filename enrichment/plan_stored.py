"""What a plan for an earlier declaration of its target leaves for the one that is declared now. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final

from enrichment.plan_standing import Standing, fallen_of, unreplaced
from enrichment.store.plans import PlanRow
from schemas.plan import Abstention, Binding, Origin, PlanState
from schemas.target import Target

#: Who proposed these knew the field, whatever is said of it now.
_PERSONS: Final = frozenset({Origin.PERSON, Origin.IMPORT})
_SERVED: Final = frozenset({PlanState.PROBATION, PlanState.RELEASED, PlanState.SUPERSEDED})


def declared(target: Target) -> dict[str, list[str]]:
    """By field two digests, kept with each plan: of what its values have to be, and of what it is said to mean."""
    return {
        f.name: [
            _digest(f.model_dump(mode="json", exclude={"description"})),
            _digest([target.description, f.description]),
        ]
        for f in target.fields
    }


def with_stored(standing: Standing, earlier: PlanRow | None, target: Target) -> Standing:
    """And what stands of a plan for the same shape whose target was declared otherwise.

    A binding goes on where its field is declared as it was; one that a person gave also where only its description is
    another. Those of a planner may be refused as fresh ones, and all are audited anew. What was condemned of a field
    that is declared as it was is not taken again, and where another binding was looked for in vain it stays empty.
    """
    if earlier is None:
        return standing
    same, alike = (names - standing.constant for names in _unchanged(earlier, target))
    bound = _served(earlier)
    kept = {n: b for n, b in bound.items() if n in alike and b.origin in _PERSONS}
    stored = {n: b.model_copy(update={"origin": Origin.STORED}) for n, b in bound.items() if n in same - kept.keys()}
    refused, fallen = fallen_of(earlier, among=same)
    vain = (earlier.condemned - unreplaced(earlier)) & same if earlier.state in _SERVED else frozenset()
    return replace(
        standing,
        kept=kept,
        settled={n: Abstention(target=n, reason="unsupported") for n in sorted(vain)},
        stored=stored,
        refused=tuple(dict.fromkeys((*standing.refused, *refused))),
        fallen={n: (*standing.fallen.get(n, ()), *fallen.get(n, ())) for n in {**standing.fallen, **fallen}},
    )


def _served(earlier: PlanRow) -> Mapping[str, Binding]:
    if earlier.state not in _SERVED:
        return {}
    return {b.target: b for b in earlier.body.bindings if b.target not in earlier.condemned}


def _unchanged(earlier: PlanRow, target: Target) -> tuple[AbstractSet[str], AbstractSet[str]]:
    """Fields that are declared as they were, and those of which at most the description is another."""
    before: Mapping[str, list[str]] = earlier.evidence.get("declared", {})
    now = declared(target)
    alike = {name for name, digests in now.items() if name in before and before[name][0] == digests[0]}
    return {name for name in alike if before[name] == now[name]}, alike


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
