"""The numbers a text mentions, each with what stands around it. One pass from left to right over the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Final

from enrichment.offline.auditor.texts.style import DATE, Style

_NUMBER: Final = re.compile(
    r"\d{1,3}(?:[ \u00a0\u2009\u202f'\u2019]\d{3})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,]\d+)*(?:[eE][+-]?\d{1,3}(?![\w]))?"
)
_MAGNITUDE: Final = {
    word: power
    for power, words in {
        3: "k tsd thousand thousands thsd tausend mille tys tysięcy tysiące tis tisíc tisuća тыс тис tusind tusen "
           "duizend mila tuhatta ribu ezer",
        5: "lakh lakhs lac",
        6: "m mn mio mm million millions mil mill millionen mln млн миллион миллиона миллионов milj miljoen miljoner "
           "millioner miljoonaa milion milioni milione milioane miliona miliony milionów milijuna millones millón "
           "milhões milhão milyon millió juta triệu",
        7: "crore crores cr",
        9: "b bn billion billions mrd milliard milliards milliarden bln mld mia млрд миллиард миллиарда миллиардов "
           "miljard miljarder milliarder miliardi miliardo miliarda miliardy miliard miliardów milijarde miljardia "
           "bilhões bilhão milyar milliárd tỷ",
        12: "t tn trn trillion trillions bio",
    }.items()
    for word in words.split()
}  # fmt: skip
_AFTER: Final = re.compile(r"[ \u00a0\u202f]*([^\W\d_]{1,12}|%)(?![^\W_])")
_GLUED: Final = re.compile(r"[^\W\d_]$")
_GLUED_CURRENCY: Final = re.compile(r"(?:^|[^A-Za-z])(?:[A-Z]{3}(?:k|m|mn|bn)?|kr|Kr|Rs|R|Fr|SFr)$")
#: `SEKm 147`, `EURbn 3`
_SCALED_CODE: Final = re.compile(r"(?:^|[^A-Za-z])[A-Z]{3}(k|m|mn|bn)\s*$")
#: `60.2 BSEK`, `5 MEUR`
_LETTER_AND_CODE: Final = re.compile(r"([KkMBT])([A-Z]{3})")
_SIGNED: Final = re.compile(r"([-\u2212\u2013\u2010])\s*(?:[A-Za-z.]{0,4}[$€£¥￥₹₩₽₺₪]|[A-Z]{3})?\s*$")
_TOLD: Final = re.compile(r"\b(?:minus|negative|neg\.?)\s*(?:[A-Za-z.]{0,4}[$€£¥￥₹₩₽₺₪]|[A-Z]{3})?\s*$", re.IGNORECASE)
_OPENED: Final = re.compile(r"\(\s*(?:[A-Za-z.]{0,4}[$€£¥￥₹₩₽₺₪])?\s*$")
_CLOSING: Final = re.compile(r"\s*\)(?=\s*[A-Za-z]{1,10}\b)")
_CURRENCY_END: Final = re.compile(r"(?:[$€£¥￥₹₩₽₺₪]|\b[A-Z]{3}|\b(?:kr|Rs|Fr|SFr))$")
_CODE_END: Final = re.compile(r"(?:^|[^A-Za-z])[A-Z]{3}$")
_DATE_BEFORE: Final = re.compile(
    r"\b(?:in|of|as of|since|until|till|fy|jfy|fiscal year|year|ended|ending|from|by|end|early|late|circa|dated?|on|at"
    r"|jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*)[.,]?\s*(?:\d{1,2}(?:st|nd|rd|th)?,?\s*)?$",
    re.IGNORECASE,
)
_MONTH_NEAR: Final = re.compile(
    r"^(?:st|nd|rd|th)?\.?,?\s*(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b", re.IGNORECASE
)
_MONTH_BEFORE: Final = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s*$", re.IGNORECASE)
_NOTE: Final = re.compile(r"\[[^\]]{0,20}\]")
_TRAILING_NOTE: Final = re.compile(r"(?<=[\w)\]%])\s*:\s*\d{1,4}(?:[-\u2013]\d{1,4})?\s*(?=\(|$)")
_MAX_TEXT: Final = 4000
_MAX_MENTIONS: Final = 200


@dataclass(frozen=True, slots=True)
class Mention:
    """One number in a text.

    values:    the readings its digits and magnitude word allow
    start, end: where it stands, magnitude word included
    aside:     it stands in brackets
    dated:     it reads as a part of a date or as a year
    word:      the word or sign right after it, lower case (a unit, `%`), "" where none stands
    scaled:    a magnitude word follows it
    """

    values: frozenset[Decimal]
    start: int
    end: int
    aside: bool
    dated: bool
    word: str
    scaled: bool


def _readings(digits: str, power: int, style: Style) -> frozenset[Decimal]:
    body = re.sub(r"[ \u00a0\u2009\u202f'\u2019]", "", digits)
    marks = [mark for mark in body if mark in ".,"]
    if not marks:
        return frozenset({Decimal(body)})
    plain = Decimal(re.sub(r"[.,]", "", body))
    last = marks[-1]
    fraction = (
        Decimal(body.replace("." if last == "," else ",", "").replace(last, ".")) if marks.count(last) == 1 else None
    )
    if fraction is None:
        return frozenset({plain})
    groups = re.split(r"[.,]", body)
    if len(set(marks)) > 1 or len(groups[-1]) != 3 or not 1 <= len(groups[0]) <= 3 or groups[0].startswith("0"):
        return frozenset({fraction})
    decimal_mark = {"point": ".", "comma": ","}.get(style)
    if decimal_mark is not None:
        settled = fraction if last == decimal_mark else plain
        # a point before a magnitude word is a decimal point unless the source settles it otherwise
        return frozenset({settled, fraction}) if last == "." and power else frozenset({settled})
    if last == ",":
        return frozenset({plain, fraction}) if power else frozenset({plain})
    return frozenset({fraction}) if power else frozenset({plain, fraction})


def _is_dated(text: str, start: int, end: int, digits: str) -> bool:
    if not digits.isdigit():
        return False
    before, after = text[max(0, start - 40) : start], text[end : end + 16]
    if len(digits) == 4 and 1000 <= int(digits) <= 2199:
        return bool(_DATE_BEFORE.search(before)) or (
            before.rstrip()[-1:] in "(/" and after.lstrip()[:1] in (")", ",", ";", "/", "")
        )
    return len(digits) <= 2 and bool(_MONTH_NEAR.match(after.lstrip()) or _MONTH_BEFORE.search(before))


def _magnitude(text: str, end: int) -> tuple[int, str, int, bool]:
    """Give the power of ten, the word after the number, where that ends, and whether it was a magnitude."""
    closing = _CLOSING.match(text, end)
    follows = _AFTER.match(text, closing.end() if closing is not None else end)
    if follows is None:
        return 0, "", end, False
    word = follows.group(1)
    if (coded := _LETTER_AND_CODE.fullmatch(word)) is not None:
        # `60.2 BSEK`: the letter scales, the code stays to be read
        return _MAGNITUDE[coded.group(1).lower()], coded.group(2).lower(), follows.start(1) + 1, True
    word = word.lower()
    if word not in _MAGNITUDE:
        return 0, ("" if closing is not None else word), end, False
    then = _AFTER.match(text, follows.end())
    return _MAGNITUDE[word], then.group(1).lower() if then is not None else "", follows.end(), True


def _is_negative(before: str) -> bool:
    """A sign or the word before the number or before its currency; a dash after a digit or a letter is none."""
    if _TOLD.search(before):
        return True
    found = _SIGNED.search(before)
    if found is None:
        return False
    left = before[: found.start()].rstrip()
    if _CODE_END.search(left):
        return True  # `CHF-98`
    return not left[-1:].isdigit() and (not before[: found.start()][-1:].isalpha() or found.group(1) == "\u2212")


def _is_accounted(before: str, after: str) -> bool:
    """`£ (51) million`: brackets around the figure alone are a sign."""
    opened = _OPENED.search(before)
    if opened is None or not after.lstrip().startswith(")"):
        return False
    left = before[: opened.start()].rstrip()
    scaled = _AFTER.match(after.lstrip(), 1)
    marked = bool(_CURRENCY_END.search(left)) or not left
    return marked or (scaled is not None and scaled.group(1).lower() in _MAGNITUDE)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


@lru_cache(maxsize=8192)
def mentions(text: str, style: Style = "unknown") -> tuple[Mention, ...]:
    """Every number of a text (its first 4,000 characters), left to right, without footnotes and glued figures."""
    blanked = _TRAILING_NOTE.sub(_blank, _NOTE.sub(_blank, text[:_MAX_TEXT]))
    dates = [match.span() for match in DATE.finditer(blanked)]
    found: list[Mention] = []
    depth, seen = 0, 0
    for match in _NUMBER.finditer(blanked):
        depth += blanked.count("(", seen, match.start()) - blanked.count(")", seen, match.start())
        seen = match.start()
        before = blanked[max(0, seen - 40) : seen]
        if _GLUED.search(before) and not _GLUED_CURRENCY.search(before):
            continue
        mention = _mention(blanked, match, before, style, aside=depth > 0)
        if mention is not None:
            inside = any(low <= seen and match.end() <= high for low, high in dates)
            found.append(replace(mention, dated=mention.dated or (inside and not mention.scaled)))
        if len(found) == _MAX_MENTIONS:
            break
    return tuple(found)


def _mention(text: str, match: re.Match[str], before: str, style: Style, *, aside: bool) -> Mention | None:
    digits, (start, end) = match.group(), match.span()
    power, word, stop, scaled = _magnitude(text, end)
    if (ahead := _SCALED_CODE.search(before)) is not None:
        power, scaled = power + _MAGNITUDE[ahead.group(1).lower()], True
    try:
        values = frozenset({Decimal(digits)}) if "e" in digits.lower() else _readings(digits, power, style)
    except ArithmeticError:
        return None
    accounted = _is_accounted(before, text[end : end + 20])
    sign = -1 if accounted or _is_negative(before) else 1
    return Mention(
        values=frozenset(value * Decimal(10) ** power * sign for value in values),
        start=start,
        end=stop,
        aside=aside and not accounted,
        dated=not scaled and _is_dated(text, start, end, digits),
        word=word,
        scaled=scaled,
    )


def meant(found: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """The mentions that a text is about: outside brackets and no dates, where there are such."""
    for chosen in (
        [m for m in found if not m.aside and not m.dated],
        [m for m in found if not m.dated],
        [m for m in found if not m.aside],
    ):
        if chosen:
            return tuple(chosen)
    return found
