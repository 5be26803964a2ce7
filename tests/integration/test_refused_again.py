"""A replay that reads pages again speaks of its own letters, and leaves one letter to each place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_fixtures import Api, total
from fleet_ground import PLAIN, Fleet, Script, companies, company, ground
from psycopg.types.json import Jsonb

from enrichment.context import Tuning
from enrichment.store import refused_again
from enrichment.store.refused_again import Refused
from schemas.source import FileSource
from schemas.target import TargetField

GOOD = 4
BAD = 25
COMPANY = company(
    TargetField(name="code", type="string", identity=True, kind="identifier"),
    TargetField(name="name", type="string", kind="name"),
    TargetField(name="employees", type="integer", kind="count", on_fault="reject"),
    TargetField(name="city", type="string", kind="text"),
)


class Ground:
    """An API over the tables of a fleet that reads a file and a listing."""

    def __init__(self, url: str, role_url: str, folder: Path) -> None:
        self.lines, self.list = folder / "dump.jsonl", folder / "dump.json"
        self.sources = (
            FileSource(name="dump", connector="file", path=str(self.lines), key="/code"),
            FileSource(name="list", connector="file", path=str(self.list), key="/code"),
        )
        tuning = Tuning(plan_wait_seconds=0.0, chunk_size=10)
        self.fleet: Fleet = ground(url, sources=self.sources, targets=[COMPANY], tuning=tuning, asking=Script(PLAIN))
        self.fleet.configure(roots=(folder,))
        self.api = Api(url, role_url)
        self.api.configure(self.sources, [COMPANY], secret=b"a secret of the tests")

    def write(self, *records: dict[str, Any]) -> None:
        """Each record takes the same room, so that places stay what they were."""
        self.lines.write_text("".join(json.dumps(one).ljust(200) + "\n" for one in records), encoding="utf-8")

    def write_list(self, *records: dict[str, Any], breaks_off: bool = False) -> None:
        text = ",".join(json.dumps(one).ljust(200) for one in records)
        self.list.write_text("[" + text + (', {"code": ' if breaks_off else "]"), encoding="utf-8")

    def submit(self, source: str = "dump") -> int:
        job: int = self.api.ask("POST", "/v1/jobs", {"source": source, "target": "company"}).json()["id"]
        self.fleet.run()
        return job

    def replay(self, *ids: int) -> dict[str, Any]:
        body = {"ids": list(ids), "refetch": True}
        (job,) = self.api.ask("POST", "/v1/dead-letters/replay", body).json()["jobs"]
        self.fleet.run()
        return self.job(job)

    def job(self, job: int) -> dict[str, Any]:
        shown: dict[str, Any] = self.api.ask("GET", f"/v1/jobs/{job}").json()
        assert shown["counts"]["accepted"] == total(shown["counts"])
        return shown

    def letters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.ask("GET", "/v1/dead-letters?limit=500").json()["items"]
        return sorted(found, key=lambda letter: letter["id"])

    def text(self, letter: int) -> str | None:
        """What stood where it could not be read."""
        shown: str | None = self.api.ask("GET", f"/v1/dead-letters/{letter}").json()["text"]
        return shown

    def discard(self, *ids: int) -> None:
        body = {"ids": list(ids), "reason": "nobody needs them"}
        assert self.api.ask("POST", "/v1/dead-letters/discard", body, role="admin").status_code == 200


@pytest.fixture
def made(database: str, url_for: Callable[[str], str], tmp_path: Path) -> Iterator[Ground]:
    one = Ground(database, url_for("assay_api"), tmp_path)
    yield one
    one.fleet.close()
    one.api.close()


def keyless(count: int) -> list[dict[str, Any]]:
    return [{"name": f"nobody {n}"} for n in range(count)]


def test_what_else_of_a_page_is_refused_again_keeps_the_letter_that_it_has(made: Ground) -> None:
    made.write(*companies(range(GOOD)), *keyless(BAD))
    made.submit()
    before = made.letters()
    assert [letter["code"] for letter in before] == ["key_missing"] * BAD
    made.discard(*(letter["id"] for letter in before[:20]))
    replayed = [letter["id"] for letter in before[20:23]]
    job = made.replay(*replayed)
    after = made.letters()
    assert [letter["id"] for letter in after] == [letter["id"] for letter in before]
    assert [letter["state"] for letter in after] == ["discarded"] * 20 + ["open"] * 5
    assert [letter["failed_replays"] for letter in after] == [0] * 20 + [1] * 3 + [0] * 2
    counts = {state: n for state, n in job["counts"].items() if n}
    assert counts == {"accepted": GOOD + BAD, "unchanged": GOOD, "dead": 5, "discarded": 20}
    # a permanent one keeps its letter as well, and one that was resolved gets a new one if it comes back
    made.replay(*replayed)
    assert [letter["state"] for letter in made.letters()[20:]] == ["permanent"] * 3 + ["open"] * 2
    made.replay(after[23]["id"])
    assert len(made.letters()) == BAD
    with made.api.database.transaction() as tx:
        tx.execute("UPDATE dead_letter SET state = 'resolved' WHERE id = %s", (after[20]["id"],))
    made.replay(after[24]["id"])
    assert len(made.letters()) == BAD + 1


def test_a_record_that_the_gate_refuses_along_the_way_gets_a_second_letter_for_other_content_only(made: Ground) -> None:
    refused = {"code": "X-1", "name": "one", "employees": "between 5 and 9", "city": "Rom"}
    made.write(*companies(range(GOOD)), refused, *keyless(1))
    made.submit()
    before = {letter["code"]: letter["id"] for letter in made.letters()}
    assert sorted(before) == ["key_missing", "type"]
    assert made.replay(before["key_missing"])["counts"]["dead"] == 2
    assert len(made.letters()) == 2
    made.discard(before["type"])
    # nobody has looked at this text yet
    made.write(*companies(range(GOOD)), {**refused, "employees": "between 6 and 9"}, *keyless(1))
    job = made.replay(before["key_missing"])
    assert [letter["code"] for letter in made.letters() if letter["job"] == job["id"]] == ["type"]


def test_another_record_without_a_key_at_an_old_place_gets_a_letter_where_the_old_one_is_closed(made: Ground) -> None:
    made.write(*companies(range(GOOD)), *keyless(3))
    made.submit()
    discarded, permanent, sent_for = (letter["id"] for letter in made.letters())
    made.discard(discarded)
    with made.api.database.transaction() as tx:
        tx.execute("UPDATE dead_letter SET state = 'permanent' WHERE id = %s", (permanent,))
        # what retention does: the text goes, and what was in it is known all the same
        tx.execute("UPDATE dead_letter SET body = NULL WHERE id <> %s", (sent_for,))
    made.replay(sent_for)
    assert len(made.letters()) == 3
    others = [{"name": "somebody else"}, {"name": "a third one"}]
    made.write(*companies(range(GOOD)), *others, *keyless(3)[2:])
    made.api.ask("POST", f"/v1/dead-letters/{sent_for}/reopen", {"reason": "again"}, role="admin")
    job = made.replay(sent_for)
    fresh = made.letters()[3:]
    assert [(one["job"], one["code"], one["state"]) for one in fresh] == [(job["id"], "key_missing", "open")] * 2
    assert [made.text(one["id"]) for one in fresh] == ['{"name":"somebody else"}', '{"name":"a third one"}']
    assert job["counts"]["dead"] == 3
    # these have their letters now
    made.api.ask("POST", f"/v1/dead-letters/{sent_for}/reopen", {"reason": "again"}, role="admin")
    made.replay(sent_for)
    assert len(made.letters()) == 5


def test_an_open_letter_tells_of_what_stands_at_its_place_now(made: Ground) -> None:
    made.write(*companies(range(GOOD)), *keyless(2))
    made.submit()
    sent_for, beside = (letter["id"] for letter in made.letters())
    made.write(*companies(range(GOOD)), *keyless(1), {"name": "somebody else"})
    made.replay(sent_for)
    assert [letter["id"] for letter in made.letters()] == [sent_for, beside]
    assert made.text(beside) == '{"name":"somebody else"}'
    assert [letter["failed_replays"] for letter in made.letters()] == [1, 0]
    # once it is discarded, it is this text that nobody wants to hear of again
    made.discard(beside)
    with made.api.database.transaction() as tx:
        tx.execute("UPDATE dead_letter SET failed_replays = 0, target_version = 'older' WHERE id = %s", (sent_for,))
    assert made.replay(sent_for)["counts"]["discarded"] == 1
    assert len(made.letters()) == 2


def test_the_letter_that_a_replay_was_sent_for_tells_of_what_it_met(made: Ground) -> None:
    made.write(*companies(range(GOOD)), *keyless(2))
    made.submit()
    sent_for, beside = (letter["id"] for letter in made.letters())
    made.write(*companies(range(GOOD)), {"name": "somebody else"}, *keyless(2)[1:])
    made.replay(sent_for)
    made.discard(sent_for)
    assert made.replay(beside)["counts"]["discarded"] == 1
    assert len(made.letters()) == 2


def test_a_replay_that_met_a_discarded_record_is_done_once_that_is_reopened_and_resolved(made: Ground) -> None:
    made.write(*companies(range(GOOD)), *keyless(2))
    lost = made.submit()
    sent_for, beside = (letter["id"] for letter in made.letters())
    made.discard(beside)
    # its own place has been mended
    made.write(*companies(range(GOOD + 1)), *keyless(2)[1:])
    job = made.replay(sent_for)
    assert (job["state"], job["counts"]["discarded"]) == ("partial", 1)
    made.api.ask("POST", f"/v1/dead-letters/{beside}/reopen", {"reason": "it was found"}, role="admin")
    shown = made.job(job["id"])["counts"]
    assert (shown["dead"], shown["discarded"]) == (1, 0)
    made.write(*companies(range(GOOD + 2)))
    made.replay(beside)
    assert [letter["state"] for letter in made.letters()] == ["resolved"] * 2
    assert [made.job(one)["state"] for one in (lost, job["id"])] == ["done"] * 2


def test_a_record_that_a_replay_lost_itself_stays_discarded_when_an_older_letter_is_reopened(made: Ground) -> None:
    made.write(*companies(range(GOOD)), *keyless(2))
    made.submit()
    sent_for, beside = (letter["id"] for letter in made.letters())
    made.discard(beside)
    made.write(*companies(range(GOOD)), *keyless(1), {"name": "somebody else"})
    job = made.replay(sent_for)
    made.discard(made.letters()[-1]["id"])
    assert made.job(job["id"])["counts"]["discarded"] == 1
    made.api.ask("POST", f"/v1/dead-letters/{beside}/reopen", {"reason": "it was found"}, role="admin")
    assert made.job(job["id"])["counts"]["discarded"] == 1


def test_a_double_that_is_met_again_keeps_its_letter(made: Ground) -> None:
    (first, *_) = companies(range(1))
    made.write(first, {**first, "name": "another"}, *keyless(1))
    made.submit()
    place = next(letter for letter in made.letters() if letter["code"] == "key_missing")
    job = made.replay(place["id"])
    assert len(made.letters()) == 2
    assert job["counts"]["dead"] == 2


def test_an_older_letter_of_a_place_that_was_read_without_a_complaint_is_resolved(made: Ground) -> None:
    made.write(*companies(range(GOOD)), *keyless(3))
    first, second = made.submit(), made.submit()
    assert len(made.letters()) == 6
    # the first place was mended, the second is as it was, the third is gone
    made.write(*companies(range(GOOD + 1)), *keyless(2)[1:])
    again = [letter for letter in made.letters() if letter["job"] == second]
    job = made.replay(again[1]["id"])
    states = [(letter["job"], letter["state"], letter["failed_replays"]) for letter in made.letters()]
    assert states == [
        (first, "resolved", 0),
        (first, "open", 0),
        (first, "resolved", 0),
        (second, "resolved", 0),
        (second, "open", 1),
        (second, "resolved", 0),
    ]
    assert job["counts"]["dead"] == 1
    assert [made.job(one)["counts"]["dead"] for one in (first, second)] == [1, 1]


def test_a_record_whose_id_begins_like_a_place_is_none(made: Ground) -> None:
    order = {"code": "#1001", "name": "one", "employees": "between 5 and 9", "city": "Rom"}
    made.write(*companies(range(GOOD)), order, *keyless(1))
    lost = made.submit()
    by_code = {letter["code"]: letter["id"] for letter in made.letters()}
    assert sorted(by_code) == ["key_missing", "type"]
    # the place was mended, and the record is gone: nobody has read it without a complaint
    made.write(*companies(range(GOOD + 1)))
    made.replay(by_code["key_missing"])
    states = {letter["code"]: (letter["state"], letter["failed_replays"]) for letter in made.letters()}
    assert states == {"key_missing": ("resolved", 0), "type": ("open", 0)}
    assert made.replay(by_code["type"])["counts"]["accepted"] == 0
    states = {letter["code"]: (letter["state"], letter["failed_replays"]) for letter in made.letters()}
    assert states == {"key_missing": ("resolved", 0), "type": ("open", 1)}
    assert made.job(lost)["counts"]["dead"] == 1
    made.write(*companies(range(GOOD)), {**order, "employees": 7})
    assert made.replay(by_code["type"])["counts"]["accepted"] == 1
    assert made.job(lost)["counts"]["written"] == GOOD + 1


def test_what_lies_before_the_place_where_a_replay_began_is_not_taken_for_read(made: Ground) -> None:
    made.write(*companies(range(GOOD)), *keyless(4))
    made.submit()
    ids = [letter["id"] for letter in made.letters()]
    body = {"ids": ids[:1], "refetch": True}
    (job,) = made.api.ask("POST", "/v1/dead-letters/replay", body).json()["jobs"]

    def read(*cursors: dict[str, Any]) -> list[int]:
        """Letters that a reading has passed which began at the first of these cursors, and came past the others."""
        with made.api.database.transaction() as tx:
            tx.execute("DELETE FROM work WHERE job_id = %s", (job,))
            for position, args in enumerate(cursors):
                tx.execute(
                    "INSERT INTO work (kind, stage, status, job_id, position, args)"
                    " VALUES ('chunk', 'map', 'done', %s, %s, %s)",
                    (job, position, Jsonb(args)),
                )
            return [letter_id for letter_id, _ in refused_again.read_without_complaint(tx, job)]

    with made.api.database.transaction() as tx:
        for letter_id, at in zip(ids[2:], (7, 9), strict=True):
            tx.execute("UPDATE dead_letter SET cursor = %s WHERE id = %s", (Jsonb({"at": at}), letter_id))
    assert read({}) == read({}, {"cursor": {"at": 8}}) == ids[1:]
    assert read({"cursor": {"at": 7}}, {"cursor": {"at": 9}}) == ids[2:]
    assert read({"cursor": {"at": 8}}, {"cursor": {"at": 9}}) == ids[3:]
    with made.api.database.transaction() as tx:
        # a lost page keeps the arguments of its work; of ids that were asked for it lies in no listing
        tx.execute(
            "UPDATE dead_letter SET record_id = '#page:3', cursor = jsonb_build_object('cursor', cursor) WHERE id = %s",
            (ids[3],),
        )
    assert read({"cursor": {"at": 9}}) == ids[3:]
    with made.api.database.transaction() as tx:
        tx.execute("UPDATE job SET scope = %s WHERE NOT replay", (Jsonb({"scoped": True}),))
    assert read({"cursor": {"at": 9}}) == []


def test_a_place_in_a_file_that_was_mended_is_read_from_its_beginning(made: Ground) -> None:
    """Its letter keeps a cursor into the file as it was, which is refused in any other."""
    # a page of a file is 500 records, and so is the first chunk
    made.write(*companies(range(510)), *keyless(1))
    lost = made.submit()
    (letter,) = made.letters()
    with made.api.database.transaction() as tx:
        assert tx.execute("SELECT cursor FROM dead_letter").fetchone() != {"cursor": None}
    made.write(*companies(range(511)))
    job = made.replay(letter["id"])
    assert [(one["id"], one["state"]) for one in made.letters()] == [(letter["id"], "resolved")]
    counts = {state: n for state, n in job["counts"].items() if n}
    assert counts == {"accepted": 511, "unchanged": 510, "written": 1}
    assert made.job(lost)["state"] == "done"


def test_what_was_said_of_a_place_after_the_replay_began_is_not_its_affair(made: Ground) -> None:
    made.write(*companies(range(GOOD)), *keyless(2))
    made.submit()
    one, other = made.letters()
    made.write(*companies(range(GOOD + 2)))
    (job,) = made.api.ask("POST", "/v1/dead-letters/replay", {"ids": [one["id"]], "refetch": True}).json()["jobs"]
    with made.api.database.transaction() as tx:
        tx.execute("UPDATE dead_letter SET updated_at = clock_timestamp() WHERE id = %s", (other["id"],))
    made.fleet.run()
    assert [letter["state"] for letter in made.letters()] == ["resolved", "open"]
    assert made.job(job)["state"] == "done"


def test_a_place_behind_which_the_list_breaks_off_is_not_taken_for_read(made: Ground) -> None:
    """Its number of bytes says where: what stood before the break was read, what lies behind it was not."""
    good, bad = companies(range(GOOD + 1)), keyless(2)
    made.write_list(*good[:GOOD], bad[0], good[GOOD], bad[1])
    made.submit("list")
    first, last = made.letters()
    made.write_list(*companies(range(GOOD + 1)), breaks_off=True)
    made.replay(last["id"])
    states = {letter["id"]: (letter["state"], letter["failed_replays"]) for letter in made.letters()[:2]}
    assert states == {first["id"]: ("resolved", 0), last["id"]: ("open", 0)}


def test_a_lost_page_that_is_lost_again_keeps_its_letter(made: Ground) -> None:
    """Pages are told apart by what is read there, since each reading counts its chunks anew."""
    made.write(*companies(range(GOOD)), *keyless(1))
    made.submit()
    (place,) = made.letters()
    lost = {"cursor": {"offset": 1}}
    with made.api.database.transaction() as tx:
        for n, name in enumerate(("#page:7", "#page:2")):
            tx.execute(
                "INSERT INTO dead_letter (job_id, source, target, target_version, record_id, stage, code, gate_id,"
                " fingerprint, cursor, state) VALUES (%s, 'dump', 'company', 'v', %s, 'fetch', 'poison_page', 1, 'f',"
                " %s, 'open')",
                (place["job"], name, Jsonb(lost if n == 0 else {})),
            )
    body = {"ids": [place["id"]], "refetch": True}
    (job,) = made.api.ask("POST", "/v1/dead-letters/replay", body).json()["jobs"]
    with made.api.database.transaction() as tx:
        refused = [Refused("#page:2", "poison_page", None, lost), Refused("#page:3", "poison_page", None, {"x": 1})]
        found = refused_again.known(tx, refused, job_id=job, source="dump", target="company")
    assert found == {"#page:2"}
