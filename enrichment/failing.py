"""What becomes of work whose stage failed: try again later, wait for something, or give up in a named place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from enrichment import account, chunks
from enrichment.breaking import infrastructure
from enrichment.context import Context
from enrichment.members import Member, from_rows, unpacked
from enrichment.model.answer import REQUEST_REFUSED
from enrichment.model.failures import FAILING
from enrichment.store import artifacts, calls, forsaken, items, jobs, letters, retention, reviews
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.letters import NewLetter
from enrichment.store.refused_again import PAGE
from enrichment.store.reviews import Question
from enrichment.store.work import Claimed, FenceLostError
from schemas.codes import Code
from schemas.errors import (
    AssayError,
    ConfigurationError,
    DeadlineError,
    OutageError,
    ReviewError,
    TerminalError,
    TransientError,
    WaitingError,
)

#: Seconds before the second attempt; each further one waits twice as long, up to the cap.
_FIRST_WAIT = 2.0
_LONGEST_WAIT = 300.0
#: Seconds until work that hit a wrong configuration is tried again.
_CONFIGURATION_WAIT = 60.0
#: Stages whose records may be staged: what is given up on there is not to be written by whoever finds it later.
_STAGED = frozenset({"audit", "upsert"})
#: Seconds until work is tried again that the database did not take.
_OUTAGE_WAIT = 5.0


class Log(Protocol):
    """The little that is needed of a structured logger."""

    def warning(self, event: str, **fields: Any) -> Any: ...  # noqa: ANN401 - whatever can be logged

    def error(self, event: str, **fields: Any) -> Any: ...  # noqa: ANN401 - as above


def backoff(attempts: int, *, retry_after: float | None = None) -> float:
    """Seconds until the next attempt; what the other side asked for counts where it is longer."""
    return max(min(_FIRST_WAIT * 2.0**attempts, _LONGEST_WAIT), retry_after or 0.0)


def after(context: Context, work: Claimed, error: Exception, log: Log) -> None:
    """Leave failed work where its error says. If somebody else has it by now, nothing is changed."""
    note = note_of(error)
    if isinstance(error, AssayError):
        log.warning("stage.failed", code=error.code, error=error.message)
    else:
        log.error("stage.broke", error=type(error).__name__, exc_info=error)
    try:
        with context.database.transaction() as tx:
            work_rows.hold(tx, work)
            if pause := _pause(context, tx, work, error):
                work_rows.put_back(tx, work, waits_on=FAILING, seconds=pause, attempt=True, error=note)
            else:
                _leave(context, tx, work, error, note)
    except FenceLostError:
        log.warning("stage.fence_lost_after_failure")
    except TransientError as lost:
        # The lease runs out and the dispatcher takes the work back.
        log.warning("stage.left_to_its_lease", error=lost.message)


def note_of(error: Exception) -> dict[str, Any]:
    """What stays beside work that waits: whoever asks why is told what would mend it, too."""
    return {"code": getattr(error, "code", type(error).__name__), "message": told(error)}


def _message(error: Exception) -> str:
    # Only our own errors are known to quote no record content.
    return error.message if isinstance(error, AssayError) else type(error).__name__


def told(error: Exception) -> str:
    """What went wrong and what would mend it, for a dead letter and its job."""
    hint = error.hint if isinstance(error, AssayError) else ""
    return f"{_message(error)}; {hint}" if hint else _message(error)


def _leave(context: Context, tx: Tx, work: Claimed, error: Exception, note: dict[str, Any]) -> None:
    costs = not isinstance(error, OutageError)
    last = costs and context.tuning.is_last(work.attempts)
    match error:
        case MemoryError() | RecursionError() | DeadlineError():
            work_rows.put_back_suspect(tx, work, error=note)
        case WaitingError(waits_on=waits_on) if waits_on.startswith("breaker:"):
            # The dispatcher looks after breakers at every turn: trying again by the clock would only cost.
            work_rows.put_back(tx, work, waits_on=waits_on, error=note)
        case WaitingError(waits_on=waits_on, seconds=seconds):
            work_rows.put_back(tx, work, waits_on=waits_on, seconds=seconds or _LONGEST_WAIT, error=note)
        case ReviewError():
            _ask_person(tx, work, error)
            work_rows.put_back(tx, work, waits_on=f"review:{work.source}:{error.code}", error=note)
        case ConfigurationError() if work.stage == "fetch" and last:
            # The source as it is configured cannot be read: the job fails and shows why, rather than wait unseen.
            give_up(tx, work, code=Code.SOURCE_REFUSED, message=told(error))
        case ConfigurationError():
            at_source = work.stage == "fetch"
            work_rows.put_back(tx, work, seconds=_CONFIGURATION_WAIT, attempt=at_source, error=note)
        case TerminalError() if work.kind == "chunk":
            _give_up_terminal(context, tx, work, error)
        case _ if work.kind == "chunk" and last:
            at_source = isinstance(error, TransientError) and work.stage == "fetch"
            given_up = Code.SOURCE_UNREACHABLE if at_source else Code.ATTEMPTS_EXHAUSTED
            give_up(tx, work, code=given_up, message=f"{work.attempts + 1} attempts: {told(error)}")
        case _ if work.kind != "chunk" and last and not _passes(error):
            ask_about_work(tx, work, code=Code.ATTEMPTS_EXHAUSTED, message=told(error))
            work_rows.put_back(tx, work, waits_on=about_work(work.id), attempt=True, error=note)
        case _:
            wait = error.retry_after if isinstance(error, TransientError) else None
            seconds = backoff(work.attempts, retry_after=wait) if costs else _OUTAGE_WAIT
            work_rows.put_back(tx, work, seconds=seconds, attempt=costs, error=note)


def _pause(context: Context, tx: Tx, work: Claimed, error: Exception) -> float:
    """Seconds that work rests whose calls keep failing; 0 where it did not come to that, or something else failed."""
    if context.asking is None or not isinstance(error, AssayError):
        return 0.0
    if error.code != REQUEST_REFUSED and infrastructure.of_call(error) is None:
        return 0.0
    pause = account.pause(calls.failed_today(tx, work.id, names=context.asking.models.names))
    asked_for = error.retry_after if isinstance(error, TransientError) else None
    return pause and max(pause, asked_for or 0.0)


def _passes(error: Exception) -> bool:
    """What the surrounding causes ends with it, and needs nobody's answer; a model's refusals have a limit a day."""
    return isinstance(error, TransientError) or getattr(error, "code", None) == REQUEST_REFUSED


def about_work(work_id: int) -> str:
    """What work waits on that only a person can start again; also the subject of the question."""
    return f"review:work:{work_id}"


def ask_about_work(tx: Tx, work: Claimed, *, code: str, message: str) -> None:
    """Work other than a chunk has no records of its own to give up: a person says what becomes of it."""
    reviews.ask(
        tx,
        Question(
            subject=f"work:{work.id}",
            rule=code,
            source=work.source or "",
            target=work.target or "",
            question={
                "work": work.id,
                "kind": work.kind,
                "stage": work.stage,
                "attempts": work.attempts + 1,
                "message": message,
                "args": dict(work.args),
            },
            job_id=work.job_id,
            shape_id=work.shape_id,
            plan_id=work.plan_id,
        ),
    )


def _ask_person(tx: Tx, work: Claimed, error: ReviewError) -> None:
    reviews.ask(
        tx,
        Question(
            subject=f"source:{work.source}",
            rule=error.code,
            source=work.source or "",
            target=work.target or "",
            question={"message": error.message, "hint": error.hint},
            job_id=work.job_id,
        ),
    )


def members_of(tx: Tx, work: Claimed) -> list[Member]:
    """The records of a chunk that has been fetched; none before."""
    artifact = artifacts.get(tx, work.id, "fetch")
    return [] if artifact is None else from_rows(unpacked(artifact)["members"])


def give_up(tx: Tx, work: Claimed, *, code: str, message: str) -> None:
    """End a chunk: each of its records that was still on its way is a dead letter, or the page is."""
    bury(tx, work, members_of(tx, work), code=code, message=message)
    work_rows.finish(tx, work, {}, status="dead")


def _give_up_terminal(context: Context, tx: Tx, work: Claimed, error: TerminalError) -> None:
    """Give a chunk up; where retention took the payloads of some of its records, those, and the others begin anew."""
    message = told(error)
    if error.code != Code.PAYLOAD_GONE:
        give_up(tx, work, code=error.code, message=message)
        return
    members = members_of(tx, work)
    stored = retention.stored(tx, sorted({m.payload_id for m in members}))
    bury(tx, work, [m for m in members if m.payload_id not in stored], code=Code.PAYLOAD_GONE, message=message)
    chunks.file_chunks(
        tx,
        [m for m in members if m.payload_id in stored],
        source=work.source or "",
        target=work.target or "",
        job_id=work.job_id,
        size=context.tuning.chunk_size,
        priority=0 if work.job_id is None else jobs.get(tx, work.job_id).priority,
        args=work.args,
        lane=work.lane,
    )
    artifacts.drop(tx, work.id)
    work_rows.finish(tx, work, {}, status="dead" if not stored else "done")


def bury(tx: Tx, work: Claimed, members: Sequence[Member], *, code: str, message: str) -> None:
    """Write the letters of a chunk that is given up; a dry run counts its records and leaves none behind."""
    if work.job_id is None:
        return
    job = jobs.get(tx, work.job_id)
    issue = [{"field": None, "rule": code, "message": message}]
    if work.stage == "fetch":
        name = f"{PAGE}{work.position or 0}"
        items.accept_dead(tx, job_id=job.id, refused=[(name, code)])
        jobs.set_error(tx, job.id, {"code": code, "message": message})
        dead = [NewLetter(record_id=name, code=code, issues=issue, cursor=dict(work.args))]
    else:
        open_ids = items.on_their_way(tx, job.id, [(m.record_id, m.observation) for m in members])
        given_up = {m.record_id: m.observation for m in members if m.record_id in open_ids}
        if work.stage in _STAGED:
            forsaken.void_of_records(tx, given_up, job_id=job.id, source=job.source, target=job.target)
        items.move(tx, job.id, given_up.items(), "dead", code=code)
        dead = [
            NewLetter(
                record_id=m.record_id,
                code=code,
                issues=issue,
                observation=m.observation,
                payload_id=m.payload_id,
                ordinal=m.ordinal,
            )
            for m in members
            if m.record_id in open_ids
        ]
    if job.dry_run:
        return
    letters.add(
        tx,
        dead,
        job_id=job.id,
        source=job.source,
        target=job.target,
        target_version=job.target_version,
        stage=work.stage,
        attempts=work.attempts + 1,
    )
