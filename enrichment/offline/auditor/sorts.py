"""Which sort of value a field holds, and who reads that sort."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from enrichment.offline.auditor.naming import Meaning
from enrichment.offline.auditor.request import AuditField
from enrichment.offline.auditor.says import figures, moments, sums, whereabouts, wording
from enrichment.offline.auditor.says.saying import Ground, Saying
from enrichment.offline.auditor.texts.marks import leaves_open
from schemas.json_types import Json, JsonScalar

Says = Callable[[Json, JsonScalar, Ground], Saying]
Clear = Callable[[JsonScalar, Ground], bool]


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of value.

    says:  whether a place states a value
    clear: whether a place states exactly one value of this sort, so that an empty cell is a miss
    text:  values are compared as they are written
    """

    name: str
    says: Says
    clear: Clear
    text: bool = False


def _with_doubt(name: str, says: Says, clear: Clear) -> Sort:
    """A sort of numbers: of a text that leaves the sign or the size open, none is stated for certain."""

    def is_open(place: JsonScalar, ground: Ground) -> bool:
        return isinstance(place, str) and leaves_open(place, ground.unit, money=name in _AMOUNTS)

    def says_with_doubt(value: Json, place: JsonScalar, ground: Ground) -> Saying:
        saying = says(value, place, ground)
        return Saying.OPEN if saying is Saying.STATES and is_open(place, ground) else saying

    def clear_without_doubt(place: JsonScalar, ground: Ground) -> bool:
        return clear(place, ground) and not is_open(place, ground)

    return Sort(name, says_with_doubt, clear_without_doubt)


_AMOUNTS: Final = frozenset({"money", "currency", "figure"})
_TEXT: Final = Sort("text", wording.says_text, wording.clear_text, text=True)
_PLACE: Final = Sort("place", wording.says_place, wording.clear_text, text=True)
_NUMBER: Final = _with_doubt("number", figures.says_number, figures.clear_number)
_MONEY: Final = _with_doubt("money", sums.says_money, sums.clear_money)
_QUANTITY: Final = _with_doubt("quantity", figures.says_quantity, figures.clear_number)
_PERCENT: Final = _with_doubt("percent", figures.says_percent, figures.clear_number)
_CURRENCY: Final = _with_doubt("currency", sums.says_currency, sums.clear_currency)
_YEAR: Final = Sort("year", moments.says_year, moments.clear_year)
_DATE: Final = Sort("date", moments.says_date, moments.clear_date)
_DATETIME: Final = Sort("datetime", moments.says_datetime, moments.clear_datetime)
_DURATION: Final = Sort("duration", figures.says_duration, wording.never_clear)
_BOOLEAN: Final = Sort("boolean", wording.says_boolean, wording.clear_boolean)
_EMAIL: Final = Sort("email", whereabouts.says_email, whereabouts.clear_email)
_PHONE: Final = Sort("phone", whereabouts.says_phone, whereabouts.clear_phone)
_URL: Final = Sort("url", whereabouts.says_url, whereabouts.clear_url)
_COUNTRY: Final = Sort("country", whereabouts.says_country, whereabouts.clear_country)
_CATEGORY: Final = Sort("category", wording.says_category, wording.never_clear, text=True)

_BY_KIND: Final = {
    sort.name: sort
    for sort in (_MONEY, _QUANTITY, _PERCENT, _CURRENCY, _YEAR, _DATE, _DATETIME, _DURATION, _BOOLEAN, _EMAIL, _PHONE)
} | {
    "count": _NUMBER,
    "url": _URL,
    "country": _COUNTRY,
    "category": _CATEGORY,
    "address": _PLACE,
    "latitude": _NUMBER,
    "longitude": _NUMBER,
}
#: Sorts of which a value shows by itself what it is.
SELF_EVIDENT: Final = frozenset({"email", "phone", "url", "country"})
_LINKS: Final = frozenset(
    {
        "website",
        "wikipedia",
        "linkedin",
        "facebook",
        "twitter",
        "instagram",
        "youtube",
        "github",
        "blog",
        "logo",
        "image",
        "url",
    }
)
_DAYS: Final = frozenset(
    {"birth", "death", "update", "create", "publish", "expire", "start", "end", "hire", "date", "close"}
)
_PLACES: Final = frozenset({"headquarters", "address", "location", "street"})
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")


def _of_figures(meaning: Meaning, value: Json) -> Sort:
    if "year" in meaning.classes or (meaning.things & {"found"} and (value is None or str(value).isdigit())):
        return _YEAR
    if "percent" in meaning.classes:
        return _PERCENT
    if meaning.things & {"runtime"}:
        return _DURATION
    return _FIGURE


def _of_text(meaning: Meaning, value: Json) -> Sort:
    """By the look of the value where there is one, else by what the name announces."""
    if isinstance(value, str):
        return next((sort for sort, looks in _LOOKS if looks(meaning, value)), _TEXT)
    return next((sort for sort, announced in _ANNOUNCED if announced(meaning)), _TEXT)


_LOOKS: Final[tuple[tuple[Sort, Callable[[Meaning, str], bool]], ...]] = (
    (_DATE, lambda _, text: _ISO_DATE.fullmatch(text) is not None),
    (_DATETIME, lambda _, text: _ISO_MOMENT.fullmatch(text) is not None),
    (_CURRENCY, lambda m, text: "currency" in m.classes and re.fullmatch(r"[A-Z]{3}", text) is not None),
    (_COUNTRY, lambda m, text: m.classes == {"country"} and re.fullmatch(r"[A-Z]{2,3}", text) is not None),
    (_EMAIL, lambda m, text: "email" in m.things and "@" in text),
    (_PHONE, lambda m, text: bool(m.things & {"phone", "fax"}) and text.startswith("+")),
    (_URL, lambda _, text: re.match(r"https?://", text) is not None),
    (_PLACE, lambda m, _: bool(m.things & _PLACES)),
    (_CATEGORY, lambda m, _: bool(m.all & {"gender", "status"})),
)
_ANNOUNCED: Final[tuple[tuple[Sort, Callable[[Meaning], bool]], ...]] = (
    (_CURRENCY, lambda m: "currency" in m.classes),
    (_COUNTRY, lambda m: m.classes == {"country"}),
    (_EMAIL, lambda m: "email" in m.things),
    (_PHONE, lambda m: bool(m.things & {"phone", "fax"})),
    (_URL, lambda m: bool(m.all & _LINKS)),
    (_PLACE, lambda m: bool(m.things & _PLACES)),
    (_DATE, lambda m: bool(m.all & _DAYS) and not m.classes - {"date", "time"}),
)


def _says_figure(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """A number of a field that does not say what it counts: bare, with a unit or with a currency."""
    sayings = {says(value, place, ground) for says in (figures.says_number, sums.says_money, figures.says_quantity)}
    for saying in (Saying.STATES, Saying.OPEN, Saying.OTHERWISE):
        if saying in sayings:
            return saying
    return Saying.SILENT


_FIGURE: Final = _with_doubt("figure", _says_figure, figures.clear_number)


def sort_of(field: AuditField, meaning: Meaning, value: Json) -> Sort:
    """The sort of a field: by its kind, else by its type, its name and the look of the value."""
    declared = _BY_KIND.get(field.kind or "")
    if declared is not None:
        return declared
    if field.type == "boolean":
        return _BOOLEAN
    if field.type in {"integer", "number"}:
        return _of_figures(meaning, value) if field.kind is None else _FIGURE
    return _of_text(meaning, value)
