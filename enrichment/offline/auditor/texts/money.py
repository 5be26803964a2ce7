"""Amounts of money in a text: the numbers with the currencies their signs and codes allow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from babel.numbers import get_currency_name, list_currencies

from enrichment.offline.auditor.texts.numerals import Mention, meant, mentions
from enrichment.offline.auditor.texts.style import Style

_CODES: Final = frozenset(code for code in list_currencies() if len(code) == 3)
#: sign or word -> currencies it can stand for, the likeliest first
_SIGNS: Final[dict[str, tuple[str, ...]]] = {
    "€": ("EUR",), "£": ("GBP",), "₹": ("INR",), "₩": ("KRW",), "₽": ("RUB",), "₺": ("TRY",), "₪": ("ILS",),
    "₫": ("VND",), "฿": ("THB",), "₱": ("PHP",), "₦": ("NGN",), "₴": ("UAH",), "zł": ("PLN",), "kč": ("CZK",),
    "ft": ("HUF",), "us$": ("USD",), "u.s.$": ("USD",), "usd$": ("USD",), "c$": ("CAD",), "ca$": ("CAD",),
    "cad$": ("CAD",),
    "a$": ("AUD",), "au$": ("AUD",), "nz$": ("NZD",), "hk$": ("HKD",), "s$": ("SGD",), "nt$": ("TWD",), "r$": ("BRL",),
    "mx$": ("MXN",), "sfr": ("CHF",), "fr": ("CHF",), "rmb": ("CNY",), "cn¥": ("CNY",), "jp¥": ("JPY",), "rm": ("MYR",),
    "rp": ("IDR",), "euro": ("EUR",), "euros": ("EUR",), "pound": ("GBP",), "pounds": ("GBP",), "yen": ("JPY",),
    "yuan": ("CNY",), "rupees": ("INR", "PKR", "LKR"), "won": ("KRW",), "dollar": ("USD", "CAD", "AUD"),
    "dollars": ("USD", "CAD", "AUD"), "francs": ("CHF",),
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN", "TWD", "ARS", "CLP", "COP"),
    "¥": ("JPY", "CNY"), "￥": ("JPY", "CNY"), "kr": ("SEK", "NOK", "DKK", "ISK"), "rs": ("INR", "PKR",
    "LKR"), "r": ("ZAR",),
}  # fmt: skip
_MARK: Final = r"[€£₹₩₽₺₪₫฿₱₦₴¥￥$]"
_BEFORE: Final = re.compile(
    rf"((?:[A-Za-z.]{{1,4}})?{_MARK}|\b[A-Za-z]{{1,4}}\.?)\s*[-\u2212\u2013(]?\s*(?:million|mn|m|bn)?\s*$"
)
_AFTER: Final = re.compile(rf"^\s*\)?\s*((?:[A-Za-z]{{1,3}})?{_MARK}|[^\W\d_]+)")

_WORD: Final = re.compile(r"[^\W\d_]+")
_LONGEST_NAME: Final = 4


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount. `currencies` is empty where nothing names one, and has several where a sign is shared."""

    values: frozenset[Decimal]
    currencies: tuple[str, ...]
    aside: bool


def currencies_of(mark: str) -> tuple[str, ...]:
    """The currencies that a sign, code or word can stand for, the likeliest first."""
    word = mark.strip().strip(".")
    if word.upper() in _CODES and (word.isupper() or word.islower()) and len(word) == 3:
        return (word.upper(),)
    return _SIGNS.get(word.lower(), ())


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {
        name.casefold(): code
        for code in sorted(_CODES)
        for count in (1, 2)
        if (name := get_currency_name(code, count, "en")) != code
    } | {"united states dollar": "USD", "united states dollars": "USD", "u s dollars": "USD"}


def _named_after(text: str) -> tuple[str, ...]:
    """The currency that the words after an amount name: `United States dollar`, `euros`, `USD`."""
    words = _WORD.findall(text)
    for size in range(min(_LONGEST_NAME, len(words)), 1, -1):
        code = _names().get(" ".join(words[:size]).casefold())
        if code is not None:
            return (code,)
    after = _AFTER.match(text)
    return currencies_of(after.group(1)) if after is not None else ()


def _currencies(text: str, mention: Mention) -> tuple[str, ...]:
    named = _named_after(text[mention.end : mention.end + 40])
    before = _BEFORE.search(text[max(0, mention.start - 16) : mention.start])
    if before is None:
        return named
    mark = before.group(1)
    sign = currencies_of(mark) or currencies_of(mark[:3]) or currencies_of(mark[-1:])
    # `$ 17 billion USD`: the code settles what the sign leaves open
    return named if len(named) == 1 and named[0] in sign else sign or named


_LOSS: Final = re.compile(r"\b(?:loss|negative|minus|verlust)\b", re.IGNORECASE)
_BRACKETED: Final = re.compile(r"^\W{0,4}[A-Za-z$€£¥]{0,4}\s*\(\s*[^()]*\d[^()]*\)")


@lru_cache(maxsize=8192)
def amounts(text: str, style: Style) -> tuple[Amount, ...]:
    """The amounts a text is about: those with a currency or a magnitude word where there are such."""
    found = mentions(text, style)
    with_currency = [(mention, _currencies(text, mention)) for mention in found]
    marked = [(m, c) for m, c in with_currency if not m.dated and m.word != "%" and (c or m.scaled)]
    if not marked:
        chosen = meant(found)
        marked = [(m, c) for m, c in with_currency if m in chosen and not m.dated and m.word != "%"]
    negative = bool(_LOSS.search(text)) or (len(marked) == 1 and marked[0][0].aside and bool(_BRACKETED.match(text)))
    return tuple(
        Amount(m.values | frozenset(-v for v in m.values if negative and v > 0), c, m.aside) for m, c in marked
    )


def written_codes(text: str) -> tuple[str, ...]:
    """Currencies that a text without an amount names: a code, a sign or a word."""
    return currencies_of(text) or tuple(
        code
        for word in re.findall(rf"[^\W\d_]+|{_MARK}", text[:60])
        for code in currencies_of(word)[:1]
        if len(word) != 2
    )
