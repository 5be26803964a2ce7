"""Which countries a text names. Names come from the CLDR, in several languages."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pycountry
from babel import Locale
from babel.localedata import load

from enrichment.offline.auditor.texts.languages import DISTANT, FURTHER

_STATE_WORDS: Final = (
    "alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho illinois "
    "indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota "
    "mississippi missouri montana "
    "nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia washington wisconsin "
    "wyoming"
)
_STATES: Final = frozenset(_STATE_WORDS.split()) | {
    "new hampshire", "new jersey", "new mexico", "new york", "north carolina", "north dakota", "rhode island",
    "south carolina", "south dakota", "west virginia", "district of columbia", "d.c.",
}  # fmt: skip
_STATE_LETTERS: Final = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM "
    "NY NC ND OH OK OR PA RI "
    "SC SD TN TX UT VT VA WA WV WI WY DC"
)
_STATE_CODES: Final = frozenset(_STATE_LETTERS.split())
_ALIASES: Final = {
    "u.s": "US", "us": "US", "usa": "US", "u.s.a": "US", "united states of america": "US", "america": "US",
    "uk": "GB", "u.k": "GB", "great britain": "GB", "britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "northern ireland": "GB", "holland": "NL", "the netherlands": "NL", "south korea": "KR", "korea": "KR",
    "republic of korea": "KR", "north korea": "KP", "uae": "AE", "u.a.e": "AE", "czech republic": "CZ", "russia": "RU",
    "hong kong": "HK", "macau": "MO", "taiwan": "TW", "vietnam": "VN", "turkey": "TR", "ivory coast": "CI", "prc": "CN",
    "people's republic of china": "CN", "republic of ireland": "IE", "burma": "MM", "macedonia": "MK",
    "swaziland": "SZ",
    "bosnia": "BA", "cape verde": "CV", "palestine": "PS", "moldova": "MD", "syria": "SY", "iran": "IR", "laos": "LA",
    "bolivia": "BO", "venezuela": "VE", "tanzania": "TZ", "brunei": "BN", "roc": "TW", "dr congo": "CD",
    "democratic republic of the congo": "CD", "republic of the congo": "CG", "east timor": "TL", "éire": "IE",
}  # fmt: skip
_LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "pt", "sv", "pl", "da", "nb", "fi")
_NOTE: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_WORDS: Final = re.compile(r"[^\W\d_][^\W\d_.'\u2019&-]*(?:[.'\u2019&-]+[^\W\d_]+)*")
_SPLIT: Final = re.compile(r"[,;/|()\n]| [-\u2013—] ")
_DIGITS: Final = re.compile(r"\d[\d°\u2032\u2033'\".]*[NSEW]?")
_LONGEST: Final = 6
_MAX_TEXT: Final = 1000


def _words(text: str) -> list[str]:
    """The words of a text without case, accents and points; `St.` written out."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = (word.rstrip(".").casefold().replace("\u2019", "'") for word in _WORDS.findall(bare.replace("-", " ")))
    return ["saint" if word == "st" else word for word in words]


def _key(name: str) -> str:
    return " ".join(_words(name))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    known = {country.alpha_2 for country in pycountry.countries}
    names = {}
    for language in reversed(_LANGUAGES):
        for code, name in Locale(language).territories.items():
            if code in known:
                names[_key(name)] = code
    for country in pycountry.countries:
        for name in (country.name, getattr(country, "official_name", ""), getattr(country, "common_name", "")):
            names.setdefault(_key(name), country.alpha_2)
    names.pop("", None)
    return names | {_key(name): code for name, code in _ALIASES.items()}


@lru_cache(maxsize=1)
def _elsewhere() -> dict[str, tuple[str, str]]:
    """Names in further languages that stand for one country only, with how they are spelt: looked up where a text, or
    the last part of one, is nothing else.
    """
    known = {country.alpha_2 for country in pycountry.countries}
    found: dict[str, set[tuple[str, str]]] = {}
    for language in (*FURTHER, *DISTANT):
        for code, name in load(language, merge_inherited=False).get("territories", {}).items():
            # `Congo` alone is one of the two in some language, and in others the other
            if code in known and not (code in {"CD", "CG"} and len(_words(name)) == 1):
                found.setdefault(_key(name), set()).add((code, name))
    return {key: min(names) for key, names in found.items() if len({code for code, _ in names}) == 1 and len(key) > 1}


def spelt_elsewhere(code: str) -> frozenset[str]:
    """The names of a country in further languages, but for short ones, which are words of many."""
    return frozenset(
        name for one, name in _elsewhere().values() if one == code and (len(name) > 4 or not name.isascii())
    )


def _named(text: str) -> str | None:
    key = _key(text)
    code = _names().get(key)
    return code if code is not None else _elsewhere().get(key, (None, ""))[0]


@lru_cache(maxsize=1)
def _alpha3() -> dict[str, str]:
    return {country.alpha_3: country.alpha_2 for country in pycountry.countries}


@dataclass(frozen=True, slots=True)
class Naming:
    """Countries of a text.

    last:  those its last part names
    any:   all it names
    clear: it names exactly one and leaves nothing open
    """

    last: frozenset[str]
    any: frozenset[str]
    clear: bool


def _in_part(part: str) -> set[str]:
    names = _names()
    words = _words(part)
    found: set[str] = set()
    start = 0
    while start < len(words):
        for size in range(min(_LONGEST, len(words) - start), 0, -1):
            code = names.get(" ".join(words[start : start + size]))
            if code is not None and not (
                size == 1 and words[start] in {"us", "america"} and part.strip(" .").islower()
            ):
                found.add(code)
                start += size
                break
        else:
            start += 1
    return found


def _code(text: str) -> str | None:
    bare = text.strip(" .")
    if len(bare) == 2 and bare.isalpha():
        code = {"UK": "GB", "EL": "GR"}.get(bare.upper(), bare.upper())
        return code if code in set(_alpha3().values()) else None
    return _alpha3().get(bare.upper()) if len(bare) == 3 else None


@lru_cache(maxsize=8192)
def countries(text: str) -> Naming:
    """Say which countries a text (its first 1,000 characters) names."""
    text = text[:_MAX_TEXT]
    whole = _code(text)
    if whole is not None:
        return Naming(frozenset({whole}), frozenset({whole}), clear=True)
    bare = _NOTE.sub(" ", text)
    named = _named(bare)
    if named is not None and not bare.strip(" .").islower():
        return Naming(frozenset({named}), frozenset({named}), clear=True)
    parts = [part for part in _SPLIT.split(_DIGITS.sub(" ", bare)) if re.search(r"[^\W\d_]", part)]
    every = set().union(*(_in_part(part) for part in _SPLIT.split(_DIGITS.sub(" ", text)))) if text else set()
    last = _in_part(parts[-1]) if parts else set()
    if not last and parts and (named := _named(parts[-1])) is not None:
        last, every = {named}, every | {named}
    tail = parts[-1].strip(" .").casefold() if parts else ""
    is_state = tail in _STATES and (len(parts) > 1 or tail != "georgia")
    if is_state or (len(parts) > 1 and parts[-1].strip() in _STATE_CODES):
        # a state of the US is also a country, a town or a code elsewhere: it names no country by itself
        return Naming(frozenset(), frozenset(every), clear=False)
    return Naming(frozenset(last), frozenset(every), clear=len(last) == 1 and len(every) == 1)
