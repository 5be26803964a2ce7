"""Explaining cells over HTTP, on rows that a fleet has written."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from api_fixtures import Api
from fleet_ground import Script
from inline_fleet import InlineFleet

from enrichment.store import health
from schemas.source import InlineSource
from schemas.target import Target, TargetField

COMPANY = Target(
    name="company",
    table="company",
    create=True,
    fields=(
        TargetField(name="name", type="string", identity=True, kind="name"),
        TargetField(name="employees", type="integer", kind="count"),
        TargetField(name="city", type="string", kind="text"),
    ),
)
SITE = Target(
    name="site",
    table="site",
    create=True,
    fields=(
        TargetField(name="name", type="string", identity=True, kind="name"),
        TargetField(name="city", type="string", identity=True, kind="text"),
        TargetField(name="employees", type="integer", kind="count"),
    ),
)
SOURCES = [
    InlineSource(name="weak", connector="inline", key="/id", precedence=1, version="/rev"),
    InlineSource(name="strong", connector="inline", key="/id", precedence=9, constants={"city": "Bonn"}),
]
SCRIPT = {"name": ("/name", ()), "employees": ("/staff", ("parse_integer",)), "city": ("/city", ())}


@dataclasses.dataclass
class Ground:
    api: Api
    fleet: InlineFleet

    def send(self, *records: dict[str, Any], source: str = "weak", target: str = "company", **options: Any) -> int:
        body = {"source": source, "target": target, "records": list(records), **options}
        job: int = self.api.ask("POST", "/v1/jobs", body).json()["id"]
        self.fleet.run()
        return job

    def cell(self, key: str, field: str, target: str = "company") -> dict[str, Any]:
        answer = self.api.ask("GET", f"/v1/rows/{target}/{quote(key, safe='')}/lineage?field={field}", role="reader")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def ground(database: str, url_for: Callable[[str], str]) -> Iterator[Ground]:
    api = Api(database, url_for("assay_api"))
    api.clear("company", "site")
    fleet = InlineFleet(database, sources=SOURCES, targets=[COMPANY, SITE], asking=Script(SCRIPT))
    api.configure(SOURCES, [COMPANY, SITE])
    yield Ground(api, fleet)
    fleet.close()
    api.close()


def test_a_cell_names_its_text_its_pointers_and_its_plan(ground: Ground) -> None:
    job = ground.send({"id": "7", "rev": 3, "name": "A/S Nord", "staff": "c. 3,167 (average, 2021)", "city": "Oslo"})
    cell = ground.cell("A/S Nord", "employees")
    assert (cell["target"], cell["key"], cell["field"]) == ("company", "A/S Nord", "employees")
    assert (cell["value"], cell["reason"]) == (3167, None)
    assert cell["source_text"] == "c. 3,167 (average, 2021)"
    assert cell["paths"] == ["/staff"]
    assert cell["ops"] == [{"op": "parse_integer", "args": []}]
    assert (cell["job"], cell["source"], cell["record_id"], cell["version"]) == (job, "weak", "7", "3")
    assert cell["approximate"] is True
    assert cell["verdict"] == "accepted"
    assert cell["audit"]["verdict"] == "supported"
    assert cell["plan"] > 0
    assert cell["written_at"]
    assert (cell["history"], cell["proposed"], cell["where"]) == ([], None, None)


def test_the_winner_is_the_one_of_the_fold_and_the_others_are_history(ground: Ground) -> None:
    ground.send({"id": "1", "name": "N", "staff": "20", "city": "Köln"}, source="strong")
    ground.send({"id": "1", "rev": 1, "name": "N", "staff": "10", "city": "Rom"})
    ground.send({"id": "1", "rev": 2, "name": "N", "staff": "11", "city": "Rom"})
    cell = ground.cell("N", "employees")
    assert (cell["value"], cell["source"]) == (20, "strong")
    assert [(h["value"], h["source"], h["state"]) for h in cell["history"]] == [
        (11, "weak", "standing"),
        (10, "weak", "standing"),
    ]
    city = ground.cell("N", "city")
    assert (city["value"], city["origin"], city["paths"], city["source_text"]) == ("Bonn", "constant", [], None)


def test_which_sources_fill_a_target_is_known_by_their_plans(ground: Ground) -> None:
    ground.send({"id": "1", "name": "N", "staff": "20", "city": "Rom"}, source="strong")
    ground.send({"id": "1", "rev": 1, "name": "N", "staff": "10", "city": "Rom"})
    ground.send({"id": "1", "rev": 1, "name": "N", "staff": "10", "city": "Rom"}, target="site")
    with ground.api.database.transaction() as tx:
        assert health.sources_of_targets(tx) == {"company": ["strong", "weak"], "site": ["weak"]}


def test_an_empty_cell_says_why(ground: Ground) -> None:
    ground.send({"id": "1", "rev": 1, "name": "N", "staff": "between 5 and 9", "city": "Rom"})
    cell = ground.cell("N", "employees")
    assert (cell["value"], cell["reason"]) == (None, "ambiguous")
    assert cell["source_text"] == "between 5 and 9"
    ground.send({"id": "2", "rev": 1, "name": "M", "staff": "8", "city": ""})
    assert ground.cell("M", "city")["reason"] == "absent"


def test_an_edit_by_others_is_told_as_such_before_and_after_it_was_noticed(ground: Ground) -> None:
    ground.send({"id": "1", "rev": 1, "name": "N", "staff": "10", "city": "Rom"})
    with ground.api.database.transaction() as tx:
        tx.execute("UPDATE public.company SET employees = 99, city = NULL")
    before = ground.cell("N", "employees")
    assert (before["value"], before["origin"]) == (99, "edited")
    emptied = ground.cell("N", "city")
    assert (emptied["value"], emptied["reason"]) == (None, "edited")
    ground.send({"id": "1", "rev": 2, "name": "N", "staff": "12", "city": "Paris"})
    after = ground.cell("N", "employees")
    assert (after["value"], after["origin"], after["source"]) == (99, "baseline", "baseline")
    assert after["proposed"]["value"] == 12
    assert ground.cell("N", "city")["reason"] == "edited"


def test_a_withdrawn_value_stays_in_the_history_with_its_reason(ground: Ground) -> None:
    ground.send({"id": "1", "rev": 1, "name": "N", "staff": "10", "city": "Rom"})
    with ground.api.database.transaction() as tx:
        tx.execute("UPDATE assertion SET state = 'void', voided_at = now(), void_reason = 'rolled_back'")
        tx.execute("DELETE FROM public.company")
    cell = ground.cell("N", "employees")
    assert (cell["value"], cell["reason"]) == (None, "rolled_back")
    assert (cell["history"][0]["value"], cell["history"][0]["void_reason"]) == (10, "rolled_back")
    assert (cell["source"], cell["source_text"], cell["plan"]) == ("weak", "10", cell["history"][0]["plan"])


def test_what_was_merged_on_the_account_of_no_job_names_none(ground: Ground) -> None:
    ground.send({"id": "1", "rev": 1, "name": "N", "staff": "10", "city": "Rom"})
    ground.send({"id": "1", "rev": 2, "name": "N", "staff": "11", "city": "Rom"})
    with ground.api.database.transaction() as tx:
        tx.execute("UPDATE assertion SET job_id = 0")
    cell = ground.cell("N", "employees")
    assert (cell["value"], cell["job"], cell["history"][0]["job"]) == (11, None, None)


def test_a_cell_that_waits_for_an_answer_is_told_before_a_source_that_says_nothing_of_it(ground: Ground) -> None:
    ground.send({"id": "9", "name": "N", "staff": "", "city": "Rom"}, source="strong")
    ground.send({"id": "1", "rev": 1, "name": "M", "staff": "9", "city": "Rom"})
    assert ground.cell("N", "employees")["reason"] == "absent"
    # the record goes over to another key, which a person has to allow
    job = ground.send({"id": "1", "rev": 2, "name": "N", "staff": "10", "city": "Bari"})
    cell = ground.cell("N", "employees")
    assert (cell["value"], cell["reason"], cell["source"], cell["source_text"]) == (
        None,
        "identity_conflict",
        "weak",
        "10",
    )
    assert (cell["where"]["state"], cell["where"]["job"], cell["where"]["record_id"]) == ("review", job, "1")
    assert cell["where"]["review"] > 0
    assert (ground.cell("N", "city")["value"], ground.cell("N", "city")["where"]) == ("Bonn", None)
    with ground.api.database.transaction() as tx:
        tx.execute("UPDATE review SET state = 'decided'")
        tx.execute("UPDATE staged SET state = 'staged' WHERE state = 'review'")
    assert (ground.cell("N", "employees")["reason"], ground.cell("N", "employees")["job"]) == ("held", job)


def test_a_whole_row_is_explained_field_by_field(ground: Ground) -> None:
    ground.send({"id": "1", "rev": 1, "name": "N", "staff": "10", "city": "Rom"})
    answer = ground.api.ask("GET", "/v1/rows/company/N/lineage").json()
    assert [cell["field"] for cell in answer["items"]] == ["name", "employees", "city"]
    assert [cell["value"] for cell in answer["items"]] == ["N", 10, "Rom"]


def test_a_key_of_several_fields_is_an_array_however_it_is_spaced(ground: Ground) -> None:
    ground.send({"id": "1", "rev": 1, "name": "N", "staff": "10", "city": 'Ca"n/a'}, target="site")
    cell = ground.cell(json.dumps(["N", 'Ca"n/a']), "employees", "site")
    assert cell["value"] == 10
    spaced = quote(json.dumps(["N", 'Ca"n/a'], indent=1), safe="")
    asked = ground.api.ask("GET", f"/v1/rows/site/lineage?field=employees&key={spaced}")
    assert asked.json() == cell
    answer = ground.api.ask("GET", "/v1/rows/site/N/lineage")
    assert (answer.status_code, answer.json()["code"]) == (422, "usage")
    assert answer.json()["hint"].endswith("or the id of a record that was given up on")


def test_a_record_without_a_row_is_found_by_its_id_where_keys_have_several_parts(ground: Ground) -> None:
    ground.send({"id": "u-212", "rev": 1, "name": "N", "staff": "4", "city": "Rom"}, target="site")
    ground.send({"id": "u-213", "rev": 1, "name": "", "staff": "4", "city": "Rom"}, target="site")
    dead = ground.cell("u-213", "name", "site")
    assert (dead["reason"], dead["where"]["state"], dead["where"]["record_id"]) == ("identity_missing", "dead", "u-213")
    other = ground.api.ask("GET", "/v1/rows/site/u-212/lineage")
    assert (other.status_code, '["N","Rom"]' in other.json()["hint"]) == (404, True)


def test_what_is_known_and_has_no_row_is_found_where_it_is(ground: Ground) -> None:
    ground.send({"id": "8", "rev": 1, "name": "First", "staff": "4", "city": "Rom"})
    ground.send({"id": "9", "rev": 1, "staff": "4", "name": ""})
    dead = ground.cell("9", "employees")
    assert (dead["value"], dead["where"]["state"], dead["where"]["code"]) == (None, "dead", "identity_missing")
    assert dead["where"]["letter"] > 0
    ground.send({"id": "5", "rev": 1, "name": "Dry", "staff": "4", "city": "Rom"}, dry_run=True)
    assert ground.cell("Dry", "employees")["where"]["state"] == "dry_run"
    body = {"source": "weak", "target": "company", "records": [{"id": "6", "rev": 1, "name": "Later", "staff": "1"}]}
    ground.api.ask("POST", "/v1/jobs", body)
    assert ground.cell("6", "name")["where"]["state"] == "in_flight"


def test_each_field_of_a_lost_record_says_what_was_wrong_with_it_or_that_the_record_was_rejected(
    ground: Ground,
) -> None:
    ground.send({"id": "8", "rev": 1, "name": "First", "staff": "4", "city": "Rom"})
    lost = ground.send({"id": "9", "rev": 1, "name": " ", "staff": "between 5 and 9", "city": "Rom"})
    name, staff, city = (ground.cell("9", field) for field in ("name", "employees", "city"))
    assert (name["reason"], name["source_text"], name["paths"]) == ("identity_missing", " ", ["/name"])
    assert (staff["reason"], staff["source_text"], staff["paths"]) == ("ambiguous", "between 5 and 9", ["/staff"])
    assert staff["ops"] == [{"op": "parse_integer", "args": []}]
    assert (city["reason"], city["source_text"], city["paths"]) == ("record_rejected", "Rom", ["/city"])
    assert (city["issue"]["field"], city["issue"]["rule"]) == ("name", "identity_missing")
    assert {(one["verdict"], one["job"], one["source"]) for one in (name, staff, city)} == {("rejected", lost, "weak")}
    with ground.api.database.transaction() as tx:
        tx.execute("UPDATE dead_letter SET plan_id = NULL, code = 'poison', issues = '[{\"rule\": \"poison\"}]'")
    whole = ground.cell("9", "city")
    assert (whole["reason"], whole["source_text"], whole["paths"]) == ("poison", None, [])


def test_a_record_that_was_lost_again_in_a_replay_is_explained_by_its_letter(ground: Ground) -> None:
    ground.send({"id": "8", "rev": 1, "name": "First", "staff": "4", "city": "Rom"})
    ground.send({"id": "9", "rev": 1, "name": "", "staff": "4"})
    letter = ground.cell("9", "name")["where"]["letter"]
    with ground.api.database.transaction() as tx:
        tx.execute("UPDATE dead_letter SET target_version = 'another'")
    ground.api.ask("POST", "/v1/dead-letters/replay", {"ids": [letter]})
    ground.fleet.run()
    again = ground.cell("9", "name")
    assert (again["where"]["letter"], again["reason"]) == (letter, "identity_missing")


def test_what_is_not_known_says_what_may_have_been_meant(ground: Ground) -> None:
    ground.send({"id": "77", "rev": 1, "name": "Named", "staff": "4", "city": "Rom"})
    with ground.api.database.transaction() as tx:
        tx.execute("DELETE FROM item")
    other = ground.api.ask("GET", "/v1/rows/company/77/lineage")
    assert (other.status_code, "'Named'" in other.json()["hint"]) == (404, True)
    assert ground.api.ask("GET", "/v1/rows/company/nobody/lineage").status_code == 404
    assert ground.api.ask("GET", "/v1/rows/nothing/nobody/lineage").status_code == 404
    field = ground.api.ask("GET", "/v1/rows/company/Named/lineage?field=employes")
    assert (field.status_code, field.json()["code"], "employees" in field.json()["detail"]) == (
        422,
        "unknown_field",
        True,
    )
