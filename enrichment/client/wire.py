"""One request to the API: sent, tried again where that is safe, and its refusal raised as the error that it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from enrichment.client.document import Document, Listing, documents
from enrichment.door import Caps, Response, call_own_api
from schemas.codes import Code
from schemas.errors import AssayError, ConflictError, NotFoundError, TransientError, UsageError

_CAPS: Final = Caps(body_bytes=256_000_000, total_seconds=120.0, connect_seconds=5.0, read_seconds=60.0)
_LATER: Final = frozenset({408, 425, 429, 502, 503, 504})
_FIRST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 10.0
_PAGE: Final = 200


@contextmanager
def hint_shown() -> Iterator[None]:
    """A traceback shows the hint of an error below its message: who calls from Python would not see it otherwise."""
    try:
        yield
    except AssayError as error:
        note = f"hint: {error.hint}"
        if error.hint and note not in getattr(error, "__notes__", ()):
            error.add_note(note)
        raise


@dataclass(frozen=True, slots=True)
class Wire:
    """Where the API is and who asks.

    patience: seconds for which a request that may succeed later is tried again before its error is raised
    remedy:   what mends an API that cannot be reached, where that is known
    """

    url: str
    api_key: str = field(repr=False)
    patience: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    remedy: str = ""

    @hint_shown()
    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401 - JSON
        *,
        query: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        """Send a request and give the JSON of its answer; objects are `Document`s.

        `repeatable` says that sending it twice does what sending it once does; reading always is.

        Raises:
            NotFoundError, ConflictError, UsageError: the API refused, and says why and what would mend it.
            TransientError: it cannot be reached or is full, and stayed so for longer than patience.
            AssayError: something broke in the API.
        """
        sent = {"authorization": f"Bearer {self.api_key}", "accept": "application/json", **(headers or {})}
        if body is not None:
            content = json.dumps(body, ensure_ascii=False).encode()
        if content is not None:
            sent["content-type"] = kind
        address = path + _query(query)
        again = method == "GET" if repeatable is None else repeatable
        deadline = self.clock() + self.patience
        wait = _FIRST_WAIT
        while True:
            try:
                return _read(call_own_api(method, self.url, address, headers=sent, body=content, caps=_CAPS))
            except TransientError as error:
                # A full queue took nothing in, so that coming again is always safe.
                if error.code == Code.SOURCE_UNREACHABLE and self.remedy:
                    error.hint = self.remedy
                if not (again or error.code == "queue_full"):
                    raise
                pause = max(wait, error.retry_after or 0.0)
                if self.clock() + pause > deadline:
                    raise
            self.sleep(pause)
            wait = min(wait * 2, _LONGEST_WAIT)

    def each(
        self, path: str, query: Mapping[str, Any], *, limit: int | None, cursor: str | None = None
    ) -> Iterator[Document]:
        """The items of a listing behind a cursor, page after page."""
        for page in self._pages(path, query, limit, cursor):
            yield from page["items"]

    def listing(
        self, path: str, query: Mapping[str, Any], *, limit: int | None, cursor: str | None = None
    ) -> Listing[Document]:
        """As `each`, all at once and with the cursor at which it ended."""
        found: Listing[Document] = Listing()
        for page in self._pages(path, query, limit, cursor):
            found += page["items"]
            found.next = page["next"]
        return found

    def _pages(
        self, path: str, query: Mapping[str, Any], limit: int | None, cursor: str | None
    ) -> Iterator[Mapping[str, Any]]:
        left = limit
        while left is None or left > 0:
            size = _PAGE if left is None else min(left, _PAGE)
            page = self.ask("GET", path, query={**query, "limit": size, "cursor": cursor})
            yield page
            left = None if left is None else left - len(page["items"])
            cursor = page["next"]
            if cursor is None:
                return


def fits_a_header(text: str) -> bool:
    """Whether a header can hold a text as it is, and says anything by it."""
    return text.isascii() and text.isprintable() and bool(text) and text == text.strip()


def segment(value: object) -> str:
    """One segment of a path, whatever stands in it."""
    return quote(str(value), safe="")


def _query(query: Mapping[str, Any] | None) -> str:
    given: list[tuple[str, str]] = []
    for name, value in (query or {}).items():
        if value is None:
            continue
        if isinstance(value, list | tuple):
            given += [(name, str(one)) for one in value]
        else:
            given.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
    return f"?{urlencode(given)}" if given else ""


def _read(answer: Response) -> Any:  # noqa: ANN401 - JSON
    if 200 <= answer.status < 300:
        return documents(json.loads(answer.body)) if answer.body else None
    raise refusal(answer)


def refusal(answer: Response) -> AssayError:
    """The error that a problem document tells of."""
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = {}
    told = told if isinstance(told, dict) else {}
    message = str(told.get("detail") or f"the API answered {answer.status}")
    hint = str(told.get("hint") or "is this the address of an Assay API?" if not told else told.get("hint") or "")
    code = str(told["code"]) if told.get("code") else None
    status = answer.status
    if status in _LATER:
        seconds = answer.headers.get("retry-after", "")
        wait = float(seconds) if seconds.isascii() and seconds.isdigit() else None
        return TransientError(message, hint=hint, code=code, retry_after=wait)
    if status == 404:
        return NotFoundError(message, hint=hint, code=code)
    if status == 409:
        return ConflictError(message, hint=hint, code=code)
    if 400 <= status < 500:
        return UsageError(message, hint=hint, code=code)
    return AssayError(message, hint=hint, code=code)
