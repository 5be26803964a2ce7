"""Observations of one record that name different keys, none of which stands yet: one of them is a question."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fleet_ground import Fleet, companies, ground
from test_reviews import NUMBERED
from test_withdrawn_meanwhile import behind, standing

from enrichment.merging import Merged, merge
from enrichment.store import staging, state_rules


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[NUMBERED])
    yield made
    made.close()


def merged(fleet: Fleet, ids: list[int]) -> Merged:
    with fleet.database.transaction() as tx:
        return merge(fleet.context, tx, "company", ids, plan_ids=staging.plans_of(tx, ids), stage="upsert")


def one(nr: str, **changes: Any) -> list[dict[str, Any]]:
    return [{"nr": nr, **companies([0], **changes)[0]}]


def test_two_looks_at_a_record_with_two_keys_are_not_both_merged_together(fleet: Fleet) -> None:
    ids = fleet.stage_only(one("r0"))
    ids += fleet.stage_only(one("r0", code="C-99999"))
    fleet.release_all()
    merged(fleet, ids)
    assert len(standing(fleet)) == 1
    assert len(fleet.table()) == 1


def test_two_looks_at_a_record_with_two_keys_are_not_both_merged_side_by_side(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fleet.stage_only(one("r0"))
    second = fleet.stage_only(one("r0", code="C-99999"))
    fleet.release_all()
    other = threading.Thread(target=lambda: merged(fleet, second))

    def beside() -> None:
        other.start()
        other.join(2)

    behind(state_rules, "examine", monkeypatch, beside)
    merged(fleet, first)
    other.join(20)
    assert len(standing(fleet)) == 1
    assert len(fleet.table()) == 1
