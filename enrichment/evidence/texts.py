"""Recognisers of addresses on the net, codes, names of countries and currencies, and of words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from enrichment.evidence import figures, moments
from enrichment.evidence.sight import Recogniser, Sight, maybe, sure
from enrichment.evidence.units import CURRENCIES
from enrichment.operations.country_names import NAMES
from schemas.kinds import Kind

WORDY: Final = frozenset({Kind.NAME, Kind.TEXT, Kind.CATEGORY, Kind.ADDRESS, Kind.LANGUAGE, Kind.COUNTRY})
_CODED: Final = frozenset({Kind.CODE, Kind.IDENTIFIER, Kind.NAME, Kind.CATEGORY, Kind.POSTAL_CODE, Kind.ADDRESS})
#: Countries whose names are as often a person's, a state's or a plain word's decide nothing.
_SHARED_NAMES: Final = frozenset({"georgia", "jordan", "chad", "us", "uk"})
#: Words of a text from which on it is prose, and no name, place or kind of anything.
_PROSE: Final = 12

_EMAIL: Final = re.compile(r"(?:mailto:)?[^\s@<>]+@[^\s@<>]+\.[A-Za-z]{2,}")
_SCHEME: Final = re.compile(r"(?:https?://|ftp://|www\.)\S+", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,}(?:[/?#:]\S*)?(?=$|\s*\[)", re.IGNORECASE)
_UUID: Final = re.compile(r"\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?", re.IGNORECASE)
_BOOLEAN: Final = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f"})
_SECURITY: Final = re.compile(
    r"(?=.*\d)(?:[A-Z]{2}[A-Z0-9]{9}\d|[A-HJ-NPR-Z0-9]{17}|[A-Z0-9]{18}\d{2})|10\.\d{4,9}/\S+"
)
_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9./:_\-]*|(?=.*\d)[A-Za-z0-9][A-Za-z0-9._\-]*")
_SPACED_CODE: Final = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9 ./-]*")
_POSTCODE: Final = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d")
_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{2,4})?")
_SLUG: Final = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")


@lru_cache(maxsize=8_192)
def look_at_text(text: str) -> Sight:
    """Recognise one trimmed, not empty text; the first recogniser that knows it has the word."""
    for recognise in _RECOGNISERS:
        sight = recognise(text)
        if sight is not None:
            return sight
    if len(text.split()) > _PROSE:
        return maybe(Kind.TEXT, Kind.ADDRESS, Kind.NAME)
    return maybe(also=WORDY)


def _email(text: str) -> Sight | None:
    return sure(Kind.EMAIL, also=frozenset({Kind.IDENTIFIER})) if _EMAIL.fullmatch(text) else None


def _url(text: str) -> Sight | None:
    if _SCHEME.match(text):
        return sure(Kind.URL, also=frozenset({Kind.TEXT, Kind.IDENTIFIER}))
    if not _HOST.match(text) or text[0].isdigit():
        return None
    also = frozenset({Kind.NAME, Kind.CODE, Kind.TEXT, Kind.CATEGORY})
    return sure(Kind.URL, also=also) if text == text.lower() or "/" in text else maybe(Kind.URL, also=also)


def _uuid(text: str) -> Sight | None:
    return sure(Kind.IDENTIFIER, also=frozenset({Kind.CODE})) if _UUID.fullmatch(text) else None


def _boolean(text: str) -> Sight | None:
    if text.casefold() not in _BOOLEAN:
        return None
    return maybe(Kind.BOOLEAN, Kind.CATEGORY, Kind.CODE, Kind.COUNTRY, Kind.LANGUAGE)


def _country(text: str) -> Sight | None:
    folded = text.casefold()
    return sure(Kind.COUNTRY, also=WORDY) if folded in NAMES and folded not in _SHARED_NAMES else None


def _currency(text: str) -> Sight | None:
    if not (len(text) == 3 and text.isupper() and text.lower() in CURRENCIES):
        return None
    return sure(Kind.CURRENCY, also=frozenset({Kind.CODE, Kind.CATEGORY, Kind.NAME, Kind.COUNTRY}))


def _security(text: str) -> Sight | None:
    return sure(Kind.CODE, also=frozenset({Kind.IDENTIFIER})) if _SECURITY.fullmatch(text) else None


def _postcode(text: str) -> Sight | None:
    return maybe(Kind.POSTAL_CODE, Kind.CODE, Kind.IDENTIFIER) if _POSTCODE.fullmatch(text) else None


def _code(text: str) -> Sight | None:
    if not _CODE.fullmatch(text) or (text.isalpha() and not text.isupper()):
        return None
    if len(text) in {2, 3} and text.isalpha():
        return maybe(Kind.COUNTRY, Kind.LANGUAGE, Kind.CURRENCY, also=_CODED)
    return maybe(also=_CODED)


def _spaced_code(text: str) -> Sight | None:
    return maybe(Kind.TEXT, also=_CODED) if _SPACED_CODE.fullmatch(text) else None


def _slug(text: str) -> Sight | None:
    if _LOCALE.fullmatch(text) and len(text) in {2, 3, 5}:
        return maybe(Kind.CODE, Kind.CURRENCY, Kind.IDENTIFIER, also=WORDY)
    return maybe(Kind.CODE, Kind.IDENTIFIER, also=WORDY) if _SLUG.fullmatch(text) else None


_RECOGNISERS: Final[tuple[Recogniser, ...]] = (
    _email,
    _url,
    _uuid,
    _boolean,
    *moments.RECOGNISERS,
    *figures.RECOGNISERS,
    _country,
    _currency,
    _security,
    _postcode,
    _code,
    _spaced_code,
    _slug,
)
