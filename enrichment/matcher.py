"""The matcher: binds a target field only where name, kind and values agree and no rival exists.

It leaves the doubtful to whoever is asked next, ranked; a binding that it gives must be right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, cast

from enrichment.evidence import Offered, entity_words, read_source, read_target, score
from enrichment.evidence.impossible import cannot_be
from enrichment.evidence.units import unit_named
from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.gate.reading import SourceReading
from enrichment.ranking import Candidate, ranked
from enrichment.recipes import recipes
from enrichment.trials import Trial, try_out
from schemas.codes import Code
from schemas.json_types import Json, Record, is_absent
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpCall, Origin
from schemas.pointer import MISSING, compile_pointer, tokens
from schemas.shape import SampledField
from schemas.target import Target, TargetField

#: How well names and kinds must agree, and how far behind every other field must lie.
_NAMED: Final = 0.9
_KIND: Final = 0.8
_AHEAD: Final = 0.2
#: Share of what there is to read that must give a value; less is enough where the rest is left open by the texts.
_WORTH: Final = 0.9
_WORTH_WHERE_OPEN: Final = 0.3
#: Amounts that cannot be read ask for a decision (which currency a bare sign means) that is not the matcher's.
_WORTH_OF_MONEY: Final = 0.97
#: Records in which two sources must both give a value, and how often the same, before one may stand in for the other.
_SEEN_TOGETHER: Final = 10
_AGREE: Final = 0.95
_DIFFERENT: Final = 3
#: Source fields tried as stand-ins, those whose kind comes nearest.
_STAND_INS: Final = 12
_LABELS: Final = frozenset({Kind.IDENTIFIER, Kind.CODE})
#: Values looked at per pointer.
_LOOKED_AT: Final = 200


@dataclass(frozen=True, slots=True)
class MatcherResult:
    """`bindings`: what is certain. `candidates`: every other target field -> source fields, best first, none at 0."""

    bindings: tuple[Binding, ...]
    candidates: Mapping[str, tuple[Candidate, ...]]


@dataclass(frozen=True, slots=True)
class _Field:
    """A source field with the values that it has, lists that may hold several values marked."""

    path: str
    offered: Offered
    values: tuple[Json, ...]
    several: bool


def match(
    target: Target,
    source_fields: Sequence[SampledField],
    records: Sequence[Record],
    *,
    reading: SourceReading | None = None,
) -> MatcherResult:
    """Bind what is certain and rank the rest. The same input gives the same result."""
    return _Matching(target, source_fields, records, reading or SourceReading()).result()


class _Matching:
    """One run of the matcher over one shape and target."""

    def __init__(
        self, target: Target, source_fields: Sequence[SampledField], records: Sequence[Record], reading: SourceReading
    ) -> None:
        self._target, self._records, self._reading = target, records, reading
        self._source_fields = source_fields
        entity = entity_words(target.name)
        self._wanted = {f.name: read_target(f, entity=entity) for f in target.fields}
        self._sources = [self._source(field, entity) for field in source_fields]
        self._by_path = {source.path: source for source in self._sources}
        self._fits = {
            (source.path, name): score(source.offered, wanted)
            for source in self._sources
            for name, wanted in self._wanted.items()
        }

    def result(self) -> MatcherResult:
        found = {f.name: b for f in self._target.fields if (b := self._bind(f)) is not None}
        found = self._with_companions(found)
        refused = {
            r.target
            for r in check_plan_evidence(self._target, self._source_fields, self._records, tuple(found.values()))
        }
        found = self._paired({name: b for name, b in found.items() if name not in refused})
        return MatcherResult(
            bindings=tuple(found[f.name] for f in self._target.fields if f.name in found),
            candidates={
                name: ranked([(s.path, s.offered) for s in self._sources], wanted)
                for name, wanted in self._wanted.items()
                if name not in found
            },
        )

    def _source(self, field: SampledField, entity: frozenset[str]) -> _Field:
        resolve = compile_pointer(field.path)
        found = (resolve(record) for record in self._records)
        present = (cast("Json", value) for value in found if value is not MISSING)
        values = tuple(islice((value for value in present if not is_absent(value)), _LOOKED_AT))
        offered = read_source(field, entity=entity, samples=values)
        return _Field(field.path, offered, values, self._several(field.path))

    def _several(self, path: str) -> bool:
        """Say whether a pointer goes through a list that anywhere holds more than the one element it takes."""
        parts = tokens(path)
        prefixes = ["/" + "/".join(path[1:].split("/")[:i]) for i, part in enumerate(parts) if i and part == "0"]
        lists = (compile_pointer(prefix)(record) for prefix in prefixes for record in self._records)
        return any(isinstance(found, list | tuple) and len(found) > 1 for found in lists)

    def _bind(self, field: TargetField) -> Binding | None:
        best = self._clear_best(field)
        if best is None or not self._owns(field, best):
            return None
        wanted = self._wanted[field.name]
        bindings = [_binding(field.name, best.path, ops) for ops in recipes(field, wanted, best.offered, best.values)]
        tried = [(binding, trial) for binding in bindings if (trial := self._try(field, binding)) is not None]
        for binding, trial in tried:
            if _is_worth_it(trial, wanted.kind):
                return binding
        return next((self._with_stand_in(field, binding, trial) for binding, trial in tried if _is_open(trial)), None)

    def _clear_best(self, field: TargetField) -> _Field | None:
        """Give the source field whose name and kind agree with the target field, where none other comes near."""
        likely = sorted(self._sources, key=lambda s: (-self._fits[s.path, field.name].score, s.path))
        if not likely:
            return None
        best = likely[0]
        fit = self._fits[best.path, field.name]
        if (
            fit.signals["name"] < _NAMED
            or best.several
            or (self._wanted[field.name].kind is not None and fit.signals["kind"] < _KIND)
        ):
            return None
        if not best.values or any(isinstance(value, Mapping | list | tuple) for value in best.values):
            return None
        near = (s for s in likely[1:] if self._fits[s.path, field.name].score > fit.score - _AHEAD)
        return None if any(self._is_rival(field, s, best) for s in near) else best

    def _is_rival(self, field: TargetField, source: _Field, best: _Field) -> bool:
        """Say whether a source field of nearly the same fit could fill the target field at all."""
        kind = self._wanted[field.name].kind
        if not source.values or _same_branch(source.path, best.path):
            return False
        return kind is None or not cannot_be(kind, source.values, ())

    def _owns(self, field: TargetField, source: _Field) -> bool:
        """Say whether no other target field of the kind has a claim on the source field that comes near.

        What identifies a record and what is a code are written alike, so that each may have a claim on the other's.
        """
        kind, own = self._wanted[field.name].kind, self._fits[source.path, field.name].score
        alike = _LABELS if kind in _LABELS else frozenset({kind})
        others = (name for name, wanted in self._wanted.items() if name != field.name and wanted.kind in alike)
        return all(self._fits[source.path, name].score <= own - _AHEAD for name in others)

    def _try(self, field: TargetField, binding: Binding) -> Trial | None:
        return try_out(field, binding, self._records, self._reading.for_field(field))

    def _with_stand_in(self, field: TargetField, binding: Binding, trial: Trial) -> Binding | None:
        """Add a second alternative where many texts of the first are open and another source proves to say the same.

        Proof is that the two give the same value in nearly all of enough records; without it nothing is bound.
        """
        (first,) = binding.alternatives
        likely = sorted(self._sources, key=lambda s: (-self._fits[s.path, field.name].signals["kind"], s.path))
        for source in likely[:_STAND_INS]:
            if source.several or not source.offered.view.known or _same_branch(source.path, first.paths[0]):
                continue
            other = self._try(field, _binding(field.name, source.path, first.ops))
            if other is not None and _agrees(trial, other):
                second = Alternative(paths=(source.path,), ops=first.ops)
                return binding.model_copy(update={"alternatives": (first, second)})
        return None

    def _with_companions(self, found: Mapping[str, Binding]) -> dict[str, Binding]:
        """Settle the currency of every amount: by its own text, by a field of its own, or by a fixed unit."""
        kept = dict(found)
        for field in self._target.fields:
            if self._wanted[field.name].kind is not Kind.MONEY or field.name not in kept:
                continue
            money = kept[field.name]
            companion = self._target.by_name.get(field.currency_field or "")
            if companion is None:
                if not self._is_one_currency(field, money):
                    del kept[field.name]
                continue
            currency = self._currency_of(companion, money) or kept.get(companion.name)
            if currency is None:
                del kept[field.name]
            else:
                kept[companion.name] = currency
        return kept

    def _paired(self, found: dict[str, Binding]) -> dict[str, Binding]:
        """Drop amounts without their currency and currencies without their amount."""
        for field in self._target.fields:
            companion = field.currency_field
            if companion is not None and (field.name in found) != (companion in found):
                found.pop(field.name, None)
                found.pop(companion, None)
        return found

    def _currency_of(self, companion: TargetField, money: Binding) -> Binding | None:
        (source,) = money.alternatives[0].paths
        if not all(isinstance(value, str) for value in self._by_path[source].values):
            return None
        args = money.alternatives[0].ops[0].args if money.alternatives[0].ops else ()
        binding = _binding(companion.name, source, (OpCall(op="currency_of", args=args),))
        trial = self._try(companion, binding)
        return binding if trial is not None and trial.worth >= _WORTH_OF_MONEY else None

    def _is_one_currency(self, field: TargetField, money: Binding) -> bool:
        """Without a companion the unit must be fixed and stated, or nothing may speak of currencies at all."""
        source = self._by_path[money.alternatives[0].paths[0]]
        unit = unit_named(field.unit) or self._wanted[field.name].sense.unit
        if unit is None:
            return source.offered.view.unit is None and not any(isinstance(value, str) for value in source.values)
        return source.offered.view.unit == unit.name


def _is_worth_it(trial: Trial, kind: Kind | None) -> bool:
    return trial.worth >= (_WORTH_OF_MONEY if kind is Kind.MONEY else _WORTH)


def _is_open(trial: Trial) -> bool:
    """Say whether what cannot be read has several readings, rather than being something else."""
    return trial.worth >= _WORTH_WHERE_OPEN and trial.worth + trial.share_of(Code.AMBIGUOUS) >= _WORTH


def _agrees(first: Trial, second: Trial) -> bool:
    """Say whether two sources have proved to say the same, and not merely one thing everywhere."""
    both = [(a, b) for a, b in zip(first.cells, second.cells, strict=True) if a is not None and b is not None]
    same = [a for a, b in both if a == b]
    gained = any(a is None and b is not None for a, b in zip(first.cells, second.cells, strict=True))
    return gained and len(both) >= _SEEN_TOGETHER and len(same) >= _AGREE * len(both) and len(set(same)) >= _DIFFERENT


def _binding(name: str, path: str, ops: tuple[OpCall, ...]) -> Binding:
    return Binding(target=name, alternatives=(Alternative(paths=(path,), ops=ops),), origin=Origin.MATCHER)


def _same_branch(left: str, right: str) -> bool:
    shorter, longer = sorted((left, right), key=len)
    return longer == shorter or longer.startswith(shorter + "/")
