"""The one day that a text states, among all else that it says."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from enrichment.operations.bounds import is_bounded, is_denied
from enrichment.operations.calendars import is_before_our_era, is_of_another_calendar, names_a_calendar
from enrichment.operations.lexing import Is, Token, lex
from enrichment.operations.moments import Moment, read_moment
from enrichment.operations.outcome import Approximate, Fault, Outcome
from enrichment.operations.vocabulary import ORDINALS
from enrichment.operations.weekdays import WEEKDAYS
from schemas.codes import Code

NO_DATE: Final = Fault(Code.TYPE, "states no date")
_SEVERAL: Final = Fault(Code.AMBIGUOUS, "states more than one date")
_INCOMPLETE: Final = Fault(Code.AMBIGUOUS, "states no day, or two that differ in their reading")
_DENIED: Final = Fault(Code.AMBIGUOUS, "the text has more than one reading")
_WEEKDAY: Final = Fault(Code.AMBIGUOUS, "the date is no such day of the week")
_CALENDAR: Final = Fault(Code.AMBIGUOUS, "a day of another calendar")
#: What says so of the calendar before ours, right behind a day. `[O.S. 22 February]` is the other day of a pair.
_OLD_STYLE: Final = re.compile(r"[0-9] ?[(\[,]? ?(?:O\. ?S\.?|OS|[Oo]ld [Ss]tyle|Julian(?: calendar)?) ?(?:[)\]]|$)")
_ERA: Final = Fault(Code.OUT_OF_RANGE, "a day before our era")

#: A time of day behind or before a date, with its zone: it is no part of the day, and no number beside it.
_CLOCK: Final = re.compile(
    r"(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[AaPp]\.?[Mm]\b\.?)?"
    r"(?: ?(?:Z\b|UTC|GMT)| ?[+-][0-9]{2}(?::?[0-9]{2})?(?![0-9]))?(?![0-9:])"
)
#: Between two days of one month: `4 and 5 March 2021`, `du 1er au 31 mars 2021`, `3 t/m 31 december 2021`.
_JOINING: Final = frozenset({
    "and", "to", "or", "till", "until", "through", "thru", "vs", "und", "oder", "bis", "sowie", "et", "ou", "au", "al",
    "y", "o", "e", "ed", "a", "à", "tot", "en", "t", "m", "do", "i", "lub", "og", "eller", "och", "til", "ja", "tai",
    "-", "/", "&", "+", "~", "\u2026", "\u2192", "\u301c",
})  # fmt: skip
#: What may stand there beside them: articles, and what makes a number an ordinal.
_BETWEEN: Final = ORDINALS | frozenset({
    "the", "zum", "den", "le", "el", "il", "lo", "er", "\u00ba", "\u00b0", ".", ",", ";",
})  # fmt: skip
#: A day, or a day and its month, as a part of a span is written: `1`, `1.1`, `12\u670831\u65e5`.
_DAY: Final = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,2})?|[0-9]{1,2}[^\W\d_].*")
#: The end of a whole date that runs on into another: `13/12/2021-14/12/2021`.
_RUN_ON: Final = re.compile(r"(?:[0-9]{1,2}\.){0,2}[0-9]{4}")
_BEFORE_CHRIST: Final = frozenset({"bc", "b.c", "bce", "b.c.e"})


class _Days:
    """One pass over the tokens of one text."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = [t for t in tokens if t.kind is not Is.NOTE]
        self.moments: list[Moment] = []
        self.fault: Fault | None = None
        self.approximate = False

    def kind(self, index: int) -> Is | None:
        return self.tokens[index].kind if 0 <= index < len(self.tokens) else None

    def text(self, index: int) -> str:
        return self.tokens[index].text.removesuffix(".").casefold() if 0 <= index < len(self.tokens) else ""

    def bare(self, index: int) -> str:
        """As `text`; of a mark the mark itself."""
        return self.text(index) or (self.tokens[index].text if 0 <= index < len(self.tokens) else "")

    def is_glued(self, index: int) -> bool:
        """Is nothing between the date, the mark before it, and what stands before that?"""
        return self.tokens[index].glued and self.tokens[index - 1].glued

    def read(self) -> Outcome:
        for index, token in enumerate(self.tokens):
            if token.kind is Is.MOMENT:
                self.moment(index, token.text)
            elif token.kind is Is.NUMBER and len(token.text) == 4 and token.text.isdigit() and token.text[0] in "12":
                self.moments.append(Moment(int(token.text)))
        full = {m for m in self.moments if m.year and m.month and m.day and not m.unsure}
        if len(full) > 1:
            return _SEVERAL
        if not full:
            return _INCOMPLETE if any(m.month or m.unsure for m in self.moments) else NO_DATE
        (day,) = full
        if self.fault is not None:
            return self.fault
        if any(m.unsure or not _agrees(m, day) for m in self.moments):
            return _SEVERAL
        text = f"{day.year:04d}-{day.month:02d}-{day.day:02d}"
        return Approximate(text) if self.approximate else text

    def moment(self, index: int, text: str) -> None:
        moment = read_moment(text)
        self.moments.append(moment)
        if moment.unsure or not (moment.year and moment.month and moment.day):
            return
        is_bound = is_bounded(self.tokens, self.beside(index, -1), self.beside(index, 1))
        self.approximate |= is_bound
        if self.text(index + 1) in _BEFORE_CHRIST or (index == 1 and self.kind(0) is Is.DASH):
            self.fault = _ERA
        elif is_of_another_calendar(self.tokens, index) or any(names_a_calendar(t.text) for t in self.tokens):
            self.fault = _CALENDAR
        elif self.is_joined(index, -1) or self.is_joined(index, 1):
            self.fault = _INCOMPLETE
        elif self.contradicts(index, date(moment.year, moment.month, moment.day)):
            self.fault = _WEEKDAY
        elif not is_bound and is_denied(self.tokens, index - 1, index + 1):
            self.fault = _DENIED

    def beside(self, index: int, step: int) -> int:
        """Index of what stands before or behind a date and the day of the week beside it."""
        while self.text(index + step) in WEEKDAYS or self.text(index + step) == ",":
            index += step
        return index + step

    def is_joined(self, index: int, step: int) -> bool:
        """Does another day stand beside the date, joined to it? Before it also where nothing joins the two."""
        between: list[str] = []
        beside = index + step
        while (joining := self.bare(beside)) in _JOINING or joining in _BETWEEN or joining in WEEKDAYS:
            between.append(joining)
            beside += step
        if self.kind(beside) not in {Is.NUMBER, Is.UNCLEAR} or (step > 0 and between[:1] in [[","], [";"]]):
            return False
        if _RUN_ON.fullmatch(self.tokens[beside].text):
            return step < 0 and len(between) == 1 and between[0] in _JOINING and self.is_glued(index)
        joined = any(one in _JOINING for one in between) or ".." in "".join(between)
        # `1. 31.12.2021` may be an entry of a list
        joined |= step < 0 and "." not in between
        return joined and _DAY.fullmatch(self.tokens[beside].text) is not None

    def contradicts(self, index: int, day: date) -> bool:
        """Does the text name another day of the week right before or behind the date?"""
        for step in (-1, 1):
            beside = index + step
            if self.text(beside) in {",", "("}:
                beside += step
            named = WEEKDAYS.get(self.text(beside))
            if named is not None and named != day.weekday():
                return True
        return False


def _agrees(part: Moment, whole: Moment) -> bool:
    return all(a is None or a == b for a, b in zip(part[:3], whole[:3], strict=True))


def read_day(text: str) -> Outcome:
    """Give the one complete date of a text in plain characters, as ISO 8601."""
    if is_before_our_era(text):
        return _ERA
    if _OLD_STYLE.search(text):
        return _CALENDAR
    return _Days(lex(_CLOCK.sub(" ", text) if ":" in text else text, frozenset())).read()
