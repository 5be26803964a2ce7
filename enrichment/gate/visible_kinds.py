"""Rule `kind_mismatch` on cells: a value, or the text it was read from, visibly is of another kind than its field.

Conservative on purpose: only texts that can hardly be anything else are told apart; what a column as a whole means is
judged when the plan is made.
"""

from __future__ import annotations

import re

from enrichment.gate.pieces import compile_piece
from enrichment.gate.rule import Check, FieldContext
from enrichment.gate.visible_texts import BARE_NUMBER, EMAIL, MONEY, PERCENT, URL, shows_money
from schemas.json_types import Cell, Record
from schemas.kinds import Kind

#: A longer text is prose, of which a number or an address may be part.
_LONGEST = 200
#: Every kind looked for shows one of these characters, or begins like a web address; most texts do not.
_SHOWN = re.compile("[0-9@/]")
_WEB = frozenset({"www.", "WWW.", "Www."})
_ADDRESSED = frozenset({"https://"})

_NAMES = {
    "a URL": URL,
    "an e-mail address": EMAIL,
    "an amount of money": MONEY,
    "a percentage": PERCENT,
    "a number": BARE_NUMBER,
}
_NO_VALUE_TEXT = ("a URL", "an e-mail address", "an amount of money", "a percentage")
_WORDS_ONLY = (*_NO_VALUE_TEXT, "a number")
_REFUSED_TEXT: dict[Kind, tuple[str, ...]] = {
    Kind.COUNTRY: _WORDS_ONLY,
    Kind.CURRENCY: _WORDS_ONLY,
    Kind.LANGUAGE: _WORDS_ONLY,
    Kind.NAME: _NO_VALUE_TEXT,
    Kind.CATEGORY: _NO_VALUE_TEXT,
    Kind.CODE: _NO_VALUE_TEXT,
    Kind.POSTAL_CODE: _NO_VALUE_TEXT,
    Kind.ADDRESS: _NO_VALUE_TEXT,
    Kind.PHONE: _NO_VALUE_TEXT,
    Kind.IDENTIFIER: ("an amount of money", "a percentage"),
    Kind.URL: ("an e-mail address", "an amount of money", "a percentage"),
    Kind.EMAIL: ("a URL", "an amount of money", "a percentage"),
}
_NEVER_MONEY = frozenset(
    {Kind.COUNT, Kind.PERCENT, Kind.YEAR, Kind.LATITUDE, Kind.LONGITUDE, Kind.DURATION, Kind.DATE, Kind.DATETIME}
)
_NEVER_PERCENT = frozenset({Kind.COUNT, Kind.MONEY, Kind.YEAR, Kind.LATITUDE, Kind.LONGITUDE, Kind.DURATION})


def _text_check(kind: Kind) -> Check | None:
    refused = tuple((name, _NAMES[name]) for name in _REFUSED_TEXT.get(kind, ()))
    if not refused:
        return None
    what = kind.value.replace("_", " ")
    # An address with its scheme is none of the others; only where it is itself refused is it looked at.
    told_apart = "a URL" not in _REFUSED_TEXT[kind]
    # One look instead of five: nearly every text is of none of these kinds.
    fits_any = re.compile("|".join(f"(?:{pattern.pattern})" for _, pattern in refused), re.IGNORECASE).fullmatch

    def check(value: Cell, _record: Record, _winner: int | None) -> str | None:
        if type(value) is not str or len(value) > _LONGEST:
            return None
        if _SHOWN.search(value) is None:
            if value[:4] not in _WEB:
                return None
        elif told_apart and value[:8] in _ADDRESSED:
            return None
        if fits_any(value) is None:
            return None
        return next(f"{name} where a {what} belongs" for name, pattern in refused if pattern.fullmatch(value))

    return check


def _number_check(context: FieldContext, kind: Kind) -> Check | None:
    money, percent = kind in _NEVER_MONEY, kind in _NEVER_PERCENT
    if context.binding is None or not (money or percent):
        return None
    read = compile_piece(context.binding, context.settings)
    what = kind.value

    def check(_value: Cell, record: Record, winner: int | None) -> str | None:
        piece = read(record, winner) if winner is not None else None
        if type(piece) is not str or len(piece) > _LONGEST:
            return None
        if money and shows_money(piece):
            return f"read from an amount of money where a {what} belongs"
        if percent and "%" in piece and PERCENT.fullmatch(piece.strip()):
            return f"read from a percentage where a {what} belongs"
        return None

    return check


def compile_visible_kind(context: FieldContext) -> Check | None:
    if context.kind is None:
        return None
    if context.field.type == "string" and context.kind not in {Kind.DATE, Kind.DATETIME}:
        return _text_check(context.kind)
    return _number_check(context, context.kind)
