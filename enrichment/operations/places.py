"""`clean_place`, and what other readers of places leave out: coordinates and notes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import ABSENT, Outcome
from enrichment.operations.plain import statement
from enrichment.operations.text import folded
from schemas.json_types import Json

_DEGREES: Final = (
    r"[-+]?[0-9]{1,3}(?:\.[0-9]+)? ?\u00b0 ?"
    r"(?:[0-9]{1,2}(?:\.[0-9]+)? ?['\u2032] ?)?"
    r"(?:[0-9]{1,2}(?:\.[0-9]+)? ?(?:[\"\u2033\u201d]|''|\u2032\u2032) ?)?"
)
#: With the direction it is a coordinate alone, without one only beside another: `Hotel 45\u00b0` has none.
_DIRECTED: Final = rf"{_DEGREES}[NSEWO](?![^\W\d_])"
_UNDIRECTED: Final = rf"{_DEGREES}[ ,/;]{{0,3}}{_DEGREES}"
_PAIR: Final = r"[-+]?[0-9]{1,3}\.[0-9]{2,} ?[;,] ?[-+]?[0-9]{1,3}\.[0-9]{2,}"
#: One or more coordinates in a row, with the slashes and commas between their notations.
_COORDINATES: Final = re.compile(rf"(?:[ ,/]*(?:{_DIRECTED}|{_UNDIRECTED}|{_PAIR}))+[ /]*")
#: No coordinate is written without one of these; most places have neither.
_MAY_HOLD_COORDINATES: Final = re.compile(r"\u00b0|[0-9]\.[0-9]")
_INNERMOST: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_EMPTY_BRACKETS: Final = re.compile(r"\([ ,;/]*\)|\[[ ,;/]*\]")
#: Brackets nest no deeper than this in any place; what is deeper is left as it stands.
_DEEPEST = 5


def without_coordinates(text: str) -> str:
    """Give a place's text without geographic coordinates, in degrees or as a pair of decimals."""
    return _COORDINATES.sub(" ", text) if _MAY_HOLD_COORDINATES.search(text) else text


def without_notes(text: str) -> str:
    """Give a text without what stands in round or square brackets."""
    if "(" not in text and "[" not in text:
        return text
    for _ in range(_DEEPEST):
        shorter = _INNERMOST.sub(" ", text)
        if shorter == text:
            break
        text = shorter
    return text


@lru_cache(maxsize=8192)
def _clean(text: str) -> Outcome:
    cleaned = without_coordinates(text)
    for _ in range(_DEEPEST if "(" in cleaned or "[" in cleaned else 0):
        cleaned = _EMPTY_BRACKETS.sub(" ", cleaned)
    return " ".join(cleaned.split()).replace(" ,", ",").strip(" ,") or ABSENT


def _parse(value: Json) -> Outcome:
    text = folded(value)
    if not isinstance(text, str):
        return text
    plain = statement(text)
    # U+FEFF is a space of no width; whatever else cannot be seen may join the letters of a name.
    return _clean(text.replace("\ufeff", " ")) if isinstance(plain, str) else plain


def compile_clean_place(_args: Arguments, _settings: ReadSettings) -> Step:
    return _parse
