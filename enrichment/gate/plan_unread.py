"""Plan rules on what a binding reads at all: one that gives a value in no record, where another reading of the same
pointer would, is the plan's fault and not the records'.

Record by record such a cell is a fault of its own: its row goes on without it, or is given up on where it cannot. Of a
whole column nobody hears who could mend it: a `to_text` forgotten at the identity was a dead letter for every record of
the source. Where nothing reads what stands there, the source's data are at fault, and that is left to the cells; so are
texts with more than one reading: what tells them apart, such as a hint on the currency, may be the source's to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from enrichment.execution import Reading, compile_binding
from enrichment.gate.cells import CELL_RULES
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.plan_rule import PlanRule, refusal
from enrichment.gate.rule import FieldContext
from enrichment.gate.whole import whole
from enrichment.recipes import recipes
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Record
from schemas.plan import Alternative, Binding, OpCall, Refusal
from schemas.target import TargetField

#: What a plan could have known of a column from its samples. Of numbers that are out of bounds the rule on units tells.
PLANNERS_FAULTS: Final = (Code.TYPE, Code.PATTERN, Code.NOT_ALLOWED)
#: Records, and different values among theirs, from which on they speak of the column: placeholders are few and alike.
_FEW: Final = 3
_DIFFERENT: Final = 3


def unread(evidence: PlanEvidence, *, code: Code) -> Iterator[Refusal]:
    """Refuse bindings of which all that is there is a fault in every record, mostly this one, and need not be."""
    for binding in evidence.bindings:
        field = evidence.target.by_name.get(binding.target)
        found = None if field is None else _fault(evidence, field, binding)
        if field is not None and found is not None and found[0] is code:
            paths = ", ".join(dict.fromkeys(p for a in binding.alternatives for p in a.paths))
            message = f"what stands at {paths} gives no value of this field in any record ({found[1]})"
            yield refusal(field, binding.alternatives[0], code, f"{message}, and would if it was read otherwise")


def _fault(evidence: PlanEvidence, field: TargetField, binding: Binding) -> tuple[Code, str] | None:
    """The commonest fault, with what is wrong; null where the binding gives a value, or too little is there to tell."""
    tell = _teller(evidence, field, binding)
    if tell is None:
        return None
    seen: Counter[tuple[Code, str]] = Counter()
    for record in evidence.records:
        told = tell(record)
        if told is None:
            continue
        if told[0] not in PLANNERS_FAULTS:
            return None
        seen[told[0], told[1]] += 1
    if seen.total() < _FEW or not _differ(evidence, binding):
        return None
    if not any(_reads(evidence, field, other, seen.total()) for other in _read_otherwise(evidence, field, binding)):
        return None
    return seen.most_common(1)[0][0]


def _read_otherwise(evidence: PlanEvidence, field: TargetField, binding: Binding) -> Iterator[Binding]:
    """Bindings to the same single pointers by the chains that fit the field."""
    for path in dict.fromkeys(a.paths[0] for a in binding.alternatives if len(a.paths) == 1):
        pair = evidence.pair(path, field)
        chains = [*recipes(field, pair.wanted, pair.offered, pair.values)]
        if field.type == "string":
            chains.append((OpCall(op="to_text"),))
        for chain in chains:
            yield binding.model_copy(update={"alternatives": (Alternative(paths=(path,), ops=chain),)})


def _reads(evidence: PlanEvidence, field: TargetField, binding: Binding, faulty: int) -> bool:
    """Whether it gives values in half of as many records at least: a few may be there by chance."""
    tell = _teller(evidence, field, binding)
    return tell is not None and 2 * sum(tell(record) is _READ for record in evidence.records) >= faulty


def _differ(evidence: PlanEvidence, binding: Binding) -> bool:
    values = (repr(v) for a in binding.alternatives for p in a.paths for v in evidence.values(p))
    return len(set(values)) >= _DIFFERENT


_READ: Final = (Code.AMBIGUOUS, "a value, or a text with more than one reading")


def _teller(
    evidence: PlanEvidence, field: TargetField, binding: Binding
) -> Callable[[Record], tuple[Code, str] | None] | None:
    """What is wrong with a record's cell, null where there is none, `_READ` where it has a value; null in all where the
    binding cannot be executed.
    """
    settings = replace(evidence.settings, unit=field.unit, allowed=field.allowed)
    try:
        read = whole(field, binding, compile_binding(binding, settings))
    except UsageError:
        return None
    context = FieldContext(field, evidence.kinds[field.name], binding, settings, len(evidence.target.identity))
    compiled = ((rule.code, rule.compile(context)) for rule in CELL_RULES if rule.code in PLANNERS_FAULTS)
    checks = [(code, check) for code, check in compiled if check is not None]

    def tell(record: Record) -> tuple[Code, str] | None:
        reading: Reading = read(record)
        if reading.value is None:
            code = Code(reading.reason or Code.ABSENT)
            return None if code is Code.ABSENT else (code, reading.message)
        wrongs = ((code, check(reading.value, record, reading.alternative)) for code, check in checks)
        return next(((code, wrong) for code, wrong in wrongs if wrong is not None), _READ)

    return tell


UNREAD_RULES: Final = tuple(PlanRule(code, partial(unread, code=code)) for code in PLANNERS_FAULTS)
