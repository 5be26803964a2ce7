from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from enrichment.audit import statements
from enrichment.audit.faults import FAULTS
from enrichment.audit.report import FieldCounts, PlantedCounts, Untold, report
from enrichment.audit.statistics import Looks, lower_limit, wrong_at_most

CRM = ("company", "crm")


def counts(name: str, plan: int = 1, **changes: Any) -> FieldCounts:
    said = {
        "state": "released", "audited": 116, "defects": 0, "unconfirmed": 0, "unsure": 0, "misses": 0,
        "cells": 1_000, "empty": 0, "empty_audited": 0,
    }  # fmt: skip
    return FieldCounts(plan, *CRM, name, **{**said, **changes})


def plants(seen: int, planted: int, plan: int = 1, asked: int = 0, confirmed: int = 0) -> PlantedCounts:
    return PlantedCounts(plan, *CRM, "swap", planted, seen, asked, confirmed)


ENOUGH = (plants(100, 100),)


def one(*fields: FieldCounts, planted: tuple[PlantedCounts, ...] = ENOUGH, rows: int = 1_000) -> dict[str, Any]:
    (entry,) = report(fields, planted, {CRM: rows})
    return entry


def test_the_bound_speaks_for_all_cells_that_stand_and_is_stretched_by_what_the_auditor_may_overlook() -> None:
    entry = one(counts("a"), counts("b", cells=500))
    recall = lower_limit(100, 100, 1 - 0.025 / 2)
    looks = [Looks(1_000, 116, 0, recall, whole=False), Looks(500, 116, 0, recall, whole=False)]
    assert entry["wrong_at_most"] == round(wrong_at_most(looks, 0.975, tried=2) or 0, 6)
    assert 0.025 < entry["wrong_at_most"] < 0.05
    assert entry["statement"].endswith(statements.ASSUMPTION)
    assert entry["recall"] == {
        "planted": 100, "seen": 100, "lower": 0.9638, "upper": 1.0,
        "classes": [{"class": "swap", "planted": 100, "seen": 100, "lower": 0.9638, "upper": 1.0}],
        "not_planted": ["shifted", "invented", "factor", "truncated", "currency"],
    }  # fmt: skip


def test_what_an_auditor_mostly_overlooks_and_what_was_never_tried_is_said() -> None:
    planted = (plants(20, 20), replace(plants(0, 7), kind="truncated"), replace(plants(1, 2), kind="factor"))
    told = " ".join(statements.explained(one(counts("a"), planted=planted)))
    assert "a text that was cut off (0 of 7 found)" in told
    assert "a thousand times" not in told
    assert "nor by another currency" in told
    all_of = tuple(replace(plants(9, 9), kind=fault) for fault in FAULTS)
    assert "No row could" not in " ".join(statements.explained(one(counts("a"), planted=all_of)))


def test_a_weaker_auditor_widens_the_bound() -> None:
    bounds = [one(counts("a"), planted=(plants(seen, 100),))["wrong_at_most"] for seen in (100, 80, 50, 30)]
    assert bounds == sorted(bounds)
    assert bounds[1] > 1.3 * bounds[0]
    assert bounds[3] > 4 * bounds[0]


def test_a_plan_with_plants_of_its_own_is_judged_by_them() -> None:
    blind = (plants(100, 100, plan=1), plants(10, 60, plan=2))
    entry = one(counts("a"), counts("a", plan=2), planted=blind)
    alone = one(counts("a"), planted=blind[:1])
    assert entry["wrong_at_most"] > 4 * alone["wrong_at_most"]


def test_what_is_refuted_counts_until_it_is_known_how_often_a_second_look_confirms() -> None:
    doubted = counts("a", unconfirmed=3)
    clean = one(counts("a"))["wrong_at_most"]
    few = one(doubted, planted=(plants(100, 100, asked=10, confirmed=10),))["wrong_at_most"]
    many = one(doubted, planted=(plants(100, 100, asked=90, confirmed=90),))["wrong_at_most"]
    forgetful = one(doubted, planted=(plants(100, 100, asked=90, confirmed=40),))["wrong_at_most"]
    assert few > 2 * clean
    assert clean < many < 1.1 * clean
    assert forgetful > 2 * many


@pytest.mark.parametrize(
    ("fields", "planted", "why"),
    [
        ((counts("a"), counts("b", audited=0)), ENOUGH, "unknown: b was written without any audit"),
        ((counts("a", audited=0),), ENOUGH, "unknown: none of the cells written was audited"),
        ((counts("a"),), (), "unknown: no defects were planted"),
        ((counts("a"),), (plants(0, 10),), "unknown: the auditor found 0 of 10"),
        ((counts("a", cells=0),), ENOUGH, "unknown: nothing that was written by it stands"),
        ((), (), "unknown: nothing that was written by it stands"),
    ],
)
def test_what_was_not_looked_at_is_unknown_and_says_why(
    fields: tuple[FieldCounts, ...], planted: tuple[PlantedCounts, ...], why: str
) -> None:
    entry = one(*fields, planted=planted)
    assert entry["wrong_at_most"] is None
    assert entry["statement"].startswith(why)


def test_a_field_that_fell_is_counted_as_tried_and_not_among_what_stands() -> None:
    fallen = one(counts("a"), counts("b", state="condemned", audited=3, defects=2, cells=0))
    assert fallen["wrong_at_most"] > one(counts("a"))["wrong_at_most"]
    assert [f["name"] for f in fallen["fields"]] == ["a"]
    assert fallen["defects"] == 2


def test_a_field_on_probation_without_audits_was_not_written_and_says_nothing() -> None:
    with_it = one(counts("a"), counts("b", state="probation", audited=0, cells=0))
    assert with_it["wrong_at_most"] is not None
    assert with_it["not_audited"] == []


def test_cells_that_were_each_looked_at_have_a_tighter_bound_than_a_sample_of_that_size() -> None:
    whole, sample = (
        one(counts("a", state=state, audited=40, cells=40), rows=40)["wrong_at_most"]
        for state in ("probation", "released")
    )
    assert whole < sample / 2


def test_misses_are_coverage_with_its_limits_and_no_defects() -> None:
    (field,) = one(counts("a", cells=500, empty=500, empty_audited=50, misses=5))["fields"]
    assert field["wrong_at_most"] == one(counts("a"))["fields"][0]["wrong_at_most"]
    found = field["coverage"]
    assert found["share"] == round(500 / (500 + 50), 4)
    assert found["lower"] < found["share"] < found["upper"]
    assert one(counts("a", empty=10))["fields"][0]["coverage"]["share"] is None
    assert one(counts("a"))["fields"][0]["coverage"]["lower"] == 1.0


def test_the_likeliest_share_takes_false_alarms_off_and_adds_what_was_overlooked() -> None:
    planted = (plants(80, 100),)
    assert one(counts("a", audited=200, defects=2), planted=planted)["wrong_estimate"] == 0.0125
    twice = (plants(80, 100, asked=40, confirmed=20),)
    assert one(counts("a", audited=200, defects=2), planted=twice)["wrong_estimate"] == 0.025
    doubtful = one(counts("a", audited=200, defects=2, unconfirmed=20), planted=planted)
    assert doubtful["wrong_estimate"] == 0.0
    assert one(counts("a"), planted=())["wrong_estimate"] is None


def test_limits_are_rounded_away_from_what_they_promise() -> None:
    assert [statements.at_most(s) for s in (0.03101, 0.031, 0.00123, 0.5)] == ["3.2 %", "3.1 %", "0.13 %", "50 %"]
    assert [statements.at_least(s) for s in (0.8849, 1.0)] == ["88.4 %", "100 %"]


def test_bindings_that_no_record_tells_from_another_are_named_where_their_cells_stand() -> None:
    fields = [counts("staff"), counts("staff", plan=2), counts("city", cells=0), counts("left", state="condemned")]
    untold = [Untold(plan, *CRM, name, ("/a",), ("/b",)) for plan in (2, 1) for name in ("staff", "city", "left")]
    (entry,) = report(fields, ENOUGH, {CRM: 1_000}, untold)
    assert entry["untold"] == [{"field": "staff", "paths": ["/a"], "rivals": ["/b"], "plans": [1, 2]}]
    assert "staff from /a (or from /b)" in (statements.not_told_apart(entry) or "")
    assert statements.not_told_apart(one(counts("staff"))) is None


def test_a_source_of_fifty_million_rows_is_bounded_by_what_was_looked_at() -> None:
    """Forty days of the largest sample, nothing found: a bound from counts alone, whatever the rows."""
    rows = 50_000_000
    fields = [FieldCounts(1, "big", "feed", f"f{n}", "released", 50_000, 0, 0, 0, 0, rows, 0, 0) for n in range(30)]
    plants = [PlantedCounts(1, "big", "feed", "swap", 10_000, 9_900, 0, 0)]
    (told,) = report(fields, plants, {("big", "feed"): rows})
    assert told["cells"] == 30 * rows
    assert 0.0 < told["wrong_at_most"] < 0.001
    # one of a hundred of a field is half a million cells, and the bound says so
    (worse,) = report([replace(fields[0], defects=500), *fields[1:]], plants, {("big", "feed"): rows})
    assert worse["wrong_at_most"] > 0.01 / 30
