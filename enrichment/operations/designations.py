"""Numbers that name a thing instead of counting it: `No. 5`, `Room 12`, `Laupenstr. 4`, `8001 Zurich`.

A numeral without grouping may be a count, a house number, a postal code or a rank; only what stands beside it tells.
"""

from __future__ import annotations

from typing import Final

from enrichment.operations.amounts import BEHIND_MONEY
from enrichment.operations.lexing import Is
from enrichment.operations.view import View
from enrichment.operations.vocabulary import COUNTED, COUNTED_BEHIND, NEGATIVE, QUALIFIERS, UNITS, YEAR_LEADS

#: A number right after one of these is an ordinal or a name, whatever is counted behind it.
NUMBERED: Final = frozenset({
    "no", "nos", "nr", "num", "number", "n\u00ba", "num\u00e9ro", "n\u00famero", "numero", "nummer", "rank", "ranked",
    "ranking", "top", "room", "suite", "apt", "apartment", "floor", "level", "phase", "version", "release", "chapter",
    "zip", "plz", "tel", "phone", "page", "pp", "section", "article", "figure", "fig", "table", "box", "block",
    "building", "tier", "route", "seite", "seiten", "zimmer", "artikel", "band", "platz", "tag", "woche", "monat",
    "klasse", "folge", "staffel", "etage", "titel", "blatt", "stunde", "haus", "wohnung", "modul",
})  # fmt: skip
#: Marks before a number that make it an ordinal or leave its sign open.
NUMBERING_MARKS: Final = frozenset("#\u2116\u00b0@\u00a7\u00b1")
#: Words after which a number still says how many or how much: what an amount is of, and what joins sentences.
LEADS: Final = QUALIFIERS | YEAR_LEADS | NEGATIVE | COUNTED | frozenset({
    "of", "with", "has", "have", "had", "is", "are", "was", "were", "at", "on", "to", "by", "for", "from", "and", "or",
    "than", "least", "most", "as", "de", "als", "que", "dan", "di", "now", "currently", "today", "only", "just", "all",
    "employ", "employs", "employed", "employing", "count", "counts", "counting", "numbering", "total", "totals",
    "totaling", "totalling", "totaled", "totalled", "reached", "reaching", "exceeds", "includes", "including",
    "operates", "operating", "serves", "serving", "runs", "owns", "headcount", "workforce", "personnel", "team",
    "population", "avg", "mean", "median", "sum", "amount", "value", "size", "capacity", "quantity", "qty", "mit",
    "hat", "sind", "von", "insgesamt", "gesamt", "avec", "effectif", "con", "tiene", "rating", "score", "weight",
    "height", "length", "width", "depth", "volume", "age", "aged", "duration", "distance", "speed", "price", "revenue",
    "revenues", "sales", "income", "turnover", "profit", "assets", "equity", "cost", "fte", "ftes", "worldwide",
    "globally", "over", "remaining", "another", "additional", "further", "these", "the", "its", "their", "our",
})  # fmt: skip
#: Words behind a number that do not make it a name although they may be written large.
BEHIND: Final = COUNTED | frozenset({
    "worldwide", "globally", "total", "overall", "global", "approx", "approximately", "average", "in", "as", "at",
    "or", "and", "plus", "per", "including", "incl", "excluding", "excl", "consolidated", "of", "end", "group",
})  # fmt: skip
#: Units that stand apart from their number and are written large.
_LARGE_UNITS: Final = UNITS | frozenset({
    "W", "V", "A", "N", "J", "K", "L", "C", "F", "Pa", "Wh", "Ah", "Nm", "Bq", "Mbps", "Gbps", "Mbit", "Gbit", "KiB",
    "MiB", "GiB", "TiB", "MWp", "kWp", "GWp", "VA", "kVA", "MVA", "TEU", "MT", "Mt", "Gt", "PJ", "TJ", "GJ", "MJ", "kJ",
    "CO",
})  # fmt: skip
#: Words of which an address is made, in any case, and how such words end in German and Dutch.
_STREETS: Final = frozenset({
    "street", "str", "stra\u00dfe", "strasse", "road", "rd", "avenue", "ave", "boulevard", "blvd", "lane", "rue",
    "quai", "chemin", "impasse", "calle", "avenida", "rua", "ulica", "viale", "corso", "piazza", "platz", "allee",
    "gasse", "chome",
})  # fmt: skip
_STREET_ENDS: Final = ("str", "stra\u00dfe", "strasse", "gasse", "platz", "straat", "gracht", "gatan", "vej")
#: Behind a house number.
_HOUSE: Final = frozenset({"bis", "ter", "place", "cours", "all\u00e9e", "bd", "via", "c/o"})


def is_street(word: str) -> bool:
    """Is a word in lower case one that only addresses hold?"""
    return word in _STREETS or (len(word) > 6 and word.endswith(_STREET_ENDS))


def _goes_on(word: str) -> bool:
    """Is a word as written behind a number what is counted, or does a sentence go on with it?"""
    small = word.removesuffix(".").casefold()
    if small in BEHIND or small in COUNTED_BEHIND or word.removesuffix(".") in _LARGE_UNITS:
        return True
    return not word[0].isupper() and small not in _HOUSE


def _is_counted(word: str) -> bool:
    bare = word.removesuffix(".")
    small = bare.casefold()
    return small in COUNTED or small in COUNTED_BEHIND or bare in _LARGE_UNITS


def _is_coordinate(view: View, end: int) -> bool:
    """`48.1371\u00b0 S`: a direction behind degrees may be the minus of a coordinate."""
    return view.kinds[end] is Is.OTHER and view.tokens[end].text == "\u00b0" and view.words[end + 1] in {"s", "w", "o"}


def names_a_thing(view: View, index: int, first: int, end: int, *, sure: bool) -> bool:
    """Is the number at `index` rather an ordinal, a house number or a postal code than a count or a measure?

    first, end: where it begins with all that belongs to it, and the index behind it
    sure:       a magnitude or a qualifier shows that it is none of these
    """
    before = first - 1
    if view.kinds[before] is Is.OTHER and view.tokens[before].text in NUMBERING_MARKS:
        return True
    if view.kinds[before] is Is.COLON or (view.kinds[before] is Is.OTHER and view.words[before - 1]):
        before -= 1  # `Rank: 5`, `Berlin, 10115`
    if view.words[before] in NUMBERED:
        return True
    if _is_coordinate(view, end):
        return True
    behind = end + 1 if view.kinds[end] is Is.OTHER and view.tokens[end].text == "," else end
    if view.money and view.words[behind] and view.words[behind] not in BEHIND_MONEY:
        return True  # `5,000 people`, `5 bitcoin`
    # A grouped numeral names nothing; one with a point may: `Windows 8.1`.
    bare = not sure and view.tokens[index].text.replace(".", "", 1).isdigit()
    following = view.tokens[behind].text if view.words[behind] else ""
    return bare and _beside_names(view, before, following, labelled=view.kinds[first - 1] is Is.COLON)


def _is_address(view: View) -> bool:
    """Asked for each of its numbers, of which a text may have thousands, and answered once."""
    if view.address is None:
        view.address = any(map(is_street, view.words))
    return view.address


def _beside_names(view: View, before: int, following: str, *, labelled: bool) -> bool:
    """Do the words beside a numeral without grouping leave it a count? `labelled`: a colon stands before it."""
    if _is_address(view) or (following and not _goes_on(following)):
        return True
    if following and _is_counted(following):
        return False
    if view.kinds[before] is Is.WORD and not labelled:
        return before not in view.used and view.words[before] not in LEADS
    return view.kinds[before] is Is.NAME
