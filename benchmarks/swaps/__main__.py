"""Counts swaps that the evidence stops, and correct bindings that it refuses.

    python -m benchmarks.swaps --data FOLDER [--verbose]

`FOLDER` holds what `pip download --no-deps -r benchmarks/swaps/requirements.txt` brought.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.swaps.cases import Case, cases
from enrichment.evidence.trusted import TrustedRows
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.plan_rules import refusals_of
from enrichment.operations import ReadSettings
from enrichment.sampling import sample_fields
from schemas.plan import Binding
from schemas.target import Target


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.swaps", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the downloaded distributions")
    parser.add_argument("--verbose", action="store_true", help="name every miss and every false alarm")
    parser.add_argument("--only", help="schemas, by name or group")
    parser.add_argument("--mode", help="one of: kinds declared; bare; bare, trusted rows")
    asked = parser.parse_args(argv)
    totals: Counter[tuple[str, str]] = Counter()
    for case in cases(asked.data):
        if asked.only and asked.only not in {case.name, case.group}:
            continue
        for kinds, target, trusted in (
            ("kinds declared", case.declared, TrustedRows()),
            ("bare", case.bare, TrustedRows()),
            ("bare, trusted rows", case.bare, case.trusted()),
        ):
            if asked.mode and asked.mode != kinds:
                continue
            found = _count(case, target, trusted, verbose=asked.verbose)
            _print(f"{case.name} ({case.group}), {kinds}", found)
            for what, number in found.items():
                totals[f"{case.group}, {kinds}", what] += number
    for group in dict.fromkeys(group for group, _ in totals):
        _print(f"ALL {group}", Counter({what: n for (g, what), n in totals.items() if g == group}))
    return 0


def _count(case: Case, target: Target, trusted: TrustedRows, *, verbose: bool) -> Counter[str]:
    offered = sample_fields(case.records)
    found: Counter[str] = Counter()
    known = PlanEvidence(target, offered, case.records, case.whole(case.right), ReadSettings(), trusted)

    def refused(evidence: PlanEvidence) -> dict[str, str]:
        return {r.target: f"{r.rule}: {r.message}" for r in refusals_of(evidence) if r.target is not None}

    for kept in (list(case.right), *case.halves()):
        left = {path for n in case.right if n not in kept for path in case.right[n].alternatives[0].paths}
        partly = PlanEvidence(
            target,
            [field for field in offered if field.path not in left],
            case.records,
            case.whole({name: case.right[name] for name in kept}),
            ReadSettings(),
            trusted,
        )
        proposed = partly if left else known
        wrong = refused(proposed)
        found["correct"] += len(proposed.bindings)
        found["false alarms"] += len(wrong)
        for name, why in wrong.items() if verbose else ():
            sys.stdout.write(f"  FALSE ALARM {name}{' (half)' if left else ''}: {why}\n")
    for one, other in case.swaps():
        exchanged = {**case.right, one: _moved(case, one, other), other: _moved(case, other, one)}
        stopped = refused(known.proposing(case.whole(exchanged)))
        missed = [name for name in (one, other) if name not in stopped]
        found["exchanged"] += 2
        found["exchanged stopped"] += 2 - len(missed)
        if missed and verbose:
            sys.stdout.write(f"  MISSED {missed} of {one} <-> {other}\n")
        for taker, giver in ((one, other), (other, one)):
            taken = {n: b for n, b in case.right.items() if n != giver} | {taker: _moved(case, taker, giver)}
            caught = taker in refused(known.proposing(case.whole(taken)))
            found["taken"] += 1
            found["taken stopped"] += caught
            if not caught and verbose:
                sys.stdout.write(f"  MISSED {taker} takes what is {giver}\n")
    return found


def _moved(case: Case, name: str, other: str) -> Binding:
    """The binding of one field with the source of another, read as the source needs it."""
    return case.right[other].model_copy(update={"target": name})


def _print(title: str, found: Counter[str]) -> None:
    def share(part: str, whole: str) -> str:
        return f"{found[part]}/{found[whole]} = {100 * found[part] / max(found[whole], 1):.1f} %"

    sys.stdout.write(
        f"{title}: exchanged stopped {share('exchanged stopped', 'exchanged')}, taken stopped"
        f" {share('taken stopped', 'taken')}, false alarms {share('false alarms', 'correct')}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
