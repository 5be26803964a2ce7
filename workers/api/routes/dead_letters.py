"""Dead letters: what was given up on, why, and trying it again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.responses import Response

from enrichment import letter_views, replaying
from enrichment.pipeline import STAGES
from enrichment.replaying import EXPLANATIONS, Meant, Replayed
from enrichment.store import letter_filter, letters
from enrichment.store.database import Tx
from enrichment.store.letter_filter import Filter
from schemas.states import LetterState
from workers.api import answers, bodies, described, queries
from workers.api.access import Admin, Context, ProducerKey, Reader
from workers.api.answers import ExactJSON
from workers.api.bodies import Body, Raw
from workers.api.examples import LETTER, PROBLEMS, REPLAYED

router = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"], responses=PROBLEMS)

Id = Annotated[int, Path(ge=1, le=2**62, description="Number of the letter.")]
_BIG = 2**62
_Number = Annotated[int, Field(ge=1, le=_BIG)]
_ONE: Any = {200: described.answer("The letter.", described.LETTER, LETTER)}
_PAGE: Any = {200: described.answer("A page of letters.", described.page(described.LETTER))}


def _stage(name: str | None) -> str | None:
    if name is not None and name not in STAGES:
        raise ValueError(f"should be one of {', '.join(STAGES)}")
    return name


class Chosen(BaseModel):
    """Which letters; what is not given may be anything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: Annotated[int | None, Field(ge=1, le=_BIG, description="Of this job.")] = None
    source: str | None = None
    target: str | None = None
    stage: Annotated[str | None, AfterValidator(_stage)] = None
    code: Annotated[str | None, Field(description="Reason code, such as `type` or `key_missing`.")] = None
    field: Annotated[str | None, Field(description="A target field that is among the issues.")] = None
    state: LetterState | None = None
    record_id: str | None = None
    plan: Annotated[int | None, Field(ge=1, le=_BIG)] = None
    shape: Annotated[int | None, Field(ge=1, le=_BIG)] = None
    fingerprint: Annotated[str | None, Field(description="Given up for the same reason.")] = None
    since: Annotated[datetime | None, Field(description="Written then or later.")] = None
    until: Annotated[datetime | None, Field(description="Written before then.")] = None

    def filter(self) -> Filter:
        return Filter(
            state=self.state,
            job_id=self.job,
            source=self.source,
            target=self.target,
            stage=self.stage,
            code=self.code,
            field=self.field,
            record_id=self.record_id,
            plan_id=self.plan,
            shape_id=self.shape,
            fingerprint=self.fingerprint,
            since=self.since,
            until=self.until,
        )


class Listed(Chosen):
    limit: Annotated[int, Field(ge=1, le=500, description="Items of a page, at most.")] = 50
    cursor: Annotated[str | None, Field(description="`next` of the page before.")] = None


class MeantBody(Body):
    ids: list[_Number] | None = Field(default=None, max_length=100_000, description="These letters.")
    filter: dict[str, Any] | None = Field(
        default=None, description="As in the query of the listing, not empty; open ones only."
    )
    all: bool = Field(default=False, description="Every open letter.")
    dry_run: bool = Field(default=False, description="Only say what would happen.")
    confirm: str | None = Field(
        default=None, max_length=200, description="Token of the dry run; needed above 100, and always checked."
    )

    def meant(self, tx: Tx) -> Meant:
        """
        Raises:
            InvalidError: the filter names what there is not: it would match nothing, which looks as if all were well.
        """
        chosen = None if self.filter is None else _known(tx, bodies.checked(Chosen, self.filter).filter())
        return Meant(ids=self.ids, filter=chosen, everything=self.all)


def _known(tx: Tx, asked: Filter) -> Filter:
    queries.require_names(tx, source=asked.source, target=asked.target)
    queries.require_code(tx, asked.code)
    return asked


class ReplayBody(MeantBody):
    refetch: bool = Field(default=False, description="Start at fetch: ask the source again.")


class DiscardBody(MeantBody):
    reason: str = Field(min_length=1, max_length=2_000, description="Why these records are given up.")


class ReopenBody(Body):
    reason: str = Field(min_length=1, max_length=2_000, description="What has changed.")


@router.get("", summary="List dead letters, newest first", responses=_PAGE)
def listing(context: Context, _: Reader, asked: Annotated[Listed, Query()]) -> Response:
    with context.producer.database.transaction() as tx:
        found = letters.listing(
            tx, _known(tx, asked.filter()), after=answers.after(asked.cursor), limit=asked.limit + 1
        )
    shown = [letter_views.view(letter) for letter in found[: asked.limit]]
    return answers.page(shown, more=len(found) > asked.limit)


@router.get("/stats", summary="Count dead letters by stage, code, shape and field")
def stats(context: Context, _: Reader, asked: Annotated[Chosen, Query()]) -> Response:
    with context.producer.database.transaction() as tx:
        return ExactJSON({"items": letter_filter.stats(tx, _known(tx, asked.filter())), "next": None})


@router.get(
    "/{letter_id}",
    summary="Show a dead letter, and whether a replay could come to anything",
    responses=_ONE,
)
def show(context: Context, _: Reader, letter_id: Id) -> Response:
    with context.producer.database.transaction() as tx:
        return ExactJSON(letter_views.shown(context.producer, tx, letter_id))


@router.post(
    "/replay",
    summary="Try dead letters again",
    responses={200: {"description": "What was done.", "content": {"application/json": {"example": REPLAYED}}}},
    openapi_extra=bodies.described(
        ReplayBody,
        {"ids": [41]},
        {"filter": {"source": "crm", "code": "type"}, "dry_run": True},
        {"all": True, "confirm": "1893456000.3f…"},
    ),
)
def replay(context: Context, caller: ProducerKey, raw: Raw) -> Response:
    """A new job over the stored payloads, with the plan in force. What nothing has changed for is refused (409)."""
    asked = bodies.take(ReplayBody, raw)
    producer = context.producer
    with producer.database.transaction() as tx:
        done = replaying.replay(
            producer,
            tx,
            asked.meant(tx),
            secret=context.secret,
            now=context.now(),
            refetch=asked.refetch,
            dry_run=asked.dry_run,
            confirm=asked.confirm,
            api_key_id=caller.id,
        )
    return ExactJSON(_told(done))


def _told(done: Replayed) -> dict[str, Any]:
    explained: dict[str, str] = {str(code): reason for code, reason in EXPLANATIONS.items()}
    return {
        "matched": done.matched,
        "replayable": done.replayable,
        "refused": [{"id": letter, "code": code, "reason": explained[code]} for letter, code in done.named],
        "refused_counts": dict(done.refused),
        "jobs": list(done.jobs),
        "dry_run": done.dry_run,
        "confirm": done.confirm,
    }


@router.post(
    "/discard",
    summary="Give dead letters up for good",
    openapi_extra=bodies.described(DiscardBody, {"ids": [41], "reason": "the company was dissolved"}),
)
def discard(context: Context, _: Admin, raw: Raw) -> Response:
    """Their jobs count the records as discarded. A person may reopen a letter."""
    asked = bodies.take(DiscardBody, raw)
    with context.producer.database.transaction() as tx:
        done = replaying.discard(
            tx,
            asked.meant(tx),
            reason=asked.reason,
            secret=context.secret,
            now=context.now(),
            dry_run=asked.dry_run,
            confirm=asked.confirm,
        )
    return ExactJSON(
        {"matched": done.matched, "discarded": done.discarded, "dry_run": done.dry_run, "confirm": done.confirm}
    )


@router.post(
    "/{letter_id}/reopen",
    summary="Give a permanent or discarded letter another chance",
    openapi_extra=bodies.described(ReopenBody, {"reason": "the parser was mended"}),
)
def reopen(context: Context, _: Admin, letter_id: Id, raw: Raw) -> Response:
    asked = bodies.take(ReopenBody, raw)
    with context.producer.database.transaction() as tx:
        return ExactJSON(letter_views.view(replaying.reopen(tx, letter_id, reason=asked.reason)))
