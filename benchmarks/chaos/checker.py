"""The independent checker: reads tables and what the sources served, shares no code with the fleet's own fold."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from benchmarks.chaos.books import unbooked
from benchmarks.chaos.configuration import DAY_CAP, FIELDS
from benchmarks.chaos.ground import Ground
from benchmarks.chaos.outside import company, fields_of

FINAL: Final = ("done", "partial", "failed", "cancelled")
_LOOKS: Final = 60
#: A currency, and the amount that it is of.
_MONEY: Final = ("revenue_currency", "revenue_amount")
_POISON: Final = ("poison", "poison_page")


@dataclass
class Findings:
    """What is wrong, by the kind of wrong; empty when nothing is."""

    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, text: str) -> None:
        self.found[kind].append(text)

    def lines(self) -> list[str]:
        return [f"{kind}: {len(texts)}, such as {texts[0]}" for kind, texts in sorted(self.found.items())]


@dataclass(frozen=True)
class Expected:
    """One job's records: names by source; those that have to end as poison, and no others."""

    job: int
    source: str
    names: Sequence[str]
    poison: frozenset[str] = frozenset()
    #: Fields of which nothing is expected: a person condemned them meanwhile.
    fallen: frozenset[str] = frozenset()


def check(ground: Ground, jobs: Sequence[Expected], *, ledger_only: bool = False) -> Findings:
    """Everything that has to hold once nothing is on its way any more.

    `ledger_only`: records were kept from being written on purpose; only what stands is looked at.
    """
    findings = Findings()
    for job in () if ledger_only else jobs:
        _job(ground, job, findings)
    keys = sorted({name for job in jobs for name in job.names if name not in job.poison})
    _ledger(ground, keys, findings)
    if not ledger_only:
        _rows(ground, jobs, keys, findings)
    # What a later audit of released rows begins meanwhile ends by itself; what is left behind stays.
    left = Findings()
    for _ in range(_LOOKS):
        left = Findings()
        _limits(ground, left)
        _left_behind(ground, left)
        if not left.found:
            break
        time.sleep(0.5)
    findings.found |= left.found
    _isolated(ground, jobs, findings)
    return findings


def _isolated(ground: Ground, jobs: Sequence[Expected], findings: Findings) -> None:
    """Isolation is for what ended its worker; who was only slow, and lives, is taken for dead by mistake."""
    if ground.killed or any(job.poison for job in jobs):
        return
    for row in ground.rows(
        "SELECT id, stage FROM work WHERE lane = 'isolation' AND id > %(before)s ORDER BY id", before=ground.before
    ):
        findings.add("false poison", f"work {row['id']} at {row['stage']} was isolated, and nobody had died of it")


def _job(ground: Ground, job: Expected, findings: Findings) -> None:
    """No record lost, none given up, each `unchanged` behind a standing assertion."""
    items = ground.rows("SELECT record_id, state, code, observation FROM item WHERE job_id = %(j)s", j=job.job)
    ends = {row["record_id"]: row for row in items}
    for name in sorted(set(job.names) - set(ends)):
        findings.add("lost", f"{name} of job {job.job} was never accepted")
    for name in sorted(set(ends) - set(job.names)):
        code = ends[name]["code"]
        findings.add("false poison" if code in _POISON else "invented", f"{name} of job {job.job} ({code})")
    for name, row in ends.items():
        expected = {"dead"} if name in job.poison else {"written", "unchanged"}
        if row["state"] not in expected and name in job.names:
            kind = "false poison" if row["code"] in _POISON else "lost"
            findings.add(kind, f"{name} of job {job.job} ended as {row['state']} ({row['code']})")
    behind = ground.rows(
        "SELECT i.record_id FROM item i WHERE i.job_id = %(j)s AND i.state IN ('unchanged', 'written')"
        " AND NOT EXISTS (SELECT 1 FROM assertion a WHERE a.target = 'company' AND a.source = %(s)s"
        " AND a.record_id = i.record_id AND a.observation = i.observation AND a.state = 'standing')",
        j=job.job, s=job.source,
    )  # fmt: skip
    for row in behind:
        findings.add("unfounded", f"{row['record_id']} of job {job.job} counts as written and nothing asserts it")
    letters = ground.rows("SELECT record_id, code FROM dead_letter WHERE job_id = %(j)s", j=job.job)
    for row in letters:
        if row["code"] in _POISON and row["record_id"] not in job.poison:
            findings.add("false poison", f"{row['record_id']} of job {job.job}")
    if len(letters) != len({row["record_id"] for row in letters}):
        findings.add("doubled", f"letters of job {job.job}")


def _number(value: object) -> object:
    """Numbers by value, however they are written."""
    if isinstance(value, bool) or value is None:
        return value
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return value


def _ledger(ground: Ground, keys: Sequence[str], findings: Findings) -> None:
    """No two standing assertions for one observation; every row equals the fold of its key."""
    standing = ground.rows(
        "SELECT a.*, s.precedence, p.state AS plan_state FROM assertion a LEFT JOIN source s ON s.name = a.source"
        " LEFT JOIN plan p ON p.id = a.plan_id WHERE a.target = 'company' AND a.state = 'standing'"
        " AND a.cells ->> 'name' = ANY(%(keys)s)",
        keys=list(keys),
    )
    seen: dict[tuple[Any, ...], int] = {}
    live: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in standing:
        one = (row["source"], row["record_id"], row["observation"], row["plan_id"], row["gate_id"])
        if one in seen:
            findings.add("doubled", f"{one} stands twice")
        seen[one] = row["id"]
        if row["plan_state"] in {"condemned", "refused"}:
            findings.add("unsound", f"{row['record_id']} stands under plan {row['plan_id']}, {row['plan_state']}")
        place = (row["key"], row["source"], row["record_id"], row["observation"])
        known = live.get(place)
        if known is None or _later(row) > _later(known):
            live[place] = row
    fallen = ground.rows(
        "SELECT a.record_id, f.name, a.plan_id FROM assertion a JOIN plan_field f ON f.plan_id = a.plan_id"
        " WHERE a.state = 'standing' AND f.state = 'condemned' AND a.cells ->> f.name IS NOT NULL"
        " AND a.cells ->> 'name' = ANY(%(keys)s)",
        keys=list(keys),
    )
    for row in fallen:
        findings.add("unsound", f"{row['record_id']} keeps {row['name']}, which plan {row['plan_id']} has lost")
    folded = _fold(list(live.values()))
    by_name = {str(cells["name"]): cells for cells in folded.values()}
    for row in _target(ground, keys):
        fold = by_name.pop(row["name"], {})
        differing = [name for name in FIELDS if _number(row[name]) != _number(fold.get(name))]
        if differing:
            findings.add("not the fold", f"{row['name']}: {differing[0]} is {row[differing[0]]}")
    for name in sorted(by_name):
        findings.add("not the fold", f"{name} is asserted and has no row")


def _fold(live: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, object]]:
    """Key -> what its live assertions say together, the strongest over the others."""
    folded: dict[str, dict[str, object]] = defaultdict(dict)
    for row in sorted(live, key=_strength):
        cells = {
            name: value for name, value in row["cells"].items() if value is not None or row["source"] == "baseline"
        }
        below = folded[row["key"]]
        if cells.keys() & set(_MONEY) and below.get(_MONEY[0]) != cells.get(_MONEY[0]):
            # an amount stands beside its own currency, or not at all
            for name in _MONEY:
                below.pop(name, None)
        below |= cells
    return folded


def _later(row: Mapping[str, Any]) -> tuple[int, int, int]:
    return row["plan_id"], row["gate_id"], row["id"]


def _strength(row: Mapping[str, Any]) -> tuple[object, ...]:
    """Weakest first; a baseline of existing = "keep" is above every source."""
    return (
        row["source"] == "baseline",
        row["precedence"] or 0,
        row["source"],
        row["version_type"],
        row["version_number"] or 0,
        row["version_text"] or "",
        row["observation"],
        row["record_id"],
    )


def _target(ground: Ground, keys: Sequence[str]) -> list[dict[str, Any]]:
    return ground.rows("SELECT * FROM public.company WHERE name = ANY(%(keys)s)", keys=list(keys))


def _rows(ground: Ground, jobs: Sequence[Expected], keys: Sequence[str], findings: Findings) -> None:
    """The table is what undisturbed runs make of the records that the strongest source served last."""
    strongest: dict[tuple[str, str], str] = {}
    fallen: frozenset[str] = frozenset().union(*(job.fallen for job in jobs))
    for job in sorted(jobs, key=lambda job: job.source != "other"):
        strongest |= {(name, f): job.source for name in job.names for f in fields_of(job.source) if f not in fallen}
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _target(ground, keys):
        found[row["name"]].append(row)
    for name in keys:
        rows = found[name]
        if len(rows) != 1:
            findings.add("doubled" if rows else "lost", f"{name} has {len(rows)} rows")
            continue
        filled: dict[str, list[str]] = defaultdict(list)
        for field_name in FIELDS:
            if (source := strongest.get((name, field_name))) is not None:
                filled[source].append(field_name)
        for source, fields in filled.items():
            true = [company(name, edition).row for edition in sorted(ground.outside.served[source][name])]
            if not any(all(_number(rows[0][f]) == _number(row[f]) for f in fields) for row in true):
                wrong = [f for f in fields if _number(rows[0][f]) != _number(true[-1][f])] if true else ["all"]
                findings.add("wrong", f"{name}: {wrong[0]} is {rows[0].get(wrong[0])}")


def _limits(ground: Ground, findings: Findings) -> None:
    for row in ground.rows("SELECT * FROM budget"):
        cap = DAY_CAP + row["raised_money"]
        if row["scope"] == "day" and row["used_money"] + row["reserved_money"] > cap:
            findings.add("over cap", f"{row['used_money']} of {cap}")
        if row["reserved_money"] or row["reserved_tokens"]:
            findings.add("leaked", f"a reservation of {row['scope']} {row['key']}")
    if passed := ground.rows("SELECT last_value AS n FROM assay.over_cap")[0]["n"]:
        findings.add("over cap", f"{passed} times meanwhile")
    for text in unbooked(ground):
        findings.add("unbooked", text)


def _left_behind(ground: Ground, findings: Findings) -> None:
    for what, sql in {
        "work": "SELECT id, kind, stage, status, waits_on FROM work"
        " WHERE status IN ('ready', 'published', 'running', 'waiting')",
        "lease": "SELECT id, stage FROM work WHERE worker IS NOT NULL OR lease_until IS NOT NULL",
        "artifact": "SELECT work_id, stage FROM artifact",
        "call": "SELECT id, state FROM model_call WHERE state NOT IN ('settled', 'presumed', 'released')",
        "lock": "SELECT pid, state, left(query, 60) AS query FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%%' AND state_change < now() - interval '5 seconds'",
    }.items():
        for row in ground.rows(sql):
            findings.add("leaked", f"{what} {dict(row)}")
