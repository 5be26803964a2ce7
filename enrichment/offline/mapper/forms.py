"""What only a column as a whole can settle: how it groups digits and orders dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from enrichment.offline.mapper.trial import attempt
from enrichment.operations.settling import settle_date_format, settle_separators
from schemas.json_types import Json
from schemas.plan import OpArg, OpCall
from schemas.target import TargetField

_SEPARATED: Final = frozenset({"parse_integer", "parse_decimal", "parse_money", "currency_of"})
_DATED: Final = frozenset({"parse_date", "parse_datetime"})


def settled(field: TargetField, op: str, samples: Sequence[Json]) -> OpCall:
    """An operation with the separators or the date format that the samples settle, where these serve them."""
    plain = OpCall(op=op)
    name, value = _argument(op, samples)
    if value is None:
        return plain
    call = OpCall(op=op, args=(OpArg(name=name, value=value),))
    without, tried = attempt(field, (plain,), samples), attempt(field, (call,), samples)
    if tried is None or (without is not None and len(tried.fitting) < len(without.fitting)):
        return plain
    # a format shuts out all other forms: it is given only where a date cannot be read without
    needless = op in _DATED and without is not None and not without.ambiguous and not without.misfits
    return plain if needless else call


def _argument(op: str, samples: Sequence[Json]) -> tuple[str, str | None]:
    if op in _SEPARATED:
        return "separators", settle_separators(samples)
    return "format", settle_date_format(samples) if op in _DATED else None
