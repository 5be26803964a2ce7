"""How two fields of a target are compared by an invariant, where they can be."""

from __future__ import annotations

from typing import Final, Literal

from schemas.kinds import Kind
from schemas.target import TargetField

#: By their values; as moments; by their days; by their years.
Comparison = Literal["values", "moments", "days", "years"]

REMEDY: Final = "compare numbers with numbers, and dates with dates or years (integers of the kind year, or of none)"


def form_of(field: TargetField) -> str:
    if field.format in {"date", "date-time"}:
        return str(field.format)
    # Without a kind it may be one.
    if field.type == "integer" and field.kind in {None, Kind.YEAR}:
        return "year"
    if field.type in {"integer", "number"}:
        return "number"
    return field.type


def comparison(left: TargetField, right: TargetField) -> Comparison | None:
    """None where they cannot be compared."""
    forms = {form_of(left), form_of(right)}
    if forms <= {"number", "year"} or (len(forms) == 1 and forms <= {"string", "date", "boolean"}):
        return "values"
    if forms == {"date-time"}:
        return "moments"
    if forms == {"date", "date-time"}:
        return "days"
    if "year" in forms and forms <= {"year", "date", "date-time"}:
        return "years"
    return None


def incomparable(left: TargetField, right: TargetField) -> str:
    return f"{left.name} is a {form_of(left)} and {right.name} a {form_of(right)}, which cannot be compared"
