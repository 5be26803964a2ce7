"""The way in: open a source, whatever its connector, and read pages of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from enrichment.connectors.file import FileReader
from enrichment.connectors.http import Fetch, HttpReader
from enrichment.connectors.pages import Cursor, Page
from enrichment.connectors.python_callable import CallableReader
from enrichment.connectors.scan_by_id import chosen, inner_cursor
from enrichment.door import fetch_outside
from schemas.errors import UsageError
from schemas.source import Auth, FileSource, HttpSource, PythonSource, Source, SqlSource


def open_pages(
    source: Source,
    *,
    cursor: Cursor | None,
    secrets: Callable[[Auth], str],
    roots: Sequence[Path] = (),
    deadline: float | None = None,
    page_records: int = 500,
    fetch: Fetch = fetch_outside,
) -> Iterator[Page]:
    """Read a source from a cursor on, or from its start.

    Every page carries the cursor behind it; a page without one is the last. Of an http source each page has cost one
    request (redirects aside), so that a caller can reserve its rate before it asks for the next.

    Args:
        source: where the records are.
        cursor: of an earlier page; None: from the start.
        secrets: gives the secret that an `Auth` names; the prefix is put before it here.
        roots: folders that files may lie in.
        deadline: `time.monotonic()` seconds, at which a request under way is given up.
        page_records: bound of a page of a file, a table or a callable; an http source decides by itself.
        fetch: the way out.

    Raises:
        TransientError: the source cannot be reached now; pages given so far stand, and their cursor goes on.
        TerminalError: the source cannot be read: `source_refused`, `source_changed`, `not_found`, `page_malformed`.
        ConfigurationError, UsageError: the source is configured in a way that cannot work, or the cursor is not its.
    """
    if isinstance(source, HttpSource):
        return HttpReader(source, secrets=secrets, deadline=deadline, fetch=fetch).pages(cursor)
    if isinstance(source, FileSource):
        return FileReader(source, roots=roots, page_records=page_records).pages(cursor)
    if isinstance(source, PythonSource):
        return CallableReader(source, page_records=page_records).pages(cursor)
    if isinstance(source, SqlSource):
        # Only who reads a database pays for importing what speaks with one.
        from enrichment.connectors.sql_table import TableReader

        return TableReader(source, secrets=secrets, roots=roots, page_records=page_records).pages(cursor)
    raise UsageError(f"source {source.name} has no records of its own", hint="send them with the job")


def open_items(
    source: Source,
    ids: Sequence[str],
    *,
    cursor: Cursor | None,
    secrets: Callable[[Auth], str],
    roots: Sequence[Path] = (),
    deadline: float | None = None,
    page_records: int = 500,
    fetch: Fetch = fetch_outside,
) -> Iterator[Page]:
    """Read the records with these ids: by `item_url`, one request and page each, or by reading the whole file.

    An id that the source does not have is a `RefusedRecord` of that id with code `not_found`. Arguments and errors
    are those of `open_pages`; the same ids must be given with a cursor.
    """
    if isinstance(source, HttpSource):
        return HttpReader(source, secrets=secrets, deadline=deadline, fetch=fetch).items(ids, cursor)
    whole = open_pages(
        source,
        cursor=None if cursor is None else inner_cursor(cursor),
        secrets=secrets,
        roots=roots,
        deadline=deadline,
        page_records=page_records,
        fetch=fetch,
    )
    return chosen(whole, ids, cursor)
