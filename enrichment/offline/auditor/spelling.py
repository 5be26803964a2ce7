"""How a record could have spelled a value: the second auditor writes values out instead of reading texts.

Nothing here parses a text; each function gives the patterns that a value may appear as.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

import pycountry
from babel import Locale
from babel.numbers import get_currency_name, get_currency_symbol

from enrichment.offline.auditor.texts.numerals import Style

_POWERS: Final = {
    3: "k|tsd|thousand|thousands|thsd",
    5: "lakhs?|lac",
    6: "m|mn|mm|mio|mil|mill|millions?|millionen",
    7: "cr|crores?",
    9: "b|bn|bln|billions?|mrd|milliarde?n?|milliards?",
    12: "t|tn|trn|trillions?|bio",
}
_ANY_POWER: Final = "|".join(_POWERS.values())
_GAP: Final = r"[ \u00a0\u202f]*"
_MINUS: Final = r"\-\u2212\u2013"
_LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "sv")
_FLAGS: Final = re.IGNORECASE


#: style -> marks between thousands, decimal mark; both as the inside of a character class
_MARKS: Final[dict[Style, tuple[str, str]]] = {
    "point": (",", "."),
    "comma": (".", ","),
    "unknown": (",.", ".,"),
}


def _figure(amount: Decimal, style: Style, *, scaled: bool) -> str:
    """A figure with any of the usual marks, or none, between its thousands."""
    thousands, decimal = _MARKS[style]
    if scaled and style == "unknown":
        thousands = ","
    whole, _, fraction = format(abs(amount).normalize(), "f").partition(".")
    head = len(whole) % 3 or 3
    groups = [whole[:head], *(whole[at : at + 3] for at in range(head, len(whole), 3))]
    tail = rf"[{decimal}]{fraction}0{{0,2}}" if fraction else rf"(?:[{decimal}]0{{1,2}}(?!\d))?"
    return rf"[{thousands} '\u2019\u00a0\u202f]?".join(groups) + tail


def _signed(amount: Decimal, pattern: str) -> str:
    if amount >= 0:
        return rf"(?<![\d.,{_MINUS}])(?<![\d][.,])(?<![{_MINUS}] )(?<![{_MINUS}][$€£¥])(?:{pattern})"
    return rf"(?:[{_MINUS}(]|loss|minus|negative)\W{{0,3}}(?:[A-Za-z]{{1,3}}\W{{0,2}})?\W{{0,2}}(?:{pattern})"


@lru_cache(maxsize=4096)
def figures(amount: Decimal, style: Style) -> re.Pattern[str]:
    """A number written out, or in thousands, lakhs, millions and so on."""
    forms = [rf"{_figure(amount, style, scaled=False)}(?!\d|[.,]\d|{_GAP}(?:{_ANY_POWER})\b|{_GAP}%)"]
    for power, words in _POWERS.items():
        scaled = amount.scaleb(-power).normalize()
        if amount and 0.001 <= abs(scaled) < 1_000_000 and len(scaled.as_tuple().digits) <= 9:
            forms.append(rf"{_figure(scaled, style, scaled=True)}{_GAP}(?:{words})\b\.?")
    return re.compile(_signed(amount, "|".join(forms)), _FLAGS)


def may_hold(amount: Decimal, text: str) -> bool:
    """Whether a text has the figures of a number at all; cheap."""
    figures_ = "".join(map(str, amount.as_tuple().digits)).strip("0") or "0"
    return figures_ in "".join(filter(str.isdigit, text))


@lru_cache(maxsize=1024)
def years(year: int) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\d.,]){year}(?!\d|[.,]\d)|(?<!\d){year}(?:0[1-9]|1[0-2])[0-3]\d(?!\d)|(?<=\d[./]){year}(?!\d)"
    )


@lru_cache(maxsize=1024)
def _month_names(month: int) -> str:
    names = {
        name.strip(".").casefold()
        for language in _LANGUAGES
        for width in ("wide", "abbreviated")
        for name in (
            Locale(language).months["format"][width][month],
            Locale(language).months["stand-alone"][width][month],
        )
    }
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


@lru_cache(maxsize=1024)
def days(day: date) -> re.Pattern[str]:
    """A date in figures, in any order, or with its month's name in several languages."""
    year, month, number = f"(?:{day.year}|'?{day.year % 100:02d})", f"0?{day.month}", f"0?{day.day}"
    mark, named = r"[-/. ]{1,2}", _month_names(day.month)
    forms = [
        rf"{day.year}[-/. ]?{day.month:02d}[-/. ]?{day.day:02d}",
        rf"{year}{mark}{month}{mark}{number}",
        rf"{number}{mark}{month}{mark}{year}",
        rf"{month}{mark}{number}{mark}{year}",
        rf"{number}(?:st|nd|rd|th)?\.?[ -]*(?:of )?(?:{named})\.?,?[ -]*{year}",
        rf"(?:{named})\.? *{number}(?:st|nd|rd|th)?,? *{year}",
    ]
    return re.compile(rf"(?<!\d)(?:{'|'.join(forms)})(?!\d)", _FLAGS)


def _own_signs(code: str) -> Iterator[str]:
    yield code
    for language in _LANGUAGES:
        symbol = get_currency_symbol(code, language)
        if symbol.strip():
            yield symbol
        for count in (1, 2):
            yield get_currency_name(code, count, language)


_MORE_SIGNS: Final = {
    "USD": ("US$", "U.S.$", "$", "dollars?"), "JPY": ("¥", "yen", "￥"), "CNY": ("¥", "RMB", "yuan", "CN¥"),
    "EUR": ("euros?",),
    "GBP": ("£", "pounds?"), "CHF": ("SFr", "Fr", "francs?"), "SEK": ("kr", "SEKm"), "NOK": ("kr",), "DKK": ("kr",),
    "CAD": ("C$", "CA$"), "AUD": ("A$", "AU$"), "HKD": ("HK$",), "SGD": ("S$",), "TWD": ("NT$",), "BRL": ("R$",),
    "INR": ("Rs", "Rs.", "rupees?"), "ZAR": ("R", "rand"), "KRW": ("won",), "PLN": ("zł",), "CZK": ("Kč",),
    "HUF": ("Ft",),
}  # fmt: skip


@lru_cache(maxsize=256)
def currencies(code: str) -> re.Pattern[str] | None:
    """The signs and words of a currency; nothing for what is no currency."""
    if pycountry.currencies.get(alpha_3=code) is None:
        return None
    # in its own language a dollar of another country is a bare sign, which says nothing of whose it is
    signs = {sign for sign in _own_signs(code) if sign not in {"$", "¥", "kr", "Kr", "R", "Rs"}}
    forms = [re.escape(sign) for sign in signs]
    forms += [sign if sign.endswith("s?") else re.escape(sign) for sign in _MORE_SIGNS.get(code, ())]
    longest = "|".join(sorted(forms, key=len, reverse=True))
    return re.compile(rf"(?<![^\W\d_])(?:{longest})(?![^\W\d_]|\$)", _FLAGS)


_MORE_COUNTRIES: Final = {
    "US": ("U.S.", "U.S", "USA", "U.S.A.", "US", "United States of America"),
    "GB": ("UK", "U.K.", "England", "Scotland", "Wales", "Northern Ireland", "Great Britain"),
    "NL": ("The Netherlands", "Holland"), "KR": ("South Korea", "Korea"), "AE": ("UAE",), "CZ": ("Czech Republic",),
    "RU": ("Russia",), "HK": ("Hong Kong",), "MO": ("Macau",), "TW": ("Taiwan",), "CN": ("PRC",), "TR": ("Turkey",),
    "IE": ("Republic of Ireland",), "VN": ("Vietnam",), "CI": ("Ivory Coast",), "BO": ("Bolivia",),
    "VE": ("Venezuela",),
}  # fmt: skip


_STATE_WORDS: Final = (
    "Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Hawaii Idaho "
    "Illinois Indiana Iowa "
    "Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota Mississippi Missouri Montana Nebraska "
    "Nevada Ohio Oklahoma Oregon Pennsylvania Tennessee Texas Utah Vermont Virginia Washington Wisconsin Wyoming"
)
_STATES: Final = frozenset(_STATE_WORDS.split()) | {
    "New Hampshire", "New Jersey", "New Mexico", "New York", "North Carolina", "North Dakota", "Rhode Island",
    "South Carolina", "South Dakota",
}  # fmt: skip


@lru_cache(maxsize=512)
def countries(code: str) -> re.Pattern[str] | None:
    """The names and codes of a country; nothing for what is none."""
    country = pycountry.countries.get(alpha_2=code)
    if country is None:
        return None
    names = {country.name, *_MORE_COUNTRIES.get(code, ())}
    names |= {name for language in _LANGUAGES if (name := Locale(language).territories.get(code))}
    if code == "US":
        names |= _STATES
    forms = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    alone = rf"^\s*(?:{code}|{country.alpha_3}){{1}}\s*$"
    return re.compile(rf"(?<![^\W_])(?:{forms})(?![^\W_])|{alone}", _FLAGS)


def hosts(url: str) -> re.Pattern[str]:
    """An address on the web, with or without scheme, `www.` and a last slash."""
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://", "", url.strip(), flags=_FLAGS).rstrip("/")
    bare = bare[4:] if bare.lower().startswith("www.") else bare
    return re.compile(rf"(?<![\w.@-])(?:www\.)?{re.escape(bare)}(?![\w-]|\.\w|/\w)", _FLAGS)


def digits(number: str) -> re.Pattern[str]:
    """A telephone number with any marks between its digits; its prefix may be missing or begin with zeros."""
    found = re.sub(r"\D", "", number)
    tails = [found[cut:] for cut in range(4) if len(found) - cut >= 6]
    forms = "|".join(r"[\s()./\u00a0-]*(?:\(0\))?[\s()./\u00a0-]*".join(tail) for tail in tails)
    return re.compile(rf"(?<!\d)0{{0,2}}(?:{forms})(?!\d)") if forms else re.compile(r"(?!)")
