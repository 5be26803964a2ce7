"""Un-writing: a plan, a field of it, or a job asserts nothing any more, part by part, and downstream can read it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fleet_ground import COMPANY, CRM, PLAIN, Fleet, Script, companies, company, ground
from ledger_ground import rows_of

from enrichment import deciding, merging
from enrichment.deciding import Approval, RolledBack
from enrichment.stages import refold
from enrichment.store import compensations, records, target_table, unwriting
from schemas.errors import ConflictError, TransientError, UsageError
from schemas.source import InlineSource

SECRET = b"s" * 32
LATER = InlineSource(name="later", connector="inline", key="/code", precedence=5)


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[CRM, LATER])
    yield made
    made.close()


def approval(confirm: str | None = None, *, by: str = "anna", now: float = 1_000.0) -> Approval:
    return Approval(by, "wrong", SECRET, now, confirm)


def plan_of(fleet: Fleet, source: str = "crm") -> int:
    return int(fleet.one("SELECT max(id) FROM plan WHERE source = %(source)s", source=source))


def show(fleet: Fleet, plan: int, fields: Sequence[str] | None = None, **more: Any) -> RolledBack:
    with fleet.acting("api").transaction() as tx:
        return deciding.rollback_plan(fleet.context, tx, plan, approval(**more), fields=fields)[1]


def roll_back(fleet: Fleet, plan: int, fields: Sequence[str] | None = None) -> RolledBack:
    return show(fleet, plan, fields, confirm=show(fleet, plan, fields).confirm)


def roll_back_job(fleet: Fleet, job: int) -> RolledBack:
    with fleet.acting("api").transaction() as tx:
        shown = deciding.rollback_job(fleet.context, tx, job, approval())
        return deciding.rollback_job(fleet.context, tx, job, approval(shown.confirm))


def counts(found: RolledBack) -> tuple[int, int, int, int, int]:
    what = found.what
    return what.assertions, what.rows, what.changed, what.deleted, what.untouched


def events(fleet: Fleet, **more: Any) -> list[dict[str, Any]]:
    with fleet.database.transaction() as tx:
        return compensations.listing(tx, **{"after": None, "limit": 1_000, **more})


def written(fleet: Fleet, count: int, **changes: Any) -> int:
    """A job of a plan that is released; a model that proposes nothing afterwards."""
    job = fleet.enrich(companies(range(count), **changes))
    fleet.release_all()
    return job


def silence(fleet: Fleet) -> None:
    """No successor is found, so that what was withdrawn stays so."""
    fleet.execute('UPDATE plan SET "try" = 9')


def test_a_dry_run_counts_what_goes_what_changes_and_what_later_values_keep(fleet: Fleet) -> None:
    written(fleet, 6)
    # of C-00000 and C-00001 a stronger source says everything, of C-00002 the city alone
    fleet.enrich(companies(range(2)), source="later")
    fleet.release_all()
    fleet.enrich([{"code": "C-00002", "city": "Elsewhere"}], source="later")
    plan = plan_of(fleet)
    before = rows_of(fleet)
    shown = show(fleet, plan)
    assert counts(shown) == (6, 6, 1, 3, 2)
    assert (shown.done, shown.what.exact) == (False, True)
    assert counts(show(fleet, plan, ["city"])) == (6, 6, 3, 0, 3)
    assert rows_of(fleet) == before
    silence(fleet)
    assert roll_back(fleet, plan).done
    fleet.run()
    assert {r["code"]: (r["name"], r["city"]) for r in fleet.table()} == {
        "C-00000": ("Company 0", "Town 0"),
        "C-00001": ("Company 1", "Town 1"),
        "C-00002": (None, "Elsewhere"),
    }
    assert rows_of(fleet)[:2] == before[:2]


def test_a_dry_run_over_a_table_that_nobody_has_analysed_takes_as_long_as_its_rows(fleet: Fleet) -> None:
    """Who rolls back what was written wrong does so at once, before the statistics of its rows are made."""
    written(fleet, 1)
    columns = (
        "target, source, plan_id, gate_id, version_type, cells, reasons, winners, payload_id, ordinal, job_id, state"
    )
    fleet.execute(
        f"INSERT INTO assertion (key, record_id, observation, {columns})"
        f" SELECT key || g, record_id || g, observation, {columns} FROM assertion, generate_series(1, 60000) g"
    )
    with fleet.database.transaction() as tx:
        tx.execute("SET LOCAL statement_timeout = '30s'")
        table = target_table.resolve(tx, fleet.context.target("company"))
        found = unwriting.consequences_of_plan(tx, table, plan_of(fleet), fields=None)
    assert (found.rows, found.deleted) == (60_001, 60_001)


def test_what_is_beyond_the_part_that_is_counted_goes_too(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    written(fleet, 4)
    job = fleet.enrich(companies(range(4), city="Elsewhere"))
    monkeypatch.setattr(unwriting, "COUNTED", 4)
    shown = show(fleet, plan_of(fleet))
    # of each row its first observation is counted, and its second one goes with it
    assert counts(shown) == (8, 8, 0, 8, 0)
    assert not shown.what.exact
    with fleet.acting("api").transaction() as tx:
        of_job = deciding.rollback_job(fleet.context, tx, job, approval())
    assert counts(of_job) == (4, 4, 4, 0, 0)


def test_events_tell_each_row_once_and_in_order(fleet: Fleet) -> None:
    written(fleet, 4)
    fleet.enrich([{"code": "C-00002", "city": "Elsewhere"}, *companies([3])], source="later")
    silence(fleet)
    plan = plan_of(fleet)
    roll_back(fleet, plan)
    fleet.run()
    found = events(fleet)
    assert [(e["key"], e["change"]) for e in found] == [
        ("C-00000", "deleted"),
        ("C-00001", "deleted"),
        ("C-00002", "updated"),
    ]
    assert found[0]["before"] == {"code": "C-00000", "name": "Company 0", "employees": 10, "city": "Town 0"}
    assert found[0]["after"] is None
    assert found[2]["before"] == {"name": "Company 2", "employees": 12}
    assert found[2]["after"] == {"name": None, "employees": None}
    assert {(e["reason"], e["plan"], e["job"], e["target"]) for e in found} == {("condemned", plan, None, "company")}
    assert events(fleet, after=found[0]["id"], limit=1) == [found[1]]
    assert events(fleet, target="other") == []


def test_a_reader_of_events_never_passes_one_that_is_still_to_come(fleet: Fleet) -> None:
    """Two refolds at once: the one that began to note first is read first, whoever commits first."""
    written(fleet, 2)
    fleet.execute("UPDATE assertion SET state = 'void'")
    order: list[str] = []

    def note(key: str, entered: threading.Event, go: threading.Event) -> None:
        with fleet.database.transaction() as tx:
            table = target_table.resolve(tx, COMPANY)
            compensations.note(tx, table, [key], compensations.Cause("condemned"))
            order.append(key)
            entered.set()
            go.wait(10)

    first_in, second_in, go = threading.Event(), threading.Event(), threading.Event()
    first = threading.Thread(target=note, args=("C-00000", first_in, go))
    second = threading.Thread(target=note, args=("C-00001", second_in, go))
    first.start()
    assert first_in.wait(10)
    second.start()
    assert not second_in.wait(0.3)
    go.set()
    first.join()
    second.join()
    assert [e["key"] for e in events(fleet)] == ["C-00000", "C-00001"]


def test_a_look_at_what_a_rollback_would_do_holds_up_nobody(fleet: Fleet) -> None:
    job = written(fleet, 3)
    plan = plan_of(fleet)
    with fleet.acting("api").transaction() as looking, fleet.database.transaction() as merging_now:
        deciding.rollback_plan(fleet.context, looking, plan, approval())
        deciding.rollback_job(fleet.context, looking, job, approval())
        for statement in (
            "SELECT 1 FROM plan WHERE id = %s FOR UPDATE NOWAIT",
            "SELECT 1 FROM plan_field WHERE plan_id = %s FOR UPDATE NOWAIT",
        ):
            merging_now.execute(statement, (plan,))
        merging_now.execute("SELECT 1 FROM job WHERE id = %s FOR UPDATE NOWAIT", (job,))


def test_a_rollback_killed_half_way_and_repeated_ends_the_same(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refold, "_BATCH", 10)
    written(fleet, 60)
    fleet.enrich(companies(range(30)), source="later")
    fleet.release_all()
    silence(fleet)
    later = {r["code"]: r for r in rows_of(fleet) if r["code"] < "C-00030"}
    roll_back(fleet, plan_of(fleet))
    (work,) = [due for due in fleet.turn() if due.kind == "refold"]
    fleet.step(work)
    assert len(fleet.rows("SELECT 1 FROM assertion WHERE source = 'crm' AND state = 'void'")) == 10
    # the second part is lost after everything but its commit: nothing of it stays
    kept = refold._let_go

    def dies(*arguments: Any) -> None:
        kept(*arguments)
        raise TransientError("gone")

    monkeypatch.setattr(refold, "_let_go", dies)
    (work,) = [due for due in fleet.turn() if due.kind == "refold"]
    fleet.step(work)
    assert len(fleet.rows("SELECT 1 FROM assertion WHERE source = 'crm' AND state = 'void'")) == 10
    monkeypatch.setattr(refold, "_let_go", kept)
    fleet.run()
    # and the whole of it once more
    fleet.execute("UPDATE work SET status = 'ready', args = args - 'after' WHERE kind = 'refold' AND args ? 'plan'")
    fleet.run()
    assert {r["code"]: r for r in rows_of(fleet)} == later
    assert len(events(fleet)) == len({e["key"] for e in events(fleet)}) == 30
    assert fleet.rows("SELECT 1 FROM assertion WHERE source = 'crm' AND state = 'standing'") == []


def test_records_of_a_plan_go_back_through_under_its_successor(fleet: Fleet) -> None:
    first = written(fleet, 60)
    again = fleet.enrich(companies(range(5)))
    assert fleet.counts(again) == {"unchanged": 5}
    roll_back(fleet, plan_of(fleet))
    fleet.only = frozenset({"refold"})
    for _ in range(5):
        for due in fleet.turn():
            fleet.step(due)
    assert fleet.table() == []
    # what was found to be unchanged has no row any more either
    assert (fleet.counts(first), fleet.counts(again)) == ({"held": 60}, {"held": 5})
    fleet.only = None
    fleet.execute("UPDATE work SET status = 'ready' WHERE status = 'published'")
    asking = Script({**PLAIN, "name": ("/city", ()), "city": ("/name", ())})
    fleet.configure(asking=asking)
    fleet.run()
    plans = fleet.rows("SELECT id, state FROM plan ORDER BY id")
    assert [p["state"] for p in plans][:1] == ["condemned"]
    assert len(plans) == 2
    for job in (first, again):
        fleet.balanced(job)
        assert fleet.state(job) in {"done", "blocked"}


def test_a_field_is_withdrawn_and_the_rest_of_the_plan_stands(fleet: Fleet) -> None:
    job = written(fleet, 5)
    plan = plan_of(fleet)
    roll_back(fleet, plan, ["city"])
    fleet.run()
    assert [(r["name"], r["city"]) for r in fleet.table()] == [(f"Company {n}", None) for n in range(5)]
    assert {(e["change"], str(e["after"])) for e in events(fleet)} == {("updated", "{'city': None}")}
    assert fleet.counts(job) == {"written": 5}
    with pytest.raises(ConflictError, match="was condemned"):
        show(fleet, plan, ["city"])
    with pytest.raises(UsageError, match="does not bind"):
        show(fleet, plan, ["cty"])


def test_a_required_field_takes_its_plan_along(database: str) -> None:
    target = company(*(f.model_copy(update={"required": f.name == "name"}) for f in COMPANY.fields))
    fleet = ground(database, targets=[target])
    written(fleet, 3)
    silence(fleet)
    plan = plan_of(fleet)
    assert counts(show(fleet, plan, ["name"])) == (3, 3, 0, 3, 0)
    roll_back(fleet, plan, ["name"])
    fleet.run()
    assert fleet.table() == []
    assert fleet.one("SELECT state FROM plan WHERE id = %(plan)s", plan=plan) == "condemned"
    fleet.close()


def test_a_job_is_withdrawn_alone_and_nothing_is_tried_again(fleet: Fleet) -> None:
    first = written(fleet, 3)
    second = fleet.enrich(companies(range(2, 5)))
    third = fleet.enrich(companies(range(3), employees=lambda n: 100 + n))
    assert fleet.counts(second) == {"unchanged": 1, "written": 2}
    roll_back_job(fleet, third)
    fleet.run()
    assert [r["employees"] for r in fleet.table()] == [10, 11, 12, 13, 14]
    roll_back_job(fleet, first)
    fleet.run()
    assert [r["code"] for r in fleet.table()] == ["C-00003", "C-00004"]
    assert [fleet.counts(job) for job in (first, second, third)] == [
        {"withdrawn": 3},
        {"withdrawn": 1, "written": 2},
        {"withdrawn": 3},
    ]
    assert [fleet.state(job) for job in (first, second, third)] == ["partial"] * 3
    assert {(e["reason"], e["job"]) for e in events(fleet)} == {("withdrawn", first), ("withdrawn", third)}
    assert fleet.rows("SELECT 1 FROM work WHERE kind = 'plan' AND status <> 'done'") == []
    with pytest.raises(ConflictError, match="nothing that stands"):
        roll_back_job(fleet, first)


def test_a_job_that_only_looked_again_takes_nothing_of_others_along(fleet: Fleet) -> None:
    first = written(fleet, 3)
    again = fleet.enrich(companies(range(3)), refresh=True)
    with pytest.raises(ConflictError, match="nothing that stands"):
        roll_back_job(fleet, again)
    assert len(fleet.table()) == 3
    roll_back_job(fleet, first)
    fleet.run()
    assert fleet.table() == []


def test_a_job_that_may_still_write_has_to_be_cancelled_first(fleet: Fleet) -> None:
    job = fleet.send(companies(range(3)))
    with pytest.raises(ConflictError, match="may still write"):
        roll_back_job(fleet, job)


def test_the_token_is_for_one_person_for_what_was_shown_for_a_while_and_once(fleet: Fleet) -> None:
    written(fleet, 3)
    plan = plan_of(fleet)
    token = show(fleet, plan).confirm
    assert token is not None
    for wrong in ({"by": "berta"}, {"now": 5_000.0}, {"confirm": f"9{token}"}, {"confirm": token[:-1]}):
        with pytest.raises(ConflictError) as refused:
            show(fleet, plan, **{"confirm": token, **wrong})
        assert refused.value.code == "confirmation"
    with pytest.raises(ConflictError):
        show(fleet, plan, ["city"], confirm=token)
    fleet.enrich(companies([9]))
    with pytest.raises(ConflictError, match="something else by now"):
        show(fleet, plan, confirm=token)
    assert fleet.one("SELECT state FROM plan WHERE id = %(plan)s", plan=plan) == "released"
    token = show(fleet, plan).confirm
    assert show(fleet, plan, confirm=token).done
    with pytest.raises(ConflictError):
        show(fleet, plan, confirm=token)


def test_a_rollback_waits_for_whoever_writes_under_the_plan_and_withdraws_that_too(fleet: Fleet) -> None:
    written(fleet, 3)
    silence(fleet)
    plan = plan_of(fleet)
    fleet.stage_only(companies(range(3, 6)))
    token = show(fleet, plan).confirm
    done = threading.Event()

    def decide() -> None:
        with pytest.raises(ConflictError):
            show(fleet, plan, confirm=token)
        done.set()

    with fleet.database.transaction() as tx:
        ids = [r["id"] for r in tx.execute("SELECT id FROM staged WHERE state = 'staged' ORDER BY id").fetchall()]
        merging.merge(fleet.context, tx, "company", ids[:2], plan_ids=[plan], stage="merge")
        thread = threading.Thread(target=decide)
        thread.start()
        assert not done.wait(0.3)
    thread.join(10)
    # what was shown is not what would be withdrawn by then
    assert done.is_set()
    roll_back(fleet, plan)
    with fleet.database.transaction() as tx:
        assert merging.merge(fleet.context, tx, "company", ids[2:], plan_ids=[plan], stage="merge").asserted == 0
    fleet.run()
    assert fleet.table() == []
    assert fleet.rows("SELECT 1 FROM assertion WHERE state = 'standing'") == []


def test_a_row_that_the_table_does_not_let_go_is_asked_about_and_the_others_go(fleet: Fleet) -> None:
    job = written(fleet, 5)
    fleet.execute("CREATE TABLE IF NOT EXISTS public.staff (code text REFERENCES public.company (code))")
    fleet.execute("INSERT INTO public.staff VALUES ('C-00002')")
    silence(fleet)
    try:
        roll_back(fleet, plan_of(fleet))
        fleet.run()
        assert [r["code"] for r in fleet.table()] == ["C-00002"]
        (review,) = fleet.rows("SELECT subject, rule, question FROM review WHERE subject LIKE 'key:%%'")
        assert (review["subject"], review["rule"]) == ("key:C-00002", "target_refused")
        assert "C-00002" not in {e["key"] for e in events(fleet)}
        fleet.balanced(job)
    finally:
        fleet.execute("DROP TABLE public.staff")


def test_somebody_elses_edit_survives_and_the_withdrawn_value_does_not_pass_for_one(fleet: Fleet) -> None:
    written(fleet, 2)
    fleet.execute("UPDATE public.company SET city = 'mine' WHERE code = 'C-00001'")
    roll_back(fleet, plan_of(fleet), ["name"])
    fleet.run()
    assert [(r["name"], r["city"]) for r in fleet.table()] == [(None, "Town 0"), (None, "mine")]


def test_what_was_withdrawn_with_its_job_does_not_come_back_when_a_field_is_restored(fleet: Fleet) -> None:
    kept = fleet.enrich(companies(range(130)))
    job = fleet.enrich(companies(range(125, 135)))
    roll_back_job(fleet, job)
    fleet.run()
    before = fleet.table()
    assert len(before) == 130
    plan = plan_of(fleet)
    with fleet.acting("api").transaction() as tx:
        deciding.condemn(fleet.context, tx, plan, fields=["city"], by="anna", reason="wrong")
    fleet.run()
    with fleet.acting("api").transaction() as tx:
        deciding.approve(fleet.context, tx, plan, fields=["city"], by="anna", reason="right after all")
    fleet.run()
    assert fleet.table() == before
    assert fleet.counts(kept) == {"written": 130}
    assert fleet.counts(job) == {"unchanged": 5, "withdrawn": 5}
    with fleet.database.transaction() as tx:
        shape = fleet.one("SELECT shape_id FROM plan WHERE id = %(plan)s", plan=plan)
        slices = records.to_map_again(tx, source="crm", target="company", shape_id=shape, since_revision=0)
        again = sum(len(some) for some in slices)
    # nor with a successor that takes over
    assert again == 130
    # whoever submits them again means them
    fleet.enrich(companies(range(130, 135)))
    assert len(fleet.table()) == 135


def test_what_fell_with_its_plan_is_mapped_again_by_its_successor(fleet: Fleet) -> None:
    """Nothing stands of it either, but nobody has withdrawn it."""
    fleet.enrich(companies(range(130)))
    plan = plan_of(fleet)
    shape = fleet.one("SELECT shape_id FROM plan WHERE id = %(plan)s", plan=plan)
    roll_back(fleet, plan)
    fleet.run()
    assert fleet.one("SELECT count(*) FROM assertion WHERE plan_id = %(plan)s AND state = 'standing'", plan=plan) == 0
    with fleet.database.transaction() as tx:
        slices = records.to_map_again(tx, source="crm", target="company", shape_id=shape, since_revision=0)
        assert sum(len(some) for some in slices) == 130
