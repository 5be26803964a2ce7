"""Days whose month is written out in one of seventy languages: `3 мая 2020`, `2020. május 3.`, `3 tháng 5, 2020`.

Only a text that is nothing else, but for a time of day, is read so: what other words say of a day is not known in all
of these languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from babel import localedata

from enrichment.operations.languages import LANGUAGES
from enrichment.operations.moments import MONTHS, YEAR
from enrichment.operations.plain import plain

_DAY: Final = r"(?P<day>[0-9]{1,2})"
_NAME: Final = r"(?P<name>[^\W\d_][^\s\d,;:()/]*)"
#: What stands for `of the year` behind a day: Russian, Bulgarian and Ukrainian.
_OF_THE_YEAR: Final = r"(?: ?(?:\u0433|\u0440|\u0433\u043e\u0434\u0430|\u0440\u043e\u043a\u0443))?\.?"
_FORMS: Final = (
    # 3 мая 2020; 3. května 2020; 2 de maig de 2020; 3 במאי 2020
    rf"{_DAY}\.? (?:de |\u05d1)?{_NAME}[,\u060c]? (?:de |del )?(?P<year>{YEAR}){_OF_THE_YEAR}",
    # 2020. május 3.; 2020 m. gegužės 3 d.
    rf"(?P<year>{YEAR})(?:\.| m\.)? {_NAME} {_DAY}(?:\.| d\.)?",
    # ngày 3 tháng 5 năm 2020; 2020년 5월 3일
    rf"(?:ng\u00e0y )?{_DAY} th\u00e1ng (?P<month>[0-9]{{1,2}})(?:,| n\u0103m)? (?P<year>{YEAR})",
    rf"(?P<year>{YEAR})\ub144 ?(?P<month>[0-9]{{1,2}})\uc6d4 ?{_DAY}\uc77c",
)
_WHOLE: Final = tuple(re.compile(rf"{form}(?P<clock>,? [0-9]{{1,2}}:[0-9]{{2}}.*)?", re.IGNORECASE) for form in _FORMS)
_WIDTHS: Final = ("wide", "abbreviated")
#: Names of fewer letters are found in other words' places; of other letters two are many.
_SHORTEST: Final = 3


@lru_cache(maxsize=1)
def _names() -> Mapping[str, int]:
    """Name -> month, without those of two months, as `listopad` is October in Croatian and November in Czech."""
    found: dict[str, set[int]] = {}
    for language in LANGUAGES:
        for number, name in _named_in(language):
            folded = _folded(name)
            if len(folded) >= _SHORTEST or not folded.isascii():
                found.setdefault(folded, set()).add(number)
    return {name: min(numbers) for name, numbers in found.items() if len(numbers) == 1 and name not in MONTHS}


def _named_in(language: str) -> Iterator[tuple[int, str]]:
    """The names in both forms: alone, and as they are inflected beside a day."""
    months = localedata.load(language, merge_inherited=False).get("months", {})
    for names in (months.get(form, {}).get(width, {}) for form in ("format", "stand-alone") for width in _WIDTHS):
        if isinstance(names, Mapping):
            yield from ((number, str(name)) for number, name in names.items())


def _folded(name: str) -> str:
    return plain(unicodedata.normalize("NFC", name)).rstrip(".").casefold()


def in_figures(text: str) -> str:
    """Write a text that is such a day in figures, `2020-05-03`, with the time behind it; any other text as it is."""
    if not text[:1].isdigit() and not text.startswith("ng"):
        return text
    match = next((found for form in _WHOLE if (found := form.fullmatch(text)) is not None), None)
    if match is None:
        return text
    parts = match.groupdict()
    month = int(parts["month"]) if "month" in parts else _names().get(_folded(parts["name"]))
    if month is None:
        return text
    clock = (parts["clock"] or "").removeprefix(",")
    return f"{parts['year']}-{month:02d}-{int(parts['day']):02d}{clock}"
