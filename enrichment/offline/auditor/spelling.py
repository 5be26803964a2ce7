"""How a record could have spelled a value: the second auditor writes values out instead of reading texts.

Nothing here parses a text; each function gives the patterns that a value may appear as.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Final

import pycountry
from babel import Locale
from babel.numbers import get_currency_name, get_currency_symbol

from enrichment.offline.auditor.texts.dates import Order, months_elsewhere
from enrichment.offline.auditor.texts.geography import spelt_elsewhere

_LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "sv", "pt", "da", "nb", "fi", "pl")
#: In Polish, November; behind a day with a point it is Croatian, and October.
_POLISH: Final = "listopada"
#: Behind a year that is not ours, or the first of ten.
_ANOTHER: Final = r"(?! ?(?:BCE?\b|B\.C|v\. ?Chr|av\. ?J|avant J|a\. ?C\b|до н|p\. ?n\. ?e|f\. ?Kr)|['\u2019]?s\b)"
_FLAGS: Final = re.IGNORECASE


@lru_cache(maxsize=1024)
def years(year: int) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\d.,]){year}(?!\d|[.,]\d){_ANOTHER}|(?<!\d){year}(?=\.\d\d?\.\d)|(?<!\d){year}(?:0[1-9]|1[0-2])[0-3]\d(?!\d)|(?<=\d[./]){year}(?!\d)"
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
    names |= {name for name, number in months_elsewhere().items() if number == month}
    return "|".join(sorted(map(re.escape, names - {_POLISH}), key=len, reverse=True))


@lru_cache(maxsize=1)
def _any_month() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{'|'.join(map(_month_names, range(1, 13)))})(?![^\W\d_])", _FLAGS)


def may_be_told(day: date, text: str) -> bool:
    """Whether the day and the year stand in a text beside a word that may be a month in a language not known here."""
    figures = rf"(?<!\d)0?{day.day}(?!\d)", rf"(?<!\d){day.year}(?!\d)", r"[^\W\d_]{3}"
    return all(re.search(figure, text) for figure in figures) and not _any_month().search(text)


@lru_cache(maxsize=1024)
def days(day: date, order: Order | None) -> re.Pattern[str]:
    """A date in figures, in the order that is told or in any, or with its month's name in several languages."""
    year, month, number = f"(?:{day.year}|'?{day.year % 100:02d})", f"0?{day.month}", f"0?{day.day}"
    mark, named = r"[-/. ]{1,2}", _month_names(day.month)
    forms = [
        rf"{day.year}[-/. ]?{day.month:02d}[-/. ]?{day.day:02d}",
        rf"{year}{mark}{month}{mark}{number}",
        rf"{number} {_POLISH} {year}" if day.month == 11 else "(?!)",
        rf"{number}(?:st|nd|rd|th|er)?\.?[ -]*(?:(?:of|de|di) |\u05d1)?(?:{named})\.?,?[ -]*(?:(?:of|de) )?{year}",
        rf"(?:{named})\.? *{number}(?:st|nd|rd|th)?,? *{year}",
        rf"{day.year}\.?[ -](?:{named})\.?[ -]{number}",
        rf"{day.year}[年년] ?{month}[月월] ?{number}[日일]",
    ]
    if order != "month":
        forms.append(rf"{number}{mark}{month}{mark}{year}")
    if order != "day":
        # between points the day comes first, unless the records show otherwise
        forms.append(rf"{month}{mark if order else '[-/ ]'}{number}{mark if order else '[-/ ]'}{year}")
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
    "USD": ("US$", "USD$", "U.S.$", "United States dollars?", "$", "dollars?"), "JPY": ("¥", "JP¥", "yen", "￥"),
    "CNY": ("¥", "RMB", "yuan", "CN¥"),
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
    "GB": ("UK", "U.K.", "U.K", "England", "Scotland", "Wales", "Northern Ireland", "Great Britain"),
    "NL": ("The Netherlands", "Holland"), "KR": ("South Korea", "Korea"), "AE": ("UAE",), "CZ": ("Czech Republic",),
    "RU": ("Russia",), "HK": ("Hong Kong",), "MO": ("Macau",), "TW": ("Taiwan",), "CN": ("PRC",), "TR": ("Turkey",),
    "IE": ("Republic of Ireland",), "VN": ("Vietnam",), "CI": ("Ivory Coast",), "BO": ("Bolivia",),
    "VE": ("Venezuela",), "TL": ("East Timor",), "CD": ("DR Congo", "Democratic Republic of the Congo"),
}  # fmt: skip


@lru_cache(maxsize=512)
def countries(code: str) -> re.Pattern[str] | None:
    """The names and codes of a country; nothing for what is none."""
    country = pycountry.countries.get(alpha_2=code)
    if country is None:
        return None
    names = {country.name, *_MORE_COUNTRIES.get(code, ())}
    names |= {name for language in _LANGUAGES if (name := Locale(language).territories.get(code))}
    names |= spelt_elsewhere(code)
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
