"""What a table made of a value: a column rounds it, pads it, or a trigger has its way. Pure."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from enrichment.exact import plain
from schemas.target import TargetField


def as_stored(field: TargetField, now: Any, said: Any) -> Any:  # noqa: ANN401 - cells
    """What stands in a row: in the words that were said of it, where it is the same by value.

    now: the column's value in the ledger's terms, as PostgreSQL prints it
    """
    kept, meant = _by_value(field, now), _by_value(field, said)
    return said if kept == meant else _spelt(kept, now)


def _by_value(field: TargetField, cell: Any) -> Any:  # noqa: ANN401 - as above
    try:
        if field.type == "number" and not isinstance(cell, bool | None):
            return Decimal(str(cell))
        if field.format == "date-time" and isinstance(cell, str):
            moment = dt.datetime.fromisoformat(cell)
            # a column without zones holds what the session, which is in UTC, made of it
            return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
    except (InvalidOperation, ValueError):
        pass
    return cell


def _spelt(kept: Any, now: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(kept, Decimal):
        return plain(kept) if kept.is_finite() else now
    if isinstance(kept, dt.datetime):
        return kept.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return now
