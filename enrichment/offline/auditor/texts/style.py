"""How a source writes its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

#: With a decimal point, with a decimal comma, or not known.
Style = Literal["point", "comma", "unknown"]

#: Dates in figures, which are no numbers.
DATE: Final = re.compile(r"\b\d{1,4}([-/.])\d{1,2}\1\d{1,4}\b|\b\d{1,2}/\d{4}\b|\b\d{4}-\d{2}\b")
_MAX_TEXT: Final = 4000
_POINT: Final = re.compile(r"\d,\d{3}\.\d|\d,\d{3},\d{3}|\d\.\d{1,2}(?!\d)|\d\.\d{4,}")
# four digits after a comma are as often a slip in grouping, and show nothing
_COMMA: Final = re.compile(r"\d\.\d{3},\d|\d\.\d{3}\.\d{3}|\d,\d{1,2}(?!\d)")


def style_of(texts: Iterable[str]) -> Style:
    """How numbers are written in these texts; not known where they hardly tell or contradict each other."""
    point = comma = 0
    for text in texts:
        bare = DATE.sub(" ", text[:_MAX_TEXT])
        point += bool(_POINT.search(bare))
        comma += bool(_COMMA.search(bare))
    if point >= max(1, 5 * comma):
        return "point"
    return "comma" if comma >= max(2, 5 * point) else "unknown"
