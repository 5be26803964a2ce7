"""Find records by id in a source that can only be read whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from enrichment.connectors.pages import Cursor, Page, RefusedRecord
from schemas.codes import Code
from schemas.errors import UsageError


def inner_cursor(cursor: Cursor) -> Cursor:
    """Give the cursor of the reading beneath.

    Raises:
        UsageError: the cursor is not one of a reading by id.
    """
    inner = cursor.get("within")
    if not isinstance(inner, Mapping):
        raise UsageError("the cursor is not one of a reading by id", hint="give the ids that it was made with")
    return inner


def chosen(pages: Iterable[Page], ids: Sequence[str], cursor: Cursor | None) -> Iterator[Page]:
    """Pass on the records with these ids, and at the end a refusal for each id that was not there.

    Which ids were found travels in the cursor as one bit each. What the reading refuses has no id that could be
    asked for, and is left out.
    """
    found = 0 if cursor is None else int(str(cursor.get("found", "0")), 16)
    places = {record_id: i for i, record_id in enumerate(ids)}
    for page in pages:
        records = tuple(record for record in page.records if record.record_id in places)
        for record in records:
            found |= 1 << places[record.record_id]
        if page.cursor is not None:
            yield Page(records, (), {"within": page.cursor, "found": f"{found:x}"}, page.resumable)
            continue
        missing = tuple(
            RefusedRecord(record_id, Code.NOT_FOUND, "the source has no readable record with this id")
            for record_id, i in places.items()
            if not found >> i & 1
        )
        yield Page(records, missing, None, page.resumable)
