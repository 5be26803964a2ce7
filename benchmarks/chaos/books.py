"""Whether each request that reached a model is in the books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.chaos.ground import Ground

#: Calls that count as made: spent, or answered with a refusal that costs nothing. What expired was never sent.
_BOOKED = (
    "SELECT model, extract(epoch FROM started_at)::float8 AS began, extract(epoch FROM finished_at)::float8 AS ended"
    " FROM model_call WHERE state IN ('sent', 'settled', 'presumed')"
    " OR (state = 'released' AND outcome NOT IN ('expired', 'not_sent'))"
)


@dataclass(frozen=True)
class Call:
    """From its reservation to its settlement; null while it is not settled."""

    model: str
    began: float
    ended: float | None


def unbooked(ground: Ground) -> list[str]:
    calls = [Call(**row) for row in ground.rows(_BOOKED)]
    return [f"a request to {model} is in no book" for model, _ in missing(ground.outside.reached, calls)]


def missing(reached: Sequence[tuple[str, float]], calls: Iterable[Call]) -> list[tuple[str, float]]:
    """Requests, as (model, when), that no call was open for; a call is for one request."""
    open_calls: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        open_calls[call.model].append(call)
    found = []
    for model, at in sorted(reached, key=lambda one: one[1]):
        fitting = [call for call in open_calls[model] if call.began <= at and (call.ended is None or at <= call.ended)]
        if not fitting:
            found.append((model, at))
            continue
        # the one that ends first is of no use to those that come later
        open_calls[model].remove(min(fitting, key=lambda call: (call.ended is None, call.ended or 0.0)))
    return found
