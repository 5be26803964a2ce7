"""The Python client of the HTTP API: `from enrichment.client import Client`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from enrichment.client import jobs as job_calls
from enrichment.client.breakers import Breakers
from enrichment.client.budgets import Budgets
from enrichment.client.decisions import Plans, Reviews
from enrichment.client.document import Document, Listing
from enrichment.client.freezes import Freezes
from enrichment.client.jobs import Job
from enrichment.client.letters import DeadLetters, Replay
from enrichment.client.wire import Wire, fits_a_header, hint_shown, segment
from schemas.errors import UsageError

__all__ = ["Client", "Document", "Job", "Listing", "Replay"]

_DATA_DIR: Final = Path(".assay")
_ENDPOINT: Final = "endpoint.json"
#: The file outlives the fleet that wrote it.
_STOPPED: Final = "the fleet of {} seems to be stopped; start it with: assay up --detach"


class Client:
    """Everything that the API offers. Errors are those of `schemas.errors`, with a hint.

    Requests that may succeed later are tried again for `patience` seconds where that is safe.
    """

    @hint_shown()
    def __init__(self, url: str, api_key: str, *, patience: float = 60.0, remedy: str = "") -> None:
        """
        Raises:
            UsageError: this can be no API key.
        """
        if not fits_a_header(api_key):
            raise UsageError(
                "the API key holds what no key has, such as a line break" if api_key else "the API key is empty",
                hint="pass it on as `assay keys create` showed it; commands take it as ASSAY_API_KEY",
                code="unauthorized",
            )
        self._wire = Wire(url.rstrip("/"), api_key, patience, remedy=remedy)
        self.dead_letters = DeadLetters(self._wire)
        self.plans = Plans(self._wire)
        self.reviews = Reviews(self._wire)
        self.budgets = Budgets(self._wire)
        self.breakers = Breakers(self._wire)
        self.freezes = Freezes(self._wire)

    @classmethod
    @hint_shown()
    def local(cls, data_dir: Path | str | None = None, *, patience: float = 60.0) -> Client:
        """The API that `assay up` runs here; `data_dir` is its data directory (default: `.assay`).

        Raises:
            UsageError: there is no endpoint file, or it cannot be read.
        """
        path = Path(data_dir or _DATA_DIR) / _ENDPOINT
        try:
            endpoint = json.loads(path.read_text(encoding="utf-8"))
            url, key = str(endpoint["url"]), str(endpoint["api_key"])
            return cls(url, key, patience=patience, remedy=_STOPPED.format(path.parent))
        except FileNotFoundError:
            raise UsageError(
                f"{path}: there is no endpoint file", hint="start the fleet with: assay up; or name its data directory"
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{path} cannot be read: {type(error).__name__}", hint="only whoever ran `assay up` may read it"
            ) from None

    def __repr__(self) -> str:
        return f"Client({self._wire.url!r})"

    def submit(
        self,
        *,
        source: str,
        target: str,
        records: Iterable[object] | None = None,
        limit: int | None = None,
        ids: Sequence[str] | None = None,
        missing: str | None = None,
        refresh: bool = False,
        dry_run: bool = False,
        priority: int = 0,
        idempotency_key: str | None = None,
    ) -> Job:
        """Ask for records of a source to be enriched into a target.

        Args:
            source: a configured source.
            target: a configured target.
            records: of an inline source. Anything iterable: what does not fit one request is streamed in batches, one
                of them in memory at a time. A record that has no place in JSON becomes a dead letter.
            limit: at most so many records.
            ids: only records with these external ids.
            missing: only records behind rows where this field is empty.
            refresh: also records that are known to be unchanged.
            dry_run: stop at staging, and show 20 rows.
            priority: -10 to 10; each step doubles the job's share of what is dispatched beside other jobs.
            idempotency_key: the same key and body give the same job. A stream that was cut goes on where it ended when
                the same records are submitted with the same key.

        Raises:
            NotFoundError, UsageError: the source, the target or a field is not known, or does not go together; or one
                id or record was given where several are meant.
            ConflictError: the idempotency key was used with another body.
            TransientError: the queue is full, or the API away, for longer than patience.
        """
        _require_several("ids", ids)
        _require_several("records", records)
        asked = {
            "source": source,
            "target": target,
            "limit": limit,
            "ids": None if ids is None else [str(one) for one in ids],
            "missing": missing,
            "refresh": refresh or None,
            "dry_run": dry_run or None,
            "priority": priority or None,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        return job_calls.submit(self._wire, given, records, idempotency_key=idempotency_key)

    def job(self, job_id: int) -> Job:
        """
        Raises:
            NotFoundError: there is no such job.
        """
        return Job(self._wire, self._wire.ask("GET", f"/v1/jobs/{int(job_id)}"))

    def jobs(self, *, limit: int | None = 100, **filters: Any) -> Iterator[Job]:  # noqa: ANN401
        """The newest first; filters are `state`, `source` and `target`."""
        return (Job(self._wire, found) for found in self._wire.each("/v1/jobs", filters, limit=limit))

    def list_jobs(
        self,
        *,
        limit: int | None = 100,
        cursor: str | None = None,
        **filters: Any,  # noqa: ANN401
    ) -> Listing[Document]:
        """As `jobs`, all at once: documents, with the cursor of the others as `next` where there are more."""
        return self._wire.listing("/v1/jobs", filters, limit=limit, cursor=cursor)

    def explain(self, target: str, key: str | Sequence[object], field: str | None = None) -> Any:  # noqa: ANN401
        """Where a cell's value came from; without `field` a list of all cells. Keys of several fields are sequences.

        Raises:
            NotFoundError: nothing is known under this key.
        """
        text = key if isinstance(key, str) else json.dumps([str(one) for one in key], ensure_ascii=False)
        path = f"/v1/rows/{segment(target)}/lineage"
        answer = self._wire.ask("GET", path, query={"key": text, "field": field})
        return answer if field is not None else answer["items"]

    def list_compensations(
        self,
        *,
        after: int = 0,
        target: str | None = None,
        limit: int | None = 1_000,
        cursor: str | None = None,
    ) -> Listing[Document]:
        """As `compensations`, all at once: `next` is the cursor of the others where there are more than `limit`."""
        query = {"after": after, "target": target}
        return self._wire.listing("/v1/compensations", query, limit=limit, cursor=cursor)

    def compensations(
        self, *, after: int = 0, target: str | None = None, limit: int | None = None
    ) -> Iterator[Document]:
        """What un-writing did to rows, in the order of commits; keep the last `id`, and go on `after` it."""
        return self._wire.each("/v1/compensations", {"after": after, "target": target}, limit=limit)

    def audit_report(self) -> Document:
        """With 95 % confidence, how many of the cells written are wrong at most, per target and source."""
        found: Document = self._wire.ask("GET", "/v1/audits/report")
        return found

    def status(self) -> Document:
        found: Document = self._wire.ask("GET", "/v1/status")
        return found


@hint_shown()
def _require_several(name: str, given: object) -> None:
    """One text is a sequence as well, of its characters, and one record of the names of its members.

    Raises:
        UsageError: that is what was given.
    """
    if isinstance(given, str | bytes | Mapping):
        raise UsageError(f"{name} is one {type(given).__name__}", hint=f"give a list, {name}=[…]")
