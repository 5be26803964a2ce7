"""Dates, months, quarters and fiscal years as they stand in texts."""

from __future__ import annotations

import re
from datetime import date
from typing import Final, NamedTuple

from babel.dates import get_month_names

#: Languages whose month names are known.
LOCALES: Final = ("en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "nb", "fi", "pl")
#: November in Polish and October in Croatian, which writes a point behind every day: `9. listopada 2011.`
_OF_TWO: Final = re.compile(r"[0-9]\. ?listopada\b", re.IGNORECASE)
#: English words that are no month when they are written small.
_WORDS = frozenset({"may", "mar", "march", "dec", "sep"})


def _months() -> dict[str, int]:
    """Month names by number; a name that means different months in different languages is left out."""
    found: dict[str, set[int]] = {}
    for locale in LOCALES:
        for width in ("wide", "abbreviated") if locale in {"en", "de"} else ("wide",):
            for number, name in get_month_names(width, "format", locale).items():
                found.setdefault(name.rstrip(".").casefold(), set()).add(number)
    found.setdefault("sept", set()).add(9)
    return {name: min(numbers) for name, numbers in found.items() if len(numbers) == 1 and name.isalpha()}


MONTHS: Final = _months()


def _name_pattern() -> str:
    spellings = {s for name in MONTHS for s in (name.capitalize(), name.upper())}
    spellings |= {name for name in MONTHS if name not in _WORDS}
    return "(?:" + "|".join(sorted(map(re.escape, spellings), key=lambda s: (-len(s), s))) + r")(?![^\W_])\.?"


def _any_name_pattern() -> str:
    return "(?:" + "|".join(sorted(map(re.escape, MONTHS), key=lambda s: (-len(s), s))) + ")"


#: Names that no other language uses for another month, as most texts write them.
ENGLISH_MONTH: Final = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\.?)"
)
YEAR: Final = r"(?:1[0-9]|2[01])[0-9]{2}"
_SHORT = rf"(?:{YEAR}|[0-9]{{2}})"
_PERIOD = r"(?:\.[0-9]{1,2})?(?![0-9]|[.,][0-9])"
_END = r"(?![0-9]|[.,/:-][0-9])"
_MONTH = f"(?P<name>{_name_pattern()})"
#: Between a day and a year no month is mistaken for a word, however it is written.
_ANY_MONTH = f"(?P<name>(?i:{_any_name_pattern()}))"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|er|\u00ba)?"
_CLOCK = r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)? ?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2})?(?![0-9])"
_OF = r"(?: (?:of|de|di|den))?"

#: Every form with what it says; the first that matches at a place counts, so that longer forms stand before shorter.
_FORMS: Final = (
    # 2021-03-31, 2021-03-31T12:30:00Z, 2021-03
    rf"(?P<year>{YEAR})-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-9]{{2}})(?:{_CLOCK}|{_END})",
    rf"(?P<year>{YEAR})-(?P<month>0[1-9]|1[0-2]){_END}",
    # 2021-22
    rf"(?P<year>(?:1[89]|20)[0-9]{{2}})(?P<span>-[0-9]{{2}}){_END}",
    # 2021/03/31, 2021.3.31, 2021-3-31
    rf"(?P<year>{YEAR})(?P<mark>[./-])(?P<month>[0-9]{{1,2}})(?P=mark)(?P<day>[0-9]{{1,2}}){_END}",
    # 31.03.2017, 3/31/2017, 12/11/10: which of the first two is the day is left to the reader
    rf"(?P<one>[0-9]{{1,2}})(?P<mark>[./-])(?P<two>[0-9]{{1,2}})(?P=mark)(?P<year>{YEAR}|[0-9]{{2}}){_END}",
    # 31st of March, 2021; 31-Mar-2021
    rf"{_DAY}\.?{_OF}[ -]{{1,2}}{_MONTH},?(?: de| of)?[ -]{{1,2}}(?P<year>{YEAR}){_END}",
    # 31 mar 2021; 31MAR2021
    rf"(?P<day>[0-9]{{1,2}})(?P<gap>[ -]?){_ANY_MONTH}\.?(?P=gap)(?P<year>{YEAR}){_END}",
    # 2021-Jul-04
    rf"(?P<year>{YEAR})-{_ANY_MONTH}-(?P<day>[0-9]{{1,2}}){_END}",
    # March 31, 2021; Mar 31 2021
    rf"{_MONTH}[ -]?{_DAY}(?:,? {{0,2}}|-)(?P<year>{YEAR}){_END}",
    # March, 2021; Mar-2021; December' 2023
    rf"{_MONTH},? ?(?:of |de |-|')?(?P<year>{YEAR}){_END}",
    # 2021 March 31; 2021 March
    rf"(?P<year>{YEAR})[ ,-]{{1,2}}{_MONTH}(?: {_DAY}(?![0-9]|[.,][0-9]))?",
    # 31 March; March 31 (an ordinal or a number that can be a day)
    rf"{_DAY}\.?{_OF}[ -]{_MONTH}",
    rf"{_MONTH} ?{_DAY}(?![0-9]|[.,][0-9]| [0-9]{{3}}(?![0-9]))",
    # FY2021, FY 2018.3, JFY25, FYE 2023, FY2023/24
    rf"(?:[A-Z]?FYE?|[CT]Y)[ ,]{{0,2}}'?(?P<fiscal>{_SHORT})(?P<span> ?[/-] ?{_SHORT})?{_PERIOD}",
    # in Chinese and Japanese writing: year, month and day each have their own mark
    rf"(?P<year>{YEAR})\u5e74 ?(?:(?P<month>[0-9]{{1,2}})\u6708 ?(?:(?P<day>[0-9]{{1,2}})\u65e5)?)?",
    # Q4 2020, 2022 1Q, H1 2021, 3Q24
    rf"(?P<year>{YEAR})[ -]?(?:Q[1-4]|[1-4]Q|H[12]|[12]H)(?![^\W_])",
    rf"(?:Q[1-4]|[1-4]Q|H[12]|[12]H) ?(?:(?:of |FY ?)?'?(?P<fiscal>{YEAR}|[0-9]{{2}}))?(?![^\W]|[.,][0-9])",
    # 12/2023
    rf"(?P<month>0?[1-9]|1[0-2])/(?P<year>{YEAR}){_END}",
    # 2024/2025, 2024/25
    rf"(?P<year>{YEAR})(?P<span> ?/ ?(?:{YEAR}|[0-9]{{2}})){_END}",
)
#: All forms as one pattern without groups, for finding where a date stands.
MOMENT: Final = "|".join(
    # A back reference needs its group; without groups any mark of the kind will do to find the place.
    re.sub(r"\?P<\w+>", "?:", form.replace("(?P=mark)", "[./-]").replace("(?P=gap)", "[ -]?"))
    for form in _FORMS
)
_COMPILED: Final = tuple(re.compile(form) for form in _FORMS)


class Moment(NamedTuple):
    """What one date in a text says; null where it does not. `unsure`: it has more than one reading or no valid one."""

    year: int | None
    month: int | None = None
    day: int | None = None
    unsure: bool = False


def _valid(moment: Moment) -> bool:
    if moment.year is None or moment.month is None or moment.day is None:
        return moment.month is None or 1 <= moment.month <= 12
    try:
        date(moment.year, moment.month, moment.day)
    except ValueError:
        return False
    return True


def _either(year: str, one: int, two: int) -> Moment:
    """Two numbers of which one is the day: settled where the other reading is no date, or the same one."""
    if len(year) == 2:
        return Moment(None, unsure=True)
    readings = {m for m in (Moment(int(year), two, one), Moment(int(year), one, two)) if _valid(m)}
    return readings.pop() if len(readings) == 1 else Moment(int(year), unsure=True)


def read_moment(text: str) -> Moment:
    """Read a text that `MOMENT` found."""
    match = next((m for m in (form.fullmatch(text) for form in _COMPILED) if m), None)
    if match is None:
        return Moment(None, unsure=True)  # `6-23.26`: of two different marks
    found = {key: value for key, value in match.groupdict().items() if value is not None}
    if "one" in found:
        return _either(found["year"], int(found["one"]), int(found["two"]))
    year = found.get("year") or found.get("fiscal")
    if "span" in found or (year is not None and len(year) == 2):
        return Moment(None, unsure=True)
    name = found.get("name")
    month = MONTHS[name.rstrip(".").casefold()] if name else int(found["month"]) if "month" in found else None
    moment = Moment(int(year) if year else None, month, int(found["day"]) if "day" in found else None)
    return moment if _valid(moment) and not _OF_TWO.search(text) else Moment(moment.year, unsure=True)
