"""Which operations lead from a source field to a target field of some kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from enrichment.evidence import KindView, infer_source_kind, infer_target_kind
from enrichment.evidence.sense import sense_of_name, sense_of_path
from enrichment.offline.mapper.enumerations import table
from enrichment.offline.mapper.forms import settled
from enrichment.offline.mapper.trial import Trial, attempt
from schemas.kinds import Kind
from schemas.plan import OpArg, OpCall
from schemas.shape import SampledField
from schemas.target import TargetField

#: kind -> operations that read it, the most telling first
_READERS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.MONEY: ("parse_money",),
    Kind.PERCENT: ("parse_percent",),
    Kind.YEAR: ("parse_year",),
    Kind.DATE: ("parse_date",),
    Kind.DATETIME: ("parse_datetime",),
    Kind.BOOLEAN: ("parse_boolean",),
    Kind.EMAIL: ("parse_email",),
    Kind.PHONE: ("parse_phone", "copy"),
    Kind.URL: ("parse_url",),
    Kind.COUNTRY: ("parse_country",),
    Kind.CURRENCY: ("parse_currency", "currency_of"),
    Kind.COUNT: ("parse_integer",),
    Kind.ADDRESS: ("clean_place", "copy"),
}
_BY_TYPE: Final[dict[str, tuple[str, ...]]] = {
    "integer": ("parse_integer",),
    "number": ("parse_decimal",),
    "boolean": ("parse_boolean",),
    "string": ("copy", "to_text"),
}
#: Any currency for each sign that several share: that it reads is what counts.
_HINTS: Final = {"$": "USD", "¥": "JPY", "kr": "SEK", "R": "ZAR", "Rs": "INR", "": "USD"}
#: Share of the readable samples that have to give a value the target takes.
ENOUGH: Final = 0.5


@dataclass(frozen=True, slots=True)
class Recipe:
    ops: tuple[OpCall, ...]
    trial: Trial


def _names(field: TargetField, kind: Kind | None) -> tuple[str, ...]:
    named = _READERS.get(kind, ()) if kind is not None else ()
    # a text column of a kind that is a number elsewhere (`year` as text) keeps its text
    if field.type == "string" and kind in {Kind.YEAR, Kind.COUNT, Kind.MONEY, Kind.PERCENT, Kind.BOOLEAN}:
        return _BY_TYPE["string"]
    if field.type == "string" and kind in {Kind.DATE, Kind.DATETIME}:
        return (*named, *(("parse_epoch",) if kind is Kind.DATETIME else ()))
    return named or _BY_TYPE[field.type]


def _is_scaled(source: SampledField, field: TargetField) -> bool:
    """Whether the two names count in different magnitudes (`revenue_millions`), which no operation makes up for."""
    return sense_of_path(source.path).power != sense_of_name(field.name).power


def _converted(field: TargetField, view: KindView, read: OpCall) -> tuple[OpCall, ...]:
    """The operations with a conversion where both units are known and differ."""
    wanted = field.unit or (unit.name if (unit := sense_of_name(field.name).unit) is not None else None)
    if wanted is None or view.unit is None or wanted == view.unit:
        return (read,)
    args = (OpArg(name="from", value=view.unit), OpArg(name="to", value=wanted))
    return (read, OpCall(op="convert_unit", args=args))


def _variants(field: TargetField, source: SampledField, name: str) -> Iterator[tuple[OpCall, ...]]:
    if name != "parse_epoch":
        yield (settled(field, name, source.samples),)
        return
    for unit in ("s", "ms"):
        yield (OpCall(op=name, args=(OpArg(name="unit", value=unit),)),)


def _chains(field: TargetField, source: SampledField, kind: Kind | None) -> Iterator[tuple[OpCall, ...]]:
    if kind in {Kind.QUANTITY, Kind.DURATION} and field.type in {"integer", "number"}:
        view = infer_source_kind(source.path, source.samples, source.types)
        reader = "parse_integer" if field.type == "integer" else "parse_decimal"
        yield _converted(field, view, settled(field, reader, source.samples))
    else:
        for name in _names(field, kind):
            yield from _variants(field, source, name)
    if field.allowed is not None:
        yield (OpCall(op="copy"),)
        if (mapped := table(source.samples, field.allowed)) is not None:
            yield (mapped,)


def cook(field: TargetField, source: SampledField, offered: frozenset[str]) -> Recipe | None:
    """The operations that give the most values out of a source field; nothing where too few give any.

    Only offered operations are used. Samples that are all ambiguous speak for a recipe only where the source may
    still settle them (a bare currency sign); then the recipe stands with no values.
    """
    if _is_scaled(source, field):
        return None
    best: Recipe | None = None
    for ops in _chains(field, source, infer_target_kind(field)):
        if not {call.op for call in ops} <= offered | {"copy"}:
            continue
        trial = attempt(field, ops, source.samples)
        if trial is None or (trial.worth < ENOUGH and not _is_open(field, ops, source)):
            continue
        if best is None or len(trial.fitting) > len(best.trial.fitting):
            best = Recipe(_spare(ops), trial)
    return best


def _is_open(field: TargetField, ops: tuple[OpCall, ...], source: SampledField) -> bool:
    """Whether all that is missing is what the source may declare: what its bare currency signs mean."""
    if ops[0].op not in {"parse_money", "currency_of"}:
        return False
    declared = attempt(field, ops, source.samples, hints=_HINTS)
    return declared is not None and declared.worth >= ENOUGH


def _spare(ops: tuple[OpCall, ...]) -> tuple[OpCall, ...]:
    """No operation means `copy`."""
    return () if ops == (OpCall(op="copy"),) else ops
