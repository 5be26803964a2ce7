"""What an ordinary text looks like: one look tells that no rule on texts could object to it.

A few words, a web address, a mailbox, each of short runs of plain characters. They hold no credential, whose shapes
need longer runs or other marks; no markup, which needs marks; and nothing that shows another kind than theirs. Nearly
every text of a table is one; of each of the others every rule is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from enrichment.gate.injection import may_order
from enrichment.gate.rule import FieldContext
from schemas.kinds import Kind

#: They begin with a letter, not with three that may be the code of a currency or `www`. No hyphens: keys hold them.
_WORDS: Final = re.compile(
    r"(?![A-Za-z]{3}\b)[A-Za-z][A-Za-z0-9\u00c0-\u00ff.'&]{0,13}+(?:[ ,]{1,3}+[A-Za-z0-9\u00c0-\u00ff.'&]{1,14}+)*"
)
_HOST: Final = r"(?:[a-z0-9]{1,19}\.){1,4}[a-z]{2,19}"
_ADDRESS: Final = re.compile(rf"https?://{_HOST}/?")
#: Capitals only in front: no key is written so.
_MAILBOX: Final = re.compile(rf"[A-Za-z][a-z0-9]{{0,14}}(?:\.[A-Za-z][a-z0-9]{{0,14}}){{0,2}}@{_HOST}")

Look = Callable[[str], object]


def _words(text: str) -> bool:
    return _WORDS.fullmatch(text) is not None and not may_order(text)


def compile_ordinary(context: FieldContext) -> Look | None:
    """The look at texts of one field, null where none would spare a check. What it knows is of the field's format."""
    field, kind = context.field, context.kind
    if field.type != "string" or field.format in {"date", "date-time"} or kind in {Kind.DATE, Kind.DATETIME}:
        return None
    if field.format == "uri" or kind is Kind.URL:
        return _ADDRESS.fullmatch if field.format in {"uri", None} and kind in {Kind.URL, None} else None
    if field.format == "email" or kind is Kind.EMAIL:
        return _MAILBOX.fullmatch if kind in {Kind.EMAIL, None} else None
    return _words
