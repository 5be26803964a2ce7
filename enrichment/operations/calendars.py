"""Years that are counted from elsewhere than ours are: `1435 AH`, `Reiwa 3`, `Saka 1945`, `15 Farvardin 1399`.

Nothing is converted: a year of the moon lies in two of ours, and many marks stand for several calendars.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from enrichment.operations.lexing import Is, Token

#: Marks of an era, in lower case without points, right beside a year. In small letters they are no words there.
_ERAS: Final = frozenset({
    "ah", "sh", "ap", "ahs", "hs", "bs", "bikram", "vikram", "vikrami", "samvat", "sambat", "saka", "shaka", "śaka",
    "roc", "minguo", "juche", "heisei", "showa", "shōwa", "taisho", "taishō", "meiji", "reiwa", "auc", "buddhist",
    "mundi", "persarum", "平成", "令和", "昭和", "大正", "明治", "民國", "民国", "พศ", "هـ", "\u0647", "هش", "هق", "ش",
})  # fmt: skip
#: Of these only capitals are a mark: `1988 am Standort`, `1988 vs 1989`.
_CAPITALS: Final = frozenset({"AM", "BE", "VS", "EC"})
#: Behind a year only; an initial before one is a name's.
_BEHIND: Final = frozenset({"H", "h"})
#: Names of a calendar, wherever they stand beside a year.
_NAMES: Final = frozenset({
    "hijri", "hijriah", "hijriyah", "hegira", "hegirae", "hijra", "qamari", "shamsi", "jalali", "هجري", "هجرية",
    "هجری", "شمسی", "خورشیدی", "قمری",
})  # fmt: skip
#: Months of the calendars whose years are now in their fifteenth century; beside other years they are names.
_MONTHS: Final = frozenset({
    "muharram", "safar", "rabi", "rabi'", "jumada", "rajab", "sha'ban", "shaban", "shaaban", "ramadan", "ramadhan",
    "ramazan", "shawwal", "dhu", "dhul", "zulhijjah", "zilhicce", "farvardin", "ordibehesht", "khordad", "tir",
    "mordad", "shahrivar", "mehr", "aban", "azar", "dey", "bahman", "esfand",
})  # fmt: skip
_THEIR_YEARS: Final = re.compile(r"(?<![0-9])1[34][0-9]{2}(?![0-9])")
#: Before our era, in other languages than English, behind a year.
_BEFORE_OUR_ERA: Final = re.compile(
    r"[0-9] ?(?:v\. ?Chr\b|v\. ?u\. ?Z\b|avant (?:J|notre)|av\. ?J\.|a\. ?C\b|aC\b|ante Christum"
    r"|antes de (?:Cristo|nuestra)|до н\. ?[эе]\b|p\. ?n\. ?e\b|pne\b|př\. ?n|pred Kr|pr\. ?Kr|f\. ?Kr|f\.v\.t"
    r"|fvt\b|eKr\b|eaa\b|M\. ?Ö\b|MÖ\b|π\. ?\u03a7|公元前|紀元前|ق\. ?م)"
    r"|(?:公元前|紀元前|MÖ|M\.Ö\.) ?[0-9]"
)
_BRACKETS: Final = frozenset({Is.OPEN, Is.CLOSE})
_WORDS: Final = re.compile(r"[^\s(),]+")


def is_of_another_calendar(tokens: Sequence[Token], index: int) -> bool:
    """Does the mark of another era, or a month of another calendar, stand beside the year or date at `index`?"""
    return _is_mark(tokens, index, 1) or _is_mark(tokens, index, -1)


def is_before_our_era(text: str) -> bool:
    """Does a text say of a year that it lies before our era, in another language than English?"""
    return _BEFORE_OUR_ERA.search(text) is not None


def names_a_calendar(word: str) -> bool:
    return word.replace(".", "").casefold() in _NAMES


def may_be_of_another_calendar(text: str) -> bool:
    """Is there a word in a text that says so beside some year?"""
    return any(_is_era(w) or names_a_calendar(w) or w in _BEHIND or _bare(w) in _MONTHS for w in _WORDS.findall(text))


def _is_mark(tokens: Sequence[Token], index: int, step: int) -> bool:
    beside = index + step
    while 0 <= beside < len(tokens) and (tokens[beside].kind in _BRACKETS or tokens[beside].text == ","):
        beside += step
    if not 0 <= beside < len(tokens):
        return False
    word = tokens[beside].text.removesuffix(".")
    if word.upper() == "AM" and (":" in tokens[index].text or _is_clock(tokens, beside - 1, step)):
        return False
    if (step > 0 and word in _BEHIND) or _is_era(word):
        return True
    return _bare(word) in _MONTHS and _THEIR_YEARS.search(tokens[index].text) is not None


def _is_clock(tokens: Sequence[Token], index: int, step: int) -> bool:
    """`7:15 AM, 4 March 2021`: does a time of day end right before what stands before a date?"""
    return step < 0 and index >= 0 and tokens[index].kind is Is.NUMBER


def _bare(word: str) -> str:
    return word.replace(".", "").casefold()


def _is_era(word: str) -> bool:
    return _bare(word) in _ERAS or word.replace(".", "") in _CAPITALS
