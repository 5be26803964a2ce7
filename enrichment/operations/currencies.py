"""Currency signs, names and codes, each with the ISO 4217 codes that it may mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import pycountry
from babel import Locale
from babel.numbers import get_currency_name

from enrichment.operations.minor_units import is_minor_code

_NONE: Final[frozenset[str]] = frozenset()

#: What ISO 4217 lists beside currencies: no currency, tests, precious metals, and units of bonds and of funds.
_NO_CURRENCIES: Final = frozenset(
    {"XXX", "XTS", "XAU", "XAG", "XPT", "XPD", "XBA", "XBB", "XBC", "XBD", "XUA", "XSU", "XAD"}
)
#: Every ISO 4217 code of a currency, and of what amounts are stated in as if it were one (XDR, CLF).
CODES: Final = frozenset(str(currency.alpha_3) for currency in pycountry.currencies) - _NO_CURRENCIES
DOLLARS: Final = frozenset(code for code in CODES if "ollar" in str(Locale("en").currencies.get(code, "")))
#: Beside others `Cr` is a credit.
COUNTED_IN_CRORES: Final = frozenset({"INR", "PKR", "LKR", "NPR", "BDT", "BTN"})
_RUPEES: Final = frozenset({"INR", "PKR", "LKR", "NPR", "MUR", "SCR"})
_KRONER: Final = frozenset({"SEK", "NOK", "DKK", "ISK"})

#: Signs that are no word, longest first when they are looked for.
_SIGNS: Final[Mapping[str, frozenset[str]]] = {
    "$": DOLLARS | {"MXN", "ARS", "CLP", "COP", "UYU", "CUP", "DOP"},
    "¥": frozenset({"JPY", "CNY"}),
    "₨": _RUPEES,
    "£": frozenset({"GBP"}),
    **{
        sign: frozenset({code})
        for code, signs in {
            "EUR": "€", "INR": "₹", "KRW": "₩", "RUB": "₽", "TRY": "₺", "UAH": "₴", "ILS": "₪", "THB": "฿", "VND": "₫",
            "NGN": "₦", "PHP": "₱", "CRC": "₡", "PYG": "₲", "KZT": "₸", "AZN": "₼", "GEL": "₾", "GHS": "₵", "MNT": "₮",
            "KHR": "៛", "LAK": "₭", "AMD": "֏", "BDT": "৳",
        }.items()
        for sign in signs
    },
    **{
        sign: frozenset({code})
        for code, signs in {
            "USD": ("US$", "U.S.$", "U.S. $", "US $", "$US", "USA$"),
            "AUD": ("A$", "AU$", "AUS$", "$A", "$AU"),
            "CAD": ("C$", "CA$", "CAN$", "Can$", "CDN$", "Cdn$", "$CA", "$CAN"),
            "HKD": ("HK$", "$HK"),
            "NZD": ("NZ$", "$NZ"),
            "SGD": ("S$", "SG$"),
            "TWD": ("NT$",),
            "BRL": ("R$",),
            "MXN": ("MX$", "Mex$"),
            "JMD": ("J$",),
            "NAD": ("N$",),
            "FJD": ("FJ$",),
            "TTD": ("TT$",),
            "BBD": ("Bds$",),
            "JPY": ("JP¥", "J¥"),
            "CNY": ("CN¥", "RMB¥", "C¥"),
            "EGP": ("E£",),
            "GBP": ("GB£", "UK£", "GBP£", "stg£", "STG£"),
        }.items()
        for sign in signs
    },
    **{code + "$": frozenset({code}) for code in ("USD", "AUD", "CAD", "HKD", "NZD", "SGD", "TWD", "MXN")},
}  # fmt: skip

#: Words and abbreviations, as they are written beside an amount.
_CASED: Final[Mapping[str, frozenset[str]]] = {
    "R": frozenset({"ZAR"}),
    "Rs": _RUPEES, "Re": _RUPEES, "RS": _RUPEES,
    "kr": _KRONER, "Kr": _KRONER, "KR": _KRONER,
    "SFr": frozenset({"CHF"}), "sFr": frozenset({"CHF"}), "SFR": frozenset({"CHF"}), "sfr": frozenset({"CHF"}),
    "Fr": frozenset({"CHF", "XAF", "XOF", "XPF"}),
    "RM": frozenset({"MYR"}), "Rp": frozenset({"IDR"}), "RMB": frozenset({"CNY"}),
    "zł": frozenset({"PLN"}), "Kč": frozenset({"CZK"}), "Ft": frozenset({"HUF"}), "TL": frozenset({"TRY"}),
    "Dhs": frozenset({"AED", "MAD"}), "SR": frozenset({"SAR"}), "NIS": frozenset({"ILS"}),
    "円": frozenset({"JPY"}), "원": frozenset({"KRW"}), "元": frozenset({"CNY", "TWD", "HKD"}),
}  # fmt: skip
_SMALL: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("dollar", "dollars"), _SIGNS["$"]),
    **dict.fromkeys(("euro", "euros", "eur"), frozenset({"EUR"})),
    **dict.fromkeys(("yen", "yens", "jpy"), frozenset({"JPY"})),
    **dict.fromkeys(("yuan", "renminbi", "rmb"), frozenset({"CNY"})),
    **dict.fromkeys(("sterling", "gbp"), frozenset({"GBP"})),
    **dict.fromkeys(("pound", "pounds"), frozenset({"GBP", "EGP", "LBP", "SYP", "SDG", "FKP", "GIP", "SHP"})),
    **dict.fromkeys(("rupee", "rupees"), _RUPEES),
    **dict.fromkeys(("krona", "kronas"), frozenset({"SEK", "ISK"})),
    **dict.fromkeys(("kronor",), frozenset({"SEK"})),
    **dict.fromkeys(("krone", "kroner", "crown", "crowns"), _KRONER),
    **dict.fromkeys(("franc", "francs"), frozenset({"CHF", "XAF", "XOF", "XPF"})),
    **dict.fromkeys(("won",), frozenset({"KRW", "KPW"})),
    **dict.fromkeys(("peso", "pesos"), frozenset({"MXN", "ARS", "CLP", "COP", "PHP", "UYU", "CUP", "DOP"})),
    **dict.fromkeys(("real", "reais"), frozenset({"BRL"})),
    **dict.fromkeys(("ruble", "rubles", "rouble", "roubles"), frozenset({"RUB", "BYN"})),
    **dict.fromkeys(("zloty", "zlotys", "złoty", "złotych"), frozenset({"PLN"})),
    **dict.fromkeys(("forint", "forints"), frozenset({"HUF"})),
    **dict.fromkeys(("koruna", "korunas", "korun"), frozenset({"CZK"})),
    **dict.fromkeys(("baht",), frozenset({"THB"})),
    **dict.fromkeys(("ringgit",), frozenset({"MYR"})),
    **dict.fromkeys(("shekel", "shekels"), frozenset({"ILS"})),
    **dict.fromkeys(("rand", "rands"), frozenset({"ZAR"})),
    **dict.fromkeys(("lira", "liras"), frozenset({"TRY"})),
    **dict.fromkeys(("dirham", "dirhams"), frozenset({"AED", "MAD"})),
    **dict.fromkeys(("riyal", "riyals", "rial", "rials"), frozenset({"SAR", "QAR", "IRR", "OMR", "YER"})),
    **dict.fromkeys(("dinar", "dinars"), frozenset({"KWD", "BHD", "JOD", "IQD", "DZD", "TND", "RSD", "LYD", "MKD"})),
    **{code.lower(): frozenset({code}) for code in ("USD", "CHF", "CAD", "AUD", "CNY", "SEK", "NOK", "DKK", "INR")},
}
#: Codes that are also English words: they count as a currency only right beside an amount.
_ALSO_WORDS: Final = frozenset({"ALL", "TRY", "TOP", "CUP", "MAD", "PEN", "SOS", "GEL", "BAM", "ANG", "SHP", "MOP"})


def _names() -> dict[tuple[str, ...], frozenset[str]]:
    """Names of two words and more, as `swiss francs` and `united states dollar`."""
    found: dict[tuple[str, ...], set[str]] = {}
    for currency in pycountry.currencies:
        code = str(currency.alpha_3)
        spellings = {str(currency.name), *(get_currency_name(code, count, "en") for count in (None, 1, 2))}
        for name in spellings:
            words = tuple(name.casefold().replace(".", "").split())
            if 2 <= len(words) <= 4:
                found.setdefault(words, set()).add(code)
    extra = {
        "GBP": ("british pound", "british pounds", "pound sterling", "pounds sterling", "uk pounds"),
        "USD": ("united states dollar", "united states dollars", "us dollar", "us dollars", "american dollars"),
        "CNY": ("chinese renminbi",), "TWD": ("new taiwan dollar", "taiwan dollars"),
        "INR": ("indian rupee",), "MXN": ("mexican peso",), "KRW": ("korean won",),
    }  # fmt: skip
    for code, names in extra.items():
        for name in names:
            found.setdefault(tuple(name.split()), set()).add(code)
    return {words: frozenset(codes) for words, codes in found.items()}


NAMES: Final = _names()
#: Every word that a name of several words begins with, to look no further for others.
NAME_BEGINNINGS: Final = frozenset(words[0] for words in NAMES)

#: Pattern of the signs; one that begins with a letter does not begin inside a word.
SIGN: Final = "|".join(
    (r"(?<![^\W\d_])" if sign[0].isalpha() else "") + re.escape(sign) + (r"(?![^\W\d_])" if sign[-1].isalpha() else "")
    for sign in sorted(_SIGNS, key=lambda s: (-len(s), s))
)
#: `MEUR`, `bnUSD`; `SEKm`: a magnitude and a code in one word.
_COMPOUND: Final = re.compile(r"(?:(K|k|T|M|m|B|bn|mn)([A-Z]{3}|SEK))|(?:([A-Z]{3})(k|m|mn|bn|b|M|B))")


def sign_codes(sign: str) -> frozenset[str]:
    return _SIGNS.get(sign, _NONE)


@lru_cache(maxsize=4096)
def word_codes(word: str) -> frozenset[str]:
    """Codes that one word beside an amount may mean; none where it is no currency."""
    bare = word.removesuffix(".")
    if bare in CODES:
        return frozenset({bare})
    if is_minor_code(bare):
        return _NONE
    return _CASED.get(bare) or _SMALL.get(bare.casefold(), _NONE)


def is_code(word: str) -> bool:
    """Is it an ISO 4217 code wherever it stands in a text?"""
    return word in CODES and word not in _ALSO_WORDS


@lru_cache(maxsize=4096)
def compound(word: str) -> tuple[str, frozenset[str]] | None:
    """Split `MEUR` or `SEKm` into its magnitude suffix and its codes."""
    match = _COMPOUND.fullmatch(word)
    if match is None:
        return None
    code = match[2] or match[3]
    return (match[1] or match[4], frozenset({code})) if code in CODES else None


#: Words that stand for a sign, and are declared with it.
_SIGN_OF: Final[Mapping[str, str]] = {
    "dollar": "$", "dollars": "$", "Kr": "kr", "KR": "kr", "krona": "kr", "krone": "kr", "kroner": "kr", "Re": "Rs",
    "RS": "Rs", "rupee": "Rs", "rupees": "Rs", "\u20a8": "Rs", "rand": "R", "rands": "R",
}  # fmt: skip


def settle(codes: frozenset[str], written: str, hints: Mapping[str, str]) -> str | None:
    """Give the one code that is meant, by what is written or by what the source declares; null where neither tells.

    written: the sign or word as it stands, empty where none does
    """
    bare = written.removesuffix(".")
    sign = _SIGN_OF.get(bare, bare)
    hint = hints.get(written) or hints.get(bare) or hints.get(sign) or (hints.get(f"{sign}.") if sign else None)
    if hint is not None and (len(codes) != 1 or bare in {"R", "£"}):
        if len(codes) > 1 and codes < (_SIGNS.get(sign) or word_codes(sign)) and hint.upper() not in codes:
            return None  # `$5 pesos` beside a `$` that is declared as a dollar
        return hint.upper() if hint.upper() in CODES else None
    return next(iter(codes)) if len(codes) == 1 and bare != "R" else None
