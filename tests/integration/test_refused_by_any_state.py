"""Whatever state a table's refusal of a row says: the row is dead alone, and its neighbours are written."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence

import psycopg
import pytest
from fleet_ground import Fleet, companies
from strict_table import OWN, strict

from enrichment.store import target_table
from enrichment.store.isolating import isolate
from schemas.errors import ConfigurationError

SEED = 20_261_202

#: Employees of a row -> what its trigger does, and what is told of it beside the function.
RAISED = {
    11: ("RAISE EXCEPTION 'not today' USING ERRCODE = '45000'", ("45000", "not today")),
    12: ("RAISE EXCEPTION 'none such' USING ERRCODE = 'P0002'", ("P0002", "none such")),
    13: ("ASSERT false, 'never'", ("P0004", "AssertFailure", "never")),
    14: ("RAISE EXCEPTION 'not yet' USING ERRCODE = '0A000'", ("0A000", "not yet")),
    15: ("RAISE EXCEPTION 'not you' USING ERRCODE = '42501'", ("42501", "not you")),
    16: ("PERFORM * FROM nowhere_at_all", ("42P01", "UndefinedTable")),
    17: ("RAISE EXCEPTION E'no city %\nat all', NEW.city", ("P0001", "no city [...] (")),
    18: ("RAISE EXCEPTION 'in use' USING ERRCODE = '55000'", ("55000", "in use")),
}


def trigger(body: str) -> str:
    return f"""
        CREATE OR REPLACE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN {body} RETURN NEW; END $$;
        CREATE TRIGGER meddle BEFORE INSERT OR UPDATE ON public.strict FOR EACH ROW EXECUTE FUNCTION public.meddle()
    """


def sent_again(fleet: Fleet, trigger_body: str) -> int:
    """Records that stand already, with another city, for a table whose trigger has come since."""
    fleet.enrich(companies(range(4)), target="strict")
    fleet.execute("UPDATE plan SET state = 'released'")
    fleet.execute("UPDATE plan_field SET state = 'released'")
    fleet.execute(trigger(trigger_body))
    return fleet.send(companies(range(4), city="moved"), target="strict")


def moved(fleet: Fleet) -> list[str]:
    return [row["code"] for row in fleet.table("strict") if row["city"] == "moved"]


def attempted(fleet: Fleet, turns: int) -> dict[str, object]:
    """The chunk's work after so many attempts, none of which is waited for."""
    for _ in range(turns):
        fleet.execute(
            "UPDATE work SET wait_until = now() - interval '1 s' WHERE status = 'waiting' AND waits_on IS NULL"
        )
        for due in fleet.turn():
            fleet.step(due)
    (work,) = fleet.rows(
        "SELECT status, attempts, error FROM work WHERE kind = 'chunk' AND stage = 'upsert' ORDER BY id DESC LIMIT 1"
    )
    return work


def test_whatever_state_a_trigger_raises_refuses_its_row_alone_and_says_why(database: str) -> None:
    cases = " ".join(f"IF NEW.employees = {n} THEN {body}; END IF;" for n, (body, _) in RAISED.items())
    fleet = strict(database, trigger(cases))
    job = fleet.enrich(companies(range(12)), target="strict")
    letters = {one["record_id"]: one for one in fleet.letters(job)}
    assert letters.keys() == {f"C-{n - 10:05d}" for n in RAISED}
    for n, (_, said) in RAISED.items():
        letter = letters[f"C-{n - 10:05d}"]
        message = letter["issues"][0]["message"]
        assert letter["code"] == "target_refused"
        assert all(word in message for word in (*said, "function meddle", "replay the letter")), message
        assert "Town" not in message
    assert [row["employees"] for row in fleet.table("strict")] == [10, 19, 20, 21]
    assert fleet.counts(job) == {"dead": 8, "written": 4}
    fleet.close()


#: What PostgreSQL itself says of one row, in a state of which the driver makes an outage -> what is told.
OWN_STATES = {
    "no room": ("CREATE INDEX ON public.strict (city)", "SELECT 1", "54000"),
    "not yet": (
        "CREATE SEQUENCE public.never; GRANT ALL ON public.never TO PUBLIC",
        "IF NEW.employees = 12 THEN PERFORM currval('never'); END IF",
        "55000",
    ),
}


@pytest.mark.parametrize(("before", "body", "state"), OWN_STATES.values(), ids=OWN_STATES)
def test_what_the_server_refuses_of_one_row_is_no_outage(database: str, before: str, body: str, state: str) -> None:
    fleet = strict(database, f"DROP SEQUENCE IF EXISTS public.never; {before}")
    # no index has room for it, however well it is packed
    long = "".join(random.Random(SEED).choices(string.ascii_letters, k=20_000))
    fleet.enrich(companies(range(4)), target="strict")
    fleet.release_all()
    fleet.execute(trigger(f"{body};") if state == "55000" else body)
    job = fleet.send(
        companies(range(4), city=lambda n: long if n == 2 and state == "54000" else "moved"), target="strict"
    )
    attempted(fleet, 1)
    (letter,) = fleet.letters(job)
    assert (letter["record_id"], letter["code"]) == ("C-00002", "target_refused")
    assert f"SQLSTATE {state}" in letter["issues"][0]["message"]
    assert moved(fleet) == ["C-00000", "C-00001", "C-00003"]
    fleet.close()


def test_where_somebodys_function_refuses_every_row_each_is_a_letter(database: str) -> None:
    fleet = strict(database, trigger("RAISE EXCEPTION 'closed' USING ERRCODE = '0A000';"))
    job = fleet.enrich(companies(range(3)), target="strict")
    assert [one["code"] for one in fleet.letters(job)] == ["target_refused"] * 3
    assert fleet.counts(job) == {"dead": 3}
    fleet.close()


def test_no_letter_quotes_what_stands_in_the_row(database: str) -> None:
    fleet = strict(database, "SELECT 1")
    job = sent_again(
        fleet, "IF NEW.employees = 12 THEN RAISE EXCEPTION USING MESSAGE = 'it is in ' || OLD.city; END IF;"
    )
    attempted(fleet, 1)
    (letter,) = fleet.letters(job)
    assert "it is in [...]" in letter["issues"][0]["message"]
    assert "Town" not in letter["issues"][0]["message"]
    fleet.close()


def test_a_row_beside_whose_fold_no_baseline_can_be_laid_is_dead_alone(database: str) -> None:
    """Its column is of another type by now, which what was asserted of this row alone is no value of."""
    fleet = strict(database, "SELECT 1")
    fleet.enrich(companies(range(4), city=lambda n: "none" if n == 2 else str(n)), target="strict")
    fleet.release_all()
    fleet.execute("ALTER TABLE public.strict ALTER city TYPE integer USING 7")
    job = fleet.enrich(companies(range(4), city=lambda n: str(n + 20)), target="strict")
    assert [(one["code"], one["record_id"]) for one in fleet.letters(job)] == [("target_refused", "C-00002")]
    assert fleet.counts(job) == {"dead": 1, "written": 3}
    fleet.close()


def test_what_fails_without_a_row_is_not_asked_of_each(database: str) -> None:
    fleet = strict(database, "SELECT 1")
    asked: list[int] = []
    with fleet.database.transaction() as tx:
        table = target_table.resolve(tx, OWN)

        def step(some: Sequence[int]) -> None:
            asked.append(len(some))
            tx.execute("SELECT * FROM nowhere_at_all")

        with pytest.raises(ConfigurationError, match="its table takes nothing"):
            isolate(tx, table, range(64), step, last=False, wrote=lambda _: True)
    assert asked == [64, 0]
    fleet.close()


def test_a_row_that_a_policy_refuses_is_dead_alone_and_even_the_only_one(database: str) -> None:
    fleet = strict(
        database,
        """
        ALTER TABLE public.strict ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE POLICY small ON public.strict USING (true) WITH CHECK (employees <> 12);
        """,
    )
    job = fleet.enrich(companies(range(4)), target="strict")
    assert [one["record_id"] for one in fleet.letters(job)] == ["C-00002"]
    assert "row-level security policy" in fleet.letters(job)[0]["issues"][0]["message"]
    assert fleet.counts(job) == {"dead": 1, "written": 3}
    fleet.release_all()
    alone = fleet.enrich(companies([2], name="again"), target="strict")
    assert fleet.counts(alone) == {"dead": 1}
    fleet.execute("DROP POLICY small ON public.strict; ALTER TABLE public.strict DISABLE ROW LEVEL SECURITY")
    job = fleet.enrich(companies([2], name="third"), target="strict")
    assert fleet.counts(job) == {"written": 1}
    fleet.close()


def test_a_key_that_the_tables_identity_cannot_hold_is_dead_alone(database: str) -> None:
    fleet = strict(database, "ALTER TABLE public.strict ALTER code TYPE uuid USING gen_random_uuid()")
    known = "00000000-0000-0000-0000-00000000000{}"
    job = fleet.enrich(companies(range(5), code=lambda n: "no key" if n == 3 else known.format(n)), target="strict")
    (letter,) = fleet.letters(job)
    assert (letter["record_id"], letter["code"], letter["issues"][0]["field"]) == ("no key", "target_refused", "code")
    assert "invalid input syntax for type uuid: [...] (InvalidTextRepresentation" in letter["issues"][0]["message"]
    assert fleet.counts(job) == {"dead": 1, "written": 4}
    fleet.close()


@pytest.mark.parametrize("state", ["40001", "55P03"])
def test_what_a_trigger_calls_passing_is_tried_again_and_then_refuses_its_row_alone(database: str, state: str) -> None:
    fleet = strict(database, "SELECT 1")
    job = sent_again(fleet, f"IF NEW.employees = 12 THEN RAISE 'again' USING ERRCODE = '{state}'; END IF;")
    work = attempted(fleet, fleet.context.tuning.max_attempts - 1)
    assert fleet.letters(job) == moved(fleet) == []
    assert (work["status"], work["attempts"]) == ("waiting", fleet.context.tuning.max_attempts - 1)
    attempted(fleet, 1)
    assert [(one["code"], one["record_id"]) for one in fleet.letters(job)] == [("target_refused", "C-00002")]
    assert fleet.counts(job) == {"dead": 1, "written": 3}
    assert moved(fleet) == ["C-00000", "C-00001", "C-00003"]
    fleet.close()


def test_what_passes_before_the_attempts_are_over_is_written_whole(database: str) -> None:
    fleet = strict(database, "SELECT 1")
    job = sent_again(fleet, "RAISE 'again' USING ERRCODE = '40P01';")
    attempted(fleet, fleet.context.tuning.max_attempts - 1)
    fleet.execute("DROP TRIGGER meddle ON public.strict")
    attempted(fleet, 1)
    assert fleet.letters(job) == []
    assert fleet.counts(job) == {"written": 4}
    fleet.close()


AWAY = {
    "a table": ("DROP TABLE IF EXISTS public.away", "UndefinedTable", "CREATE TABLE public.away ()"),
    "a right": ("CREATE TABLE IF NOT EXISTS public.away ()", "permission denied for table away", "SELECT 1"),
}


@pytest.mark.parametrize(("before", "said", "mended"), AWAY.values(), ids=AWAY)
def test_what_every_row_is_refused_for_and_lies_in_the_table_is_waited_for(
    database: str, before: str, said: str, mended: str
) -> None:
    fleet = strict(database, before)
    job = sent_again(fleet, "PERFORM * FROM public.away;")
    work = attempted(fleet, 2 * fleet.context.tuning.max_attempts)
    assert work["status"] == "waiting"
    assert said in str(work["error"])
    assert fleet.letters(job) == []
    fleet.execute(mended)
    fleet.execute("GRANT SELECT ON public.away TO PUBLIC")
    attempted(fleet, 1)
    assert fleet.counts(job) == {"written": 4}
    fleet.execute("DROP TABLE public.away")
    fleet.close()


def test_a_refused_withdrawal_is_a_question_whatever_state_it_says(database: str) -> None:
    fleet = strict(database, "SELECT 1")
    job = fleet.enrich(companies(range(4)), target="strict")
    fleet.release_all()
    fleet.execute(
        trigger("IF OLD.employees = 12 THEN RAISE 'kept' USING ERRCODE = '45000'; END IF;")
        .replace("INSERT OR UPDATE", "DELETE")
        .replace("RETURN NEW", "RETURN OLD")
    )
    with fleet.database.transaction() as tx:
        tx.execute(
            "INSERT INTO work (kind, stage, source, target, status, args) VALUES"
            " ('refold', 'refold', 'crm', 'strict', 'ready', jsonb_build_object('job', %s::bigint))",
            (job,),
        )
    fleet.run()
    assert [row["code"] for row in fleet.table("strict")] == ["C-00002"]
    (asked,) = fleet.rows("SELECT subject, question FROM review WHERE rule = 'target_refused'")
    assert asked["subject"] == "key:C-00002"
    assert "kept (SQLSTATE 45000" in asked["question"]["message"]
    fleet.close()


def test_a_state_that_nobody_knows_has_no_class_of_its_own() -> None:
    """What tells such a state from one of PostgreSQL's."""
    with pytest.raises(KeyError):
        psycopg.errors.lookup("45000")
