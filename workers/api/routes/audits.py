"""The audit: what can be said of what was written."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from enrichment.audit.report import report
from enrichment.store import audit_counts, planted
from workers.api.access import Context, Reader
from workers.api.answers import ExactJSON
from workers.api.examples import PROBLEMS

router = APIRouter(prefix="/v1/audits", tags=["audits"], responses=PROBLEMS)


@router.get("/report", summary="How many of the cells written are wrong at most")
def audit_report(context: Context, _: Reader) -> Response:
    """Per target and source, with 95 % confidence; `wrong_at_most` is null where it is unknown.

    `rows` counts what stands in the ledger, observations of records: a record that changed since counts once more.

    It assumes that real defects are no harder to see than planted ones; `recall` tells what was planted and found, and
    its limits. `coverage` of a field is the share of what the source states that was filled, with its limits. `untold`
    names bindings whose rivals held the same value in every record looked at, so that no audit tells them apart.
    `drift`: fields whose source moved after their release, by which test and at which level, corrected for all fields.
    """
    with context.producer.database.transaction() as tx:
        found = report(
            audit_counts.of_fields(tx),
            planted.of_plans(tx),
            audit_counts.standing_rows(tx),
            audit_counts.untold(tx),
            audit_counts.drifted(tx),
        )
    return ExactJSON({"items": found, "next": None})
