"""The JSON value as the pipeline sees it: fractions are exact `Decimal`s, never floats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

JsonScalar: TypeAlias = str | int | Decimal | bool | None
Json: TypeAlias = "JsonScalar | Sequence[Json] | Mapping[str, Json]"
Record: TypeAlias = Mapping[str, Json]

#: A cell of a target row. Dates and date-times are ISO 8601 text.
Cell: TypeAlias = str | int | Decimal | bool | None


def is_absent(value: Json) -> bool:
    """Say whether a value counts as missing: null, and text that trimming empties."""
    return value is None or (isinstance(value, str) and (not value or value.isspace()))
