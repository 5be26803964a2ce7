"""Dead letters: looked at, replayed, given up for good, opened again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from enrichment.client.document import Document, Listing
from enrichment.client.jobs import Job
from enrichment.client.wire import Wire


class DeadLetters:
    """Filters are `job`, `source`, `target`, `stage`, `code`, `field`, `state`, `record_id`, `plan`, `shape`,
    `fingerprint`, `since` and `until` (ISO 8601).
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(
        self,
        *,
        limit: int | None = 1_000,
        cursor: str | None = None,
        **filters: Any,  # noqa: ANN401
    ) -> Listing[Document]:
        """The newest first; where there are more than `limit`, `next` of what it gives is the cursor of the others."""
        return self._wire.listing("/v1/dead-letters", filters, limit=limit, cursor=cursor)

    def iterate(self, *, limit: int | None = None, **filters: Any) -> Iterator[Document]:  # noqa: ANN401
        return self._wire.each("/v1/dead-letters", filters, limit=limit)

    def show(self, letter: int) -> Document:
        """
        Raises:
            NotFoundError: there is no such letter.
        """
        found: Document = self._wire.ask("GET", f"/v1/dead-letters/{int(letter)}")
        return found

    def stats(self, **filters: Any) -> Document:  # noqa: ANN401
        """Counts by stage, code, shape and field, each with an example."""
        found: Document = self._wire.ask("GET", "/v1/dead-letters/stats", query=filters)
        return found

    def replay(
        self,
        ids: int | Sequence[int] | None = None,
        *,
        everything: bool = False,
        refetch: bool = False,
        dry_run: bool = False,
        confirm: str | None = None,
        **filters: Any,  # noqa: ANN401
    ) -> Replay:
        """Try letters again. A dry run says what would happen, and gives the token that more than 100 letters need.

        Raises:
            ConflictError: `futile`, nothing has changed that could make a difference; `confirmation`, the token is
                missing, expired, or for other letters.
        """
        body = _meant(ids, filters, everything=everything)
        answer = self._wire.ask(
            "POST", "/v1/dead-letters/replay", {**body, "refetch": refetch, "dry_run": dry_run, "confirm": confirm}
        )
        return Replay(self._wire, answer)

    def discard(
        self,
        ids: int | Sequence[int] | None = None,
        *,
        reason: str,
        everything: bool = False,
        dry_run: bool = False,
        confirm: str | None = None,
        **filters: Any,  # noqa: ANN401
    ) -> Document:
        """Give letters up for good; their job counts them as discarded."""
        body = _meant(ids, filters, everything=everything)
        answer: Document = self._wire.ask(
            "POST", "/v1/dead-letters/discard", {**body, "reason": reason, "dry_run": dry_run, "confirm": confirm}
        )
        return answer

    def reopen(self, letter: int, *, reason: str) -> Document:
        """Give a permanent or discarded letter another chance."""
        answer: Document = self._wire.ask("POST", f"/v1/dead-letters/{int(letter)}/reopen", {"reason": reason})
        return answer


class Replay(Document):
    """What a replay did, or in a dry run would do: `matched`, `replayable`, `refused[]`, `jobs[]`, `confirm`."""

    def __init__(self, wire: Wire, document: Document) -> None:
        super().__init__(document)
        self.__dict__["_wire"] = wire

    def wait(self, timeout: float | None = None, poll: float = 0.5) -> list[Job]:
        """Wait for the jobs that try again."""
        wire: Wire = self.__dict__["_wire"]
        return [Job(wire, Document({"id": job})).wait(timeout, poll) for job in self["jobs"]]


def _meant(ids: int | Sequence[int] | None, filters: dict[str, Any], *, everything: bool) -> dict[str, Any]:
    if isinstance(ids, int):
        ids = [ids]
    return {
        "ids": None if ids is None else list(ids),
        "filter": {name: value for name, value in filters.items() if value is not None} or None,
        "all": everything,
    }
