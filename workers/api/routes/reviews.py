"""Reviews: what only a person can decide."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from enrichment import deciding, decision_views, questions
from enrichment.store import reviews
from schemas.states import ReviewState
from workers.api import answers, bodies
from workers.api.access import Admin, Context, Reader
from workers.api.answers import ExactJSON
from workers.api.bodies import Body, Raw
from workers.api.examples import PROBLEMS, REVIEW

router = APIRouter(prefix="/v1/reviews", tags=["reviews"], responses=PROBLEMS)

Id = Annotated[int, Path(ge=1, le=2**62, description="Number of the review.")]
Limit = Annotated[int, Query(ge=1, le=500, description="Items of a page, at most.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]
Each = Annotated[bool, Query(description="Show every one of those that the same answer settles.")]
_ONE: Any = {200: {"description": "The review.", "content": {"application/json": {"example": REVIEW}}}}


class DecisionBody(Body):
    decision: str = Field(min_length=1, max_length=40, description="One of the review's `answers`.")
    content_hash: str | None = Field(default=None, description="Answer only if it still asks about this content.")
    reason: str | None = Field(default=None, max_length=2_000)


@router.get("", summary="List reviews, newest first")
def listing(
    context: Context,
    _: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: ReviewState | None = None,
    each: Each = False,
) -> Response:
    """Of open questions that one answer settles the newest is shown; `rows` says how many rows the answer is for."""
    with context.producer.database.transaction() as tx:
        found = reviews.listing(tx, state=state, after=answers.after(cursor), limit=limit + 1, each=each)
    return answers.page([decision_views.review(row) for row in found[:limit]], more=len(found) > limit)


@router.get("/{review_id}", summary="Show a review, and what can be answered", responses=_ONE)
def show(context: Context, _: Reader, review_id: Id) -> Response:
    with context.producer.database.transaction() as tx:
        found = questions.with_rivals(context.stages, tx, reviews.get(tx, review_id))
        return ExactJSON(decision_views.review(found))


@router.get("/{review_id}/eval-case", summary="A decision as an eval case")
def eval_case(context: Context, _: Reader, review_id: Id) -> Response:
    """What a model should have said of the records that the review shows, in the format of eval cases."""
    with context.producer.database.transaction() as tx:
        return ExactJSON(deciding.eval_case.of(context.stages, reviews.get(tx, review_id)))


@router.post(
    "/{review_id}/decide",
    summary="Answer a review, once",
    responses=_ONE,
    openapi_extra=bodies.described(
        DecisionBody, {"decision": "approve", "content_hash": REVIEW["content_hash"], "reason": "checked by hand"}
    ),
)
def decide(context: Context, caller: Admin, review_id: Id, raw: Raw) -> Response:
    """What it asks about is looked at again first: where that has changed, the answer is refused and asked for anew."""
    asked = bodies.take(DecisionBody, raw)
    with context.producer.database.transaction() as tx:
        deciding.freshen(context.stages, tx, review_id)
    with context.producer.database.transaction() as tx:
        decided = deciding.decide(
            context.stages,
            tx,
            review_id,
            decision=asked.decision,
            content_hash=asked.content_hash,
            by=caller.name,
            reason=asked.reason,
        )
    return ExactJSON(decision_views.review(decided))
