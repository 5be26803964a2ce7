"""Breakers: what is stopped and why, and a person's word on it; and defects that people downstream found."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from enrichment import complaining
from enrichment.breaking import forcing
from enrichment.store import breakers
from workers.api import answers, bodies
from workers.api.access import Admin, Context, ProducerKey, Reader
from workers.api.answers import ExactJSON
from workers.api.bodies import Body, Raw
from workers.api.examples import PROBLEMS

router = APIRouter(prefix="/v1", tags=["breakers"], responses=PROBLEMS)

Id = Annotated[int, Path(ge=1, le=2**62, description="Number of the breaker.")]
Limit = Annotated[int, Query(ge=1, le=500, description="Items of a page, at most.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]
_WEEK = 7 * 86_400


class OpenBody(Body):
    seconds: int = Field(default=3_600, ge=1, le=_WEEK, description="How long this word holds.")
    reason: str = Field(min_length=1, max_length=2_000, description="Kept with the breaker.")


class CloseBody(OpenBody):
    confirm: str | None = Field(default=None, max_length=200, description="The token that asking without it gave.")


class DefectBody(Body):
    target: str = Field(max_length=200)
    key: str = Field(max_length=10_000, description="The row's identity; of several fields a JSON array of texts.")
    field: str = Field(max_length=200)
    reason: str = Field(default="", max_length=2_000, description="Kept with the plan.")


@router.get("/breakers", summary="List breakers, newest first")
def listing(context: Context, _: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Keys that never failed have none and are closed."""
    with context.producer.database.transaction() as tx:
        found = breakers.listing(tx, after=answers.after(cursor), limit=limit + 1)
    return answers.page([forcing.view(one) for one in found[:limit]], more=len(found) > limit)


@router.get("/breakers/{breaker_id}", summary="Show a breaker and what it went through")
def show(context: Context, _: Reader, breaker_id: Id) -> Response:
    with context.producer.database.transaction() as tx:
        found = forcing.view(breakers.get(tx, breaker_id))
        return ExactJSON({**found, "events": breakers.events(tx, breaker_id)})


@router.post(
    "/breakers/{breaker_id}/open",
    summary="Stop the work of a key for a time",
    openapi_extra=bodies.described(OpenBody, {"seconds": 3600, "reason": "the provider changes its model tonight"}),
)
def force_open(context: Context, caller: Admin, breaker_id: Id, raw: Raw) -> Response:
    asked = bodies.take(OpenBody, raw)
    with context.producer.database.transaction() as tx:
        kept = forcing.force_open(tx, breaker_id, seconds=asked.seconds, reason=asked.reason, by=caller.name)
    return ExactJSON(forcing.view(kept))


@router.post(
    "/breakers/{breaker_id}/close",
    summary="Let the work of a key pass for a time, whatever comes of it",
    openapi_extra=bodies.described(CloseBody, {"reason": "the key was renewed", "confirm": "1893456000.3f…"}),
)
def force_close(context: Context, caller: Admin, breaker_id: Id, raw: Raw) -> Response:
    """Without `confirm` it says how many staged rows and works that lets through, and gives the token it needs."""
    asked = bodies.take(CloseBody, raw)
    with context.producer.database.transaction() as tx:
        done = forcing.force_close(
            tx,
            breaker_id,
            seconds=asked.seconds,
            reason=asked.reason,
            by=caller.name,
            secret=context.secret,
            now=context.now(),
            confirm=asked.confirm,
        )
    return ExactJSON({**forcing.view(done.kept), "rows": done.rows, "done": done.done, "confirm": done.confirm})


@router.post(
    "/defects",
    summary="Report that a written cell is wrong",
    openapi_extra=bodies.described(
        DefectBody, {"target": "company", "key": "1&1", "field": "founded", "reason": "the register says 1988"}
    ),
)
def report_defect(context: Context, caller: ProducerKey, raw: Raw) -> Response:
    """Counts as a confirmed defect of the plan that asserts the cell; the cell is withdrawn."""
    asked = bodies.take(DefectBody, raw)
    with context.producer.database.transaction() as tx:
        told = complaining.report_defect(
            context.stages, tx, asked.target, asked.key, asked.field, by=caller.name, reason=asked.reason
        )
    state = next((f for f in told.plan.fields if f.name == told.field), None)
    return ExactJSON(
        {
            "target": asked.target,
            "key": told.key,
            "field": told.field,
            "plan": told.plan.id,
            "state": None if state is None else state.state,
            "defects": None if state is None else state.defects,
            "breaker": told.breaker,
        }
    )
