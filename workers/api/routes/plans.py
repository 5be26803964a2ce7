"""Plans: how records become rows, and a person's word on them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from enrichment import deciding, decision_views, gate_shadow
from enrichment.deciding import Approval
from enrichment.store import plans, planted
from schemas.plan import PlanState
from workers.api import answers, bodies, described, queries
from workers.api.access import Admin, Context, Reader
from workers.api.answers import ExactJSON
from workers.api.bodies import Body, Raw
from workers.api.examples import PLAN, PROBLEMS

router = APIRouter(prefix="/v1/plans", tags=["plans"], responses=PROBLEMS)

Id = Annotated[int, Path(ge=1, le=2**62, description="Number of the plan.")]
Limit = Annotated[int, Query(ge=1, le=500, description="Items of a page, at most.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]
_ONE: Any = {200: described.answer("The plan.", described.PLAN, PLAN)}
_PAGE: Any = {200: described.answer("A page of plans.", described.page(described.PLAN))}
_IMPORTED: Any = {201: described.answer("The plan, on probation.", described.PLAN)}


class FieldsBody(Body):
    fields: list[str] | None = Field(default=None, min_length=1, description="These fields; without it all of them.")
    reason: str = Field(default="", max_length=2_000, description="Kept with the plan.")


class RollbackBody(Body):
    fields: list[str] | None = Field(default=None, min_length=1, description="These fields; without it the plan.")
    reason: str = Field(default="", max_length=2_000, description="Kept with the plan.")
    confirm: str | None = Field(default=None, max_length=200, description="The token that asking without it gave.")


@router.get("", summary="List plans, newest first", responses=_PAGE)
def listing(
    context: Context,
    _: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    source: str | None = None,
    target: str | None = None,
    state: PlanState | None = None,
    shape: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    with context.producer.database.transaction() as tx:
        queries.require_names(tx, source=source, target=target)
        found = plans.listing(
            tx, source=source, target=target, state=state, shape_id=shape, after=answers.after(cursor), limit=limit + 1
        )
    return answers.page([decision_views.plan(plan) for plan in found[:limit]], more=len(found) > limit)


@router.post(
    "/import",
    summary="Take over a plan of another fleet",
    status_code=201,
    responses=_IMPORTED,
    openapi_extra=bodies.of_any("What `export` gives."),
)
def import_plan(context: Context, caller: Admin, raw: Raw) -> Response:
    """It is on probation here as any other plan."""
    document = bodies.document(raw)
    with context.producer.database.transaction() as tx:
        plan = deciding.import_plan(context.stages, tx, document, by=caller.name)
    return ExactJSON(decision_views.plan(plan), status_code=201)


@router.get("/{plan_id}", summary="Show a plan", responses=_ONE)
def show(context: Context, _: Reader, plan_id: Id) -> Response:
    """`recall`: what its auditor saw of the known defects that were planted among the rows it was shown."""
    with context.producer.database.transaction() as tx:
        plan = plans.get(tx, plan_id)
        return ExactJSON({**decision_views.plan(plan), "recall": decision_views.recall(planted.counts(tx, plan_id))})


@router.get("/{plan_id}/export", summary="A plan as a document that another fleet takes")
def export(context: Context, _: Reader, plan_id: Id) -> Response:
    with context.producer.database.transaction() as tx:
        return ExactJSON(deciding.export(tx, plan_id))


@router.get("/{plan_id}/shadow", summary="What the installed gate would say of a plan's stored records")
def shadow(
    context: Context,
    _: Reader,
    plan_id: Id,
    records: Annotated[int, Query(ge=1, le=10_000, description="Accepted records, and rejected ones, at most.")] = 2000,
) -> Response:
    """Nothing is written. Per field: cells that stay as they are, and those that would change, be filled or emptied."""
    with context.producer.database.transaction() as tx:
        found = gate_shadow.replay(context.stages, tx, plan_id, limit=records)
    return ExactJSON(decision_views.replayed(found))


@router.post(
    "/{plan_id}/approve",
    summary="Release a plan, or some of its fields",
    responses=_ONE,
    openapi_extra=bodies.described(FieldsBody, {"fields": ["city"], "reason": "looked at 50 rows"}, required=False),
)
def approve(context: Context, caller: Admin, plan_id: Id, raw: Raw) -> Response:
    """On a person's word, before the audit has decided. Rows that waited for it are merged."""
    asked = bodies.take(FieldsBody, raw)
    with context.producer.database.transaction() as tx:
        plan = deciding.approve(context.stages, tx, plan_id, fields=asked.fields, by=caller.name, reason=asked.reason)
    return ExactJSON(decision_views.plan(plan))


@router.post(
    "/{plan_id}/condemn",
    summary="Withdraw what a plan, or some of its fields, asserted",
    responses=_ONE,
    openapi_extra=bodies.described(
        FieldsBody, {"fields": ["founded"], "reason": "it is a year of update"}, required=False
    ),
)
def condemn(context: Context, caller: Admin, plan_id: Id, raw: Raw) -> Response:
    """Cells are emptied; where the plan falls whole, its records wait for a successor."""
    asked = bodies.take(FieldsBody, raw)
    with context.producer.database.transaction() as tx:
        plan = deciding.condemn(context.stages, tx, plan_id, fields=asked.fields, by=caller.name, reason=asked.reason)
    return ExactJSON(decision_views.plan(plan))


@router.post(
    "/{plan_id}/rollback",
    summary="Withdraw what a plan, or some of its fields, ever asserted",
    openapi_extra=bodies.described(
        RollbackBody, {"fields": ["founded"]}, {"fields": ["founded"], "confirm": "1893456000.3f…"}, required=False
    ),
)
def rollback(context: Context, caller: Admin, plan_id: Id, raw: Raw) -> Response:
    """Without `confirm` it says what that would do to rows, and gives the token that doing it needs.

    The token is for this caller and for exactly what was shown; it expires, and serves once.
    """
    asked = bodies.take(RollbackBody, raw)
    approval = Approval(caller.name, asked.reason, context.secret, context.now(), asked.confirm)
    with context.producer.database.transaction() as tx:
        plan, done = deciding.rollback_plan(context.stages, tx, plan_id, approval, fields=asked.fields)
    return ExactJSON({**decision_views.plan(plan), **decision_views.rolled_back(done)})
