"""Plans and reviews: what the fleet decided, and what it asks of a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enrichment.client.document import Document, Listing
from enrichment.client.wire import Wire


class Plans:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(
        self,
        *,
        limit: int | None = 1_000,
        cursor: str | None = None,
        **filters: Any,  # noqa: ANN401
    ) -> Listing[Document]:
        """The newest first; filters are `source`, `target`, `state` and `shape`. `next` is the cursor of the others."""
        return self._wire.listing("/v1/plans", filters, limit=limit, cursor=cursor)

    def iterate(self, *, limit: int | None = None, **filters: Any) -> Iterator[Document]:  # noqa: ANN401
        return self._wire.each("/v1/plans", filters, limit=limit)

    def show(self, plan: int) -> Document:
        return self._document("GET", f"/v1/plans/{int(plan)}")

    def approve(self, plan: int, *, fields: Sequence[str] | None = None, reason: str = "") -> Document:
        """Release a plan, or some of its fields, on a person's word."""
        return self._decide(plan, "approve", fields, reason)

    def condemn(self, plan: int, *, fields: Sequence[str] | None = None, reason: str = "") -> Document:
        """Withdraw what a plan, or some of its fields, asserted; its records wait for a successor."""
        return self._decide(plan, "condemn", fields, reason)

    def rollback(
        self, plan: int, *, fields: Sequence[str] | None = None, reason: str = "", confirm: str | None = None
    ) -> Document:
        """Void what a plan, or fields of it, asserted. The first call gives what it would do and a token to confirm it.

        Raises:
            ConflictError: the token has expired, was used, or what it was for is something else by now.
        """
        body = {"fields": None if fields is None else list(fields), "reason": reason, "confirm": confirm}
        return self._document("POST", f"/v1/plans/{int(plan)}/rollback", body)

    def shadow(self, plan: int, *, records: int = 2_000) -> Document:
        """What the installed gate would say otherwise of records that were judged before. Nothing is written."""
        found: Document = self._wire.ask("GET", f"/v1/plans/{int(plan)}/shadow", query={"records": int(records)})
        return found

    def export(self, plan: int) -> Document:
        """The plan as a document that `import_plan` takes."""
        return self._document("GET", f"/v1/plans/{int(plan)}/export")

    def import_plan(self, document: Mapping[str, Any]) -> Document:
        return self._document("POST", "/v1/plans/import", dict(document))

    def _decide(self, plan: int, what: str, fields: Sequence[str] | None, reason: str) -> Document:
        body = {"fields": None if fields is None else list(fields), "reason": reason}
        return self._document("POST", f"/v1/plans/{int(plan)}/{what}", body)

    def _document(self, method: str, path: str, body: Any = None) -> Document:  # noqa: ANN401
        found: Document = self._wire.ask(method, path, body)
        return found


class Reviews:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(
        self, *, state: str | None = "open", limit: int | None = 1_000, cursor: str | None = None, each: bool = False
    ) -> Listing[Document]:
        """The newest first; of open ones that one answer settles the newest only, unless `each` is wanted.

        Where there are more than `limit`, `next` of what it gives is the cursor of the others.
        """
        filters = {"state": state, **({"each": "true"} if each else {})}
        return self._wire.listing("/v1/reviews", filters, limit=limit, cursor=cursor)

    def show(self, review: int) -> Document:
        found: Document = self._wire.ask("GET", f"/v1/reviews/{int(review)}")
        return found

    def decide(
        self, review: int, decision: str, *, content_hash: str | None = None, reason: str | None = None
    ) -> Document:
        """Answer once. With `content_hash` the answer only counts for the content that was looked at.

        Raises:
            ConflictError: it was answered before, or asks about other content by now.
        """
        body = {"decision": decision, "content_hash": content_hash, "reason": reason}
        found: Document = self._wire.ask("POST", f"/v1/reviews/{int(review)}/decide", body)
        return found

    def eval_case(self, review: int) -> Document:
        """A decision as an eval case, one line of a file that `assay eval` takes."""
        found: Document = self._wire.ask("GET", f"/v1/reviews/{int(review)}/eval-case")
        return found
