"""`make chaos`: hurt a real fleet on seeded schedules, and count what is lost, doubled, over its cap or left behind."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.chaos.ground import Ground
from benchmarks.chaos.schedules import plan, prepare, run

_KINDS = ("lost", "doubled", "over cap", "leaked", "false poison", "stuck", "not the fold", "wrong", "unfounded")
GUARDS = ("fence", "leases", "locks", "share", "recovery")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """0 where every schedule passed; with a guard taken out, where at least one failed."""
    parser = argparse.ArgumentParser(prog="benchmarks.chaos", description=__doc__)
    parser.add_argument("--schedules", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first schedule; the others count on from it")
    parser.add_argument("--only", default="", help="make schedules of this fault only")
    parser.add_argument("--without", choices=GUARDS, default="", help="take a guard out; stops at the first failure")
    parser.add_argument("--minutes", type=float, default=600.0, help="begin no schedule after so long")
    parser.add_argument("--json", type=Path, help="file that receives the figures")
    asked = parser.parse_args(argv)
    # whoever is told to end leaves no fleet behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seeds = range(asked.seed, asked.seed + asked.schedules)
    ground = Ground(fresh=100, without=asked.without)
    totals: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    failed: list[int] = []
    ran, begun = 0, time.monotonic()
    try:
        base = prepare(ground)
        _say(f"undisturbed: {base.seconds:.1f} s; {'; '.join(base.findings.lines()) or 'passed'}")
        for seed in seeds:
            if time.monotonic() - begun > asked.minutes * 60:
                break
            result = run(ground, plan(seed, fresh=bool(ground.fresh), only=asked.only))
            ran += 1
            faults.update(result.faults)
            totals.update({kind: len(texts) for kind, texts in result.findings.found.items()})
            lines = result.findings.lines()
            _say(f"seed {seed}: {result.schedule}: {result.seconds:.1f} s: {'; '.join(lines) or 'passed'}")
            if lines:
                failed.append(seed)
                if asked.without or "stuck" in result.findings.found:
                    break
    finally:
        ground.close()
    figures = {
        "schedules": ran,
        "failed": failed,
        "faults": dict(sorted(faults.items())),
        "without": asked.without or None,
        "seconds": round(time.monotonic() - begun),
        "load": os.getloadavg()[0],
        **{kind: totals[kind] for kind in _KINDS},
    }
    _say(json.dumps(figures, indent=1))
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return int(bool(failed) != bool(asked.without))


if __name__ == "__main__":
    sys.exit(main())
