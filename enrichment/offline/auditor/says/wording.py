"""Names, codes, texts and everything that is compared as it is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice
from typing import Final

from enrichment.offline.auditor.places import Place
from enrichment.offline.auditor.says.saying import Ground, Saying
from schemas.json_types import Json, JsonScalar

_SPACES: Final = re.compile(r"\s+")
_COORDINATES: Final = re.compile(
    r"-?\d{1,3}(?:\.\d+)?\s*°\s*(?:\d{1,2}(?:\.\d+)?\s*[\u2032']\s*)?(?:\d{1,2}(?:\.\d+)?\s*(?:[\u2033\"]|[\u2032']{2})\s*)?[NSEW]?"
    r"|-?\d{1,3}\.\d{2,}\s*[;,]\s*-?\d{1,3}\.\d{2,}",
    re.IGNORECASE,
)
_COMMAS: Final = re.compile(r",(?:\s*,)+")
_EMPTY: Final = re.compile(r"\(\s*[/;,]*\s*\)|\[\s*\]")
_BEFORE_MARK: Final = re.compile(r"\s+(?=[,.;:)])|(?<=\()\s+")
_NOTES: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_DELIMITERS: Final = re.compile(r"[;|/:\n•]|\s[-\u2013—]\s")
_COMMA: Final = re.compile(r"[,()]")
_MAX_PIECES: Final = 24
_SPACE: Final = re.compile(r"[\s,]+")
_TRUE: Final = frozenset({"true", "yes", "y", "t", "1", "on", "ja", "oui", "si", "sí", "wahr"})
_FALSE: Final = frozenset({"false", "no", "n", "f", "0", "off", "nein", "non", "falsch"})
_POSITIVE: Final = frozenset(
    {"active", "enabled", "available", "verified", "in+stock", "instock", "open", "valid", "present"}
)


def text_of(value: JsonScalar | Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def fold(text: str) -> str:
    """Text without case and with single spaces, compatibility forms unified."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).replace("\ufeff", " ")).strip().casefold()


def bones(text: str) -> str:
    """The letters and digits of a text, in order, without case."""
    return "".join(mark for mark in unicodedata.normalize("NFKC", text).casefold() if mark.isalnum())


def says_text(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """The whole text, or a piece of it."""
    del ground
    if place is None or isinstance(value, list | dict):
        return Saying.SILENT
    wanted, text = fold(text_of(value)), fold(text_of(place))
    if wanted == text or _same_figure(wanted, text):
        return Saying.STATES
    if not wanted:
        return Saying.SILENT
    for pattern in (_DELIMITERS, _COMMA, _SPACE):
        if wanted in {piece.strip() for piece in pattern.split(text)}:
            return Saying.PART
    if wanted in text and _between_words(wanted, text):
        return Saying.PART
    return Saying.OTHERWISE


def tidy(text: str) -> str:
    """A place's text without coordinates, empty brackets and stray white space and commas."""
    bare = _EMPTY.sub(" ", _SLASHES.sub(" ", _COORDINATES.sub(" ", fold(text))))
    return _COMMAS.sub(",", _BEFORE_MARK.sub("", _SPACES.sub(" ", bare))).strip(" ,;/")


_SLASHES: Final = re.compile(r"(?<=\s)/(?=\s|$)")


def says_place(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """A place in words: the whole text, without coordinates or notes in brackets; or a piece of it."""
    plain = says_text(value, place, ground)
    if plain is Saying.STATES or not isinstance(value, str) or not isinstance(place, str):
        return plain
    wanted, text = tidy(value), tidy(place)
    if wanted and wanted in {text, tidy(_NOTES.sub(" ", text))}:
        return Saying.STATES
    return plain


def _same_figure(wanted: str, text: str) -> bool:
    """`12.50` and `12.5`; a code that begins with a zero is no figure."""
    if not (wanted.replace(".", "", 1).isdigit() and text.replace(".", "", 1).isdigit()) or text.startswith("0"):
        return False
    return "." in text + wanted and wanted.rstrip("0").rstrip(".") == text.rstrip("0").rstrip(".")


def _between_words(wanted: str, text: str) -> bool:
    """Whether a piece that spans several words begins and ends where words do."""
    start = text.find(wanted)
    end = start + len(wanted)
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())


def listed(value: Json, place: JsonScalar) -> bool:
    """Whether the value is one whole entry of a text that lists several."""
    wanted = fold(text_of(value))
    return any(
        wanted == piece.strip()
        for pattern in (_DELIMITERS, re.compile(r"[,;|/]"))
        for piece in pattern.split(fold(text_of(place)))
    )


def is_joined(value: Json, pieces: Iterable[Place]) -> bool:
    """Whether a value is made of the texts of several places, and of nothing else."""
    rest = fold(text_of(value))
    used = 0
    texts = {fold(text_of(place.value)) for place in islice(pieces, _MAX_PIECES)} - {""}
    for text in sorted(texts, key=len, reverse=True):
        if text in rest:
            rest = rest.replace(text, " ", 1)
            used += 1
    return used > 1 and not bones(rest)


def says_category(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """One of a few values: as written, abbreviated, or as the other records of the request pair them."""
    plain = says_text(value, place, ground)
    if plain is not Saying.OTHERWISE:
        return plain
    wanted, text = bones(text_of(value)), bones(text_of(place))
    if wanted and text and 1 in {len(wanted), len(text)}:
        return Saying.STATES if wanted[0] == text[0] else Saying.OTHERWISE
    pairs = ground.paired.get(text, {})
    if any(other != text and wanted == other for other in ground.paired if ground.paired[other].get(other)):
        # this source writes the value out elsewhere, so that another text means another value
        return Saying.OTHERWISE
    others = sum(pairs.values()) - pairs.get(wanted, 0)
    if pairs.get(wanted, 0) > max(1, others):
        return Saying.STATES
    return Saying.OTHERWISE if others > max(1, pairs.get(wanted, 0)) else Saying.OPEN


def says_boolean(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """True or false, also in words that affirm or deny."""
    del ground
    if not isinstance(value, bool) or place is None:
        return Saying.SILENT
    found = _truth(place)
    if found is None:
        return Saying.SILENT
    return Saying.STATES if found is value else Saying.OTHERWISE


def _truth(place: JsonScalar) -> bool | None:
    if isinstance(place, bool):
        return place
    word = fold(text_of(place))
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    bare = re.sub(r"^(?:not |out of |un|in(?=active|valid)|dis(?=abled))", "", word)
    if bare.replace(" ", "+") in _POSITIVE or (bare != word and (bare == "stock" or f"in+{bare}" in _POSITIVE)):
        return bare == word
    return None


def clear_boolean(place: JsonScalar, ground: Ground) -> bool:
    del ground
    return _truth(place) is not None


def clear_text(place: JsonScalar, ground: Ground) -> bool:
    del ground
    return isinstance(place, str | int) and not isinstance(place, bool)


def never_clear(place: JsonScalar, ground: Ground) -> bool:
    del place, ground
    return False
