"""Plan rules on meaning: what a source field is cannot be what the target field is, or is given in another unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from statistics import median
from typing import Final

from enrichment.evidence.impossible import are_measures, are_totals, cannot_be
from enrichment.evidence.kinds import CERTAIN, KindView
from enrichment.evidence.lattice import refused_share
from enrichment.evidence.sense import Sense, sense_of_name, sense_of_path
from enrichment.evidence.units import Unit, unit_named
from enrichment.evidence.values import Look
from enrichment.gate.code_lists import other_codes
from enrichment.gate.plan_currency import mixed_currencies
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.plan_rule import alternatives, refusal
from enrichment.gate.same_thing import are_all_codes
from enrichment.gate.shape_reading import named_by
from schemas.codes import Code
from schemas.json_types import Json
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpCall, Refusal
from schemas.target import TargetField

#: Kinds whose values are words, and what of the names must agree for figures to be taken for words all the same; less
#: suffices where nothing is known of a text field, which may well hold a figure as text.
_WORDS: Final = frozenset({Kind.CATEGORY, Kind.NAME, Kind.TEXT, Kind.ADDRESS, Kind.COUNTRY, Kind.LANGUAGE})
_HARDLY_NAMED: Final = 0.3
#: Kinds that say no more of a column than that it holds codes.
_LABELS: Final = frozenset({Kind.CODE, Kind.IDENTIFIER})
#: Share of the values that must carry a unit before it speaks for the field.
_MOST: Final = 0.6
#: Agreement of names from which on a kind that the target's name suggests is not held against what the values are, from
#: which on kinds that lie near each other may stand for one another, and from which on kinds that names suggest decide
#: nothing at all.
_NAMED: Final = 0.6
_AKIN: Final = 0.5
_SURELY_NAMED: Final = 0.75
_MEASURED: Final = frozenset({Kind.QUANTITY, Kind.DURATION})
_COUNTED_PEOPLE: Final = frozenset({"employees", "population"})
_COUNTED_THINGS: Final = frozenset({"stores", "stock", "reviews", "doors", "pages", "citations", "shares", "views"})
#: Figures below this are of the first three years if they count seconds; rather they are dates, such as 20210304.
_SECONDS_FROM: Final = 10**8
_FIGURES: Final = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]+)?")
#: Epoch figures above this are milliseconds: as seconds they would lie after the year 5000.
_MILLISECONDS_FROM: Final = 10**11


def kind_mismatch(evidence: PlanEvidence) -> Iterator[Refusal]:
    """Refuse alternatives none of whose pointers can mean what the target field means, after the operations."""
    for field, _binding, _index, alternative in alternatives(evidence):
        wanted = evidence.plausible[field.name]
        worst = [_kind_fault(evidence, field, wanted, path, alternative) for path in alternative.paths]
        joined = bool(alternative.ops) and alternative.ops[0].op == "join"
        faults = [fault for fault in worst if fault is not None]
        if faults and (len(faults) == len(worst) or not joined):
            yield refusal(field, alternative, Code.KIND_MISMATCH, faults[0])
        elif (fault := other_codes(evidence, field, alternative)) is not None:
            yield refusal(field, alternative, Code.KIND_MISMATCH, f"{alternative.paths[0]} {fault}")


def _is_labelled(evidence: PlanEvidence, view: KindView, field: TargetField, path: str) -> bool:
    """Say whether a column that is known for codes, and for nothing else, has those of the field's kind."""
    return view.candidates.keys() <= _LABELS and are_all_codes(evidence, field, path)


def _kind_fault(
    evidence: PlanEvidence, field: TargetField, wanted: frozenset[Kind], path: str, alternative: Alternative
) -> str | None:
    values = evidence.values(path, alternative.ops)
    declared = field.kind is not None or field.format is not None
    # A person who reads that the name was misunderstood knows that a declared kind would help.
    meant = " or ".join(sorted(map(_spoken, wanted))) + ("" if declared or not wanted else " (by its name)")
    weighed = evidence.weighed(path, field, alternative.ops)
    if (
        wanted
        and (declared or weighed.named < _NAMED)
        and all(cannot_be(kind, values, alternative.ops) for kind in wanted)
        and not _gives(evidence, field, alternative)
    ):
        return f"no value at {path} can be {meant}, as {field.name} is; bind another or abstain"
    if _figures_for_words(field, wanted, values, alternative.ops, named=weighed.named):
        return f"{path} holds figures, and {field.name} is {meant or 'text'}; bind another or abstain"
    view = evidence.view(path, alternative.ops)
    shown = weighed.value("kind_by_values") is not None
    if weighed.named >= _SURELY_NAMED and not shown:
        return None
    akin = evidence.akin(path, field, alternative.ops) or weighed.named >= _AKIN
    refused = refused_share(view, alternative.ops, wanted, akin=akin)
    placed = Kind.NAME in wanted and view.candidates.keys() <= {Kind.ADDRESS} and _name_places(values)
    if refused < CERTAIN or refused < 1 - refused or placed or _is_labelled(evidence, view, field, path):
        return None
    what = "/".join(_spoken(kind) for kind in list(view.candidates)[:2])
    if not wanted:
        return f"{path} is {what} by its name and values; the operations chosen read something else"
    return f"{path} is {what} by its name and values, and {field.name} is {meant}; bind another or abstain"


def _name_places(values: Sequence[Json]) -> bool:
    """Say whether values are names of places rather than addresses, whatever their column is called: `Nippes`."""
    told = [value for value in values if isinstance(value, str)]
    plain = sum(not any(mark.isdigit() or mark == "," for mark in value) for value in told)
    return bool(told) and plain >= _MOST * len(values)


def _figures_for_words(
    field: TargetField, wanted: frozenset[Kind], values: Sequence[Json], ops: Sequence[OpCall], *, named: float
) -> bool:
    """Say whether figures would fill a field that holds words, as far as its kind or, at least, its type tells."""
    if not wanted:
        plain = field.type == "string" and field.format is None and field.allowed is None
        return plain and named < _HARDLY_NAMED and are_measures(values, ops)
    if not wanted <= _WORDS or named >= _NAMED:
        return False
    return are_measures(values, ops) or (wanted == {Kind.CATEGORY} and are_totals(values, ops))


def _gives(evidence: PlanEvidence, field: TargetField, alternative: Alternative) -> bool:
    """Say whether the operations, with their arguments, make values of what the kind alone would not be seen in."""
    cells = evidence.read.cells(alternative, field) if alternative.ops else None
    return cells is not None and any(cell is not None for cell in cells)


def unit_mismatch(evidence: PlanEvidence) -> Iterator[Refusal]:
    """Refuse alternatives that read a figure in another unit, currency or magnitude than the target field has."""
    for field, binding, _index, alternative in alternatives(evidence):
        wanted = evidence.kinds[field.name]
        for path in alternative.paths:
            sense = sense_of_path(path, named_by(alternative.ops), evidence.entity)
            values = evidence.values(path, alternative.ops)
            look = evidence.look(path, alternative.ops)
            message = _unit_fault(field, wanted, sense, (values, look), alternative.ops)
            if message is not None and not _takes_turns(field, binding, path, alternative, look):
                yield refusal(field, alternative, Code.UNIT_MISMATCH, f"{path} {message}")
                break
        else:
            if (message := mixed_currencies(evidence, field, alternative)) is not None:
                yield refusal(field, alternative, Code.UNIT_MISMATCH, f"{alternative.paths[0]} {message}")


def _takes_turns(field: TargetField, binding: Binding, path: str, alternative: Alternative, look: Look) -> bool:
    """Say whether the values of one source state several units, and an alternative reads each of them: of a cell the
    one counts whose unit its text states.
    """
    reads = {_read_in(field, one) for one in binding.alternatives if path in one.paths}
    return len(look.units) > 1 and look.units.keys() <= reads and _read_in(field, alternative) in look.units


def _read_in(field: TargetField, alternative: Alternative) -> str | None:
    begins = (_args(call).get("from") for call in alternative.ops if call.op == "convert_unit")
    unit = unit_named(next(begins, field.unit)) or sense_of_name(field.name).unit
    return None if unit is None else unit.name


def _unit_fault(
    field: TargetField, wanted: Kind | None, sense: Sense, seen: tuple[Sequence[Json], Look], ops: Sequence[OpCall]
) -> str | None:
    values, look = seen
    own = sense_of_name(field.name)
    unit = unit_named(field.unit) or own.unit
    if (epoch := _epoch_fault(values, ops)) is not None:
        return epoch
    match wanted:
        case Kind.MONEY:
            return _money_fault(own, unit, sense, look)
        case Kind.QUANTITY | Kind.DURATION | None:
            return _quantity_fault(unit, sense.unit or _stated(look), ops) or _mixed_fault(unit, look, ops)
        case Kind.COUNT:
            return _count_fault(field, unit, sense)
        case Kind.PERCENT:
            return _percent_fault(field, unit, values, ops)
        case _:
            return None


def _money_fault(own: Sense, unit: Unit | None, sense: Sense, look: Look) -> str | None:
    if sense.power != own.power and not look.decisive.get(Kind.MONEY, 0.0):
        return "gives its amounts in thousands or millions by its name, the target in full units"
    cents = [s.unit is not None and s.unit.name == "cent" for s in (sense, own)]
    if cents[0] and not cents[1]:
        return "gives its amounts in cents by its name, the target in full units"
    if unit is None or unit.measure != "currency":
        return None
    if (
        sense.unit is not None
        and sense.unit.measure == "currency"
        and sense.unit.name not in {unit.name, "dollar", "cent"}
    ):
        return f"is in {sense.unit.name} by its name, the target in {unit.name}"
    others = {name: share for name, share in look.units.items() if name != unit.name}
    if sum(others.values()) >= _MOST and look.units.get(unit.name, 0.0) == 0:
        return f"states amounts in {max(others, key=lambda n: others[n])}, the target is in {unit.name}"
    return None


def _quantity_fault(unit: Unit | None, stated: Unit | None, ops: Sequence[OpCall]) -> str | None:
    convert = next((_args(call) for call in ops if call.op == "convert_unit"), None)
    if convert is not None:
        start, end = unit_named(convert.get("from")), unit_named(convert.get("to"))
        if stated is not None and start is not None and start.name != stated.name:
            return f"is in {stated.name}, but is converted from {start.name}"
        if unit is not None and end is not None and end.name != unit.name:
            return f"is converted to {end.name}, the target is in {unit.name}"
        return None
    if unit is None or stated is None or unit.name == stated.name or "currency" in {unit.measure, stated.measure}:
        return None
    return f"is in {stated.name}, the target in {unit.name}" + (
        "; convert it" if unit.measure == stated.measure else ", which measures something else"
    )


def _mixed_fault(unit: Unit | None, look: Look, ops: Sequence[OpCall]) -> str | None:
    """Figures in several units of one measure are no column by themselves; what has a unit, the cells are held to."""
    if unit is not None or any(call.op == "convert_unit" for call in ops):
        return None
    stated = [one for name in sorted(look.units) if (one := unit_named(name)) is not None and one.kind in _MEASURED]
    of_measure = {one.measure: [other.name for other in stated if other.measure == one.measure] for one in stated}
    mixed = next((names for names in of_measure.values() if len(names) > 1), None)
    return f"states its figures in {' and '.join(mixed)}, and the target names no unit" if mixed else None


def _count_fault(field: TargetField, unit: Unit | None, sense: Sense) -> str | None:
    people = unit is not None and unit.name == "people"
    people = people or bool(sense_of_name(field.name).content & _COUNTED_PEOPLE)
    if people and sense.content & _COUNTED_THINGS and not sense.content & _COUNTED_PEOPLE:
        return f"counts {min(sense.content & _COUNTED_THINGS)}, the target people"
    return None


def _percent_fault(field: TargetField, unit: Unit | None, values: Sequence[Json], ops: Sequence[OpCall]) -> str | None:
    fraction = (unit is not None and unit.name == "fraction") or (field.maximum is not None and field.maximum <= 1)
    numbers = _sizes(values)
    if fraction and not any(call.op == "parse_percent" for call in ops) and len(numbers) > 2:
        return "is given in hundredths by its values, the target as a fraction" if median(numbers) > 1 else None
    return None


def _epoch_fault(values: Sequence[Json], ops: Sequence[OpCall]) -> str | None:
    unit = next((_args(call).get("unit") for call in ops if call.op == "parse_epoch"), None)
    numbers = _sizes([Decimal(v) if isinstance(v, str) and _FIGURES.fullmatch(v.strip()) else v for v in values])
    if unit is None or not numbers:
        return None
    size = median(numbers)
    if size < _SECONDS_FROM:
        return "holds no times since 1970 by its size"
    milliseconds = size >= _MILLISECONDS_FROM
    if milliseconds != (unit == "ms"):
        return f"holds {'milliseconds' if milliseconds else 'seconds'} by its size"
    return None


def _sizes(values: Sequence[Json]) -> list[float]:
    """Give the sizes of the numbers among values; a float is infinite where it cannot hold one."""
    numbers = (Decimal(v) for v in values if isinstance(v, int | Decimal) and not isinstance(v, bool))
    return [float(number.copy_abs()) for number in numbers if not number.is_nan()]


def _stated(look: Look) -> Unit | None:
    """Give the unit that most values state."""
    name = max(look.units, key=lambda n: look.units[n], default=None)
    return unit_named(name) if name is not None and look.units[name] >= _MOST else None


def _args(call: OpCall) -> Mapping[str, str]:
    return {arg.name: arg.value for arg in call.args}


def _spoken(kind: Kind) -> str:
    return kind.value.replace("_", " ")
