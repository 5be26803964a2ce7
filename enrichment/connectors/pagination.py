"""Where in a listing a reading stands, and how it gets to the next page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote, unquote_plus, urldefrag, urljoin, urlsplit

from schemas.errors import UsageError
from schemas.json_types import Json
from schemas.source import HttpSource

#: Addresses remembered one by one; a longer cycle is found by the mark.
_REMEMBERED = 32
#: A parameter's name with its quoted value, in which a backslash keeps the next character, or its bare one.
_PARAMETER = re.compile(r'\s*;\s*([^\s,;="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?')
_LINK = re.compile(rf"<([^>]*)>((?:{_PARAMETER.pattern})*)")
_DEFAULT_PORT = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Trail:
    """The addresses behind a reading, in bounded space.

    The last ones are kept; beyond them one mark is kept and moved to every power of two (R. P. Brent, An improved
    Monte Carlo factorization algorithm, 1980), so that a cycle of any length is met within three turns of it.
    """

    last: tuple[str, ...] = ()
    mark: str = ""
    steps: int = 0

    def step(self, address: str) -> Self | None:
        """Go to an address; None: it was seen before."""
        name = hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()[:12]
        if name in self.last or name == self.mark:
            return None
        steps = self.steps + 1
        mark = name if steps & (steps - 1) == 0 else self.mark
        return type(self)((*self.last, name)[-_REMEMBERED:], mark, steps)


@dataclass(frozen=True, slots=True)
class Position:
    """The page that is read next.

    at:        the cursor, the page's number or offset, or its address; None at the start of a cursor or link listing
    number:    counts the pages of this reading from 1
    step:      elements of the largest page yet, by which an offset goes on over one that is empty or cannot be read
    refused:   pages refused in a row
    empty:     pages in a row that were empty and said that there is more
    content:   digest of the page before, to notice a source that ignores the page number
    restarted: the listing was begun again after its cursor had expired
    """

    at: str | int | None
    number: int = 1
    trail: Trail = field(default_factory=Trail)
    step: int = 0
    refused: int = 0
    empty: int = 0
    content: str = ""
    restarted: bool = False

    def cursor(self) -> dict[str, Json]:
        return {
            "at": self.at,
            "number": self.number,
            "last": list(self.trail.last),
            "mark": self.trail.mark,
            "steps": self.trail.steps,
            "step": self.step,
            "refused": self.refused,
            "empty": self.empty,
            "content": self.content,
            "restarted": self.restarted,
        }


def position_of(cursor: Mapping[str, Json]) -> Position:
    """Read a cursor back.

    Raises:
        UsageError: it was not made by this connector.
    """
    at, last = cursor.get("at"), cursor.get("last")
    if isinstance(at, bool) or not isinstance(at, str | int | None) or not isinstance(last, list):
        raise UsageError("the cursor is not one of an http source", hint="the source's connector was changed")
    trail = Trail(tuple(str(name) for name in last), str(cursor.get("mark", "")), _count(cursor, "steps"))
    return Position(
        at=at,
        number=_count(cursor, "number"),
        trail=trail,
        step=_count(cursor, "step"),
        refused=_count(cursor, "refused"),
        empty=_count(cursor, "empty"),
        content=str(cursor.get("content", "")),
        restarted=cursor.get("restarted") is True,
    )


def start(source: HttpSource, *, restarted: bool = False) -> Position:
    style, first = source.pagination.style, source.pagination.start
    if style == "page":
        return Position(1 if first is None else first, restarted=restarted)
    if style == "offset":
        return Position(first or 0, restarted=restarted)
    return Position(None, restarted=restarted)


def address(source: HttpSource, at: str | int | None) -> str:
    """Give the address of the page at a place in the listing."""
    pagination = source.pagination
    if pagination.style == "link" and isinstance(at, str):
        return at
    url = source.url
    if pagination.size_param is not None and pagination.size is not None:
        url = with_parameter(url, pagination.size_param, pagination.size)
    if at is not None:
        url = with_parameter(url, pagination.param or pagination.style, at)
    return url


def with_parameter(url: str, name: str, value: str | int) -> str:
    """Set one query parameter and leave the others as they are written."""
    front, _, query = url.partition("#")[0].partition("?")
    kept = [pair for pair in query.split("&") if pair and unquote_plus(pair.partition("=")[0]) != name]
    kept.append(f"{quote(name, safe='')}={quote(str(value), safe='')}")
    return f"{front}?{'&'.join(kept)}"


def header_link(header: str) -> str | None:
    """Give the target with rel="next" of a Link header (RFC 8288, section 3)."""
    for link in _LINK.finditer(header):
        parameters = _PARAMETER.findall(link[2])
        relation = next((quoted or bare for name, quoted, bare in parameters if name.lower() == "rel"), "")
        if "next" in relation.lower().split():
            return link[1].strip()
    return None


def joined(base: str, reference: str) -> str | None:
    """Resolve a link against the page it stands in; None where it is no address.

    Without its fragment, which no server hears of: two addresses that differ in it alone are one page.
    """
    try:
        return urldefrag(urljoin(base, reference.strip())).url
    except ValueError:
        return None


def same_origin(configured: str, following: str) -> bool:
    """Say whether a page belongs to the configured source; the same host by https instead of http does too."""
    ours, theirs = _origin(configured), _origin(following)
    if ours is None or theirs is None:
        return False
    return theirs in {ours, ("https", ours[1], 443 if ours[2] == 80 else ours[2])}


def _origin(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORT or not parts.hostname or parts.username is not None:
        return None
    return scheme, parts.hostname.lower(), port or _DEFAULT_PORT[scheme]


def _count(cursor: Mapping[str, Json], name: str) -> int:
    value = cursor.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
