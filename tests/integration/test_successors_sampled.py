"""A successor whose first sample does not decide it gets more of the source, and all of it in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground

from enrichment.context import Context, Tuning
from enrichment.stages import gate
from enrichment.store import plans
from enrichment.store.plans import PlanRow

CHUNKS = Tuning(plan_wait_seconds=0.0, chunk_size=100)


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, tuning=CHUNKS)
    yield made
    made.close()


def script(fleet: Fleet, wrong: str = "") -> Script:
    def audit(field: str, value: Any, _: Mapping[str, Any], __: str) -> str:
        return "unsupported" if field == wrong and value is not None else "supported"

    made = Script(PLAIN, audit=audit)
    fleet.configure(asking=made)
    return made


def every(step: int, numbers: range) -> list[dict[str, Any]]:
    """Records of which one in `step` says where the company sits."""
    return companies(numbers, city=lambda n: f"Town {n % 7}" if n % step == 0 else None)


def plan_states(fleet: Fleet) -> list[str]:
    return [row["state"] for row in fleet.rows("SELECT state FROM plan ORDER BY id")]


def is_right(fleet: Fleet, step: int, numbers: range) -> bool:
    """Whether each record says in the table what it said at its source."""
    said = {row["code"]: row["city"] for row in fleet.table()}
    return {c: said[c] for c in (f"C-{n:05d}" for n in numbers)} == {
        f"C-{n:05d}": f"Town {n % 7}" if n % step == 0 else None for n in numbers
    }


def narrow_first(fleet: Fleet) -> Script:
    """A released plan that leaves the city empty, since no record has one."""
    fleet.enrich(companies(range(5_000, 5_130), city=None))
    assert plan_states(fleet) == ["released"]
    return script(fleet)


def test_further_samples_decide_a_field_that_few_records_fill(fleet: Fleet) -> None:
    asking = narrow_first(fleet)
    job = fleet.enrich(every(6, range(1_000)))
    assert plan_states(fleet) == ["superseded", "released"]
    assert is_right(fleet, 6, range(1_000))
    assert fleet.state(job) == "done"
    assert fleet.rows("SELECT 1 FROM review") == []
    # 50 of the first 300 fill it, 100 of 600, and the test needs 116
    assert fleet.one("SELECT evidence -> 'sampled' FROM plan WHERE state = 'released'") == 1_200
    tested = (
        "SELECT count(*) FROM sample a JOIN staged s ON s.id = a.staged_id"
        " WHERE a.purpose = 'probation' AND a.verdicts ->> 'city' = 'supported' AND s.cells ? 'city'"
    )
    assert fleet.one(tested) == 116
    # full requests for the test, and for what both plans had merged; what is left of each is one more
    merged = fleet.one("SELECT count(*) FROM sample WHERE purpose = 'released'")
    assert asking.count("audit") <= -(-116 // 20) + -(-merged // 20) + 2


def test_a_field_that_the_whole_source_cannot_decide_is_written_all_the_same(fleet: Fleet) -> None:
    asking = narrow_first(fleet)
    job = fleet.enrich(every(10, range(400)))
    assert plan_states(fleet) == ["superseded", "probation"]
    assert is_right(fleet, 10, range(400))
    assert fleet.state(job) == "done"
    assert fleet.one("SELECT audited FROM plan_field WHERE name = 'city'") == 40
    assert asking.count("audit") <= 12
    # it serves from now on, as any plan on probation, until it has seen enough
    again = fleet.enrich(every(10, range(400)))
    assert fleet.counts(again) == {"unchanged": 400}
    fleet.enrich(companies(range(400, 500)))
    assert plan_states(fleet) == ["superseded", "released"]
    assert is_right(fleet, 1, range(400, 500))
    assert is_right(fleet, 10, range(400))


def test_a_plan_for_another_version_of_the_target_neither_hides_a_successor_nor_takes_its_place(fleet: Fleet) -> None:
    """A target that is changed and changed back finds its plans as they were."""

    def is_beside() -> bool:
        with fleet.database.transaction() as tx:
            return plans.is_beside(tx, successor)

    narrow_first(fleet)
    fleet.only = frozenset({"map", "gate", "audit", "upsert", "plan"})
    fleet.enrich(every(6, range(100)))
    assert plan_states(fleet) == ["released", "probation"]
    successor = fleet.one("SELECT max(id) FROM plan")
    assert is_beside()
    fleet.execute(
        'INSERT INTO plan SELECT (jsonb_populate_record(p, \'{"id": 9999, "target_version": "other"}\')).*'
        " FROM plan p WHERE id = %(id)s",
        id=successor,
    )
    assert is_beside()
    fleet.execute("UPDATE target SET version = 'other'")
    assert not is_beside()


def test_a_binding_that_is_wrong_falls_wherever_its_records_lie(fleet: Fleet) -> None:
    narrow_first(fleet)
    script(fleet, wrong="city")
    fleet.enrich([*companies(range(20)), *every(480, range(200, 500))])
    assert plan_states(fleet) == ["superseded", "released"]
    assert fleet.one("SELECT state FROM plan_field WHERE name = 'city'") == "condemned"
    assert {row["city"] for row in fleet.table()} == {None}
    assert len(fleet.table()) == 450


def test_records_that_only_the_predecessor_accepts_do_not_come_again_for_ever(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the successor is staged then, so that no audit would ask for more either."""
    narrow_first(fleet)
    judge = gate._judge_group

    def refusing(context: Context, plan: PlanRow, *rest: Any, **more: Any) -> Any:
        rows, dead, seen = judge(context, plan, *rest, **more)
        return ([] if plan.predecessor is not None else rows), dead, seen

    monkeypatch.setattr(gate, "_judge_group", refusing)
    fleet.enrich(every(10, range(400)))
    assert plan_states(fleet) == ["superseded", "probation"]
    # 300, once more, and all 400
    assert fleet.one("SELECT count(*) FROM work WHERE kind = 'chunk' AND args ? 'plan_id'") == 3 + 3 + 4
    assert len(fleet.table()) == 530
