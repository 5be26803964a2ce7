"""Jobs as a producer sees them: submitted, streamed, waited for."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from enrichment.client.document import Document
from enrichment.client.encoding import BATCH_BYTES, BATCH_RECORDS, batches, encoded
from enrichment.client.wire import Wire, fits_a_header, hint_shown
from enrichment.sent_batches import chained, digest_of
from schemas.errors import ConflictError, TransientError, UsageError

FINAL: Final = frozenset({"done", "partial", "failed", "cancelled"})
#: Seconds for which a job must stay blocked before waiting for it ends: a decision may be on its way.
_BLOCKED_SECONDS: Final = 3.0


class Job:
    """One request to enrich, as it was last seen; `refresh` looks again."""

    def __init__(self, wire: Wire, document: Document) -> None:
        self._wire = wire
        self.document = document

    @property
    def id(self) -> int:
        return int(self.document["id"])

    @property
    def state(self) -> str:
        """receiving, running, paused, blocked, done, partial, failed or cancelled."""
        return str(self.document["state"])

    @property
    def counts(self) -> Mapping[str, int]:
        """`accepted`, and where those records stand; the others add up to it."""
        counts: Mapping[str, int] = self.document["counts"]
        return counts

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - members of the job that have no property
        if name.startswith("_") or name == "document":
            raise AttributeError(name)
        return getattr(self.document, name)

    def __repr__(self) -> str:
        return f"Job({self.id}, {self.document['source']} to {self.document['target']}, {self.state})"

    def refresh(self) -> Job:
        """Look again."""
        self.document = self._wire.ask("GET", f"/v1/jobs/{self.id}")
        return self

    @hint_shown()
    def wait(self, timeout: float | None = None, poll: float = 0.5) -> Job:
        """Wait until the job has ended, or only a person's decision is missing (`blocked`).

        Meanwhile only its state is looked at, which costs nothing however large the job is; counts are those of the
        end, whether it has come or the time is over.

        Args:
            timeout: seconds to wait at most; none is as long as it takes.
            poll: seconds between two looks.

        Raises:
            TransientError: `timeout`; the job goes on.
        """
        begun = self._wire.clock()
        blocked_since: float | None = None
        while True:
            state = self._look()
            now = self._wire.clock()
            blocked_since = (now if blocked_since is None else blocked_since) if state == "blocked" else None
            over = timeout is not None and now - begun >= timeout
            stays = blocked_since is not None and now - blocked_since >= _BLOCKED_SECONDS
            if (state in FINAL or stays or over) and (self.refresh().is_final or stays):
                return self
            if timeout is not None and over:
                raise TransientError(
                    f"job {self.id} is {self.state} after {timeout:g} s", hint="it goes on; wait again", code="timeout"
                )
            self._wire.sleep(poll if timeout is None else max(min(poll, timeout - (now - begun)), 0.0))

    def _look(self) -> str:
        """Look at its state only."""
        seen = self._wire.ask("GET", f"/v1/jobs/{self.id}", query={"counts": False})
        self.document = Document({**self.document, **seen})
        return self.state

    def cancel(self) -> Job:
        """
        Raises:
            ConflictError: it has ended already.
        """
        return self._act("cancel")

    def pause(self) -> Job:
        return self._act("pause")

    def resume(self) -> Job:
        return self._act("resume")

    def rollback(self, *, reason: str = "", confirm: str | None = None) -> Document:
        """Withdraw what the job wrote. The first call gives what it would do and a token to confirm it.

        Raises:
            ConflictError: it has not ended, or the token is for something else by now.
        """
        found: Document = self._wire.ask("POST", f"/v1/jobs/{self.id}/rollback", {"reason": reason, "confirm": confirm})
        return found

    def _act(self, what: str) -> Job:
        self.document = self._wire.ask("POST", f"/v1/jobs/{self.id}/{what}", repeatable=True)
        return self


def submit(
    wire: Wire, asked: Mapping[str, Any], records: Iterable[object] | None, *, idempotency_key: str | None
) -> Job:
    """Submit with its records in one request where they fit, else in numbered batches."""
    # Without a key of the caller's, one of our own makes the request safe to send again after a cut.
    key = f"client-{uuid.uuid4().hex}" if idempotency_key is None else _usable(idempotency_key)
    whole = _whole(asked, records)
    if whole is not None:
        return Job(wire, _open(wire, key, content=whole))
    body = {**asked, "receive": True}
    if idempotency_key is not None and isinstance(records, Sequence):
        body["content_digest"] = _digest(records)
    job = Job(wire, _open(wire, key, body))
    try:
        return _stream(wire, job, records or ())
    except BaseException:
        # Whoever gave no key cannot come back to this job.
        if idempotency_key is None and job.state == "receiving":
            job.cancel()
        raise


@hint_shown()
def _usable(key: str) -> str:
    """
    Raises:
        UsageError: a key cannot be sent as it is; or is empty, as that of a variable that is not set, which would tell
            no two requests apart.
    """
    if not fits_a_header(key):
        raise UsageError(
            "an idempotency key is printable ASCII text, not empty and with no space at its ends",
            hint="a UUID is a good one; leave it out where the same request may open another job",
        )
    return key


def _whole(asked: Mapping[str, Any], records: Iterable[object] | None) -> bytes | None:
    """The body of a request that holds everything; null where the records do not fit, or nobody knows yet."""
    if records is None:
        return orjson.dumps(dict(asked))
    if not isinstance(records, Sequence) or len(records) > BATCH_RECORDS:
        return None
    texts = [encoded(record) for record in records]
    if sum(map(len, texts)) > BATCH_BYTES or any(text.startswith(b"no JSON") for text in texts):
        return None
    opened = orjson.dumps(dict(asked))[:-1]
    return opened + b',"records":[' + b",".join(texts) + b"]}"


def _open(wire: Wire, key: str, body: Mapping[str, Any] | None = None, *, content: bytes | None = None) -> Document:
    answer: Document = wire.ask(
        "POST", "/v1/jobs", body, content=content, headers={"idempotency-key": key}, repeatable=True
    )
    return answer


def _stream(wire: Wire, job: Job, records: Iterable[object]) -> Job:
    """Send the batches that are not in yet, then seal; of a job that is sealed already, see that it had these records.
    One batch is in memory at a time.

    Raises:
        ConflictError: those that are in are of other records (`other_batch`).
    """
    if job.state == "cancelled":
        return job
    sealed = job.state != "receiving"
    sent_before, chain = int(job.document["batches"]), job.document.get("batches_digest")
    number, ours = 0, None
    for number, lines in enumerate(batches(records), start=1):
        if number <= sent_before:
            ours = chained(ours, digest_of(lines))
            if number == sent_before and chain not in {None, ours}:
                raise _other_records(job, number)
        elif sealed:
            raise _other_records(job, sent_before)
        else:
            wire.ask(
                "PUT",
                f"/v1/jobs/{job.id}/batches/{number}",
                content=lines,
                kind="application/x-ndjson",
                repeatable=True,
            )
    if sealed and number in {0, sent_before}:
        return job  # who brings nothing asks after the job
    if number < sent_before:
        raise _other_records(job, sent_before)
    job.document = wire.ask("POST", f"/v1/jobs/{job.id}/seal", {"batches": number}, repeatable=True)
    return job


def _other_records(job: Job, number: int) -> ConflictError:
    return ConflictError(
        f"job {job.id} holds {number} batches under this idempotency key already, of other records than these",
        hint="go on with the records that it began with, or cancel it and take another key"
        if job.state == "receiving"
        else "take another key for other records",
        code="other_batch",
    )


def _digest(records: Sequence[object]) -> str:
    digest = hashlib.sha256()
    for record in records:
        digest.update(encoded(record) + b"\n")
    return digest.hexdigest()[:32]
