"""What a request shows as a whole: how names fit, how numbers are written, which texts go with which values."""

from __future__ import annotations

from collections import Counter, defaultdict

from enrichment.offline.auditor.lexicon import ALIKE, CLASS_WORDS
from enrichment.offline.auditor.measures import unit_in
from enrichment.offline.auditor.naming import Fit, Meaning, fit, of_field, of_place
from enrichment.offline.auditor.places import Place, places
from enrichment.offline.auditor.request import AuditField, AuditRequest
from enrichment.offline.auditor.says.saying import Ground
from enrichment.offline.auditor.says.wording import bones, text_of
from enrichment.offline.auditor.sorts import sort_of
from enrichment.offline.auditor.texts.dates import Order, order_of
from enrichment.offline.auditor.texts.geography import countries
from enrichment.offline.auditor.texts.style import Style, style_of
from enrichment.offline.auditor.words import meanings, raw_words
from schemas.json_types import JsonScalar

_HOMES = frozenset({"country", "headquarters", "address", "location"})


class Survey:
    """Looks at a request once and remembers; holds nothing that outlives the request."""

    def __init__(self, request: AuditRequest) -> None:
        context = frozenset(meanings(request.target)) | frozenset(meanings(request.source))
        context |= frozenset().union(*(group for group in ALIKE if group & frozenset(meanings(request.target))))
        # what the target is about is no class of its values, except where it is the very thing
        self._context = context - CLASS_WORDS
        self.places = tuple(places(record.source) for record in request.records)
        self._meanings = {field.name: of_field(field.name, self._context) for field in request.fields}
        self._units = {field.name: field.unit or unit_in(raw_words(field.name)) for field in request.fields}
        self._fits: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Fit] = {}
        self._texts: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for place in (place for found in self.places for place in found):
            if isinstance(place.value, str):
                self._texts[place.names].append(place.value)
        self._styles: dict[tuple[str, ...], Style] = {}
        self._orders: dict[tuple[str, ...], Order | None] = {}
        self._all: Style = style_of(text for texts in self._texts.values() for text in texts)
        self._asked = frozenset(raw_words(field.name) for field in request.fields)
        self._members = frozenset(
            raw_words(place.names[0]) for found in self.places for place in found if len(place.names) == 1
        )
        self._paired = self._pairs(request)

    def meaning(self, field: AuditField) -> Meaning:
        return self._meanings[field.name]

    def fit(self, field: AuditField, place: Place) -> Fit:
        key = (field.name, place.names, place.labels)
        known = self._fits.get(key)
        if known is None:
            meaning, outer = of_place(place.names, place.labels, self._context)
            known = fit(self._meanings[field.name], field.description, meaning, outer)
            if known is Fit.FITS and self._is_another_s(field, place):
                known = Fit.OTHER
            self._fits[key] = known
        return known

    def _is_another_s(self, field: AuditField, place: Place) -> bool:
        """Whether a place bears the very name of another field, beside one that bears this field's: `official_name` is
        not the `name`, though `official` tells nothing of what is named.
        """
        own, named = raw_words(field.name), raw_words(place.names[-1]) if place.names else ()
        return named != own and named in self._asked and own in self._members

    def _style(self, names: tuple[str, ...]) -> Style:
        known = self._styles.get(names)
        if known is None:
            own = style_of(self._texts[names])
            known = self._styles[names] = self._all if own == "unknown" else own
        return known

    def _order(self, names: tuple[str, ...]) -> Order | None:
        if names not in self._orders:
            self._orders[names] = order_of(self._texts[names])
        return self._orders[names]

    def homes(self, found: tuple[Place, ...]) -> frozenset[str]:
        """The countries that a record names where it says where it is."""
        named: set[str] = set()
        for place in found:
            if isinstance(place.value, str) and of_place(place.names, place.labels, self._context)[0].all & _HOMES:
                named |= countries(place.value).any
        return frozenset(named)

    def ground(self, field: AuditField, place: Place, homes: frozenset[str]) -> Ground:
        return Ground(
            style=self._style(place.names),
            order=self._order(place.names),
            unit=self._units[field.name],
            standing=unit_in(raw_words(place.names[-1])) if place.names else None,
            countries=homes,
            paired=self._paired.get(field.name, {}),
        )

    def _pairs(self, request: AuditRequest) -> dict[str, dict[str, Counter[str]]]:
        pairs: dict[str, dict[str, Counter[str]]] = {}
        for record, found in zip(request.records, self.places, strict=True):
            for cell in record.cells:
                if (
                    cell.value is None
                    or sort_of(cell.field, self._meanings[cell.field.name], cell.value).name != "category"
                ):
                    continue
                of_this = pairs.setdefault(cell.field.name, defaultdict(Counter))
                for place in found:
                    if self.fit(cell.field, place) is Fit.FITS:
                        of_this[bones(text_of(place.value))][bones(_scalar(cell.value))] += 1
        return pairs


def _scalar(value: object) -> str:
    plain: JsonScalar = value if isinstance(value, str | int | bool) else str(value)
    return text_of(plain)
