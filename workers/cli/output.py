"""What commands print: JSON for programs; tables and lines for people, plain where nobody watches."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from workers.cli.fitting import GAP, fitted

_WIDEST = 60
_LONG = 10_000
#: Instants as the API writes them.
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:\+00:00|Z)")


def print_json(document: object) -> None:
    """One JSON document; what is exact comes as text, and stays so. Moments are written as the API writes them."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=_told) + "\n")


def _told(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def print_page(items: Iterable[object]) -> None:
    """A listing in the form in which the HTTP API gives a page of it. What is whole has no cursor, and no next."""
    print_json({"items": list(items), "next": getattr(items, "next", None)})


def tell_more(items: Iterable[object]) -> None:
    """Say that a listing was cut, and how the rest is had: a table that looks whole misleads."""
    if (cursor := getattr(items, "next", None)) is not None:
        sys.stderr.write(f"there are more: add --cursor {cursor} for those behind these, or a larger --limit\n")


def print_table(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, empty: str, widest: int = _WIDEST
) -> None:
    """Rows under their headings; `empty` is said where there are none. Columns may be paths such as `counts.dead`.

    On a terminal that is narrower it is fitted in; what is piped is whole.
    """
    texts = [[_shown(_timed(column, _at(row, column)), widest=widest) for column in columns] for row in rows]
    if not texts:
        sys.stdout.write(empty + "\n")
        return
    heads = [[column.rpartition(".")[2].replace("_", " ").upper() for column in columns]]
    gap = GAP
    if sys.stdout.isatty():
        size, today = shutil.get_terminal_size(), datetime.now(UTC).date()
        heads, texts, gap = fitted([*heads, *texts], size.columns, times=[*map(_is_time, columns)], today=today)
    widths = [max(len(line[n]) for line in [*heads, *texts]) for n in range(len(heads[0]))]
    for line in [*heads, *texts]:
        sys.stdout.write(
            (" " * gap).join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() + "\n"
        )


def print_fields(row: Mapping[str, Any], columns: Sequence[str]) -> None:
    """One thing, a line per field."""
    width = max(len(column) for column in columns)
    for column in columns:
        sys.stdout.write(f"{column:<{width}}  {_shown(_timed(column, _at(row, column)), widest=_LONG)}\n")


def many(number: object, what: str) -> str:
    """`1 letter`, `1,200 letters`."""
    said = f"{number:,}" if isinstance(number, int) else str(number)
    return f"{said} {what}{'' if number == 1 else 's'}"


def print_text(text: str) -> None:
    """What a source wrote, in its own lines; what could move the cursor or colour the terminal is escaped."""
    lines = ("".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line) for line in text.split("\n"))
    sys.stdout.write("\n".join(lines) + "\n")


def print_document(document: object) -> None:
    """A JSON document of a source, laid out for people."""
    print_text(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def is_short(value: object) -> bool:
    """Whether it is shown on one line, beside its name."""
    return not isinstance(value, Mapping | list) or len(_shown(value, widest=_LONG)) <= _WIDEST


def print_laid_out(document: object) -> None:
    """A JSON document, a line for each thing in it that is short, the others indented below their names."""
    for line in _laid_out(document, "  "):
        sys.stdout.write(line + "\n")


def _laid_out(value: object, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        short = [str(name) for name, one in value.items() if is_short(one)]
        width = max(map(len, short), default=0)
        for name, one in value.items():
            if is_short(one):
                yield f"{indent}{_shown(str(name)):<{width}}  {_shown(one, widest=_LONG)}"
            else:
                yield f"{indent}{_shown(str(name))}:"
                yield from _laid_out(one, indent + "  ")
    elif isinstance(value, list) and not is_short(value):
        for one in value:
            first, *rest = _laid_out(one, indent + "  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest
    else:
        yield f"{indent}{_shown(value, widest=_LONG)}"


def short_time(value: object) -> str:
    """An instant to the second, in UTC; anything else as it is, and nothing of null."""
    if value is None:
        return ""
    text = str(value)
    return f"{found[1]} {found[2]}" if (found := _INSTANT.fullmatch(text)) else text


def _timed(column: str, value: object) -> object:
    return short_time(value) if _is_time(column) and isinstance(value, str) else value


def _is_time(column: str) -> bool:
    """Only what is ours: a value that a source wrote is shown as it is."""
    return column.endswith(("_at", "_seen")) or column in {"since", "until"}


def _at(row: Mapping[str, Any], column: str) -> object:
    value: object = row
    for part in column.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _shown(value: object, *, widest: int = _WIDEST) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    # what a source wrote must not move the cursor or colour the terminal of whoever looks at it
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= widest else text[: widest - 1] + "…"
