"""The kill switch: stop all writing and asking, see what is stopped, and let it go on."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from enrichment import freezing
from enrichment.store import freezes
from workers.api import answers, bodies
from workers.api.access import Admin, Context, Reader
from workers.api.bodies import Body, Raw
from workers.api.examples import PROBLEMS

router = APIRouter(prefix="/v1/freezes", tags=["freezes"], responses=PROBLEMS)


class ThawBody(Body):
    source: str | None = Field(default=None, max_length=200, description="One source; null or absent: the whole fleet.")


class FreezeBody(ThawBody):
    reason: str = Field(min_length=1, max_length=2_000, description="Shown wherever somebody asks why nothing moves.")


@router.get("", summary="List what is frozen")
def listing(context: Context, _: Reader) -> Response:
    with context.producer.database.transaction() as tx:
        found = freezes.listing(tx)
    return answers.page([freezing.view(one) for one in found], more=False)


@router.post(
    "",
    summary="Stop all writing to targets and all calls of models",
    openapi_extra=bodies.described(FreezeBody, {"reason": "wrong figures downstream", "source": None}),
)
def freeze(context: Context, caller: Admin, raw: Raw) -> Response:
    """When this has answered nothing is written any more; calls that were sent before are still answered.

    Freezing again changes nothing.
    """
    asked = bodies.take(FreezeBody, raw)
    with context.producer.database.transaction() as tx:
        found = freezing.freeze(tx, asked.source, known=context.producer.sources, reason=asked.reason, by=caller.name)
    return answers.page([freezing.view(one) for one in found], more=False)


@router.post("/thaw", summary="Let it go on", openapi_extra=bodies.described(ThawBody, {"source": None}))
def thaw(context: Context, caller: Admin, raw: Raw) -> Response:
    """What waited goes on by itself. A source that is frozen by itself stays so when the fleet is thawed."""
    asked = bodies.take(ThawBody, raw)
    with context.producer.database.transaction() as tx:
        found = freezing.thaw(tx, asked.source, by=caller.name)
    return answers.page([freezing.view(one) for one in found], more=False)
