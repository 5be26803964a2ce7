"""What a page says of the one after it."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from enrichment.connectors import pagination
from enrichment.connectors.page_text import PageContent
from enrichment.connectors.pages import RefusedRecord
from enrichment.connectors.pagination import Position
from enrichment.door import Response
from schemas.codes import Code
from schemas.json_types import Json
from schemas.source import HttpSource

#: The next page's place, None at the end; with what kept the reading from going on, where something did.
Following: TypeAlias = tuple[str | int | None, RefusedRecord | None]
_END: Following = (None, None)
#: `items 0-49/200`, as of RFC 9110, whatever is counted but bytes: those are of one body.
_RANGE: Final = re.compile(r"(?!bytes\b)\S+ +(?P<first>\d{1,15})-(?P<last>\d{1,15})/(?P<total>\d{1,15})")


def following_place(source: HttpSource, position: Position, content: PageContent, answer: Response | None) -> Following:
    """Find the next page; `answer` is None where the page could not be taken in at all."""
    style = source.pagination.style
    if style in {"page", "offset"}:
        return _counted(source, position, content)
    if answer is None:
        return _END
    if style == "none":
        return _only(position, answer)
    pointer = source.pagination.next
    if pointer is not None:
        pointed = content.look_up(pointer)
    else:
        pointed = pagination.header_link(answer.headers.get("link", ""))
    if _nothing(pointed):
        return _END
    if style == "cursor":
        return _by_cursor(position, pointed)
    return _by_link(source, position, pointed, answer.url)


def _only(position: Position, answer: Response) -> Following:
    """A listing of one page may say that it is a part of more."""
    told = _RANGE.fullmatch(answer.headers.get("content-range", ""))
    if told is None or int(told["last"]) + 1 >= int(told["total"]):
        return _END
    read = f"{told['first']} to {told['last']} of {told['total']}"
    message = f"the source gave {read}, and its pagination is none: the rest was not read; set pagination"
    return None, RefusedRecord(f"#p{position.number + 1}", Code.PAGE_MALFORMED, message)


def _counted(source: HttpSource, position: Position, content: PageContent) -> Following:
    rules = source.pagination
    if not isinstance(position.at, int):
        return _END
    empty = content.sound and not content.elements
    if rules.next is None:
        if empty:
            return _END
    elif content.sound and _nothing(content.look_up(rules.next)):
        return _END
    if rules.style == "page":
        return position.at + 1, None
    if empty:
        # No more than pages had before: the server may give fewer than were asked for, and none may be left out.
        step = position.step or rules.size
        if not step:
            return _stopped(position, Code.PAGE_MALFORMED, "is an empty page that nobody knows the size of (set size)")
    else:
        step = content.elements if content.sound else (rules.size or position.step)
    return (position.at + step if step else None), None


def _by_cursor(position: Position, pointed: Json) -> Following:
    if isinstance(pointed, bool) or not isinstance(pointed, str | int):
        return _stopped(position, Code.PAGE_MALFORMED, "is no cursor")
    return pointed, None


def _by_link(source: HttpSource, position: Position, pointed: Json, base: str) -> Following:
    target = pagination.joined(base, pointed) if isinstance(pointed, str) else None
    if target is None:
        return _stopped(position, Code.PAGE_MALFORMED, "is no address")
    if not pagination.same_origin(source.url, target):
        return _stopped(position, Code.SOURCE_REFUSED, "leaves the source's origin")
    return target, None


def _stopped(position: Position, code: Code, why: str) -> Following:
    message = f"what leads on from page {position.number} {why}; the rest was not read"
    return None, RefusedRecord(f"#p{position.number + 1}", code, message)


def _nothing(value: Json) -> bool:
    return value is None or value is False or value in ("", [], {})
