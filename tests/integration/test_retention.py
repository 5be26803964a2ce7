"""What retention takes, and what it leaves because something still needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from fleet_ground import CRM, PLAIN, Fleet, Script, companies, ground

from enrichment import deciding, letter_views, retaining
from enrichment.chunks import file_chunks
from enrichment.members import Member
from enrichment.producing import Producer
from enrichment.replaying import jobs as replaying
from enrichment.replaying.jobs import Meant
from enrichment.retaining import Retention
from enrichment.store import grants, jobs, letters, observing, retention
from enrichment.store.letters import NewLetter
from schemas.errors import ConflictError
from schemas.source import FileSource, Source
from schemas.states import Retained

OLD = "now() - interval '400 days'"


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[CRM], asking=Script(PLAIN))
    yield made
    made.close()


def age(fleet: Fleet) -> None:
    """As if all of it had happened long ago, and no pass had been made since."""
    fleet.execute(f"UPDATE payload SET created_at = {OLD}, needed_at = {OLD}")
    fleet.execute(f"UPDATE staged SET created_at = {OLD}")
    fleet.execute(f"UPDATE assertion SET created_at = {OLD}, voided_at = voided_at - interval '400 days'")
    fleet.execute("UPDATE retention SET place = 0, passed_at = NULL")


def tend(fleet: Fleet, **kept: int | None) -> dict[str, int]:
    return {str(what): n for what, n in retaining.tend(fleet.acting("control"), Retention(**kept), seconds=60).items()}


def payloads(fleet: Fleet) -> int:
    return int(fleet.one("SELECT count(*) FROM payload"))


def give_up(fleet: Fleet, body: bytes | None = None) -> int:
    """A dead letter of the first record of the newest job."""
    with fleet.database.transaction() as tx:
        job = jobs.get(tx, fleet.one("SELECT max(id) FROM job"))
        (found,) = tx.execute(
            "UPDATE item SET state = 'dead' WHERE job_id = %s AND record_id = 'C-00000'"
            " RETURNING record_id, observation, payload_id, ordinal",
            (job.id,),
        ).fetchall()
        letters.add(
            tx,
            [NewLetter(code="poison", issues=[], body=body, **found)],
            job_id=job.id,
            source=job.source,
            target=job.target,
            target_version=job.target_version,
            stage="gate",
            attempts=1,
        )
    return int(fleet.one("SELECT max(id) FROM dead_letter"))


def producer(fleet: Fleet, **sources: Source) -> Producer:
    return Producer(fleet.acting("api"), {**fleet.context.sources, **sources}, fleet.context.targets)


def test_what_was_written_long_ago_goes_and_is_counted_and_what_is_young_stays(fleet: Fleet) -> None:
    fleet.enrich(companies(range(60)))
    assert tend(fleet) == {"payloads": 0, "staged": 0, "withdrawn": 0}
    before = fleet.table()
    staged, looked_at = fleet.one("SELECT count(*) FROM staged"), fleet.one("SELECT count(*) FROM sample")
    age(fleet)
    fleet.send(companies(range(60, 65)))
    assert tend(fleet) == {"payloads": 1, "staged": staged - looked_at, "withdrawn": 0}
    assert payloads(fleet) == 1
    assert fleet.table() == before
    with fleet.database.transaction() as tx:
        counted = {row["what"]: row["n"] for row in observing.figures(tx)["retention"]}
    assert counted == {"payloads": 1, "staged": staged - looked_at, "withdrawn": 0}
    # what was not taken works on, and the same records once more are unchanged
    fleet.run()
    again = fleet.enrich(companies(range(65)))
    assert fleet.counts(again) == {"unchanged": 65}


@pytest.mark.parametrize("state", ["held", "in_flight", "review"])
def test_a_record_that_is_not_done_keeps_its_payload(fleet: Fleet, state: str) -> None:
    job = fleet.enrich(companies(range(5)))
    fleet.execute(
        "UPDATE item SET state = %(state)s WHERE job_id = %(job)s AND record_id = 'C-00003'", state=state, job=job
    )
    age(fleet)
    assert tend(fleet)["payloads"] == 0
    assert fleet.one("SELECT now() - needed_at < interval '1 minute' FROM payload"), "its time begins anew"
    assert fleet.one("SELECT kept FROM retention WHERE what = 'payloads'") == 1
    fleet.execute("UPDATE item SET state = 'written'")
    age(fleet)
    assert tend(fleet)["payloads"] == 1


def test_a_row_that_waits_for_its_audit_keeps_itself_and_its_payload(fleet: Fleet) -> None:
    fleet.stage_only(companies(range(5)))
    fleet.execute("UPDATE item SET state = 'cancelled'")
    age(fleet)
    assert tend(fleet) == {"payloads": 0, "staged": 0, "withdrawn": 0}
    fleet.execute("UPDATE staged SET state = 'void'")
    age(fleet)
    assert tend(fleet)["payloads"] == 1


def test_an_open_letter_keeps_its_payload_and_one_without_offers_to_refetch(fleet: Fleet) -> None:
    fleet.enrich(companies(range(2)))
    letter = give_up(fleet)
    age(fleet)
    assert tend(fleet)["payloads"] == 0
    fleet.execute("UPDATE dead_letter SET state = 'permanent'")
    age(fleet)
    assert tend(fleet)["payloads"] == 1
    fleet.execute("UPDATE dead_letter SET state = 'open'")
    with fleet.acting("api").transaction() as tx:
        shown = letter_views.shown(producer(fleet), tx, letter)
        with pytest.raises(ConflictError) as refused:
            replaying.replay(producer(fleet), tx, Meant(ids=[letter]), secret=b"k", now=0)
    # this source is inline, which cannot be asked; of others the same letter offers to refetch
    assert (shown["prospect"], refused.value.code) == ("not_refetchable", "not_refetchable")
    with fleet.acting("api").transaction() as tx:
        asked = producer(fleet, crm=FileSource(name="crm", connector="file", path="companies.jsonl", key="/code"))
        shown = letter_views.shown(asked, tx, letter)
        with pytest.raises(ConflictError) as refused:
            replaying.replay(asked, tx, Meant(ids=[letter]), secret=b"k", now=0)
        told = replaying.replay(asked, tx, Meant(ids=[letter]), secret=b"k", now=0, refetch=True, dry_run=True)
    assert (shown["prospect"], shown["payload_stored"], told.replayable) == ("needs_refetch", False, 1)
    assert "replay with --refetch" in shown["prospect_reason"]
    assert refused.value.code == "needs_refetch"


def test_a_text_goes_with_the_time_of_payloads_once_its_letter_is_closed(fleet: Fleet) -> None:
    fleet.enrich(companies(range(2)))
    give_up(fleet, b"what stood there")
    kept = "SELECT body IS NOT NULL FROM dead_letter"
    fleet.execute(f"UPDATE dead_letter SET updated_at = {OLD}")
    age(fleet)
    tend(fleet)
    assert fleet.one(kept), "an open letter is still to be mended"
    fleet.execute("UPDATE dead_letter SET state = 'permanent', updated_at = now()")
    age(fleet)
    tend(fleet)
    assert fleet.one(kept), "it was closed just now"
    fleet.execute(f"UPDATE dead_letter SET updated_at = {OLD}")
    age(fleet)
    tend(fleet, payloads=None)
    assert fleet.one(kept)
    tend(fleet)
    assert not fleet.one(kept)
    assert fleet.one("SELECT code FROM dead_letter") == "poison"
    assert fleet.one("SELECT body_digest = sha256('what stood there') FROM dead_letter")


def test_of_a_chunk_some_of_whose_payloads_are_gone_the_others_are_written(fleet: Fleet) -> None:
    job = fleet.send(companies(range(3)))
    fleet.execute("UPDATE work SET status = 'done'")
    fleet.execute("UPDATE job SET state = 'running'")
    fleet.execute("UPDATE item SET state = 'held', shape_id = NULL")
    other = fleet.send(companies(range(3, 6)))
    lost = fleet.one("SELECT min(id) FROM payload")
    # one chunk over both, as records of many payloads are filed together once their plan is there
    fleet.execute(
        "UPDATE item SET job_id = %(other)s, state = 'in_flight' WHERE job_id = %(job)s", job=job, other=other
    )
    found = fleet.rows("SELECT record_id, observation, payload_id, ordinal FROM item ORDER BY record_id")
    fleet.execute("UPDATE work SET status = 'done'")
    with fleet.database.transaction() as tx:
        file_chunks(tx, [Member(**one) for one in found], source="crm", target="company", job_id=other, size=500)
    fleet.execute("DELETE FROM payload WHERE id = %(lost)s", lost=lost)
    fleet.run()
    assert fleet.counts(other) == {"dead": 3, "written": 3}
    assert {one["code"] for one in fleet.letters(other)} == {"payload_gone"}
    fleet.balanced(other)


@pytest.mark.parametrize("stored", [0, 3], ids=["none", "some"])
def test_what_is_withdrawn_after_its_payload_has_gone_is_a_dead_letter(fleet: Fleet, stored: int) -> None:
    """No plan can read it: it was held for ever, and its job with it."""
    job = fleet.enrich(companies(range(5)))
    age(fleet)
    assert tend(fleet)["payloads"] == 1
    other = fleet.enrich(companies(range(5, 5 + stored))) if stored else None
    with fleet.acting("api").transaction() as tx:
        plan = fleet.one("SELECT max(id) FROM plan")
        deciding.condemn(fleet.context, tx, plan, fields=None, by="anna", reason="wrong")
    fleet.run()
    assert fleet.counts(job) == {"dead": 5}
    assert fleet.state(job) == "partial"
    assert {(one["code"], one["plan_id"]) for one in fleet.letters(job)} == {("payload_gone", plan)}
    if other is not None:
        assert fleet.counts(other) == {"held": 3}
    again = fleet.send(companies(range(5)))
    with fleet.acting("api").transaction() as tx:
        deciding.approve(fleet.context, tx, plan, fields=None, by="anna", reason="right after all")
    fleet.run()
    assert fleet.counts(again) == {"written": 5}
    assert len(fleet.table()) == 5 + stored


def test_a_successor_is_made_from_the_records_that_are_still_stored(fleet: Fleet) -> None:
    fleet.enrich(companies(range(60), city=None))
    fleet.release_all()
    age(fleet)
    assert tend(fleet)["payloads"] == 1
    job = fleet.enrich(companies(range(60, 120)))
    assert fleet.counts(job) == {"written": 60}
    assert fleet.one("SELECT count(*) FROM plan") == 2


def test_withdrawn_entries_go_in_time_and_standing_ones_never(fleet: Fleet) -> None:
    fleet.enrich(companies(range(5)))
    fleet.execute("UPDATE assertion SET state = 'void', voided_at = now() WHERE record_id < 'C-00002'")
    age(fleet)
    assert tend(fleet, withdrawn=None)["withdrawn"] == 0
    assert tend(fleet, withdrawn=365)["withdrawn"] == 2
    assert fleet.one("SELECT count(*) FROM assertion") == 3


def test_a_pass_goes_slice_by_slice_from_where_it_was_cut_off(fleet: Fleet) -> None:
    for n in range(5):
        fleet.send(companies(range(n, n + 1)))
    fleet.execute("UPDATE item SET state = 'written'")
    age(fleet)
    small = Retention(payload_rows=2)
    with fleet.database.transaction() as tx:
        assert retention.alone(tx)
        begun = retention.begun(tx, Retained.PAYLOADS)
        done = retention.remove_payloads(tx, days=90, after=begun.place, limit=2)
        retention.note(tx, Retained.PAYLOADS, done)
    assert (done.removed, payloads(fleet)) == (2, 3)
    assert fleet.one("SELECT place FROM retention WHERE what = 'payloads'") == done.place > 0
    retaining.tend(fleet.acting("control"), small, seconds=60)
    assert payloads(fleet) == 0
    assert fleet.rows("SELECT place, removed FROM retention WHERE what = 'payloads'") == [{"place": 0, "removed": 5}]


def test_partitions_are_made_ahead_and_dropped_once_empty_and_a_stray_is_kept(fleet: Fleet) -> None:
    def parts() -> list[str]:
        found = fleet.rows(
            "SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'assay.payload'::regclass ORDER BY c.oid"
        )
        return [row["name"] for row in found]

    def extend(span: int, ahead: int) -> None:
        with fleet.database.transaction() as tx:
            tx.execute("SELECT extend_payload(%s::bigint, %s), drop_empty_payload(%s::bigint)", (span, ahead, span))

    fleet.enrich(companies(range(3)))
    job, kept = fleet.one("SELECT max(id) FROM job"), fleet.one("SELECT id FROM payload")
    tops = "SELECT max(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''?(\\d+)')::bigint) FROM pg_class c"
    top = fleet.one(tops + " WHERE c.relispartition")
    add = "INSERT INTO payload (id, source, job_id, records, blob, index) VALUES (%(id)s, 'crm', %(job)s, 0, '', '')"
    fleet.execute(add, id=top + 5, job=job)
    fleet.execute("SELECT setval(pg_get_serial_sequence('assay.payload', 'id'), %(at)s)", at=top + 5)
    before = len(parts())
    extend(100, 2)
    # the stray stays where it is, before the next range
    assert fleet.one(tops + " WHERE c.relispartition") == top + 106
    # passed and empty ones are gone; the one that holds a payload is not
    assert len(parts()) < before
    assert {row["id"] for row in fleet.rows("SELECT id FROM payload")} == {kept, top + 5}
    fleet.execute(add, id=top + 50, job=job)
    extend(100, 2)
    assert fleet.one("SELECT count(*) FROM payload WHERE id = %(id)s", id=top + 50) == 1


def test_the_role_that_removes_may_tend_partitions_and_no_other_may(
    fleet: Fleet, url_for: Callable[[str], str]
) -> None:
    with fleet.database.transaction() as tx:
        grants.issue(tx, ())
    call = "SELECT assay.extend_payload(16384, 8), assay.drop_empty_payload(16384), assay.remove_withdrawn(1, 1)"
    with psycopg.connect(url_for("assay_control").replace("+psycopg", "")) as allowed:
        allowed.execute(call)
    other = psycopg.connect(url_for("assay_fetch").replace("+psycopg", ""))
    with other, pytest.raises(psycopg.errors.InsufficientPrivilege):
        other.execute(call)
