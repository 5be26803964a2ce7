"""The correct plan of each schema, and every swap of two of its fields of one kind."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from benchmarks.swaps.labels import LABELS
from benchmarks.swaps.packages import load
from enrichment.evidence.lattice import compatible
from enrichment.evidence.trusted import TrustedRows, spelt
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.shape_reading import cell_of
from enrichment.operations import ReadSettings
from schemas.json_types import Cell, Json, Record, is_absent
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpCall
from schemas.pointer import MISSING, compile_pointer
from schemas.target import Target, TargetField

_SEED: Final = 20240611
_DRAWN: Final = 120
#: Plans tried per schema of whose sources half are missing, rows trusted before, and how much of them is out of date.
_HALVES: Final = 4
_TRUSTED: Final = 25
_STALE: Final = 0.1
#: How near two kinds must lie, both ways, for a swap to be one of the same kind.
_SAME: Final = 0.5
#: What reads a text for a target field that is none.
_READS: Final = {"integer": "parse_integer", "number": "parse_decimal"}


@dataclass(frozen=True, slots=True)
class Case:
    """`declared` and `bare`: the target with its kinds, and without any. `right`: target field -> its binding.

    companions: field of an amount -> the field that says its currency
    """

    name: str
    group: str
    declared: Target
    bare: Target
    records: tuple[Record, ...]
    right: dict[str, Binding]
    kinds: dict[str, Kind]
    companions: dict[str, str]

    def whole(self, bindings: Mapping[str, Binding]) -> tuple[Binding, ...]:
        """These bindings and those of the companions, which follow their amounts to where those are taken from."""
        amounts = [name for name in self.companions if name in bindings]
        return (*bindings.values(), *(_currency(self.companions[name], bindings[name]) for name in amounts))

    def swaps(self) -> Iterator[tuple[str, str]]:
        """Pairs of target fields of one kind and type that can be exchanged."""
        fields = self.declared.by_name
        names = list(self.right)
        for index, one in enumerate(names):
            for other in names[index + 1 :]:
                near = min(compatible(self.kinds[a], self.kinds[b]) for a, b in ((one, other), (other, one)))
                if near >= _SAME and (fields[one].type == "string") == (fields[other].type == "string"):
                    yield one, other

    def halves(self) -> Iterator[list[str]]:
        """Plans of which the source has only half of the fields, the key always among them."""
        key, *others = self.right
        for number in range(_HALVES):
            kept = set(random.Random(_SEED + number).sample(others, len(others) // 2))
            yield [key, *(name for name in others if name in kept)]

    def trusted(self) -> TrustedRows:
        """Rows of a part of the records, as the correct plan reads them; a tenth of their cells says something else."""
        draw = random.Random(_SEED)
        evidence = PlanEvidence(self.bare, (), self.records, self.whole(self.right), ReadSettings())
        names = list(self.right)
        fields = [self.bare.by_name[name] for name in names]
        cells = [evidence.read.cells(self.right[f.name].alternatives[0], f) or () for f in fields]
        rows: dict[tuple[str, ...], dict[str, Cell]] = {}
        columns = [[cell_of(cell) for cell in column] for column in cells]
        for row in list(zip(*columns, strict=True))[:_TRUSTED]:
            if row[0] is not None:
                other = [
                    draw.choice(column) if draw.random() < _STALE else cell
                    for cell, column in zip(row, columns, strict=True)
                ]
                rows[spelt(row[0]),] = dict(zip(names, other, strict=True))
        return TrustedRows(rows)


def cases(folder: Path) -> Iterator[Case]:
    for table in LABELS.strip().split("# ")[1:]:
        head, *lines = table.strip().splitlines()
        name, group, _key = head.split()
        records = load(name, folder)
        drawn = random.Random(_SEED).sample(records, min(_DRAWN, len(records)))
        yield _case(name, group, lines, [cast("Record", record) for record in drawn])


def _case(name: str, group: str, lines: list[str], records: list[Record]) -> Case:
    declared: list[TargetField] = []
    bare: list[TargetField] = []
    right: dict[str, Binding] = {}
    kinds: dict[str, Kind] = {}
    companions: dict[str, str] = {}
    for line in lines:
        spec, path = (cell.strip() for cell in line.split("|"))
        label, type_, stated = spec.split(":")
        kind = stated.removesuffix("+")
        plain: dict[str, Any] = {"name": label, "type": type_, "identity": not declared}
        if kind != stated:
            companions[label] = f"{label}_currency"
            currency = TargetField(name=companions[label], type="string")
            declared.append(currency.model_copy(update={"kind": Kind.CURRENCY}))
            bare.append(currency)
            plain["currency_field"] = companions[label]
        declared.append(TargetField.model_validate({**plain, "kind": kind}, strict=False))
        bare.append(TargetField.model_validate(plain, strict=False))
        kinds[label] = Kind(kind)
        ops = (OpCall(op=op),) if (op := _operation(type_, Kind(kind), path, records)) else ()
        right[label] = Binding(target=label, alternatives=(Alternative(paths=(path,), ops=ops),))
    targets = [Target(name=name, table=name, fields=tuple(fields)) for fields in (declared, bare)]
    return Case(name, group, targets[0], targets[1], tuple(records), right, kinds, companions)


def _currency(name: str, amount: Binding) -> Binding:
    (alternative,) = amount.alternatives
    return Binding(target=name, alternatives=(Alternative(paths=alternative.paths, ops=(OpCall(op="currency_of"),)),))


def _operation(type_: str, kind: Kind, path: str, records: list[Record]) -> str | None:
    resolve = compile_pointer(path)
    found = [cast("Json", value) for record in records if (value := resolve(record)) is not MISSING]
    values = [value for value in found if not is_absent(value)]
    if type_ == "string" or not any(isinstance(value, str) for value in values):
        return None
    if kind is Kind.MONEY:
        return "parse_money"
    return "parse_year" if kind is Kind.YEAR else _READS[type_]
