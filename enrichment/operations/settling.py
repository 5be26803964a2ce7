"""What only a column as a whole can settle: the separators of its numerals, the order of its dates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from enrichment.operations.dates import by_format
from enrichment.operations.lexing import Is, lex
from enrichment.operations.numerals import read_numeral
from enrichment.operations.outcome import Fault
from enrichment.operations.plain import statement
from enrichment.operations.vocabulary import FRONTS
from schemas.json_types import Json

_MARKS: Final = re.compile(r"[.,]")
#: A comma before four digits and more is as often a slip in grouping as a decimal comma: it shows nothing.
_SLIP: Final = re.compile(r",[0-9]{4}")
#: A column settles its separators although one numeral in so many shows the opposite; that one then reads as ambiguous.
_ONE_IN: Final = 50
#: Where a single mark decides, it is more than a slip in so many numerals; `1.204.377` and `1,234.5` are none.
_NO_SLIP_IN: Final = 20
_NUMERIC_DATE: Final = re.compile(
    r"([0-9]{1,4})([./-])([0-9]{1,2})\2([0-9]{2,4})(?P<time>[ T]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?"
)
_FORMATS: Final = ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%Y{0}%m{0}%d", "%d{0}%m{0}%y", "%m{0}%d{0}%y", "%y{0}%m{0}%d")


def _numerals(samples: Iterable[Json]) -> Iterator[str]:
    for sample in samples:
        text = statement(sample)
        if isinstance(text, str):
            for token in lex(text, FRONTS):
                if token.kind is Is.NUMBER and _MARKS.search(token.text):
                    yield token.text


def _marks(numeral: str) -> str | None:
    """Give the separators that one numeral shows beyond doubt, null where it would also be one under the others."""
    if _SLIP.search(numeral):
        return None
    western = read_numeral(numeral, ",.", scaled=False) is not None
    continental = read_numeral(numeral, ".,", scaled=False) is not None
    if western == continental:
        return None
    return ",." if western else ".,"


def settle_separators(samples: Iterable[Json]) -> str | None:
    """Give the argument `separators` (`,.` or `.,`) of a column, null where its samples do not settle it.

    A numeral that can be read under one convention only (`1,234.5`, `3.91`, `1.204.377`) speaks for all, as long as
    hardly any other shows the opposite. One `3.91` among hundreds like `1.234` does not.
    """
    numerals = list(_numerals(samples))
    deciding = [(marks, numeral) for numeral in numerals if (marks := _marks(numeral)) is not None]
    ranked = Counter(marks for marks, _ in deciding).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[1][1] * _ONE_IN > ranked[0][1]):
        return None
    shown, times = ranked[0]
    sure = any(marks == shown and len(_MARKS.findall(numeral)) > 1 for marks, numeral in deciding)
    return shown if sure or times * _NO_SLIP_IN >= len(numerals) else None


def _readable(text: str, pattern: str) -> bool:
    return not isinstance(by_format(text, pattern), Fault)


def settle_date_format(samples: Iterable[Json]) -> str | None:
    """Give the argument `format` (strptime) of a column of numeric dates, null where its samples do not settle it.

    All samples must be numeric dates with one mark between their parts, with or without a time; the format is settled
    where exactly one order of day, month and year reads them all.
    """
    texts = [t for sample in samples if isinstance(t := statement(sample), str)]
    matches = [_NUMERIC_DATE.fullmatch(text) for text in texts]
    found = [match for match in matches if match is not None]
    marks = {match[2] for match in found}
    times = {(match["time"] or "").count(":") for match in found}
    if not found or len(found) < len(texts) or len(marks) != 1 or len(times) != 1:
        return None
    clock = {0: "", 1: "%H:%M", 2: "%H:%M:%S"}[times.pop()]
    joint = "" if not clock else "T" if "T" in found[0]["time"] else " "
    patterns = [pattern.format(marks.copy().pop()) + joint + clock for pattern in _FORMATS]
    fitting = [pattern for pattern in patterns if all(_readable(text, pattern) for text in texts)]
    return fitting[0] if len(fitting) == 1 else None
