"""What the plan rules know: the target, what the shape offers, and the values that a proposed alternative reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, TypeAlias

from enrichment.evidence import (
    Fit,
    KindView,
    Wanted,
    entity_words,
    infer_target_kind,
    plausible_target_kinds,
    read_target,
    score,
)
from enrichment.evidence.profile import Profile, profile
from enrichment.evidence.qualifiers import opposition
from enrichment.evidence.signals import Pair, Weighed, weigh
from enrichment.evidence.spelling import Rarity, alike, own_name, rarity
from enrichment.evidence.trusted import TrustedRows, agreement, spelt
from enrichment.evidence.values import Look, look_at
from enrichment.gate.shape_reading import ShapeReading, cell_of, picking
from enrichment.operations import ReadSettings
from schemas.json_types import Cell, Json, Record
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpCall
from schemas.shape import SampledField
from schemas.target import Target, TargetField

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
    def read(self) -> ShapeReading:
        return ShapeReading(self.source_fields, self.records, self.settings, self.entity)

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

    @cached_property
    def wanted(self) -> Mapping[str, Wanted]:
        return {field.name: read_target(field, entity=self.entity) for field in self.target.fields}

    def values(self, path: str, ops: Sequence[OpCall] = ()) -> tuple[Json, ...]:
        """Give the values that the picking operations among the first of `ops` leave of a pointer, absent ones dropped.

        Where they cannot be executed, the offered samples are given.
        """
        return self.read.source(path, picking(ops))[0]

    def look(self, path: str, ops: Sequence[OpCall] = ()) -> Look:
        """Say what the values look like that `values` gives."""
        return self._looks(path, picking(ops))[0]

    def view(self, path: str, ops: Sequence[OpCall] = ()) -> KindView:
        return self.read.source(path, picking(ops))[1].view

    def fit(self, path: str, field: TargetField, ops: Sequence[OpCall] = ()) -> Fit:
        key = (path, field.name, picking(ops))
        found = self._fits.get(key)
        if found is None:
            found = self._fits[key] = score(self.read.source(path, key[2])[1], self.wanted[field.name])
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
        values, offered = self.read.source(path, picking(ops))
        look, own = self._looks(path, picking(ops))
        column = self.trusted.column(field.name)
        if column is not None and ops:
            own = self._made(path, field, ops) or own
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
            column=column,
            common=self._common(path, field, ops),
            beside=self._beside(path, field),
        )

    def _alike(self, path: str, field: TargetField) -> float:
        key = (path, field.name)
        found = self._spelt.get(key)
        if found is None:
            found = self._spelt[key] = alike(field.name, path, self.rarity, self.entity)
        return found

    def _looks(self, path: str, picked: tuple[OpCall, ...]) -> tuple[Look, Profile | None]:
        found = self._looked.get((path, picked))
        if found is None:
            values = self.read.source(path, picked)[0]
            found = self._looked[path, picked] = (look_at(values), profile(values))
        return found

    def _made(self, path: str, field: TargetField, ops: Sequence[OpCall]) -> Profile | None:
        """What operations make of the values: beside a column of codes, `Germany` is as `DE` is."""
        cells = self.read.cells(Alternative(paths=(path,), ops=tuple(ops)), field) or ()
        return profile(cell for one in cells if (cell := cell_of(one)) is not None)

    def _common(self, path: str, field: TargetField, ops: Sequence[OpCall]) -> tuple[int, int]:
        held = self._held.get(field.name)
        if held is None:
            return 0, 0
        cells = self.read.cells(Alternative(paths=(path,), ops=tuple(ops)), field)
        return (0, 0) if cells is None else agreement([cell_of(cell) for cell in cells], held)

    @cached_property
    def _held(self) -> Mapping[str, Sequence[Cell]]:
        """What trusted rows hold for each of the first records: target field -> a cell or null per record."""
        identity = [one for one in self.target.fields if one.identity]
        bound = {binding.target: binding.alternatives[0] for binding in self.bindings}
        if not self.trusted.rows or not identity or any(one.name not in bound for one in identity):
            return {}
        keys = [self.read.cells(bound[one.name], one) for one in identity]
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
    def _looked(self) -> dict[tuple[str, tuple[OpCall, ...]], tuple[Look, Profile | None]]:
        return {}


#: What a weight depends on: pointer, target field, operations, what stands beside it, and who holds the identity.
_Weighing: TypeAlias = tuple[str, str, tuple[OpCall, ...], tuple[str, ...], tuple[Alternative, ...]]
#: What the evidence knows whatever is bound.
_WHATEVER_IS_BOUND: Final = frozenset(
    {"read", "entity", "plausible", "kinds", "wanted", "rarity", "_weighed", "_fits", "_spelt", "_looked"}
)
