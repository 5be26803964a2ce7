"""Records inside request bodies: each is read by itself, so that a bad one sinks nobody but itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from enrichment import json_text
from enrichment.connectors import record_rules
from enrichment.connectors.json_scan import Scanner, blocks_of
from enrichment.connectors.page_text import nothing_lost, read_page, sorted_out
from enrichment.connectors.pages import FetchedRecord, RefusedRecord
from schemas.codes import Code
from schemas.errors import TerminalError
from schemas.json_types import Json
from schemas.source import Source
from workers.api.bodies import parse
from workers.api.problems import BodyError

Outcome: TypeAlias = FetchedRecord | RefusedRecord

_BOM = b"\xef\xbb\xbf"
#: Records have their own limit, of their source; the parser itself gives up long before the interpreter would.
_ANY_DEPTH = 1 << 30
_MEMBER = "records"


class Sent:
    """The body of a submit, taken apart: what is asked for, and the records that came along.

    members: of the body, without the records
    digest:  of the records, the same for the same content; null where none came along
    """

    def __init__(self, raw: bytes) -> None:
        self._raw = raw.removeprefix(_BOM)
        self._records: Json = None
        try:
            whole = json_text.loads(self._raw, max_depth=_ANY_DEPTH)
        except TerminalError:
            self._records_text = True
            members, records = _taken_apart(self._raw)
            self.members = _members(parse(members))
            self.digest: str | None = hashlib.sha256(records).hexdigest()[:32]
        else:
            self._records_text = False
            self.members = dict(_members(whole))
            self._records = self.members.get(_MEMBER)
            self.digest = None if self._records is None else json_text.digest(self._records).hex()

    @property
    def has_records(self) -> bool:
        return self._records_text or self._records is not None

    def records(self, source: Source) -> Sequence[Outcome] | None:
        """The records as this source's rules read them; null where none came along.

        Raises:
            BodyError: `records` is no list, or breaks off; or the body says something else twice, and differently.
        """
        if self._records_text:
            return _listed(self._raw, f"/{_MEMBER}", f"#/{_MEMBER}", source)
        if self._records is None:
            return None
        if not isinstance(self._records, list):
            raise BodyError("records is not a list", status=422, code="invalid", hint="send a list of objects")
        place = f"#/{_MEMBER}"
        outcomes = [record_rules.read_value(one, f"{place}/{i}", source) for i, one in enumerate(self._records)]
        if nothing_lost(self._raw, self._records, outcomes, {**self.members, _MEMBER: []}):
            return outcomes
        return _listed(self._raw, f"/{_MEMBER}", place, source)


def batch(raw: bytes, number: int, source: Source) -> Sequence[Outcome]:
    """A batch: a JSON array of records, or JSON lines.

    Raises:
        BodyError: an array that breaks off.
    """
    text = raw.removeprefix(_BOM)
    if text.lstrip()[:1] == b"[":
        return _listed(text, "", f"#b{number}", source)
    lines = [line for line in (one.strip() for one in text.split(b"\n")) if line]
    return [record_rules.read_text(line, f"#b{number}/{i}", source) for i, line in enumerate(lines)]


def _listed(text: bytes, pointer: str, place: str, source: Source) -> Sequence[Outcome]:
    found = read_page(text, place, source.model_copy(update={"records": pointer}))
    faults = [one.message for one in found.refused if one.code == Code.PAGE_MALFORMED]
    if found.sound and faults:
        raise BodyError(
            f"the body cannot be read: {faults[0]}", hint="send one JSON document that says each thing once"
        )
    if not found.sound:
        raise BodyError("the list of records breaks off, or is none", hint="send a whole JSON list of objects")
    records, refused = sorted_out((*found.records, *found.refused))
    return (*records, *refused)


def _taken_apart(text: bytes) -> tuple[bytes, bytes]:
    """The body with its list of records emptied, and that list; the text itself twice where it has none."""
    scanner = Scanner(blocks_of(text))
    if not (scanner.enter((_MEMBER,)) and scanner.enter_list()):
        return text, text
    begin = scanner.offset
    for _ in scanner.elements(0):
        continue
    if not scanner.closed:
        return text, text
    return text[:begin] + b"]" + text[scanner.offset :], text[begin : scanner.offset]


def _members(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise BodyError("the body is not an object", status=422, code="invalid", hint="send one JSON object")
    return value
