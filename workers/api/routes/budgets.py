"""Budgets: what models have cost, and what they may."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from enrichment import budget_views
from workers.api import answers, bodies
from workers.api.access import Admin, Context, Reader
from workers.api.answers import ExactJSON
from workers.api.bodies import Body, Raw
from workers.api.examples import PROBLEMS

router = APIRouter(prefix="/v1/budgets", tags=["budgets"], responses=PROBLEMS)

_BUDGET = {
    "scope": "job",
    "key": "17",
    "calls": 4,
    "tokens": {"cap": 200000, "used": 9120, "reserved": 0},
    "money": {"cap": "2.5", "used": "0.0042", "reserved": "0"},
    "ends_in": None,
}
_ONE: Any = {200: {"description": "The budget.", "content": {"application/json": {"example": _BUDGET}}}}


class RaiseBody(Body):
    scope: str = Field(description="call, job, source, day or fleet.")
    key: str | None = Field(default=None, max_length=100, description="Of a job its id, of a source its name.")
    tokens: int = Field(default=0, ge=0, le=2**53, description="So many more tokens.")
    money: str = Field(
        default="0", pattern=r"^[0-9]{1,15}(\.[0-9]{1,10})?$", description="So much more money, as text."
    )


@router.get("", summary="Budgets in force: their caps, what is used and what is reserved")
def listing(context: Context, _: Reader) -> Response:
    """Of this UTC day and month, of every source, and of every job that has not ended. Amounts are text."""
    with context.producer.database.transaction() as tx:
        return answers.page(budget_views.views(tx, context.caps), more=False)


@router.post(
    "/raise",
    summary="Add to a cap",
    responses=_ONE,
    openapi_extra=bodies.described(RaiseBody, {"scope": "job", "key": "17", "tokens": 100000}),
)
def raise_cap(context: Context, _: Admin, raw: Raw) -> Response:
    """What waits on this budget goes on. A day's or the fleet's is raised for the current day or month."""
    asked = bodies.take(RaiseBody, raw)
    with context.producer.database.transaction() as tx:
        shown = budget_views.raise_cap(
            tx, context.caps, asked.scope, asked.key, tokens=asked.tokens, money=Decimal(asked.money)
        )
    return ExactJSON(shown)
