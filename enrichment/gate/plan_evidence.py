"""What the plan rules know: the target, what the shape offers, and the values that a proposed alternative reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from itertools import islice
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
from enrichment.evidence.profile import Profile, profile
from enrichment.evidence.qualifiers import opposition
from enrichment.evidence.signals import Pair, Weighed, weigh
from enrichment.evidence.spelling import Rarity, alike, own_name, rarity
from enrichment.evidence.trusted import TrustedRows, agreement, spelt
from enrichment.evidence.values import Look, look_at
from enrichment.execution import compile_alternative
from enrichment.operations import Absent, Approximate, Fault, Outcome, ReadSettings
from schemas.errors import UsageError
from schemas.json_types import Cell, Json, Record, is_absent
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpCall
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
    trusted:  rows that the target holds already
    fallen:   target field -> pointers of its condemned bindings: whatever they are called, they were seen to be wrong
    """

    target: Target
    source_fields: Sequence[SampledField]
    records: Sequence[Record]
    bindings: Sequence[Binding]
    settings: ReadSettings
    trusted: TrustedRows = field(default_factory=TrustedRows)
    fallen: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def proposing(self, bindings: Sequence[Binding]) -> PlanEvidence:
        """Look at other bindings; what does not depend on them is not worked out again."""
        other = replace(self, bindings=bindings)
        known = {name: value for name, value in self.__dict__.items() if name in _WHATEVER_IS_BOUND}
        other.__dict__.update(known)
        return other

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

    def is_fallen(self, path: str, field: TargetField) -> bool:
        """Whether a binding of this target field to this pointer was condemned."""
        return path in self.fallen.get(field.name, frozenset())

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

    def look(self, path: str, ops: Sequence[OpCall] = ()) -> Look:
        """Say what the values look like that `values` gives."""
        return self._looks(path, self.values(path, ops))[0]

    def view(self, path: str, ops: Sequence[OpCall] = ()) -> KindView:
        return self._read(path, _picking(ops))[1].view

    def fit(self, path: str, field: TargetField, ops: Sequence[OpCall] = ()) -> Fit:
        key = (path, field.name, _picking(ops))
        found = self._fits.get(key)
        if found is None:
            found = self._fits[key] = score(self._read(path, key[2])[1], self.wanted[field.name])
        return found

    def akin(self, path: str, field: TargetField, ops: Sequence[OpCall] = ()) -> bool:
        signals = self.fit(path, field, ops).signals
        return signals["facet"] > 0 and max(signals["name"], signals["description"]) >= _AKIN

    @cached_property
    def rarity(self) -> tuple[Rarity, Rarity]:
        """How telling the words of the target's names are, and those of the source's."""
        named = dict.fromkeys(own_name(source.path) for source in self.source_fields)
        return rarity(one.name for one in self.target.fields), rarity(named)

    def weighed(self, path: str, field: TargetField, ops: Sequence[OpCall] = ()) -> Weighed:
        """Weigh a source field, read by operations, against a target field; see `enrichment.evidence.signals`."""
        held_by = self._identity if self.trusted.rows else ()
        key = (path, field.name, tuple(ops), self._beside(path, field), held_by)
        found = self._weighed.get(key)
        if found is None:
            found = self._weighed[key] = weigh(self.pair(path, field, ops))
        return found

    def pair(self, path: str, field: TargetField, ops: Sequence[OpCall] = ()) -> Pair:
        values, offered = self._read(path, _picking(ops))
        look, own = self._looks(path, values)
        return Pair(
            field=field,
            path=path,
            offered=offered,
            wanted=self.wanted[field.name],
            values=values,
            look=look,
            kinds=self.plausible[field.name],
            fit=self.fit(path, field, ops),
            spelt=self._alike(path, field),
            opposed=opposition(field.name, path),
            own=own,
            column=self.trusted.column(field.name),
            common=self._common(path, field, ops),
            beside=self._beside(path, field),
        )

    def _alike(self, path: str, field: TargetField) -> float:
        key = (path, field.name)
        found = self._spelt.get(key)
        if found is None:
            found = self._spelt[key] = alike(field.name, path, self.rarity, self.entity)
        return found

    def _looks(self, path: str, values: tuple[Json, ...]) -> tuple[Look, Profile | None]:
        key = (path, len(values))
        found = self._looked.get(key)
        if found is None:
            found = self._looked[key] = (look_at(values), profile(values))
        return found

    def _common(self, path: str, field: TargetField, ops: Sequence[OpCall]) -> tuple[int, int]:
        held = self._held.get(field.name)
        if held is None:
            return 0, 0
        cells = self.cells(Alternative(paths=(path,), ops=tuple(ops)), field)
        return (0, 0) if cells is None else agreement([cell_of(cell) for cell in cells], held)

    @cached_property
    def _held(self) -> Mapping[str, Sequence[Cell]]:
        """What trusted rows hold for each of the first records: target field -> a cell or null per record."""
        identity = [one for one in self.target.fields if one.identity]
        bound = {binding.target: binding.alternatives[0] for binding in self.bindings}
        if not self.trusted.rows or not identity or any(one.name not in bound for one in identity):
            return {}
        keys = [self.cells(bound[one.name], one) for one in identity]
        if any(column is None for column in keys):
            return {}
        rows = [
            self.trusted.rows.get(tuple(spelt(cell_of(cell)) for cell in key), {})
            for key in zip(*(column or () for column in keys), strict=True)
        ]
        names = {name for cells in rows for name in cells}
        return {name: [cells.get(name) for cells in rows] for name in names}

    def _beside(self, path: str, field: TargetField) -> tuple[str, ...]:
        """Give the pointers of the bound target fields that go with a target field, other than its own."""
        return tuple(other for other in self._companions.get(field.name, ()) if other != path)

    @cached_property
    def _companions(self) -> Mapping[str, Sequence[str]]:
        """The first pointers of the bound target fields that go with each target field."""
        found: dict[str, list[str]] = {}
        bound = {one.target: one.alternatives[0].paths[0] for one in self.bindings if one.alternatives}
        for one in self.target.fields:
            if one.currency_field is not None:
                pairs = ((one.name, one.currency_field), (one.currency_field, one.name))
                for name, other in pairs:
                    found.setdefault(name, []).extend([bound[other]] if other in bound else [])
        return found

    @cached_property
    def _identity(self) -> tuple[Alternative, ...]:
        identity = {one.name for one in self.target.fields if one.identity}
        return tuple(one.alternatives[0] for one in self.bindings if one.target in identity)

    @cached_property
    def _weighed(self) -> dict[_Weighing, Weighed]:
        return {}

    @cached_property
    def _fits(self) -> dict[tuple[str, str, tuple[OpCall, ...]], Fit]:
        return {}

    @cached_property
    def _spelt(self) -> dict[tuple[str, str], float]:
        return {}

    @cached_property
    def _looked(self) -> dict[tuple[str, int], tuple[Look, Profile | None]]:
        return {}

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

    def filled(self, path: str, alternative: Alternative, field: TargetField) -> float:
        """Give the share of the records for which an alternative gives a value, 0..1, as far as one pointer tells."""
        offered = self.offered[path].fill if path in self.offered else 0.0
        cells = self.cells(alternative, field) if alternative.ops else None
        return offered if not cells else min(offered, sum(cell is not None for cell in cells) / len(cells))

    def cells(self, alternative: Alternative, field: TargetField) -> tuple[Outcome | None, ...] | None:
        """Give what an alternative gives for each of the first records, null where it gives no value.

        Null in all where it cannot be executed.
        """
        outcomes = self.outcomes(alternative, field)
        if outcomes is None:
            return None
        return tuple(None if isinstance(one, Absent | Fault) else one for one in islice(outcomes, _LOOKED_AT))

    def outcomes(self, alternative: Alternative, field: TargetField) -> Iterator[Outcome] | None:
        """Give what an alternative gives for each record, one after the other; null where it cannot be executed."""
        settings = replace(self.settings, unit=field.unit, allowed=field.allowed)
        try:
            reader = compile_alternative(alternative, settings)
        except UsageError:
            return None
        return (reader(record) for record in self.records)


#: What a weight depends on: pointer, target field, operations, what stands beside it, and who holds the identity.
_Weighing: TypeAlias = tuple[str, str, tuple[OpCall, ...], tuple[str, ...], tuple[Alternative, ...]]
#: What the evidence knows whatever is bound.
_WHATEVER_IS_BOUND: Final = frozenset(
    {"offered", "entity", "plausible", "kinds", "wanted", "rarity", "_weighed", "_fits", "_spelt", "_looked", "_known"}
)


def cell_of(outcome: Outcome | None) -> Cell:
    """Give the bare value of what an alternative gave."""
    found = outcome.value if isinstance(outcome, Approximate) else outcome
    return found if isinstance(found, str | int | Decimal | bool) else None


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


def _first_present(values: Iterator[Json]) -> tuple[Json, ...]:
    kept: list[Json] = []
    for value in values:
        if not is_absent(value):
            kept.append(value)
            if len(kept) >= _LOOKED_AT:
                break
    return tuple(kept)
