"""The precedence of a source changes while a merge folds by the one that it had."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from fleet_ground import CRM, Fleet, companies, ground
from test_rollback import LATER
from test_withdrawn_meanwhile import behind, only_refolds

from enrichment.merging import merge
from enrichment.store import folding, freezes, registry, staging


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[CRM, LATER])
    yield made
    made.close()


def test_a_row_that_a_source_first_says_something_of_meanwhile_is_folded_by_the_new_one(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its key is none that the source asserted before, so that no refold would come by."""
    fleet.enrich(companies(range(2), city="crm"))
    fleet.enrich(companies([0], city="later"), source="later")
    fleet.release_all()
    ids = fleet.stage_only(companies([1], city="later"), source="later")
    fleet.release_all()

    def change() -> None:
        with fleet.database.transaction() as tx:
            lower = LATER.model_copy(update={"precedence": -5})
            registry.sync(tx, [CRM, lower], fleet.context.targets.values(), gate_version="x")
        only_refolds(fleet)

    with ThreadPoolExecutor(max_workers=1) as beside:
        behind(folding, "append_and_fold", monkeypatch, lambda: wait([beside.submit(change)], timeout=2))
        with fleet.database.transaction() as tx:
            freezes.share(tx)  # as the pipeline does before any stage that writes
            merge(fleet.context, tx, "company", ids, plan_ids=staging.plans_of(tx, ids), stage="upsert")
    fleet.run()
    assert [row["city"] for row in fleet.table()] == ["crm", "crm"]
