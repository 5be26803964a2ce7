"""`parse_country`: the country that a name, a code or a place names."""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import pycountry

from enrichment.operations.country_names import CODES, NAMES, named, normal
from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import Fault, Outcome
from enrichment.operations.places import without_coordinates, without_notes
from enrichment.operations.plain import statement
from schemas.codes import Code
from schemas.json_types import Json

_NAMES_NONE: Final = Fault(Code.AMBIGUOUS, "names no country")
_STATE: Final = Fault(Code.AMBIGUOUS, "the last part may be a US state")
_SEVERAL: Final = Fault(Code.AMBIGUOUS, "names more than one country")
_NO_PLACE: Final = Fault(Code.TYPE, "not a place")

#: A note at the name of a country that is also a state.
_OF_THE_STATE: Final = re.compile(r"\(.*\b(?:USA?|U\.S\.(?:A\.)?|United States|[Ss]tate)(?![^\W_])")
_STATES: Final = frozenset(
    name
    for state in pycountry.subdivisions.get(country_code="US")  # type: ignore[no-untyped-call]  # the library types none of it
    if str(state.type) in {"State", "District"}
    for name in (str(state.name).casefold(), str(state.code).removeprefix("US-").casefold())
) | {"d.c.", "dc", "washington dc"}  # fmt: skip
_LONG_CODES: Final = MappingProxyType({str(country.alpha_3): str(country.alpha_2) for country in pycountry.countries})
#: The first words of all names of countries, and those that `normal` drops or changes.
_FIRST_WORDS: Final = frozenset({"the", "st", *(name.split()[0] for name in NAMES)})
#: Between two places in one part.
_JOINING: Final = frozenset({"and", "&", "und", "et", "y", "e", "en", "och", "/", "-", "\u2013"})
#: After the name of a country, these make the name of something else: `Jersey City`, `Panama City Beach`.
_IN_NAMES: Final = frozenset(
    {
        "city",
        "county",
        "township",
        "island",
        "beach",
        "springs",
        "park",
        "street",
        "avenue",
        "road",
        "square",
        "heights",
    }
    | {"building", "house", "tower", "center", "centre", "place", "district", "province", "boulevard", "drive", "lane"}
)
#: What has a code of its own, and is a region in the list of another country as well.
_TERRITORIES: Final = {
    "AU": ("CC", "CX", "NF"), "CN": ("HK", "MO", "TW"), "DK": ("FO", "GL"), "FI": ("AX",), "NO": ("SJ",),
    "FR": ("BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "WF", "YT"), "NL": ("AW", "BQ", "CW", "SX"),
    "GB": ("AI", "BM", "FK", "GG", "GI", "IM", "JE", "KY", "MS", "SH", "TC", "VG"), "NZ": ("CK", "NU", "TK"),
    "US": ("AS", "GU", "MP", "PR", "VI"),
}  # fmt: skip
#: A postal code at either end of a part.
_POSTAL: Final = re.compile(r"^[A-Z]{0,2}-?[0-9][0-9 -]{2,9}\s+|\s+[0-9][0-9-]{2,9}$")


def _whole(text: str) -> str | None:
    """Give the country that the whole text is the name or code of."""
    bare = text.strip(" .")
    if len(bare) == 2 and bare.isascii() and bare.isalpha():
        return bare.upper() if bare.upper() in CODES else NAMES.get(bare.casefold())
    if len(bare) == 3 and bare.isupper() and bare in _LONG_CODES:
        return _LONG_CODES[bare]
    return named(normal(text))


@lru_cache(maxsize=4096)
def _part(text: str) -> str | Fault:
    """Give the country that the last part of a place names."""
    name = normal(text)
    if name in _STATES and not (name in NAMES and name in {"us", "uk"}):
        return _STATE
    code = named(name)
    if code is None:
        bare = _POSTAL.sub("", text.strip(" ."))
        name = normal(bare)
        code = None if name in _STATES else named(name)
        if code is None and re.search(r"[0-9]", bare):
            # `Kitakyushu 806-0004 Japan`: what stands behind a postal code is a part of its own
            code = named(normal(re.split(r"[0-9](?=\s+[^\W\d])", bare)[-1]))
    return _NAMES_NONE if code is None else code


def _other_country(part: str, code: str) -> bool:
    """Does a part in the middle begin with another country and go on: `U.S. Prague`, `France and Milan`?"""
    words = part.split()
    if words and words[0].isascii() and words[0].isalpha() and words[0].casefold() not in _FIRST_WORDS:
        return False
    for length in range(min(4, len(words) - 1), 0, -1):
        found = NAMES.get(normal(" ".join(words[:length])))
        if found is not None:
            following = words[length].casefold().strip(".")
            goes_on = words[length][0].isupper() or following in _JOINING
            return found != code and goes_on and following not in _IN_NAMES and normal(part) not in NAMES
    return False


@lru_cache(maxsize=64)
def _regions_of(code: str) -> frozenset[str]:
    regions = pycountry.subdivisions.get(country_code=code) or ()  # type: ignore[no-untyped-call]  # as above
    return frozenset(normal(str(region.name)) for region in regions)


def _lists_countries(parts: list[str], code: str) -> bool:
    """`Germany, Austria`, `Hong Kong, China`: nothing but what has a code of its own, of which none is a region of the
    last one that is only called alike (`Luxembourg, Belgium`).
    """
    names = [normal(part) for part in parts]
    codes = [named(name) for name in names]
    apart = (
        c != code and (c in _TERRITORIES.get(code, ()) or n not in _regions_of(code))
        for n, c in zip(names, codes, strict=True)
    )
    return all(codes) and any(apart)


def _place(text: str) -> str | Fault:
    if (name := named(normal(text))) is not None:  # `Korea, Republic of`
        return name
    parts = [part for part in (p.strip() for p in text.split(",")) if part.strip(" .")]
    if not parts:
        return _NAMES_NONE
    if len(parts) == 1:
        whole = _whole(parts[0])
        if whole is not None:
            return whole
        code = _part(parts[0])
        return _NAMES_NONE if isinstance(code, Fault) else code
    code = _part(parts[-1])
    if isinstance(code, Fault):
        return code
    several = _lists_countries(parts, code) or any(_other_country(part, code) for part in parts[1:-1])
    return _SEVERAL if several else code


@lru_cache(maxsize=8192)
def _read(text: str) -> Outcome:
    if not any(c.isalpha() for c in text):
        return _NO_PLACE
    bare = without_notes(without_coordinates(text))
    if bare != text and normal(bare) in _STATES and _OF_THE_STATE.search(text):
        return _STATE  # `Georgia (US)`
    places = [p for p in re.split(r"[;\n]", bare) if any(c.isalpha() for c in p)]
    codes = {_place(place) for place in places}
    if len(codes) == 1:
        return codes.pop()
    return _SEVERAL if codes else _NAMES_NONE


def _parse(value: Json) -> Outcome:
    text = statement(value)
    return _read(text) if isinstance(text, str) else text


def compile_parse_country(_args: Arguments, _settings: ReadSettings) -> Step:
    return _parse
