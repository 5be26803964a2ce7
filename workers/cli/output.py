"""What commands print: JSON for programs; tables and lines for people, plain where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

from enrichment.json_text import dumps
from schemas.json_types import Json

_WIDEST = 60


def print_json(document: Json) -> None:
    """One JSON document; exact numbers keep all their digits."""
    sys.stdout.write(dumps(document).decode("utf-8") + "\n")


def print_page(items: Sequence[Json], following: Json = None) -> None:
    """A listing as the HTTP API gives it."""
    print_json({"items": list(items), "next": following})


def print_table(rows: Iterable[Mapping[str, Json]], columns: Sequence[str], *, empty: str) -> None:
    """Rows under their headings; `empty` is said where there are none. Columns may be paths such as `counts.dead`."""
    texts = [[_shown(_at(row, column)) for column in columns] for row in rows]
    if not texts:
        sys.stdout.write(empty + "\n")
        return
    heads = [column.rpartition(".")[2].replace("_", " ").upper() for column in columns]
    widths = [max(len(line[n]) for line in [heads, *texts]) for n in range(len(columns))]
    for line in [heads, *texts]:
        sys.stdout.write("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() + "\n")


def print_fields(row: Mapping[str, Json], columns: Sequence[str]) -> None:
    """One thing, a line per field."""
    width = max(len(column) for column in columns)
    for column in columns:
        sys.stdout.write(f"{column:<{width}}  {_shown(_at(row, column), widest=10_000)}\n")


def _at(row: Mapping[str, Json], column: str) -> Json:
    value: Json = dict(row)
    for part in column.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _shown(value: Json, *, widest: int = _WIDEST) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else dumps(value).decode("utf-8")
    # what a source wrote must not move the cursor or colour the terminal of whoever looks at it
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= widest else text[: widest - 1] + "…"
