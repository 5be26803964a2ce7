"""Amounts in several currencies, for a target field that neither fixes one nor has a companion that names it."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Final

from enrichment.gate.currency import compile_currency, currency_named
from enrichment.gate.plan_evidence import PlanEvidence
from schemas.errors import UsageError
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding
from schemas.target import TargetField

_READING: Final = frozenset({"parse_money", "parse_decimal", "parse_integer"})
_MONEY: Final = frozenset({Kind.MONEY, None})
#: Records looked at; an amount in another currency among so many is no accident.
_LOOKED_AT: Final = 1_000


def mixed_currencies(evidence: PlanEvidence, field: TargetField, alternative: Alternative) -> str | None:
    """What is wrong with amounts of several currencies in one column: as bare figures they are no amounts at all.

    A field that fixes its currency, by its unit or its name, empties the others cell by cell; one with a companion
    takes them all, and so does one beside which the plan fills a currency that nobody else's companion is.
    """
    if evidence.kinds[field.name] not in _MONEY or field.type not in {"integer", "number"}:
        return None
    if field.currency_field is not None or currency_named(field) is not None or _is_named_beside(evidence, field):
        return None
    if not any(call.op in _READING for call in alternative.ops):
        return None
    found = _stated(evidence, field, alternative)
    if len(found) < 2:
        return None
    return (
        f"states its amounts in {' and '.join(sorted(found))}, and the target neither fixes a currency (unit) nor"
        " names a field for it (currency_field)"
    )


def _is_named_beside(evidence: PlanEvidence, field: TargetField) -> bool:
    bound = {binding.target for binding in evidence.bindings} - {field.name}
    return any(evidence.kinds.get(name) is Kind.CURRENCY for name in bound - evidence.target.amounts.keys())


def _stated(evidence: PlanEvidence, field: TargetField, alternative: Alternative) -> frozenset[str]:
    """The currencies that the texts name of which the alternative reads an amount."""
    settings = replace(evidence.settings, unit=field.unit, allowed=field.allowed)
    outcomes = evidence.read.cells(alternative, field)
    if outcomes is None or not any(outcomes):
        return frozenset()
    try:
        read = compile_currency(Binding(target=field.name, alternatives=(alternative,)), settings)
    except UsageError:
        return frozenset()
    return frozenset(filter(None, (read(record, 0) for record in islice(evidence.records, _LOOKED_AT))))
