"""Evidence that only the database holds: rows that stand vouch for new plans; rivals decide who is audited first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, company, ground

from enrichment.audit.report import report
from enrichment.store import audit_counts, planted
from schemas.source import InlineSource
from schemas.target import TargetField

SOURCES = tuple(InlineSource(name=name, connector="inline", key="/code") for name in ("crm", "erp"))
CODE = TargetField(name="code", type="string", identity=True, kind="identifier")
#: Two fields of which neither name nor kind says anything.
BARE = company(CODE, TargetField(name="f1", type="number"), TargetField(name="f2", type="number"), name="bare")
FIGURES = range(40)


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=SOURCES, targets=(BARE, company()))
    yield made
    made.close()


def ask(fleet: Fleet, **bound: str) -> Script:
    asking = Script({name: (path, ()) for name, path in bound.items()})
    fleet.configure(asking=asking)
    return asking


def figures(one: str, other: str) -> list[dict[str, Any]]:
    return [{"code": f"C-{n:03d}", one: 400 + 7 * n, other: 400 + 11 * (40 - n)} for n in FIGURES]


def refused(fleet: Fleet) -> set[str]:
    (plan,) = fleet.rows("SELECT refusals FROM plan WHERE source = 'erp' ORDER BY id DESC LIMIT 1")
    return {r["target"] for r in plan["refusals"]}


@pytest.mark.parametrize(("released", "swapped"), [(True, True), (True, False), (False, True)])
def test_rows_that_stand_refute_what_no_name_can(fleet: Fleet, *, released: bool, swapped: bool) -> None:
    """Rows of fields on probation vouch for nothing: a wrong plan must not confirm the next one."""
    ask(fleet, code="/code", f1="/p", f2="/q")
    fleet.enrich(figures("p", "q"), target="bare")
    assert fleet.one("SELECT count(*) FROM assertion WHERE state = 'standing'") == len(FIGURES)
    fleet.execute("UPDATE plan_field SET state = 'probation'")
    if released:
        fleet.release_all()
    one, other = ("/y", "/x") if swapped else ("/x", "/y")
    asking = ask(fleet, code="/code", f1=one, f2=other)
    fleet.only = frozenset({"map", "plan"})
    fleet.enrich(figures("x", "y"), source="erp", target="bare")
    if released and swapped:
        assert refused(fleet) == {"f1", "f2"}
        assert [a.model for a in asking.asked if a.purpose == "planning"] == ["small", "small", "large"]
        return
    assert refused(fleet) == set()
    (plan,) = fleet.rows("SELECT evidence FROM plan WHERE source = 'erp'")
    signals = {s["signal"]: s["value"] for s in plan["evidence"]["bindings"]["f1"]["signals"]}
    assert (signals.get("trusted_rows", 0.0) > 0.5) == released


def rivalled(*, apart: Mapping[int, int]) -> list[dict[str, Any]]:
    """Records with a second field that says the same as `employees`, but for those in `apart`: number -> what else."""
    return companies(range(200), staff=lambda n: apart.get(n, 10 + n))


def test_records_in_which_a_rival_says_something_else_are_audited_first(fleet: Fleet) -> None:
    apart = {n: 5_000 + n for n in (13, 77, 121, 164, 199)}
    asking = Script(PLAIN)
    fleet.configure(asking=asking)
    fleet.enrich(rivalled(apart=apart))
    first = next(one.document["records"] for one in asking.asked if one.purpose == "audit")
    assert {f"C-{n:05d}" for n in apart} <= {record["source"]["code"] for record in first}
    assert told(fleet) == []


def told(fleet: Fleet) -> list[dict[str, Any]]:
    with fleet.database.transaction() as tx:
        (entry,) = report(
            audit_counts.of_fields(tx), planted.of_plans(tx), audit_counts.standing_rows(tx), audit_counts.untold(tx)
        )
    found: list[dict[str, Any]] = entry["untold"]
    return found


def test_what_no_record_tells_apart_is_named_in_the_report(fleet: Fleet) -> None:
    fleet.configure(asking=Script(PLAIN))
    fleet.enrich(rivalled(apart={}))
    (plan,) = fleet.rows("SELECT id FROM plan")
    assert told(fleet) == [{"field": "employees", "paths": ["/employees"], "rivals": ["/staff"], "plans": [plan["id"]]}]
