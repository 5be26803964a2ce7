"""What a merge does not take: rows changed since the gate, rows that the table refuses; and merges side by side."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from fleet_ground import COMPANY, CRM, Fleet, companies, company, ground
from strict_table import strict

from enrichment.context import Tuning
from enrichment.merging import Merged, merge
from enrichment.store import lineage, staging, target_table
from schemas.errors import ConfigurationError
from schemas.source import InlineSource

OTHERS = [InlineSource(name=f"s{n}", connector="inline", key="/code", precedence=n % 2) for n in range(4)]


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[CRM, *OTHERS], targets=[COMPANY])
    yield made
    made.close()


def staged(fleet: Fleet, values: list[dict[str, Any]], **more: Any) -> list[int]:
    """Rows staged under a released plan."""
    ids = fleet.stage_only(values, **more)
    assert len(ids) == len(values)
    fleet.release_all()
    return ids


def merged(fleet: Fleet, ids: list[int], target: str = "company") -> Merged:
    with fleet.database.transaction() as tx:
        return merge(fleet.context, tx, target, ids, plan_ids=staging.plans_of(tx, ids), stage="upsert")


def tamper(fleet: Fleet, staged_id: int, *, forge: bool) -> None:
    fleet.execute(
        "UPDATE staged SET cells = cells || '{\"employees\": 999999}' WHERE id = %(id)s",
        id=staged_id,
    )
    if forge:
        fleet.execute("UPDATE staged SET digest = md5(key || cells::text) WHERE id = %(id)s", id=staged_id)


def test_a_row_corrupted_between_gate_and_merge_is_refused_and_its_neighbours_are_written(fleet: Fleet) -> None:
    fleet.configure(tuning=Tuning(tamper_sample=1))
    ids = staged(fleet, companies(range(50)))
    tamper(fleet, ids[33], forge=False)
    done = merged(fleet, ids)
    assert (done.asserted, done.refused) == (49, 1)
    assert len(fleet.table()) == 49
    assert fleet.rows("SELECT 1 FROM public.company WHERE employees = 999999") == []
    (letter,) = fleet.letters()
    assert (letter["code"], letter["record_id"], letter["stage"]) == ("tampered", "C-00033", "upsert")
    assert "999999" not in str(letter)
    (job,) = fleet.rows("SELECT id FROM job")
    assert fleet.counts(job["id"]) == {"dead": 1, "written": 49}


@pytest.mark.parametrize("what", ["key", "cells"])
def test_a_row_that_claims_to_be_another_is_refused(fleet: Fleet, what: str) -> None:
    ids = staged(fleet, companies(range(3)))
    swap = "key = 'C-00001'" if what == "key" else "cells = (SELECT cells FROM staged WHERE record_id = 'C-00001')"
    fleet.execute(f"UPDATE staged SET {swap} WHERE record_id = 'C-00000'")
    assert merged(fleet, ids).refused == 1
    assert [row["code"] for row in fleet.table()] == ["C-00001", "C-00002"]


def test_a_forged_digest_is_found_by_executing_the_plan_anew(fleet: Fleet) -> None:
    ids = staged(fleet, companies(range(20)))
    tamper(fleet, ids[7], forge=True)
    done = merged(fleet, ids)
    assert (done.asserted, done.refused) == (19, 1)
    assert [letter["record_id"] for letter in fleet.letters()] == ["C-00007"]


def test_of_a_large_merge_a_share_is_executed_anew(fleet: Fleet) -> None:
    fleet.configure(tuning=Tuning(tamper_sample=1, tamper_share=3))
    ids = staged(fleet, companies(range(20)))
    for place in (6, 7):
        tamper(fleet, ids[place], forge=True)
    # every third row, not the first one alone
    assert merged(fleet, ids).refused == 1
    assert [letter["record_id"] for letter in fleet.letters()] == ["C-00006"]


def test_a_row_of_another_record_under_a_true_digest_is_refused(fleet: Fleet) -> None:
    ids = staged(fleet, companies(range(4)))
    fleet.execute(
        "UPDATE staged s SET key = o.key, cells = o.cells, digest = o.digest FROM staged o"
        " WHERE s.record_id = 'C-00000' AND o.record_id = 'C-00001'"
    )
    assert merged(fleet, ids).refused == 1


def test_emptying_a_condemned_field_does_not_pass_a_corrupted_row_off_as_sound(fleet: Fleet) -> None:
    fleet.configure(tuning=Tuning(tamper_sample=1))
    ids = staged(fleet, companies(range(10)))
    tamper(fleet, ids[5], forge=False)
    with fleet.database.transaction() as tx:
        staging.empty_cells(tx, ids, {"city": "condemned"})
    done = merged(fleet, ids)
    assert (done.asserted, done.refused) == (9, 1)
    assert {row["city"] for row in fleet.table()} == {None}


def test_a_replayed_record_is_staged_anew_and_its_letter_is_resolved(fleet: Fleet) -> None:
    ids = staged(fleet, companies(range(3)))
    tamper(fleet, ids[1], forge=False)
    merged(fleet, ids)
    (letter,) = fleet.letters()
    replay = fleet.send([companies([1])[0]])
    fleet.execute(
        "UPDATE dead_letter SET state = 'replaying', replay_job_id = %(job)s WHERE id = %(id)s",
        job=replay,
        id=letter["id"],
    )
    fleet.execute("UPDATE job SET replay = true WHERE id = %(job)s", job=replay)
    fleet.run()
    assert fleet.counts(replay) == {"written": 1}
    assert [one["state"] for one in fleet.letters()] == ["resolved"]
    assert len(fleet.table()) == 3
    (job,) = fleet.rows("SELECT min(id) AS id FROM job")
    assert fleet.counts(job["id"]) == {"written": 3}


CONSTRAINTS = {
    "check": ("CHECK (employees < 15)", "strict_employees_check"),
    "unique": ("UNIQUE (city)", "strict_city_key"),
    "deferred unique": ("UNIQUE (city) DEFERRABLE INITIALLY DEFERRED", "strict_city_key"),
}


@pytest.mark.parametrize(("constraint", "named"), CONSTRAINTS.values(), ids=CONSTRAINTS.keys())
def test_what_the_users_table_refuses_is_dead_alone(database: str, constraint: str, named: str) -> None:
    fleet = strict(database, f"ALTER TABLE public.strict ADD {constraint}")
    job = fleet.enrich(companies(range(6), city=lambda n: "Samestead" if n in {2, 4} else f"t{n}"), target="strict")
    expected = {"C-00005"} if "employees" in constraint else {"C-00004"}
    assert {letter["record_id"] for letter in fleet.letters(job)} == expected
    (letter,) = fleet.letters(job)
    assert letter["code"] == "target_refused"
    assert named in str(letter["issues"])
    assert "Samestead" not in str(letter["issues"])
    assert fleet.counts(job) == {"dead": 1, "written": 5}
    assert fleet.state(job) == "partial"
    assert len(fleet.table("strict")) == 5
    assert fleet.rows("SELECT 1 FROM assertion WHERE record_id = ANY(%(r)s)", r=list(expected)) == []
    fleet.close()


def test_what_a_users_trigger_refuses_is_dead_alone(database: str) -> None:
    fleet = strict(
        database,
        """
        CREATE OR REPLACE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.employees = 12 THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON public.strict FOR EACH ROW EXECUTE FUNCTION public.refuse()
        """,
    )
    job = fleet.enrich(companies(range(5)), target="strict")
    assert [(one["code"], one["record_id"]) for one in fleet.letters(job)] == [("target_refused", "C-00002")]
    assert fleet.letters(job)[0]["issues"][0]["message"].startswith(
        "the target's table refused the row: no (RaiseException, SQLSTATE P0001, function refuse); mend"
    )
    assert len(fleet.table("strict")) == 4
    fleet.close()


NARROW = {
    "length": ("city TYPE varchar(5)", "city", "Samestead", "value too long for type character varying(5)"),
    "size": ("employees TYPE smallint", "employees", 40_000, "value [...] is out of range for type smallint"),
    "kind": ("city TYPE date USING NULL", "city", "Samestead", "invalid input syntax for type date: [...]"),
}


@pytest.mark.parametrize(("column", "field", "value", "said"), NARROW.values(), ids=NARROW)
def test_a_column_that_cannot_hold_a_value_is_named_without_the_value(
    database: str, column: str, field: str, value: Any, said: str
) -> None:
    fleet = strict(database, f"ALTER TABLE public.strict ALTER {column}")
    usual = None if "date" in column else "Town" if field == "city" else 7
    job = fleet.enrich(companies(range(4), **{field: lambda n: value if n == 2 else usual}), target="strict")
    (letter,) = fleet.letters(job)
    assert (letter["record_id"], letter["issues"][0]["field"]) == ("C-00002", field)
    assert f": {said} (" in letter["issues"][0]["message"]
    fleet.close()


def trigger(event: str, body: str) -> str:
    return f"""
        CREATE OR REPLACE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.employees = 12 THEN {body}; END IF; RETURN NEW; END $$;
        CREATE TRIGGER meddle BEFORE {event} ON public.strict FOR EACH ROW EXECUTE FUNCTION public.meddle()
    """


NOT_KEPT = {
    "left out": trigger("INSERT", "RETURN NULL"),
    "under another key": trigger("INSERT", "NEW.code = lower(NEW.code)"),
}


@pytest.mark.parametrize("change", NOT_KEPT.values(), ids=NOT_KEPT)
def test_a_row_that_the_table_does_not_keep_is_not_written(database: str, change: str) -> None:
    fleet = strict(database, change)
    job = fleet.enrich(companies(range(5)), target="strict")
    (letter,) = fleet.letters(job)
    assert (letter["code"], letter["record_id"]) == ("target_refused", "C-00002")
    assert "no such row" in letter["issues"][0]["message"]
    assert fleet.counts(job) == {"dead": 1, "written": 4}
    assert [row["code"] for row in fleet.table("strict")] == ["C-00000", "C-00001", "C-00003", "C-00004"]
    fleet.close()


def test_a_change_that_the_table_does_not_take_is_not_written(database: str) -> None:
    fleet = strict(database, trigger("UPDATE", "RETURN NULL"))
    fleet.enrich(companies(range(5)), target="strict")
    fleet.release_all()
    job = fleet.enrich(companies(range(5), city="moved"), target="strict")
    (letter,) = fleet.letters(job)
    assert (letter["code"], letter["record_id"]) == ("target_refused", "C-00002")
    assert "as it was" in letter["issues"][0]["message"]
    assert fleet.counts(job) == {"dead": 1, "written": 4}
    assert sum(row["city"] == "moved" for row in fleet.table("strict")) == 4
    fleet.close()


def shouting(moment: str, body: str) -> str:
    """A trigger that has cities in capitals."""
    return f"""
        CREATE OR REPLACE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;
        CREATE TRIGGER meddle {moment} INSERT OR UPDATE ON public.strict FOR EACH ROW EXECUTE FUNCTION public.meddle()
    """


RESHAPED = {
    "before": shouting("BEFORE", "NEW.city = upper(NEW.city); RETURN NEW;"),
    "after": shouting(
        "AFTER",
        "UPDATE public.strict SET city = upper(city) WHERE code = NEW.code AND city <> upper(city); RETURN NULL;",
    ),
}


@pytest.mark.parametrize("change", RESHAPED.values(), ids=RESHAPED)
def test_what_the_table_makes_of_a_cell_is_nobodys_edit(database: str, change: str) -> None:
    fleet = strict(database, change)

    def enriched(city: str) -> tuple[Any, ...]:
        fleet.enrich(companies(range(3), city=city), target="strict")
        fleet.release_all()
        (row,) = [row for row in fleet.table("strict") if row["code"] == "C-00001"]
        return row["name"], row["city"], row["employees"]

    name, city, _ = enriched("first")
    assert city == "FIRST"
    with fleet.acting("api").transaction() as tx:
        row = lineage.row(tx, target_table.resolve(tx, fleet.context.target("strict")), "C-00001")
    assert row is not None
    assert row.now.items() <= row.fold.items()
    fleet.execute("UPDATE public.strict SET employees = 77 WHERE code = 'C-00001'")
    assert enriched("second") == (name, "SECOND", 77)
    assert enriched("third") == (name, "THIRD", 77)
    fleet.execute("UPDATE public.strict SET name = 'Edited' WHERE code = 'C-00001'")
    assert enriched("fourth") == ("Edited", "FOURTH", 77)
    (baseline,) = fleet.rows("SELECT cells FROM assertion WHERE source = 'baseline' AND state = 'standing'")
    assert baseline["cells"] == {"code": "C-00001", "name": "Edited", "employees": 77}
    fleet.execute("UPDATE public.strict SET city = 'THEIRS' WHERE code = 'C-00001'")
    assert enriched("fifth") == ("Edited", "THEIRS", 77)
    fleet.close()


def test_two_keys_that_the_table_rounds_to_one_are_not_one_row(database: str) -> None:
    fleet = strict(database, "ALTER TABLE public.strict ALTER code TYPE numeric(5,1) USING 0")
    code = COMPANY.fields[0].model_copy(update={"type": "number", "kind": None})
    source = InlineSource(name="crm", connector="inline", key="/name")
    target = company(code, *COMPANY.fields[1:], create=False, name="strict", table="strict")
    fleet.configure(sources={"crm": source}, targets={"strict": target})
    values = companies(range(3), code=lambda n: Decimal("1.25") if n == 1 else Decimal(n) / 2)
    job = fleet.enrich(values, target="strict")
    assert [(one["code"], one["record_id"]) for one in fleet.letters(job)] == [("target_refused", "Company 1")]
    assert [row["code"] for row in fleet.table("strict")] == [0, 1]
    fleet.close()


def test_an_identity_that_takes_two_keys_for_one_is_refused(database: str) -> None:
    with pytest.raises(ConfigurationError, match="identity column code takes different keys for one: real rounds"):
        strict(database, "ALTER TABLE public.strict ALTER code TYPE real USING 0").enrich(
            companies([1]), target="strict"
        )


def test_a_text_too_long_for_its_column_is_dead_alone(database: str) -> None:
    fleet = strict(database, "ALTER TABLE public.strict ALTER city TYPE varchar(8)")
    job = fleet.enrich(companies(range(5), city=lambda n: "much too long" if n == 3 else "ok"), target="strict")
    assert [(one["code"], one["record_id"]) for one in fleet.letters(job)] == [("target_refused", "C-00003")]
    assert len(fleet.table("strict")) == 4
    fleet.close()


def test_a_rejected_record_of_two_jobs_is_a_letter_of_each(fleet: Fleet) -> None:
    ids = staged(fleet, companies(range(2)))
    second = fleet.send(companies(range(2)))
    fleet.only = frozenset({"map", "gate"})
    fleet.run(turns=3)
    tamper(fleet, ids[0], forge=False)
    merged(fleet, ids)
    first = fleet.one("SELECT min(id) FROM job")
    for job in (first, second):
        assert [one["record_id"] for one in fleet.letters(job)] == ["C-00000"]
        assert fleet.counts(job) == {"dead": 1, "written": 1}


def test_overlapping_merges_on_four_connections_end_without_deadlock(fleet: Fleet) -> None:
    chance = random.Random(11)
    fleet.configure(tuning=Tuning(tamper_sample=1, chunk_size=200))
    batches: list[list[list[int]]] = []
    for source in OTHERS:
        values = companies(range(120), name=lambda n, s=source: f"{s.name} {n}" if (n + s.precedence) % 3 else None)
        chance.shuffle(values)
        ids = staged(fleet, values, source=source.name)
        chance.shuffle(ids)
        batches.append([ids[start : start + 12] for start in range(0, 120, 12)])
    failed: list[BaseException] = []

    def work(own: list[list[int]]) -> None:
        try:
            for batch in own:
                merged(fleet, batch)
        except BaseException as error:  # noqa: BLE001 - reported by the test
            failed.append(error)

    threads = [threading.Thread(target=work, args=(own,)) for own in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    rows = fleet.table()
    assert [row["code"] for row in rows] == [f"C-{n:05d}" for n in range(120)]
    for n, row in enumerate(rows):
        # the highest precedence first, then the highest name; a null asserts nothing
        said = [s.name for s in sorted(OTHERS, key=lambda s: (s.precedence, s.name)) if (n + s.precedence) % 3]
        assert row["name"] == f"{said[-1]} {n}"
    assert fleet.one("SELECT count(*) FROM assertion") == 480
