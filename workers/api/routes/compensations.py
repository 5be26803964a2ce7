"""Compensation events: what un-writing did to rows that others may have read."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from enrichment.store import compensations
from workers.api import queries
from workers.api.access import Context, Reader
from workers.api.answers import ExactJSON
from workers.api.examples import COMPENSATION, PROBLEMS

router = APIRouter(prefix="/v1/compensations", tags=["compensations"], responses=PROBLEMS)

_PAGE: Any = {
    200: {
        "description": "A page; `next` is null where nothing more is there by now.",
        "content": {"application/json": {"example": {"items": [COMPENSATION], "next": None}}},
    }
}


@router.get("", summary="Read compensation events, oldest first", responses=_PAGE)
def listing(
    context: Context,
    _: Reader,
    after: Annotated[int, Query(ge=0, le=2**62, description="The last id that was seen; 0 for all.")] = 0,
    cursor: Annotated[int | None, Query(ge=0, le=2**62, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Items of a page, at most.")] = 100,
    target: Annotated[str | None, Query(description="Rows of this target only.")] = None,
) -> Response:
    """Ids rise in the order in which the changes were committed, with gaps. Who keeps the last id misses nothing."""
    with context.producer.database.transaction() as tx:
        queries.require_names(tx, target=target)
        found = compensations.listing(tx, after=after if cursor is None else cursor, limit=limit + 1, target=target)
    items = found[:limit]
    return ExactJSON({"items": items, "next": str(items[-1]["id"]) if len(found) > limit else None})
