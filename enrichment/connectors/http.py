"""Read an HTTP API: page by page through its listing, or record by record by id."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from urllib.parse import quote

from enrichment.connectors import pagination, record_rules
from enrichment.connectors.next_page import following_place
from enrichment.connectors.page_text import PageContent, item_text, read_page
from enrichment.connectors.pages import Cursor, FetchedRecord, Page, RefusedRecord
from enrichment.connectors.pagination import Position
from enrichment.door import Caps, Response, StatusError, fetch_outside
from schemas.codes import Code
from schemas.errors import TerminalError, UsageError
from schemas.source import Auth, HttpSource

#: Pages refused in a row after which a numbered listing is given up: it would go on for ever.
REFUSED_IN_A_ROW = 5
#: Empty pages in a row, each of which says that there is more, after which a numbered listing is given up.
EMPTY_IN_A_ROW = 100
_EXPIRED = frozenset({400, 404, 410})
#: Refusals that concern whoever asks, not the one record asked for.
_CLOSED = frozenset({401, 403, 407})


class Fetch(Protocol):
    """`fetch_outside`, as far as a connector uses it."""

    def __call__(self, url: str, *, headers: Mapping[str, str], allow_private: bool, caps: Caps) -> Response: ...


class HttpReader:
    """One source, its credentials and the way out. Every page it gives has cost one request.

    secrets:  gives the secret that an `Auth` names
    deadline: `time.monotonic()` seconds, after which no request goes on
    """

    def __init__(
        self,
        source: HttpSource,
        *,
        secrets: Callable[[Auth], str],
        deadline: float | None = None,
        fetch: Fetch = fetch_outside,
    ) -> None:
        self._source = source
        self._secrets = secrets
        self._deadline = deadline
        self._fetch = fetch

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        position = pagination.start(self._source) if cursor is None else pagination.position_of(cursor)
        while True:
            page, following = self._turn(position)
            yield page
            if following is None:
                return
            position = following

    def items(self, ids: Sequence[str], cursor: Cursor | None) -> Iterator[Page]:
        if self._source.item_url is None or "{id}" not in self._source.item_url:
            raise UsageError(
                f"source {self._source.name} cannot be read by id", hint="configure item_url with {id} in its path"
            )
        done = 0 if cursor is None else cursor.get("done", 0)
        if isinstance(done, bool) or not isinstance(done, int):
            raise UsageError("the cursor is not one of a reading by id", hint="the source's connector was changed")
        for i in range(done, len(ids)):
            outcome = self._item(self._source.item_url, ids[i])
            following = {"done": i + 1} if i + 1 < len(ids) else None
            if isinstance(outcome, FetchedRecord):
                yield Page((outcome,), (), following)
            else:
                yield Page((), (outcome,), following)

    def _turn(self, position: Position) -> tuple[Page, Position | None]:
        source, place = self._source, f"#p{position.number}"
        address = pagination.address(source, position.at)
        trail = position.trail.step(address)
        if trail is None:
            return _ended(RefusedRecord(place, Code.PAGINATION_LOOP, "the listing comes back to a page it had before"))
        if position.number > source.max_pages:
            message = f"the listing has more than {source.max_pages} pages; the rest was not read"
            return _ended(RefusedRecord(place, Code.PAGINATION_LOOP, message))
        position = replace(position, trail=trail)
        try:
            response = self._get(address)
        except StatusError as error:
            return self._turned_away(position, error)
        except TerminalError as error:
            if error.code not in {Code.PAGE_TOO_LARGE, Code.PAGE_MALFORMED}:
                raise
            content = PageContent((), (_page_refusal(position, error),), 0, sound=False, look_up=lambda _: None)
            return self._go_on(position, content, None)
        if response.status == 204:
            return Page((), ()), None
        return self._go_on(position, read_page(response.body, place, source), response)

    def _turned_away(self, position: Position, error: StatusError) -> tuple[Page, Position | None]:
        style = self._source.pagination.style
        if style in {"page", "offset"} and error.status == 404 and position.number > 1:
            return Page((), ()), None
        if style in {"cursor", "link"} and error.status in _EXPIRED and position.at is not None:
            if position.restarted:
                raise error
            following = pagination.start(self._source, restarted=True)
            return Page((), (), following.cursor()), following
        raise error

    def _go_on(
        self, position: Position, content: PageContent, response: Response | None
    ) -> tuple[Page, Position | None]:
        numbered = self._source.pagination.style in {"page", "offset"}
        digest = _digest(content) if numbered and content.elements else ""
        if digest and digest == position.content:
            message = "the source gives the same page again, whatever is asked for"
            return _ended(RefusedRecord(f"#p{position.number}", Code.PAGINATION_LOOP, message))
        refused = 0 if content.sound else position.refused + 1
        empty = position.empty + 1 if numbered and content.sound and not content.elements else 0
        at, refusal = following_place(self._source, position, content, response)
        if at is not None and refused >= REFUSED_IN_A_ROW:
            message = f"{refused} pages in a row could not be read; the rest was given up"
            at, refusal = None, RefusedRecord(f"#p{position.number + 1}", Code.PAGE_MALFORMED, message)
        if at is not None and empty >= EMPTY_IN_A_ROW:
            message = f"{empty} pages in a row are empty and say that there is more; the rest was not read"
            at, refusal = None, RefusedRecord(f"#p{position.number + 1}", Code.PAGINATION_LOOP, message)
        given = content.refused if refusal is None else (*content.refused, refusal)
        if at is None:
            return Page(content.records, given), None
        following = replace(
            position,
            at=at,
            number=position.number + 1,
            step=max(content.elements, position.step),
            refused=refused,
            empty=empty,
            content=digest,
        )
        return Page(content.records, given, following.cursor()), following

    def _item(self, item_url: str, record_id: str) -> FetchedRecord | RefusedRecord:
        if record_id.strip(".") == "" or record_id != record_id.strip():
            return RefusedRecord(record_id, Code.NOT_FOUND, "this id cannot stand in an address")
        try:
            response = self._get(item_url.replace("{id}", quote(record_id, safe="")))
        except StatusError as error:
            if error.code == Code.NOT_FOUND:
                return RefusedRecord(record_id, Code.NOT_FOUND, "the source has no record with this id")
            if error.status in _CLOSED:
                raise
            return RefusedRecord(record_id, Code.SOURCE_REFUSED, error.message)
        except TerminalError as error:
            if error.code not in {Code.PAGE_TOO_LARGE, Code.PAGE_MALFORMED}:
                raise
            large = error.code == Code.PAGE_TOO_LARGE
            code = Code.RECORD_TOO_LARGE if large else Code.RECORD_MALFORMED
            return RefusedRecord(record_id, code, error.message)
        outcome = record_rules.read_text(item_text(response.body, self._source), record_id, self._source)
        if isinstance(outcome, FetchedRecord) and outcome.record_id != record_id:
            message = "the source answered with another record than the one asked for"
            return RefusedRecord(record_id, Code.RECORD_MALFORMED, message, outcome.body)
        return outcome

    def _get(self, address: str) -> Response:
        source = self._source
        headers = {"accept": "application/json"}
        if source.auth is not None:
            headers[source.auth.header] = f"{source.auth.prefix}{self._secrets(source.auth).strip()}"
        seconds = source.timeout
        if self._deadline is not None:
            seconds = min(seconds, self._deadline - time.monotonic())
        caps = Caps(body_bytes=source.max_page_bytes, total_seconds=seconds, read_seconds=seconds)
        return self._fetch(address, headers=headers, allow_private=source.allow_private, caps=caps)


def _ended(refusal: RefusedRecord) -> tuple[Page, None]:
    return Page((), (refusal,)), None


def _page_refusal(position: Position, error: TerminalError) -> RefusedRecord:
    # the query of an address that leads on can carry credentials, as the door knows of every address
    at = str(position.at).partition("?")[0]
    where = "the first page" if position.at is None else f"the page at {at[:200]!r}"
    return RefusedRecord(f"#p{position.number}", Code(error.code), f"{where}: {error.message}")


def _digest(content: PageContent) -> str:
    whole = hashlib.sha256()
    for record in content.records:
        whole.update(record.digest)
    for refused in content.refused:
        whole.update(refused.body or b"")
    return whole.hexdigest()[:16]
