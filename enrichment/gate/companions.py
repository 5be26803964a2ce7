"""Money and the companion field that names its currency: neither is written without the other.

Several money fields may share a companion: it is written while one of them is, and each of them only where its own text
states the same currency or none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from enrichment.gate.currency import CurrencyReader, compile_currency, currency_call
from enrichment.gate.pieces import choosing_part
from enrichment.gate.rule import FieldContext
from schemas.codes import Code
from schemas.json_types import Cell, Record
from schemas.plan import Alternative, Binding
from schemas.target import Target
from schemas.verdict import Issue

#: (cells, reasons, winners, record): empties cells in place and gives the issues that this makes.
Settle = Callable[[dict[str, Cell], dict[str, str], dict[str, int], Record], list[Issue]]


@dataclass(frozen=True, slots=True)
class _Pair:
    """`read` gives the currency of the money's own text; null where the companion is read from that very text."""

    money: str
    currency: str
    read: CurrencyReader | None


def _same_text(money: Binding, currency: Binding | None) -> bool:
    if currency is None or not len(money.alternatives) == len(currency.alternatives) == 1:
        return False
    (amount,), (named,) = money.alternatives, currency.alternatives
    return named == Alternative(paths=amount.paths, ops=(*choosing_part(amount), currency_call(amount)))


def _pairs(
    target: Target, contexts: Mapping[str, FieldContext], condemned: frozenset[str], *, compare: bool
) -> tuple[_Pair, ...]:
    pairs = []
    for field in target.fields:
        if field.currency_field is None:
            continue
        money = contexts[field.name]
        asks = compare and money.binding is not None and field.name not in condemned
        read = (
            compile_currency(money.binding, money.settings)
            if asks and money.binding is not None
            and not _same_text(money.binding, contexts[field.currency_field].binding)
            else None
        )  # fmt: skip
        pairs.append(_Pair(field.name, field.currency_field, read))
    return tuple(pairs)


def compile_companions(
    target: Target, contexts: Mapping[str, FieldContext], condemned: frozenset[str], *, compare: bool
) -> Settle | None:
    """`compare`: whether an amount whose own text states another currency is emptied as `unit_mismatch`.

    A companion that is itself required or identity stays where no money is: the row needs it for more than the amount.
    """
    pairs = _pairs(target, contexts, condemned, compare=compare)
    if not pairs:
        return None
    kept = frozenset(f.name for f in target.fields if f.required or f.identity)

    def settle(cells: dict[str, Cell], reasons: dict[str, str], winners: dict[str, int], record: Record) -> list[Issue]:
        issues = []
        for pair in pairs:
            if pair.money not in cells or (pair.read is None and pair.currency in cells):
                continue
            wrong = _objection(pair, cells, reasons, winners, record)
            if wrong is not None:
                _empty(pair.money, wrong.rule, cells, reasons, winners)
                issues.append(wrong)
        for currency, amounts in target.amounts.items():
            if currency in cells and currency not in kept and cells.keys().isdisjoint(amounts):
                _empty(currency, reasons[amounts[0]], cells, reasons, winners)
        return issues

    return settle


def _objection(
    pair: _Pair, cells: Mapping[str, Cell], reasons: Mapping[str, str], winners: Mapping[str, int], record: Record
) -> Issue | None:
    """Why the money of a pair, which the row has, may not be written."""
    if pair.currency not in cells:
        return Issue(pair.money, reasons[pair.currency], "its currency is not known")
    if pair.read is None or pair.money not in winners:
        return None
    stated = pair.read(record, winners[pair.money])
    if not stated or stated == cells[pair.currency]:
        return None
    return Issue(pair.money, Code.UNIT_MISMATCH.value, "in another currency than the row says")


def _empty(name: str, reason: str, cells: dict[str, Cell], reasons: dict[str, str], winners: dict[str, int]) -> None:
    del cells[name]
    winners.pop(name, None)
    reasons[name] = reason
