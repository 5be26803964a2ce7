"""Whether a number stands in a text, in any of the ways it may be written out. No text is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from enrichment.exact import shortest, times_ten
from enrichment.offline.auditor.texts.style import Style

_POWERS: Final = {
    3: (
        "k|tsd|thousand|thousands|thsd|tys|tysięcy|tysiące|tis|tisíc|tisuća|тыс|тис|tausend|tusinde?|tusen|duizend"
        "|mila|tuhatta|ribu|ezer"
    ),
    5: "lakhs?|lac",
    6: (
        "m|mn|mm|mio|mil|mill|millions?|millionen|mln|млн|миллион|миллиона|миллионов|milj|miljoen|miljoner|millioner|miljoonaa"
        "|milion[aieyó]?|milijuna|milioane|milionów|millones|millón|milhões|milhão|milyon|millió|juta|triệu"
    ),
    7: "cr|crores?",
    9: (
        "b|bn|bln|billions?|mrd|milliarde?n?|milliards?|mld|mia|млрд|миллиард|миллиарда|миллиардов|miljard|miljarder|milliarder"
        "|miliard[aioy]?|milijarde|miliardów|miljardia|bilhões|bilhão|milyar|milliárd|tỷ"
    ),
    12: "t|tn|trn|trillions?|bio",
}
#: style -> marks between thousands, decimal marks
_MARKS: Final[dict[Style, tuple[str, str]]] = {"point": (",", "."), "comma": (".", ","), "unknown": (",.", ".,")}
_PLAIN: Final = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u2212": "-", "\u2013": "-", "\u2010": "-"}
)
_MOST_DIGITS: Final = 9
_SMALLEST: Final = Decimal("0.001")
_LARGEST: Final = Decimal(10) ** 9
_ZEROS: Final = re.compile(r"(?:[.,]0{1,2}(?!\d))?(?!\d|[.,]\d)")
_MORE_ZEROS: Final = re.compile(r"0{0,2}(?!\d|[.,]\d)")
_UNSCALED: Final = re.compile(rf"(?! ?(?:{'|'.join(_POWERS.values())})\b| ?%)", re.IGNORECASE)
_SCALED: Final = {
    power: re.compile(rf"\s*\)?\s*(?:(?i:{words})\b|{letter}[A-Z]{{3}}\b)")
    for power, words in _POWERS.items()
    for letter in [{3: "[Kk]", 6: "M", 9: "B", 12: "T"}.get(power, "(?!)")]
}
#: `SEKm 147`, `EURbn 3`
_AHEAD: Final = {6: re.compile(r"\b[A-Z]{3}mn? ?$"), 9: re.compile(r"\b[A-Z]{3}bn ?$")}
_CURRENCY: Final = r"(?:[A-Za-z.]{0,4}[$€£¥￥₹₩₽₺₪]|[A-Z]{3})?"
_NEGATIVE: Final = re.compile(rf"(?:[-(]|\b(?i:loss|minus|negative)\b\W{{0,3}})\s*{_CURRENCY}\s*\(?$")
_DASHED: Final = re.compile(rf"(?:^|[^\d\s\w]|[^\d\s]\s|^\s)-\s?{_CURRENCY}\s?$|^-\s?{_CURRENCY}\s?$")


def _written(whole: str, fraction: str, thousands: str, decimals: str) -> Iterator[str]:
    head = len(whole) % 3 or 3
    groups = [whole[:head], *(whole[at : at + 3] for at in range(head, len(whole), 3))]
    for mark in ("", *thousands, " ", "'") if len(groups) > 1 else ("",):
        for decimal in decimals if fraction else ("",):
            if mark != decimal or not mark:
                yield mark.join(groups) + decimal + fraction
    if len(whole) > 5 and "," in thousands and "." in decimals:
        rest, last = whole[:-3], whole[-3:]
        pairs = [rest[max(0, at - 2) : at] for at in range(len(rest), 0, -2)]  # lakhs and crores: `12,34,567`
        yield ",".join([*reversed(pairs), last]) + ("." if fraction else "") + fraction


class _Form(NamedTuple):
    """One text of a number, the power of ten that has to stand beside it, and what may follow its last digit."""

    text: str
    power: int
    zeros: re.Pattern[str]


@lru_cache(maxsize=4096)
def _forms(amount: Decimal, style: Style) -> tuple[_Form, ...]:
    found: list[_Form] = []
    for power in (0, *_POWERS):
        scaled = shortest(times_ten(amount, -power))
        if power and (not _SMALLEST <= scaled < _LARGEST or len(scaled.as_tuple().digits) > _MOST_DIGITS):
            continue
        thousands, decimals = _MARKS[style]
        if power and style == "unknown":
            thousands = ","
        whole, _, fraction = format(scaled, "f").partition(".")
        zeros = _MORE_ZEROS if fraction else _ZEROS
        found += [_Form(text, power, zeros) for text in _written(whole, fraction, thousands, decimals)]
    return tuple(found)


def _end(text: str, start: int, form: _Form) -> int | None:
    """Where the figure ends with its last zeros; nothing where it is a piece of a longer one."""
    before = text[max(0, start - 2) : start]
    if before[-1:].isdigit() or (before[-1:] in {".", ","} and before[:1].isdigit() and len(before) == 2):
        return None
    zeros = form.zeros.match(text, start + len(form.text))
    return None if zeros is None else zeros.end()


def _is_scaled(text: str, start: int, end: int, power: int) -> bool:
    before = text[max(0, start - 8) : start]
    if power == 0:
        return _UNSCALED.match(text, end) is not None and not any(ahead.search(before) for ahead in _AHEAD.values())
    return _SCALED[power].match(text, end) is not None or (power in _AHEAD and _AHEAD[power].search(before) is not None)


def stands(amount: Decimal, text: str, style: Style) -> bool:
    """Whether a number is written out in a text: in full, or in thousands, lakhs, millions and so on, with its sign."""
    digits = "".join(map(str, amount.as_tuple().digits)).strip("0") or "0"
    if digits not in "".join(filter(str.isdigit, text)):
        return False
    plain = text.translate(_PLAIN)
    return any(_is_there(plain, form, negative=amount < 0) for form in _forms(amount.copy_abs(), style))


def _is_there(text: str, form: _Form, *, negative: bool) -> bool:
    start = text.find(form.text)
    while start >= 0:
        end = _end(text, start, form)
        before = text[max(0, start - 24) : start]
        signed = (_NEGATIVE if negative else _DASHED).search(before) is not None
        if end is not None and signed == negative and _is_scaled(text, start, end, form.power):
            return True
        start = text.find(form.text, start + 1)
    return False
