"""One trial: a fault, an auditor, and a whole fleet in one thread over an empty database."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.truth.faults import Fault, right
from benchmarks.truth.grounds import KEY, Way
from benchmarks.truth.model import canonical
from benchmarks.truth.predicted import rows_until_condemned
from enrichment.account import Account
from enrichment.asking import Asking, Models
from enrichment.context import Tuning
from enrichment.matcher import match
from enrichment.model.client import Model
from enrichment.sampling import sample_fields
from enrichment.store.database import Database
from schemas.budget import Caps
from schemas.source import FileSource
from schemas.tables import metadata
from tests.inline_fleet import InlineFleet

_MODELS = Models("small", "large", "auditor", "second", timeout=30.0)
_ROWS_PER_REQUEST = 20
_ALWAYS = 1_000


@dataclasses.dataclass(frozen=True, slots=True)
class Auditors:
    """Recall and share of false alarms of each of the two looks."""

    recall: float
    false_alarm: float


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """merged: wrong rows that ever stood in the ledger; audited: rows judged in all, until the end; standing: wrong
    cells in the table at the end. `alarms` of `correct` right bindings were refused or condemned. `by_matcher`: fields
    that were staged wrongly though no model was asked about them. decided_in: cells that the test of the field had seen
    when it condemned it, 0 where it did not; predicted: those within which it had to, null where nothing is promised.
    """

    fault: str
    ground: str
    field: str
    recall: float
    false_alarm: float
    ended: str
    rules: tuple[str, ...]
    merged: int
    audited: int
    standing: int
    rows: int
    alarms: int
    correct: int
    by_matcher: tuple[str, ...]
    planning_calls: int
    audit_calls: int
    decided_in: int = 0
    predicted: int | None = None


class Hostile:
    """The process that plays the model."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self._line()

    def follow(self, script: Mapping[str, Any]) -> dict[str, int]:
        """Give it a new script; gives what was asked under the one before."""
        if (pipe := self._process.stdin) is None:
            raise SystemExit("the hostile model has no ears")
        pipe.write(json.dumps(script, default=str) + "\n")
        pipe.flush()
        counts: dict[str, int] = json.loads(self._line())
        return counts

    def _line(self) -> str:
        line = "" if self._process.stdout is None else self._process.stdout.readline().strip()
        if not line:
            raise SystemExit("the hostile model ended")
        return line


@contextmanager
def hostile() -> Iterator[Hostile]:
    """Run the process while the block runs."""
    command = [sys.executable, "-m", "benchmarks.truth.model"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Hostile(process)
        finally:
            process.terminate()


def surely_bound(fault: Fault) -> frozenset[str]:
    """Fields that the matcher binds by itself: no model is asked about them, so that none can err."""
    records = fault.ground.records
    return frozenset(b.target for b in match(fault.ground.target, sample_fields(records), records).bindings)


def run(
    url: str,
    model: Hostile,
    fault: Fault,
    auditors: Auditors,
    *,
    times: int = _ALWAYS,
    seed: str = "",
    believed: Mapping[str, Mapping[str, Any]] | None = None,
) -> Outcome:
    """Enrich the fault's records with a model that errs `times` times, and see what became of it.

    believed: what auditors hold for true, where that is not what is
    """
    ground = fault.ground
    truth = ground.truth() if fault.truth is None else fault.truth
    model.follow(
        {
            "key": KEY,
            "plan": {name: _wire(ways) for name, ways in right(ground).items()},
            "faulty": {name: _wire(ways) for name, ways in fault.ways.items()},
            "text": fault.text,
            "on": fault.field,
            "times": times,
            "truth": truth if believed is None else believed,
            **dataclasses.asdict(auditors),
            "seed": seed,
        }
    )
    with tempfile.TemporaryDirectory(prefix="assay-truth-") as name, _fleet(url, model, fault, Path(name)) as fleet:
        for count in fault.deliveries():
            _deliver(Path(name), ground.records[:count])
            fleet.submit(ground.name, ground.target.name)
            fleet.run(turns=400)
        return _seen(fleet, fault, auditors, truth, model.follow({}))


def _wire(ways: Sequence[Way] | None) -> list[dict[str, Any]] | None:
    if ways is None:
        return None
    return [
        {
            "paths": [path],
            "ops": [{"op": op, "args": [{"name": n, "value": v} for n, v in args.items()]} for op, args in steps],
        }
        for path, steps in ways
    ]


def _deliver(folder: Path, records: Sequence[Mapping[str, Any]]) -> None:
    lines = (json.dumps(record, ensure_ascii=False, default=float) for record in records)
    (folder / "records.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def _fleet(url: str, model: Hostile, fault: Fault, folder: Path) -> Iterator[InlineFleet]:
    ground = fault.ground
    _emptied(url, ground.target.table)
    source = FileSource(name=ground.name, connector="file", path="records.jsonl", key=f"/{KEY}")
    tuning = Tuning(plan_wait_seconds=0.0, rows_per_audit=_ROWS_PER_REQUEST)
    fleet = InlineFleet(url, sources=[source], targets=[ground.target], tuning=tuning)
    door = Model(model.url, "a key")
    fleet.configure(asking=Asking(door, _MODELS, [Account(fleet.database, Caps(), {})]), roots=(folder,))
    try:
        yield fleet
    finally:
        door.close()
        fleet.close()


def _emptied(url: str, table: str) -> None:
    database = Database(url, application="truth", size=1)
    with database.transaction() as tx:
        for one in reversed(metadata.sorted_tables):
            tx.execute(f'DELETE FROM assay."{one.name}"')
        tx.execute(f'DROP TABLE IF EXISTS public."{table}"')
    database.close()


def _seen(
    fleet: InlineFleet,
    fault: Fault,
    auditors: Auditors,
    truth: Mapping[str, Mapping[str, Any]],
    counts: Mapping[str, int],
) -> Outcome:
    def wrong(cells: Mapping[str, Any]) -> set[str]:
        row = truth.get(str(cells.get(KEY)), {})
        return {
            n for n, v in cells.items() if n != KEY and v is not None and canonical(_plain(v)) != canonical(row.get(n))
        }

    plans = fleet.rows("SELECT id, state, refusals FROM plan ORDER BY id")
    asserted = fleet.rows("SELECT record_id, cells FROM assertion WHERE source <> 'baseline'")
    staged = fleet.rows("SELECT cells FROM staged")
    table = fleet.rows(f'SELECT * FROM public."{fault.ground.target.table}"')
    merged = sum(bool(wrong({**one["cells"], KEY: one["record_id"]})) for one in asserted)
    standing = sum(len(wrong(row)) for row in table)
    passed = {name for one in staged for name in wrong(one["cells"])}
    by_matcher = frozenset() if fault.begins else passed & surely_bound(fault)
    alarms, correct = _alarms(fleet, fault, plans)
    decided_in = _decided_in(fleet, fault.field)
    if not counts.get("faulty"):
        ended = "not asked"
    elif standing:
        ended = "standing"
    elif merged:
        ended = "un-written"
    else:
        ended = "audit" if passed - by_matcher or (fault.share and decided_in) else "gate"
    return Outcome(
        fault=fault.name,
        ground=fault.ground.name,
        field=fault.field,
        **dataclasses.asdict(auditors),
        ended=ended,
        rules=tuple(sorted({r["rule"] for plan in plans for r in plan["refusals"]})),
        merged=merged,
        audited=int(fleet.rows("SELECT count(*) AS n FROM sample WHERE state = 'judged'")[0]["n"]),
        standing=standing,
        rows=len(table),
        alarms=alarms,
        correct=correct,
        by_matcher=tuple(sorted(by_matcher)),
        planning_calls=counts.get("map_fields", 0),
        audit_calls=counts.get("audit_cells", 0),
        decided_in=decided_in,
        predicted=rows_until_condemned(round(fault.share * auditors.recall**2, 4), request=_ROWS_PER_REQUEST)
        if fault.share
        else None,
    )


def _decided_in(fleet: InlineFleet, name: str) -> int:
    """The most cells that a test of the field took which ended in its condemnation."""
    found = fleet.rows(
        "SELECT count(*) - coalesce((f.began ->> 'audited')::int, 0) AS cells"
        " FROM assay.plan_field f JOIN assay.sample s ON s.plan_id = f.plan_id AND s.judged_at <= f.decided_at"
        " WHERE f.name = %(name)s AND f.state = 'condemned'"
        " AND s.verdicts ->> f.name IN ('supported', 'unconfirmed', 'defect')"
        " GROUP BY f.plan_id, f.name",
        name=name,
    )
    return max((int(row["cells"]) for row in found), default=0)


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _alarms(fleet: InlineFleet, fault: Fault, plans: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """(right bindings refused by evidence or condemned by audit, right bindings)."""
    ways = right(fault.ground)
    correct = {name: ways_ for name, ways_ in ways.items() if ways_ is not None and name not in fault.ways}
    if fault.begins:
        correct.pop(fault.field, None)
    # Two bindings of one pointer refute each other: that the right one is asked for again is owed to the wrong one.
    misread = {path for one in fault.ways.values() if one for path, _ in one}
    refused = {
        r["target"]
        for plan in plans
        for r in plan["refusals"]
        if r["target"] in correct
        and tuple(r["paths"]) == tuple(path for path, _ in correct[r["target"]])
        and not (fault.text and r["rule"] in {"malformed", "invented"})
        and not misread & set(r["paths"])
    }
    fallen = {
        row["name"]
        for row in fleet.rows("SELECT DISTINCT name FROM plan_field WHERE state = 'condemned'")
        if row["name"] in correct
    }
    return len(refused | fallen), len(correct)
