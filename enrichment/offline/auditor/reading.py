"""The first auditor: from the places whose name means the field to what they say."""

from __future__ import annotations

from enrichment.offline.auditor.ground import Survey
from enrichment.offline.auditor.naming import Fit
from enrichment.offline.auditor.places import Place
from enrichment.offline.auditor.request import AuditCell, AuditRequest, Word
from enrichment.offline.auditor.says.saying import Saying
from enrichment.offline.auditor.says.wording import fold, is_joined, listed, text_of
from enrichment.offline.auditor.sorts import SELF_EVIDENT, Sort, sort_of

#: Fields of which a piece is not the whole.
_UNDIVIDED = frozenset({"headquarters", "address", "location", "description", "comment", "website"})


class _Bench:
    """One record's places as they stand to one cell."""

    def __init__(self, survey: Survey, found: tuple[Place, ...], homes: frozenset[str], cell: AuditCell) -> None:
        self.cell = cell
        self.meaning = survey.meaning(cell.field)
        self.sort: Sort = sort_of(cell.field, self.meaning, cell.value)
        self._survey = survey
        self._homes = homes
        self.by_fit: dict[Fit, list[Place]] = {fit: [] for fit in Fit}
        for place in found:
            self.by_fit[survey.fit(cell.field, place)].append(place)

    def says(self, place: Place) -> Saying:
        saying = self.sort.says(self.cell.value, place.value, self._survey.ground(self.cell.field, place, self._homes))
        if saying is Saying.PART and self._survey.fit(self.cell.field, place) is Fit.FITS:
            whole = self.meaning.all & _UNDIVIDED or not listed(self.cell.value, place.value)
            return Saying.OTHERWISE if whole else Saying.STATES
        return saying

    def sayings(self, fit: Fit) -> set[Saying]:
        return {self.says(place) for place in self.by_fit[fit]}

    def pieces(self) -> list[Place]:
        return [place for fit in (Fit.PIECE, Fit.COULD, Fit.FITS) for place in self.by_fit[fit]]

    def is_self_evident(self) -> bool:
        """Whether the field by itself, not the look of the value, asks for what shows what it is."""
        asked = sort_of(self.cell.field, self.meaning, None)
        return asked.name in SELF_EVIDENT and asked.name == self.sort.name

    def is_clear(self, place: Place) -> bool:
        return self.sort.clear(place.value, self._survey.ground(self.cell.field, place, self._homes))


def _filled(bench: _Bench) -> Word:
    fitting = bench.sayings(Fit.FITS)
    if Saying.STATES in fitting:
        return "supported"
    if Saying.OTHERWISE in fitting and Saying.OPEN not in fitting:
        # a place that means the field says something else: no lesser place can outweigh it
        return "unsupported"
    possible = bench.sayings(Fit.COULD)
    if bench.sort.name == "currency" and {Saying.STATES, Saying.OTHERWISE} <= possible:
        # amounts in several currencies, of which nobody says which one is meant
        return "unsure"
    if {Saying.STATES, Saying.PART} & possible or (bench.sort.text and is_joined(bench.cell.value, bench.pieces())):
        return "supported"
    if Saying.OPEN in fitting | possible:
        return "unsure"
    return "unsupported" if Saying.OTHERWISE in possible and not fitting else _stranger(bench)


def _stranger(bench: _Bench) -> Word:
    """Nothing that could mean the field states the value; perhaps a place of which nothing is known does."""
    sayings = [saying for place in bench.by_fit[Fit.UNKNOWN] if (saying := bench.says(place)) is not Saying.SILENT]
    if Saying.STATES not in sayings:
        return "unsupported"
    return "supported" if bench.is_self_evident() and len(sayings) == 1 else "unsure"


def _empty(bench: _Bench) -> Word:
    """An empty cell is right where no place that means the field states exactly one value."""
    clear = [place for place in bench.by_fit[Fit.FITS] if bench.is_clear(place)]
    if not clear or (not bench.sort.text and len({fold(text_of(place.value)) for place in clear}) > 1):
        return "supported"
    return "unsupported"


def judge(request: AuditRequest) -> list[tuple[str, Word]]:
    """Give a verdict for each cell, in the order of the request."""
    survey = Survey(request)
    verdicts: list[tuple[str, Word]] = []
    for record, found in zip(request.records, survey.places, strict=True):
        homes = survey.homes(found)
        for cell in record.cells:
            bench = _Bench(survey, found, homes, cell)
            verdicts.append((cell.id, _empty(bench) if cell.value is None else _filled(bench)))
    return verdicts
