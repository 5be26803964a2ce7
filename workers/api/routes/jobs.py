"""Jobs: submitted whole or in batches, watched, paused, cancelled."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from pydantic import Field
from starlette.responses import Response

from enrichment import deciding, decision_views, job_control, job_views, json_text, producing
from enrichment.deciding import Approval
from enrichment.producing import Submission
from enrichment.sent_batches import digest_of
from enrichment.store import jobs
from schemas.states import JobState
from workers.api import answers, bodies, described, queries, sent_records
from workers.api.access import Admin, Context, ProducerKey, Reader
from workers.api.answers import ExactJSON
from workers.api.bodies import Body, Raw
from workers.api.examples import JOB, PROBLEMS

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], responses=PROBLEMS)

Id = Annotated[int, Path(ge=1, le=2**62, description="Number of the job.")]
Limit = Annotated[int, Query(ge=1, le=500, description="Items of a page, at most.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]
_ONE: Any = {200: described.answer("The job.", described.JOB, JOB)}
_SHOWN: Any = {200: described.answer("The job; all of it unless counts=false.", described.JOB_OR_STATE, JOB)}
_BATCH: Any = {200: described.answer("The batch is in.", described.BATCH)}
_OPENED: Any = {
    201: described.answer("The job is open.", described.JOB, JOB),
    200: described.answer("The job that the same Idempotency-Key and body opened before.", described.JOB),
}
_PAGE: Any = {200: described.answer("A page of jobs.", described.page(described.JOB))}


class SubmitBody(Body):
    """A request to enrich. Where records come from is configured; nobody passes an address."""

    source: str = Field(description="Name of a configured source.", min_length=1)
    target: str = Field(description="Name of a configured target.", min_length=1)
    records: list[Any] | None = Field(
        default=None, description="Records of an inline source. A bad one becomes a dead letter; the others go on."
    )
    receive: bool = Field(default=False, description="Records follow in numbered batches, then the job is sealed.")
    limit: int | None = Field(default=None, ge=1, description="At most so many records.")
    ids: list[str | int] | None = Field(default=None, description="Only the records with these external ids.")
    missing: str | None = Field(default=None, description="Only records behind rows where this field is empty.")
    refresh: bool = Field(default=False, description="Also records that are known to be unchanged.")
    dry_run: bool = Field(default=False, description="Stop at staging, and show 20 rows.")
    priority: int = Field(
        default=0, ge=-10, le=10, description="Each step doubles the job's share beside others; none is starved."
    )
    content_digest: str | None = Field(
        default=None, max_length=128, description="Of records that follow in batches: other content is another body."
    )


class RollbackBody(Body):
    reason: str = Field(default="", max_length=2_000, description="Kept with the work that withdraws.")
    confirm: str | None = Field(default=None, max_length=200, description="The token that asking without it gave.")


class SealBody(Body):
    batches: int | None = Field(default=None, ge=0, description="How many were sent; another number is refused.")


@router.post(
    "",
    status_code=201,
    summary="Submit a job",
    responses=_OPENED,
    openapi_extra=bodies.described(
        SubmitBody,
        {"source": "listed_companies", "target": "company", "limit": 500},
        {"source": "pushed", "target": "company", "records": [{"id": "1", "name": "1&1"}]},
        {"source": "pushed", "target": "company", "receive": True},
    ),
)
def submit(
    context: Context,
    caller: ProducerKey,
    raw: Raw,
    idempotency_key: Annotated[
        str | None, Header(description="The same key and body give the same job; another body is refused (409).")
    ] = None,
) -> Response:
    """Open a job and file its first work in one transaction. 200: the same request opened it before."""
    sent = sent_records.Sent(raw)
    asked = bodies.checked(SubmitBody, {**sent.members, "records": [] if sent.has_records else None})
    producer = context.producer
    source = producer.source(asked.source)
    submission = Submission(
        source=asked.source,
        target=asked.target,
        records=sent.records(source),
        receive=asked.receive,
        limit=asked.limit,
        ids=None if asked.ids is None else [str(one) for one in asked.ids],
        missing=asked.missing,
        refresh=asked.refresh,
        dry_run=asked.dry_run,
        priority=asked.priority,
        idempotency_key=idempotency_key,
        body_digest=_digest(asked, sent),
        api_key_id=caller.id,
    )
    with producer.database.transaction() as tx:
        job, is_new = producing.submit(producer, tx, submission)
        shown = job_views.view(tx, job.id, sources=context.producer.sources)
    return ExactJSON(shown, status_code=201 if is_new else 200, headers={"Location": f"/v1/jobs/{job.id}"})


def _digest(asked: SubmitBody, sent: sent_records.Sent) -> str:
    """Of what is asked for, not of its spelling: a default is the same whether it is written out or left out."""
    said: dict[str, Any] = asked.model_dump(mode="json", exclude_defaults=True, exclude={"records"})
    if asked.ids is not None:
        said["ids"] = [str(one) for one in asked.ids]
    return json_text.digest({"asked": said, "records": sent.digest}).hex()


@router.get("", summary="List jobs, newest first", responses=_PAGE)
def listing(
    context: Context,
    _: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: JobState | None = None,
    source: str | None = None,
    target: str | None = None,
) -> Response:
    with context.producer.database.transaction() as tx:
        queries.require_names(tx, source=source, target=target)
        found = jobs.listing(
            tx, after=answers.after(cursor), limit=limit + 1, state=state, source=source, target=target
        )
        shown = job_views.views(tx, found[:limit], context.counter)
    return answers.page(shown, more=len(found) > limit)


@router.get("/{job_id}", summary="Show a job", responses=_SHOWN)
def show(
    context: Context,
    _: Reader,
    job_id: Id,
    counts: Annotated[
        bool, Query(description="false: only what costs nothing, its state before all; for whoever waits for it.")
    ] = True,
) -> Response:
    """Its state and counts, from the tables. `accepted` is the sum of all others; `batches` says how many are in.

    While a job goes on, counts that took long are kept for up to fifty times as long as counting them took, and
    `counted_at` says how old they are; those of a job that has ended are always exact. `waits` says what open work
    and records wait on (`on` is one word for programs: breaker, budget, rate, review, held_cap, source_idle,
    frozen, plan, audit, retry, …), how many pieces of work or records that concerns, since when, and the command
    that helps. `letters` counts open dead letters by what trying them again takes: a replay, one with `refetch`, or
    their records submitted anew; it looks at 10,000 of them at most, and listings leave it out. `not_found` counts
    and names ids that the job asks for and the source did not give; `unfilled` of a job that has ended names the
    target fields that no plan in force of its source fills, with the `reasons` of these plans, `unread` those that
    these plans fill in none of their last 10,000 rows, with the `reasons` and in how many `rows` something stood
    there, `goes_on` counts, by kind, the work about its rows that is open all the same (a `plan` in place of what was
    condemned, chunks that go back through under it), and `questions` counts what is asked and not answered;
    `refused_counts` of such a job says for which codes how many records were given up on; listings leave them out;
    `refused` of a dry run names records that would have become dead letters.
    """
    with context.producer.database.transaction() as tx:
        return ExactJSON(
            job_views.view(tx, job_id, context.counter, sources=context.producer.sources)
            if counts
            else job_views.brief(tx, job_id)
        )


@router.put(
    "/{job_id}/batches/{number}",
    summary="Send one numbered batch of records",
    responses=_BATCH,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        }
    },
)
def receive(
    context: Context,
    _: ProducerKey,
    job_id: Id,
    number: Annotated[int, Path(ge=1, le=2**31 - 1, description="From 1, without gaps.")],
    raw: Raw,
) -> Response:
    """A JSON array, or JSON lines. A batch that is in already is acknowledged and not stored twice; another one under
    its number is refused.
    """
    producer = context.producer
    with producer.database.transaction() as tx:
        source = producer.source(jobs.get(tx, job_id).source)
    found = sent_records.batch(raw, number, source)
    with producer.database.transaction() as tx:
        job = producing.receive(producer, tx, job_id, number, found, digest=digest_of(raw))
    return ExactJSON({"id": job.id, "state": job.state, "batches": job.batches})


@router.post(
    "/{job_id}/seal",
    summary="Say that all batches are in",
    responses=_ONE,
    openapi_extra=bodies.described(SealBody, {"batches": 12}, required=False),
)
def seal(context: Context, _: ProducerKey, job_id: Id, raw: Raw) -> Response:
    asked = bodies.take(SealBody, raw)
    with context.producer.database.transaction() as tx:
        producing.seal(tx, job_id, batches=asked.batches)
        return ExactJSON(job_views.view(tx, job_id, sources=context.producer.sources))


@router.post("/{job_id}/cancel", summary="Cancel a job", responses=_ONE)
def cancel(context: Context, _: ProducerKey, job_id: Id) -> Response:
    """What is written stays; what is open counts as cancelled."""
    with context.producer.database.transaction() as tx:
        job_control.cancel(tx, job_id)
        return ExactJSON(job_views.view(tx, job_id, sources=context.producer.sources))


@router.post("/{job_id}/pause", summary="Pause a job", responses=_ONE)
def pause(context: Context, _: ProducerKey, job_id: Id) -> Response:
    with context.producer.database.transaction() as tx:
        job_control.pause(tx, job_id)
        return ExactJSON(job_views.view(tx, job_id, sources=context.producer.sources))


@router.post("/{job_id}/resume", summary="Go on with a paused job", responses=_ONE)
def resume(context: Context, _: ProducerKey, job_id: Id) -> Response:
    with context.producer.database.transaction() as tx:
        job_control.resume(tx, job_id)
        return ExactJSON(job_views.view(tx, job_id, sources=context.producer.sources))


@router.post(
    "/{job_id}/rollback",
    summary="Withdraw what a job wrote",
    openapi_extra=bodies.described(RollbackBody, {}, {"confirm": "1893456000.3f…"}, required=False),
)
def rollback(context: Context, caller: Admin, job_id: Id, raw: Raw) -> Response:
    """Without `confirm` it says what that would do to rows, and gives the token that doing it needs.

    Nothing is tried again: records that were written end as withdrawn. The token is for this caller and for exactly
    what was shown; it expires, and serves once.
    """
    asked = bodies.take(RollbackBody, raw)
    approval = Approval(caller.name, asked.reason, context.secret, context.now(), asked.confirm)
    with context.producer.database.transaction() as tx:
        done = deciding.rollback_job(context.stages, tx, job_id, approval)
        return ExactJSON(
            {**job_views.view(tx, job_id, sources=context.producer.sources), **decision_views.rolled_back(done)}
        )
