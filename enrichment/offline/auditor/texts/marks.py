"""What leaves the sign or the size of a number open: marks, words and scales at it that are not understood."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from enrichment.offline.auditor.measures import UNITS

_MONEY: Final = r"(?:[A-Za-z.]{0,4}[$€£¥₹₩₽₺₪]|(?-i:[A-Z]{3}|kr|Rs|Fr)\b\.?|円|元|원)?"
_DASH: Final = r"[-\u2010-\u2015\u2212]"
_FALL: Final = r"(?:down|less|lower|decreased?|declined?|fell|dropp?(?:ed)?|reduction|reduced|debit|dr|soll|minus|neg)"
_LOSS: Final = r"(?:loss|lost|deficit|verlust|perte|p[eé]rdida|perdita)"
_SCALES: Final = r"(?:thousands?|millions?|billions?|trillions?|lakhs?|crores?|tsd|mio|mrd|mn|mln|bn|bln|tn|teur|t€|k€)"
#: Who else has a dollar or a pound.
_OWNERS: Final = (
    "canadian|cdn|australian|aust|new zealand|nz|hong kong|hk|singapore|taiwan|jamaican|mexican|liberian|namibian"
    "|fijian|belize|barbadian|bahamian|dominican|argentine|chilean|colombian|egyptian|irish|lebanese|syrian|sudanese|cypriot|manx"
    "|falkland"
)
#: What is written before such a sign and tells whose it is.
_KNOWN: Final = r"(?:US|AU?|CA?|HK|NZ|SG?|NT|R|MX|Mex|J|N|FJ|TT|Bds|GB|UK|E|Can|Cdn|[A-Z]{3})[$£]"
#: Symbols that say nothing of a number, or are read with it.
_HARMLESS: Final = frozenset("\u2212\u223c\u00b4\u00b8°™®©℠≈≤≥≃≅⋅■□▪▫●○◆◇▶►★☆✓✔→⇒№¦¨¯")
#: How far a symbol may stand from a figure and still be of it, in characters.
_REACH: Final = 16

#: All looked for with figures of all scripts, brackets and spaces made plain.
_MARKED: Final = re.compile(
    "|".join((
        # a dash behind the number, alone in brackets, or at the end; `500.-` is a price
        rf"\d\s*{_MONEY}\s*%?\s*{_DASH}+\s*(?:{_MONEY}|%)\s*(?:\)|$)",
        rf"(?<![.,:/\s])\s*{_DASH}\s*$",
        rf"[(\[]\s*{_DASH}\s*[)\]]",
        r"-/-|\./\.|\+\s*/?\s*-|-\s*\+|[\u2e3a\u2e3b]",
        # scales
        r"[x\u00d7✕✖]\s*1[0., ]*0\b|\(\s*[x\u00d7]\s*\d+\s*\)|\(\s*e\d\d?\s*\)|\^\s*\d",
        r"(?<!\d)'0{3}|(?<![\d.,' ])0{3}'?s\b|[(\[]\s*'?0{3}\s*[)\]]",
        rf"[(\[]\s*(?:in\s+)?{_MONEY}\s*{_SCALES}\.?\s*{_MONEY}\s*[)\]]|\(\s*(?:in\s+)?[kmb]\s*\)",
        rf"\bin\s+(?:{_SCALES}\b|'?0{{3}})",
        r"\d\s*(?-i:T)\s*(?:[$€£¥]|(?-i:[A-Z]{3})\b)",  # a thousand or a trillion
        # a minus before a qualifier, a percent sign before the number, a comma before its digits
        rf"{_DASH}\s*(?:[~≈<>]|(?:c|ca|circa|approx|about|around)\b\.?)\s*{_MONEY}\s*\d",
        r"(?:^|[^\d\s])\s*%\s*\d|(?:^|[\s(])[-$€£]?,\d",
        # whose dollar, whose pound
        rf"\b(?:{_OWNERS})\.?\s*(?:[$£¥]|dollars?\b|pounds?\b)\s*\d|\b(?-i:(?!{_KNOWN})[A-Z][A-Za-z]{{0,3}})[$£]\s*\d",
        rf"[$£]\s*\d[\d.,]*\s*(?:{_SCALES}\.?)?\s*\(?\s*(?:(?:{_OWNERS})\b|(?-i:CA|AU|NZ|HK|SG|MX|TW)\b(?!\$))",
        # brackets
        r"<\s*\d[\d.,\s]*>",
        rf"\(\s*\(\s*{_MONEY}\s*\d[^()]*\)\s*\)",
    )),
    re.IGNORECASE,
)  # fmt: skip
_WORDS: Final = re.compile(
    "|".join((
        r"\bplus\W+(?:or\W+)?minus\b",
        r"\b(?:below|under|sub|unter|sous|bajo)[\s-]*(?:zero|null|nil|freezing|z[ée]ro|cero)\b",
        r"\d\W+(?:C\W+)?(?:below|under)\W*$",
        r"\bin\s+the\s+red\b|\boverdrawn\b|\bshortfall\b",
        r"(?<!au )(?<!al )(?<!lo )\b(?:moins|menos|meno)\b(?! (?:de|di|que)\b)",
        rf"\bnegative\b(?!\s*{_MONEY}\s*\(?\s*\d)|\bnegati(?:v[ao]?|ef)\b|\bn[ée]gatif\b|\bnégative\b|\bmínus\b",
        r"負|负|マイナス|赤字|損失|亏损|虧損|Δ|ー(?=\s*\d)",
        rf"\b(?:minus|neg)\b(?!\.?\s*{_MONEY}\s*\(?\s*\d)",
        rf"\d\s*(?:{_SCALES}\.?)?\s*{_MONEY}\s*%?\s*[(\[]?\s*{_FALL}\b",
        rf"\b(?!minus|neg){_FALL}\b(?:\s+(?:of|by))?\W{{0,3}}{_MONEY}\s*\d",
    )),
    re.IGNORECASE,
)  # fmt: skip
#: A sign that is read: what says the same in words says nothing new.
_SIGNED: Final = re.compile(rf"{_DASH}\s*{_MONEY}\s*\d|{_MONEY}\s*{_DASH}\s*\d")
_LOST: Final = re.compile(rf"\d\s*[(\[]?\s*{_LOSS}\b|\b{_LOSS}\b(?:\s+(?:of|by))?\W{{0,3}}\d", re.IGNORECASE)
#: A crore, or a credit.
_CREDIT: Final = re.compile(r"\d\s*\(?[Cc][Rr]\b")
_INDIAN: Final = re.compile(r"₹|\b(?:INR|PKR|NPR|LKR|BDT|Rs|Rupees?)\b", re.IGNORECASE)
_LITRES: Final = re.compile(r"\d\s*L\b")
_REMARK: Final = re.compile(r"\([^()%]*%[^()]*\)")
_OPENED: Final = re.compile(rf"\s*{_MONEY}\s*{_DASH}?\s*(?!(?:19|20)\d\d\b)\d")
_CLOSED: Final = re.compile(r"\d[\d.,]*\s*(?:%|(?:[^\W\d_]{1,8}\.?\s*){0,2}|[$€£¥₹])\s*$")


@lru_cache(maxsize=1024)
def _is_strange(character: str) -> bool:
    """A symbol that may be a sign, a direction or a multiplication. Squared units are none."""
    if character.isascii() or character in _HARMLESS or unicodedata.category(character) not in {"Sm", "So", "Sk"}:
        return False
    return not unicodedata.name(character, "").startswith(("SQUARE ", "DEGREE"))


def _has_symbols(text: str) -> bool:
    return any(
        any(map(str.isdigit, text[max(0, at - _REACH) : at + _REACH]))
        for at, character in enumerate(text)
        if _is_strange(character)
    )


def _is_unbalanced(text: str) -> bool:
    """A bracket without a fellow right at a figure."""
    opened: list[int] = []
    for at, character in enumerate(text):
        if character == "(":
            opened.append(at)
        elif character == ")" and not opened:
            if _CLOSED.search(text[max(0, at - 40) : at]):
                return True
        elif character == ")":
            opened.pop()
    return any(_OPENED.match(text, at + 1) for at in opened)


@lru_cache(maxsize=8192)
def leaves_open(text: str, unit: str | None = None, *, money: bool = False) -> bool:
    """Does a text with a number leave its sign or its size open?

    unit:  what the field is measured in
    money: losses are read as negative amounts
    """
    told = _REMARK.sub(" ", text)
    if not any(map(str.isdigit, told)):
        told = text
    if _has_symbols(told):
        return True
    plain = unicodedata.normalize("NFKC", told)
    if _MARKED.search(plain) or _is_unbalanced(plain):
        return True
    if (_WORDS.search(plain) or (not money and _LOST.search(plain))) and not _SIGNED.match(plain.lstrip(" (")):
        return True
    if _CREDIT.search(plain) and not _INDIAN.search(plain):
        return True
    measured = UNITS.get((unit or "").lower())
    return _LITRES.search(plain) is not None and (measured is None or measured[0] != "volume")
