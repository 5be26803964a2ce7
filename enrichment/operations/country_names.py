"""The names of countries, as lists and people have them: in English, in languages of Europe, and in seventy others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import pycountry
from babel import Locale, localedata

from enrichment.operations.languages import LANGUAGES

_LOCALES: Final = ("en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "nb", "fi", "pl")
#: What people write beside the names in the lists; the parts of the United Kingdom stand for it.
_ALSO: Final = {
    "GB": ("uk", "great britain", "britain", "england", "scotland", "wales", "northern ireland"),
    "US": ("us", "usa", "united states", "united states of america", "estados unidos"),
    "AE": ("uae", "emirates"),
    "CZ": ("czech republic", "czechia"),
    "NL": ("holland",),
    "CN": ("prc", "people's republic of china", "mainland china"),
    "TW": ("republic of china", "taiwan"),
    "KR": ("south korea", "republic of korea"),
    "KP": ("north korea",),
    "IE": ("republic of ireland", "eire"),
    "RU": ("russia",),
    "VN": ("vietnam", "viet nam"),
    "TR": ("turkey", "türkiye", "turkiye"),
    "CI": ("ivory coast", "côte d'ivoire"),
    "CV": ("cape verde",),
    "SZ": ("swaziland",),
    "MK": ("macedonia", "north macedonia"),
    "MM": ("burma",),
    "TL": ("east timor",),
    "CD": ("dr congo", "democratic republic of the congo", "drc", "congo-kinshasa"),
    "CG": ("republic of the congo", "congo-brazzaville"),
    "HK": ("hong kong", "hong kong sar"),
    "MO": ("macau", "macao"),
    "PS": ("palestine",),
    "VA": ("vatican", "vatican city"),
    "BS": ("the bahamas", "bahamas"),
    "GM": ("the gambia", "gambia"),
    "FM": ("micronesia",),
}  # fmt: skip
#: Names that two countries share, and that a list may give to one of them.
_SHARED: Final = frozenset({"congo", "korea", "virgin islands", "saint martin"})
#: Names that a country has in some language, and a region of another one in its own: `Motril, Granada` is in Spain.
_REGIONS: Final = frozenset({"granada", "norfolk", "san martin", "santa elena"})


_INITIALS: Final = re.compile(r"\b([a-z])\. ?(?=[a-z]\b)")
_SAINT: Final = re.compile(r"\bst\.? ")


def normal(text: str) -> str:
    """Fold case, accents, hyphens and spaces, drop an article and the points of abbreviations: `The U.S.` is `us`."""
    letters = (
        text
        if text.isascii()
        else "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    )
    folded = letters.casefold().replace("&", " and ").replace("-", " ").replace("\u2019", "'")
    folded = " ".join(folded.split()).strip(" .,;/")
    if "." in folded:
        folded = _INITIALS.sub(r"\1", folded)
    folded = folded.removeprefix("the ")
    return _SAINT.sub("saint ", folded) if "st" in folded else folded


def _names() -> dict[str, str]:
    found: dict[str, set[str]] = {}
    countries = {str(country.alpha_2): country for country in pycountry.countries}
    for code, country in countries.items():
        for attribute in ("name", "official_name", "common_name"):
            name = getattr(country, attribute, None)
            if name:
                found.setdefault(normal(str(name)), set()).add(code)
        for locale in _LOCALES:
            name = Locale(locale).territories.get(code)
            if name:
                found.setdefault(normal(str(name)), set()).add(code)
    names = {name: min(codes) for name, codes in found.items() if len(codes) == 1 and name not in _SHARED | _REGIONS}
    names.update({normal(name): code for code, spellings in _ALSO.items() for name in spellings})
    # `CN (Hong Kong SAR)` and the like: the list's own remarks are no part of a name that people write.
    names.update({re.sub(r" sar china$", "", name): code for name, code in names.items()})
    return names


CODES: Final = frozenset(str(country.alpha_2) for country in pycountry.countries)
NAMES: Final = MappingProxyType(_names())
#: Shorter names in Latin letters are words of many languages: `mon`, `pole`, `sec`.
_SHORTEST: Final = 5


@lru_cache(maxsize=1)
def _elsewhere() -> Mapping[str, str]:
    """Names of countries in further languages, but for those that are of two, or of a region of another one."""
    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        territories = localedata.load(language, merge_inherited=False).get("territories", {})
        for code in CODES & territories.keys():
            found.setdefault(normal(str(territories[code])), set()).add(code)
    for region in pycountry.subdivisions:
        if (name := normal(str(region.name))) in found:
            found[name].add(str(region.country_code))
    left_out = _SHARED | _REGIONS | _of_several(found)
    return {
        name: min(codes)
        for name, codes in found.items()
        if len(codes) == 1 and name not in left_out and (len(name) >= _SHORTEST or not name.isascii())
    }


def _of_several(names: Mapping[str, set[str]]) -> frozenset[str]:
    """What the names of two countries begin with, before more words: one language may have it for either alone."""
    begun: dict[str, set[str]] = {}
    for name, codes in names.items():
        words = name.split()
        for length in range(1, len(words)):
            begun.setdefault(" ".join(words[:length]), set()).update(codes)
    return frozenset(name for name, codes in begun.items() if len(codes) > 1 and names.get(name, set()) <= codes)


def named(name: str) -> str | None:
    """Give the code of the country that a name, as `normal` gives it, is of in any language; null where none is."""
    return NAMES.get(name) or _elsewhere().get(name)
