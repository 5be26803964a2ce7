"""What the plan rules know: the target, what the shape offers, and the values that a proposed alternative reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, TypeAlias, cast

from enrichment.evidence import (
    Fit,
    KindView,
    Offered,
    Wanted,
    entity_words,
    infer_target_kind,
    plausible_target_kinds,
    read_source,
    read_target,
    score,
)
from enrichment.execution import compile_alternative
from enrichment.operations import Absent, Approximate, Fault, Outcome, ReadSettings
from enrichment.sampling import is_absent
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Json, Record
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpCall, Refusal
from schemas.pointer import MISSING, compile_pointer
from schemas.shape import SampledField
from schemas.target import Target, TargetField

#: Operations that pick or tidy a value without changing what it means.
_PICKING: Final = frozenset({"copy", "first", "element", "select", "casefold", "upper"})
#: Values looked at per pointer; more of them do not change what they look like.
_LOOKED_AT: Final = 60
#: Agreement of names from which on two fields are akin.
_AKIN: Final = 0.4


@dataclass(frozen=True)
class PlanEvidence:
    """Everything that the plan rules may look at, worked out once.

    settings: how the source's texts are read; `unit` and `allowed` are taken from each target field
    """

    target: Target
    source_fields: Sequence[SampledField]
    records: Sequence[Record]
    bindings: Sequence[Binding]
    settings: ReadSettings

    @cached_property
    def offered(self) -> Mapping[str, SampledField]:
        return {field.path: field for field in self.source_fields}

    @cached_property
    def entity(self) -> frozenset[str]:
        return entity_words(self.target.name)

    @cached_property
    def plausible(self) -> Mapping[str, frozenset[Kind]]:
        return {field.name: plausible_target_kinds(field) for field in self.target.fields}

    @cached_property
    def kinds(self) -> Mapping[str, Kind | None]:
        return {field.name: infer_target_kind(field) for field in self.target.fields}

    def resolves(self, path: str) -> bool:
        resolve = compile_pointer(path)
        return any(resolve(record) is not MISSING for record in self.records)

    @cached_property
    def wanted(self) -> Mapping[str, Wanted]:
        return {field.name: read_target(field, entity=self.entity) for field in self.target.fields}

    def values(self, path: str, ops: Sequence[OpCall] = ()) -> tuple[Json, ...]:
        """Give the values that the picking operations among the first of `ops` leave of a pointer, absent ones dropped.

        Where they cannot be executed, the offered samples are given.
        """
        return self._read(path, _picking(ops))[0]

    def view(self, path: str, ops: Sequence[OpCall] = ()) -> KindView:
        return self._read(path, _picking(ops))[1].view

    def fit(self, path: str, field: TargetField, ops: Sequence[OpCall] = ()) -> Fit:
        return score(self._read(path, _picking(ops))[1], self.wanted[field.name])

    def akin(self, path: str, field: TargetField, ops: Sequence[OpCall] = ()) -> bool:
        signals = self.fit(path, field, ops).signals
        return signals["facet"] > 0 and max(signals["name"], signals["description"]) >= _AKIN

    @cached_property
    def _known(self) -> dict[tuple[str, tuple[OpCall, ...]], tuple[tuple[Json, ...], Offered]]:
        return {}

    def _read(self, path: str, picking: tuple[OpCall, ...]) -> tuple[tuple[Json, ...], Offered]:
        known = self._known.get((path, picking))
        if known is None:
            values = self._values(path, picking)
            source = self.offered.get(path) or SampledField(path, (), 0.0, ())
            if picking:
                source = replace(source, types=())
            known = (values, read_source(source, entity=self.entity, samples=values, more=named_by(picking)))
            self._known[path, picking] = known
        return known

    def _values(self, path: str, picking: tuple[OpCall, ...]) -> tuple[Json, ...]:
        if not picking:
            resolve = compile_pointer(path)
            found = (resolve(record) for record in self.records)
            return _first_present(cast("Json", value) for value in found if value is not MISSING)
        try:
            reader = compile_alternative(Alternative(paths=(path,), ops=picking), self.settings)
        except UsageError:
            return self.offered[path].samples if path in self.offered else ()
        outcomes = (reader(record) for record in self.records)
        return _first_present(o for o in outcomes if not isinstance(o, Absent | Fault | Approximate))

    def cells(self, alternative: Alternative, field: TargetField) -> tuple[Outcome | None, ...] | None:
        """Give what an alternative gives for each of the first records, null where it gives no value.

        Null in all where it cannot be executed.
        """
        settings = replace(self.settings, unit=field.unit, allowed=field.allowed)
        try:
            reader = compile_alternative(alternative, settings)
        except UsageError:
            return None
        outcomes = (reader(record) for record in self.records[:_LOOKED_AT])
        return tuple(None if isinstance(outcome, Absent | Fault) else outcome for outcome in outcomes)


#: A rule gives the bindings that it refuses, each with what is wrong.
Check: TypeAlias = Callable[[PlanEvidence], Iterator[Refusal]]


@dataclass(frozen=True, slots=True)
class PlanRule:
    code: Code
    check: Check


def alternatives(evidence: PlanEvidence) -> Iterator[tuple[TargetField, Binding, int, Alternative]]:
    """Walk all alternatives of all bindings whose target field exists."""
    for binding in evidence.bindings:
        field = evidence.target.by_name.get(binding.target)
        if field is not None:
            for index, alternative in enumerate(binding.alternatives):
                yield field, binding, index, alternative


def named_by(ops: Sequence[OpCall]) -> tuple[str, ...]:
    """Give the names by which `select` goes on from a pointer: what the element is said to be, and the member taken."""
    names: list[str] = []
    for call in ops:
        if call.op == "select":
            args = {arg.name: arg.value for arg in call.args}
            names += [args[name] for name in ("equals", "take") if args.get(name)]
    return tuple(names)


def _picking(ops: Sequence[OpCall]) -> tuple[OpCall, ...]:
    """Give the operations that pick from a list, with what stands before them; nothing where none picks."""
    leading: list[OpCall] = []
    for call in ops:
        if call.op not in _PICKING:
            break
        leading.append(call)
    return tuple(leading) if any(call.op in {"element", "select"} for call in leading) else ()


def refusal(field: TargetField, alternative: Alternative, code: Code, message: str) -> Refusal:
    return Refusal(target=field.name, paths=alternative.paths, rule=code.value, message=message)


def _first_present(values: Iterator[Json]) -> tuple[Json, ...]:
    kept: list[Json] = []
    for value in values:
        if not is_absent(value):
            kept.append(value)
            if len(kept) >= _LOOKED_AT:
                break
    return tuple(kept)
