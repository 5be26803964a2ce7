"""Tables from a source's values to a target's allowed ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from schemas.json_types import Json
from schemas.plan import OpArg, OpCall

#: Groups of words that say the same; the first that is allowed is meant.
_SAME: Final = tuple(
    frozenset(line.split())
    for line in """
    true yes y t 1 on active enabled ja oui si
    false no n f 0 off inactive disabled nein non
    male m man männlich homme
    female f w woman weiblich femme
    other x diverse nonbinary divers
    new neu brandnew mint
    used gebraucht secondhand preowned
    open opened offen
    closed shut geschlossen
    pending waiting queued
    cancelled canceled storniert
    completed complete done finished
    instock available lieferbar
    outofstock unavailable soldout
    low minor
    medium normal moderate
    high major
    small s
    large l
    """.strip().splitlines()
)
#: Share of the distinct samples that a table has to hold.
_ENOUGH: Final = 0.6
_MOST: Final = 60


def _bare(value: Json) -> str:
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(mark for mark in folded if mark.isalnum())


def _meant(sample: Json, allowed: Sequence[str | int | bool]) -> str | int | bool | None:
    """The one allowed value that a source's value says; nothing where none or several could be meant."""
    word = _bare(sample)
    if not word:
        return None
    same = [value for value in allowed if _bare(value) == word]
    if not same:
        same = [value for value in allowed if any({word, _bare(value)} <= group for group in _SAME)]
    if not same and len(word) <= 3:
        same = [value for value in allowed if _bare(value).startswith(word)]
    return same[0] if len(same) == 1 else None


def table(samples: Sequence[Json], allowed: Sequence[str | int | bool]) -> OpCall | None:
    """`map_values` over the distinct samples; nothing where too few of them are understood."""
    distinct = list(
        dict.fromkeys(" ".join(str(s).split()) for s in samples if isinstance(s, str | int) and str(s).strip())
    )
    pairs = [(given, meant) for given in distinct[:_MOST] if (meant := _meant(given, allowed)) is not None]
    if not pairs or len(pairs) < _ENOUGH * len(distinct):
        return None
    # every allowed value also stands for itself, since the samples need not show them all
    known = {given for given, _ in pairs}
    pairs += [(_text(value), value) for value in allowed if _text(value) not in known][:_MOST]
    return OpCall(op="map_values", args=tuple(OpArg(name=given, value=_text(value)) for given, value in pairs))


def _text(value: str | int | bool) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
