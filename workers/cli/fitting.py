"""A table that fits its terminal: each row on one line, as long as something readable is left of its columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

Line = list[str]

#: Spaces between columns where there is room.
GAP: Final = 2
#: What is tried in this order: spaces between columns, and characters that are left of a text at least.
_TRIED: Final = ((2, 12), (1, 12), (1, 8), (1, 5))
_NOTHING: Final = frozenset({"", "-", "0"})
_NUMBER: Final = re.compile(r"[-+]?[\d.,]+%?")
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d)(:\d\d)?")


def fitted(
    lines: Sequence[Sequence[str]], columns: int, *, times: Sequence[bool], today: date
) -> tuple[list[Line], list[Line], int]:
    """Headings, over as many lines as they need, rows that take up no more than `columns`, and the spaces between.

    `times`: of which columns the values are times of ours.

    What is not needed goes first: columns in which no row has anything; of times the seconds, then the year or the day
    where that is today's; headings on one line. Then the widest texts are cut. Numbers stay whole, and so does the
    first column.
    """
    table = [[*line] for line in zip(*lines, strict=True)]
    heads, rows = [[column[0]] for column in table], [column[1:] for column in table]
    if not _fit(heads, rows, columns):
        kept = [n for n, column in enumerate(rows) if n == 0 or not _NOTHING.issuperset(column)]
        heads, rows, times = [heads[n] for n in kept], [rows[n] for n in kept], [times[n] for n in kept]
    for shorten in (_to_the_minute, _without(f"{today.year}-"), _without(f"{today:%m-%d} ")):
        if not _fit(heads, rows, columns):
            rows = [shorten(column) if timed else column for timed, column in zip(times, rows, strict=True)]
    if not _fit(heads, rows, columns):
        heads = [head[0].split() for head in heads]
    gap, rows = _cut(heads, rows, columns)
    height = max(map(len, heads))
    stacked = [[""] * (height - len(head)) + head for head in heads]
    return [list(line) for line in zip(*stacked, strict=True)], [list(line) for line in zip(*rows, strict=True)], gap


def _width(head: Sequence[str], column: Sequence[str]) -> int:
    return max(map(len, [*head, *column]))


def _fit(heads: Sequence[Sequence[str]], rows: Sequence[Sequence[str]], columns: int) -> bool:
    return sum(map(_width, heads, rows)) + GAP * (len(rows) - 1) <= columns


def _to_the_minute(column: Line) -> Line:
    return [f"{found[1]} {found[2]}" if (found := _TIME.fullmatch(text)) else text for text in column]


def _without(start: str) -> Callable[[Line], Line]:
    """Leave the beginning of times out where all of a column have it; beside another it would be missed."""
    timed = re.compile(rf"{start}(\d\d-\d\d \d\d:\d\d|\d\d:\d\d)")

    def shorten(column: Line) -> Line:
        alike = all(timed.fullmatch(text) or text in _NOTHING for text in column)
        return [text.removeprefix(start) for text in column] if alike else column

    return shorten


def _cut(heads: Sequence[Sequence[str]], rows: Sequence[Line], columns: int) -> tuple[int, list[Line]]:
    full = [_width(head, column) for head, column in zip(heads, rows, strict=True)]
    gap, widths = GAP, full
    for gap, readable in _TRIED:
        least = [
            width if n == 0 or all(map(_is_whole, column)) else min(width, max(readable, *map(len, head)))
            for n, (width, head, column) in enumerate(zip(full, heads, rows, strict=True))
        ]
        room = columns - gap * (len(rows) - 1)
        widths = _narrowed(full, least, room)
        if sum(widths) <= room:
            break
    return gap, [[_short(text, width) for text in column] for column, width in zip(rows, widths, strict=True)]


def _narrowed(widths: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    found = [*widths]
    while sum(found) > room:
        wide = [n for n, width in enumerate(found) if width > least[n]]
        if not wide:
            break
        found[max(wide, key=lambda n: found[n])] -= 1
    return found


def _short(text: str, width: int) -> str:
    """Names and ids differ at their ends; of a sentence its beginning says most."""
    if len(text) <= width:
        return text
    end = 0 if " " in text else (width - 1) // 2
    return f"{text[: width - 1 - end]}…{text[len(text) - end :]}"


def _is_whole(text: str) -> bool:
    """What would be another number, or another time, if it were cut."""
    return text in _NOTHING or bool(_NUMBER.fullmatch(text)) or bool(re.fullmatch(r"[\d-]* ?\d\d:\d\d(:\d\d)?", text))
