"""The second auditor: from the value, written out in every usual way, to the places where it stands.

It knows the same words for names as the first, and the same marks that leave a number open, but reads no text: where
the first misreads, it does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final

from enrichment.offline.auditor import figures, spelling
from enrichment.offline.auditor.ground import Survey
from enrichment.offline.auditor.naming import Fit
from enrichment.offline.auditor.places import Place
from enrichment.offline.auditor.request import AuditCell, AuditRequest, Word
from enrichment.offline.auditor.says.saying import Ground, Saying, is_number, near, number
from enrichment.offline.auditor.says.wording import fold, is_joined, text_of
from enrichment.offline.auditor.sorts import Sort, sort_of
from enrichment.offline.auditor.texts.marks import leaves_open
from schemas.json_types import Json

_YEARS: Final = re.compile(r"(?<![\d.,])(1[5-9]\d\d|20\d\d|21\d\d)(?!\d|[.,]\d)")
#: Years that four figures write out.
_CENTURIES: Final = range(1000, 2200)
#: Currencies that a text is searched for beside the one a field fixes.
_COMMON: Final = ("USD", "EUR", "GBP", "JPY", "CNY", "CHF", "SEK", "CAD", "AUD", "INR")
_ASIDE: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_COORDINATES: Final = re.compile(r"\s\d{1,3}(?:\.\d+)?\s?°.*$", re.DOTALL)
_MAX_TEXT: Final = 4000
_JOINED: Final = frozenset({Fit.PIECE, Fit.COULD, Fit.FITS})
_Writes = Callable[[Json, str, Ground], Saying]


def _figure(value: Json, text: str, ground: Ground, *, money: bool = True) -> Saying:
    wanted = number(value)
    if wanted is None:
        return Saying.SILENT
    main = text if wanted < 0 else _ASIDE.sub(" ", text)
    if figures.stands(wanted, main, ground.style):
        if _is_foreign(main, ground.unit):
            return Saying.OTHERWISE
        return Saying.OPEN if leaves_open(text, ground.unit, money=money) else Saying.STATES
    if any(mark.isdigit() for mark in main):
        return Saying.OTHERWISE
    return Saying.STATES if figures.stands(wanted, text, ground.style) else Saying.OTHERWISE


def _is_foreign(text: str, unit: str | None) -> bool:
    """Whether a text writes a currency out, and not the one that the field fixes."""
    own = spelling.currencies(unit.upper()) if unit is not None else None
    if own is None or own.search(text):
        return False
    return any((other := spelling.currencies(code)) is not None and other.search(text) for code in _COMMON)


def _year(value: Json, text: str, _: Ground) -> Saying:
    wanted = number(value)
    if wanted is None or wanted not in _CENTURIES or not spelling.years(int(wanted)).search(text):
        return Saying.OTHERWISE
    return Saying.OPEN if len(set(_YEARS.findall(text)) | {str(int(wanted))}) > 1 else Saying.STATES


def _day(value: Json, text: str, ground: Ground) -> Saying:
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError:
        return Saying.SILENT
    if spelling.days(day, ground.order).search(text):
        return Saying.STATES
    return Saying.OPEN if spelling.may_be_told(day, text) else Saying.OTHERWISE


def _currency(value: Json, text: str, _: Ground) -> Saying:
    pattern = spelling.currencies(str(value))
    main = _ASIDE.sub(" ", text)
    return Saying.STATES if pattern is not None and pattern.search(main) else Saying.OTHERWISE


def _country(value: Json, text: str, _: Ground) -> Saying:
    pattern = spelling.countries(str(value))
    if pattern is None:
        return Saying.OTHERWISE
    main = _COORDINATES.sub("", _ASIDE.sub(" ", text)).strip(" ,;.")
    last = re.split(r"[,;]", main)[-1]
    if pattern.search(last):
        return Saying.STATES
    return Saying.OPEN if pattern.search(text) else Saying.OTHERWISE


def _url(value: Json, text: str, _: Ground) -> Saying:
    return Saying.STATES if spelling.hosts(str(value)).search(text) else Saying.OTHERWISE


def _mail(value: Json, text: str, _: Ground) -> Saying:
    if "@" not in str(value):
        return Saying.OTHERWISE
    pattern = rf"(?<![\w.+-]){re.escape(str(value))}(?![\w-])"
    return Saying.STATES if re.search(pattern, text, re.IGNORECASE) else Saying.OTHERWISE


def _phone(value: Json, text: str, _: Ground) -> Saying:
    stated = str(value).strip() == text.strip() or spelling.digits(str(value)).search(text)
    return Saying.STATES if stated else Saying.OTHERWISE


def _text(value: Json, text: str, _: Ground) -> Saying:
    return Saying.STATES if fold(text_of(value)) == fold(text) else Saying.OTHERWISE


_WRITES: Final[dict[str, _Writes]] = {
    "number": partial(_figure, money=False), "money": _figure, "figure": _figure, "year": _year, "date": _day,
    "currency": _currency,
    "country": _country, "url": _url, "email": _mail, "phone": _phone,
}  # fmt: skip


def _stands(sort: Sort, value: Json, place: Place, ground: Ground) -> Saying:
    """Whether the value stands at a place. Sorts that have too many spellings to write out are read."""
    writes = _WRITES.get(sort.name)
    if writes is None or place.value is None or isinstance(place.value, bool):
        return sort.says(value, place.value, ground)
    if is_number(place.value):
        wanted, stated = number(value), Decimal(str(place.value))
        if sort.name in {"number", "money", "figure", "year"}:
            return Saying.STATES if wanted is not None and near(wanted, stated) else Saying.OTHERWISE
        return sort.says(value, place.value, ground)
    return writes(value, str(place.value)[:_MAX_TEXT], ground)


def _word(survey: Survey, found: tuple[Place, ...], homes: frozenset[str], cell: AuditCell) -> Word:
    sort = sort_of(cell.field, survey.meaning(cell.field), cell.value)
    stated: dict[Fit, set[Saying]] = {fit: set() for fit in Fit}
    decisive: set[Fit] = set()
    for place in found:
        fit = survey.fit(cell.field, place)
        if fit not in {Fit.OTHER, Fit.PIECE}:
            ground = survey.ground(cell.field, place, homes)
            saying = _stands(sort, cell.value, place, ground)
            if sort.clear(place.value, ground):
                decisive.add(fit)
            stated[fit].add(Saying.OTHERWISE if saying is Saying.PART and fit is Fit.FITS else saying)
    if Saying.STATES in stated[Fit.FITS]:
        return "supported"
    clear = Fit.FITS in decisive
    if {Saying.STATES, Saying.PART} & stated[Fit.COULD] and not clear:
        return "unsure" if sort.name == "currency" and _is_divided(survey, found, cell) else "supported"
    if sort.text and not clear and is_joined(cell.value, (p for p in found if survey.fit(cell.field, p) in _JOINED)):
        return "supported"
    if Saying.OPEN in stated[Fit.FITS] or (Saying.OPEN in stated[Fit.COULD] and not clear):
        return "unsure"
    denied = stated[Fit.FITS] or (Fit.COULD in decisive and Saying.OTHERWISE in stated[Fit.COULD])
    return "unsure" if Saying.STATES in stated[Fit.UNKNOWN] and not denied else "unsupported"


def _is_divided(survey: Survey, found: tuple[Place, ...], cell: AuditCell) -> bool:
    """Whether another amount that the currency could be of is in another one."""
    return any(
        isinstance(place.value, str)
        and survey.fit(cell.field, place) is Fit.COULD
        and _is_foreign(place.value[:_MAX_TEXT], str(cell.value))
        for place in found
    )


def _empty(survey: Survey, found: tuple[Place, ...], homes: frozenset[str], cell: AuditCell) -> Word:
    """An empty cell is a miss where some place that means the field states one value."""
    sort = sort_of(cell.field, survey.meaning(cell.field), None)
    clear = {
        fold(text_of(place.value))
        for place in found
        if survey.fit(cell.field, place) is Fit.FITS
        and sort.clear(place.value, survey.ground(cell.field, place, homes))
    }
    return "unsupported" if len(clear) == 1 or (clear and sort.text) else "supported"


def judge(request: AuditRequest) -> list[tuple[str, Word]]:
    """Give a verdict for each cell, in the order of the request."""
    survey = Survey(request)
    verdicts: list[tuple[str, Word]] = []
    for record, found in zip(request.records, survey.places, strict=True):
        homes = survey.homes(found)
        for cell in record.cells:
            word = _empty if cell.value is None else _word
            verdicts.append((cell.id, word(survey, found, homes, cell)))
    return verdicts
