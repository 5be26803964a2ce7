"""The evidence by itself: every same-kind and cross-kind swap of every ground, without a fleet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from benchmarks.truth.faults import MAKERS, Ways, right
from benchmarks.truth.grounds import Ground, binding
from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.sampling import sample_fields


def refused(ground: Ground, ways: Ways) -> frozenset[str]:
    """Target fields whose bindings the evidence refuses."""
    bound = [binding(name, list(one)) for name, one in ways.items() if one]
    fields = sample_fields(ground.records)
    return frozenset(r.target for r in check_plan_evidence(ground.target, fields, ground.records, bound) if r.target)


def sweep(grounds: Iterable[Ground]) -> tuple[Counter[str], list[str]]:
    """Counts by class, `tried` and `stopped`, with right bindings and false alarms; and what got through, in words."""
    counts: Counter[str] = Counter()
    through = []
    for ground in grounds:
        ways = right(ground)
        told = "declared" if ground.declared else "names only"
        alarmed = refused(ground, ways)
        counts["correct"] += sum(one is not None for one in ways.values())
        counts["false_alarms"] += len(alarmed)
        through += [f"false alarm: {ground.name} ({told}): {name} from {ways[name]}" for name in sorted(alarmed)]
        for name in ("same_kind_swap", "cross_kind_swap", "absent_bound"):
            for fault in MAKERS[name](ground):
                counts[f"{name}.tried"] += 1
                if refused(ground, {**ways, **fault.ways}) & fault.ways.keys():
                    counts[f"{name}.stopped"] += 1
                else:
                    through.append(f"{name}: {ground.name} ({told}): {fault.field} from {fault.ways[fault.field]}")
    return counts, through
