"""Currency fields that belong to an amount: read where the amount is read, or beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from enrichment.evidence import Fit, infer_source_kind
from enrichment.offline.mapper.candidates import Candidate, Scored, candidate
from enrichment.offline.mapper.recipes import cook
from enrichment.offline.mapper.request import MapRequest
from enrichment.offline.mapper.trial import attempt
from schemas.kinds import Kind
from schemas.plan import Alternative, OpCall
from schemas.shape import SampledField
from schemas.target import TargetField

_MAX_ALTERNATIVES: Final = 3


def _of_amount(field: TargetField, amount: Candidate) -> Alternative | None:
    """`currency_of` what the amount is read from, with the same separators; nothing where no sample names one."""
    ops = amount.alternative.ops
    last = next((call for call in ops if call.op == "parse_money"), None)
    named = [
        s for s in amount.source.samples if isinstance(s, str) and any(not m.isdigit() and m not in " .,-" for m in s)
    ]
    if last is None or not named:
        return None
    call = OpCall(op="currency_of", args=last.args)
    trial = attempt(field, (call,), amount.source.samples)
    if trial is None or (not trial.fitting and not trial.ambiguous):
        return None
    return Alternative(paths=amount.paths, ops=(*(c for c in ops if c.op in {"element", "select"}), call))


def _beside(field: TargetField, amount: Candidate, request: MapRequest) -> Candidate | None:
    """A field of currencies next to the amount, or the record's only one."""
    parent = amount.paths[0].rpartition("/")[0]
    currencies = [
        source
        for source in request.sources
        if infer_source_kind(source.path, source.samples, source.types).known is Kind.CURRENCY
        and cook(field, source, request.operations) is not None
    ]
    near = [source for source in currencies if source.path.rpartition("/")[0] == parent]
    own = [source for source in near if _leaf(amount.paths[0]) in _leaf(source.path)]
    chosen: list[SampledField] = own or near
    return candidate(field, Scored(chosen[0], (), Fit(1.0, {})), request) if len(chosen) == 1 else None


def _leaf(path: str) -> str:
    return path.rpartition("/")[2].lower().removesuffix("amount").removesuffix("value").strip("_")


def companion(field: TargetField, amounts: tuple[Candidate, ...], request: MapRequest) -> tuple[Alternative, ...]:
    """The alternatives of a currency field, alike in order to those of its amount."""
    found: list[Alternative] = []
    for amount in amounts:
        if "currency_of" in request.operations and (read := _of_amount(field, amount)) is not None:
            found.append(read)
        if (made := _beside(field, amount, request)) is not None:
            found.append(made.alternative)
    refused = [set(r.paths) for r in request.refused if r.target == field.name]
    kept = [alternative for alternative in dict.fromkeys(found) if set(alternative.paths) not in refused]
    return tuple(kept[:_MAX_ALTERNATIVES])


def companions(fields: tuple[TargetField, ...]) -> Mapping[str, str]:
    """Currency field -> the amount it belongs to, for those of the request."""
    names = {field.name for field in fields}
    return {f.currency_field: f.name for f in fields if f.currency_field is not None and f.currency_field in names}
