"""`make bench-truth`: what becomes of wrong plans, by class; exits with 1 where a bar is missed."""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import psycopg
import structlog
from psycopg import sql

from benchmarks.truth import grounds
from benchmarks.truth.faults import AT_GATE, MAKERS, TURNING, Fault
from benchmarks.truth.sweep import sweep
from benchmarks.truth.trial import Auditors, Outcome, hostile, run, surely_bound
from enrichment.store import migration
from workers.embedded import OWNER, discard_postgres, start_postgres
from workers.embedded.servers import SUPERUSER

_AUDITORS: Final = tuple(Auditors(recall, alarm) for recall in (1.0, 0.8, 0.3) for alarm in (0.0, 0.01))
#: Shares of same-kind swaps that evidence alone has to stop, and of right bindings that it may refuse.
_STOPPED, _ALARMS = 0.97, 0.01
#: Recall from which a plan's fault has to fall before its first row is merged.
_SEEING = 0.8


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=int, default=150, help="records of each source")
    parser.add_argument("--sweeps", type=int, default=4, help="seeds of renaming that the evidence is tried on")
    parser.add_argument("--each", type=int, default=1, help="trials per class, source and pair of auditors")
    parser.add_argument("--minutes", type=float, default=12.0, help="begin no trial after so many minutes")
    parser.add_argument("--only", nargs="*", default=sorted(MAKERS), choices=sorted(MAKERS), metavar="CLASS")
    parser.add_argument("--sources", nargs="*", default=list(grounds.NAMES), choices=grounds.NAMES, metavar="SOURCE")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    # The answer alone stands on standard output.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    started = time.monotonic()
    counts, through = sweep(_swept(options))
    ends = started + options.minutes * 60
    outcomes: list[Outcome] = []
    skipped = 0
    with _database() as url, hostile() as model:
        cases = list(_cases(options))
        for n, (fault, auditors, times) in enumerate(cases):
            if time.monotonic() > ends:
                skipped = len(cases) - n
                break
            outcomes.append(run(url, model, fault, auditors, times=times, seed=str(n)))
            if n % 10 == 9:
                sys.stderr.write(f"{n + 1} of {len(cases)} trials, {time.monotonic() - started:.0f} s\n")
    found = _report(outcomes, counts, through, skipped)
    found["seconds"] = round(time.monotonic() - started, 1)
    if options.json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        _show(found)
    return 1 if found["missed"] else 0


def _swept(options: argparse.Namespace) -> Iterator[grounds.Ground]:
    for seed in range(options.seed, options.seed + options.sweeps):
        for name in options.sources:
            yield grounds.load(name, seed=seed, size=options.records, declared=seed % 2 == 1)


def _cases(options: argparse.Namespace) -> Iterator[tuple[Fault, Auditors, int]]:
    """Every class on every source; what the gate must stop does not ask for every auditor."""
    dice = random.Random(options.seed)
    for place, name in enumerate(options.only):
        for n, source in enumerate(options.sources):
            size = max(options.records, TURNING.get(name, 0))
            ground = grounds.load(source, seed=options.seed + n, size=size, declared=(n + place) % 3 != 0)
            possible = [f for f in MAKERS[name](ground) if f.text or f.begins or not f.ways.keys() <= surely_bound(f)]
            if not possible:
                continue
            turn = (n + place) % len(_AUDITORS)
            chosen = [_AUDITORS[turn]] if name in AT_GATE else [_AUDITORS[(turn + k) % 6] for k in (0, 2, 3)]
            for auditors in chosen:
                for _ in range(options.each):
                    yield dice.choice(possible), auditors, dice.choice((1, 1_000))


class _database:  # noqa: N801 - used as a function
    """A database of its own on an embedded server."""

    def __enter__(self) -> str:
        self._folder = Path(tempfile.gettempdir(), f"assay-truth-{secrets.token_hex(6)}")
        self._server = start_postgres(self._folder)
        name = "truth"
        administration = self._server.url_for(SUPERUSER, "postgres").replace("+psycopg", "")
        with psycopg.connect(administration, autocommit=True) as connection:
            made = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))
            connection.execute(made)
            connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name)))
        url = self._server.url_for(OWNER, name)
        migration.migrate(url)
        return url

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        discard_postgres(self._folder)
        shutil.rmtree(self._folder)


def _report(outcomes: Sequence[Outcome], counts: Counter[str], through: Sequence[str], skipped: int) -> dict[str, Any]:
    tried = [one for one in outcomes if one.ended != "not asked"]
    classes = _by_class(tried)
    evidence = {
        name: {"tried": counts[f"{name}.tried"], "stopped": counts[f"{name}.stopped"]}
        for name in ("same_kind_swap", "cross_kind_swap", "absent_bound")
    }
    return {
        "classes": classes,
        "evidence_alone": {**evidence, "correct": counts["correct"], "false_alarms": counts["false_alarms"]},
        "missed": _missed(tried, counts),
        "through_evidence": list(through),
        "skipped": skipped,
        "trials": [dataclasses.asdict(one) for one in outcomes],
    }


def _by_class(tried: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    names = dict.fromkeys(one.fault for one in tried)
    return {name: _class([one for one in tried if one.fault == name]) for name in names}


def _class(tried: Sequence[Outcome]) -> dict[str, Any]:
    ended = Counter(one.ended for one in tried)
    unwritten = [one for one in tried if one.merged]
    return {
        "tried": len(tried),
        "gate": ended["gate"],
        "audit": ended["audit"],
        "unwritten": ended["un-written"],
        "merged_rows": sum(one.merged for one in unwritten),
        "audited_until": sum(one.audited for one in unwritten),
        "standing": sum(one.standing for one in tried),
        "false_alarms": sum(one.alarms for one in tried),
        "correct": sum(one.correct for one in tried),
        "planning_calls": sum(one.planning_calls for one in tried),
        "audit_calls": sum(one.audit_calls for one in tried),
        "decided_in": max((one.decided_in for one in tried if one.predicted is not None), default=0),
        "predicted": max((one.predicted for one in tried if one.predicted is not None), default=0),
    }


def _missed(tried: Sequence[Outcome], counts: Counter[str]) -> list[str]:
    """Bars that were missed, in words."""
    missed = [
        f"{o.fault}: passed the gate, {o.merged} rows merged, {o.ground}.{o.field}"
        for o in tried
        if o.fault in AT_GATE and o.ended != "gate"
    ]
    missed += [
        f"{o.fault}: {o.standing} wrong cells stand, {o.ground}.{o.field}, recall {o.recall}, alarms {o.false_alarm}"
        for o in tried
        if o.standing
    ]
    missed += [
        f"{o.fault}: {o.merged} rows merged before the audit at recall {o.recall}, {o.ground}.{o.field}"
        for o in tried
        if o.fault == "same_kind_swap" and o.recall >= _SEEING and o.merged
    ]
    missed += [
        f"{o.fault}: condemned after {o.decided_in} cells, {o.predicted} were predicted, {o.ground}.{o.field}"
        for o in tried
        if o.predicted is not None and o.decided_in > o.predicted
    ]
    missed += sorted({f"the matcher itself binds {o.ground}.{name} wrongly" for o in tried for name in o.by_matcher})
    swaps, stopped = counts["same_kind_swap.tried"], counts["same_kind_swap.stopped"]
    if swaps and stopped < _STOPPED * swaps:
        missed.append(f"evidence alone stops {stopped} of {swaps} same-kind swaps; the bar is {_STOPPED:.0%}")
    if counts["false_alarms"] > _ALARMS * counts["correct"]:
        missed.append(f"evidence refuses {counts['false_alarms']} of {counts['correct']} right bindings")
    return missed


def _show(found: dict[str, Any]) -> None:
    heads = (
        "tried",
        "gate",
        "audit",
        "unwritten",
        "merged_rows",
        "audited_until",
        "standing",
        "false_alarms",
        "correct",
        "planning_calls",
        "audit_calls",
        "decided_in",
        "predicted",
    )
    lines = [("class", *heads), *((name, *(str(one[h]) for h in heads)) for name, one in found["classes"].items())]
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    evidence = found["evidence_alone"]
    text.append("")
    text += [f"evidence alone: {n}: {e['stopped']} of {e['tried']}" for n, e in evidence.items() if isinstance(e, dict)]
    text.append(f"evidence alone: {evidence['false_alarms']} of {evidence['correct']} right bindings refused")
    text += [f"MISSED  {one}" for one in found["missed"]]
    if found["skipped"]:
        text.append(f"{found['skipped']} trials were not begun: time was up")
    sys.stdout.write("\n".join([*text, f"{found['seconds']} s"]) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
