"""The gate: one plan made ready to judge records, so that nothing is compiled twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enrichment.evidence import infer_target_kind
from enrichment.execution import compile_binding
from enrichment.gate.cells import CELL_RULES
from enrichment.gate.companions import compile_companions
from enrichment.gate.in_its_unit import in_its_unit
from enrichment.gate.judging import Judge, Step
from enrichment.gate.one_spelling import one_spelling
from enrichment.gate.ordinary import compile_ordinary
from enrichment.gate.reading import SourceReading
from enrichment.gate.records import RECORD_RULES
from enrichment.gate.rule import CellRule, FieldContext, RecordRule
from enrichment.gate.telling import Checks, Tell, compile_telling, only_pointer, remembering
from enrichment.gate.whole import whole
from schemas.codes import Code
from schemas.errors import ConfigurationError
from schemas.json_types import Cell
from schemas.plan import Binding, PlanBody
from schemas.target import Target, TargetField

_NONE: frozenset[str] = frozenset()


def _strict(field: TargetField) -> bool:
    return field.required or field.identity or field.on_fault == "reject"


def _checks(context: FieldContext, rules: Sequence[CellRule]) -> Checks:
    compiled = ((rule, rule.compile(context)) for rule in rules)
    return tuple(
        (rule.code.value, check, rule.code is Code.INJECTION and not context.field.plain)
        for rule, check in compiled
        if check is not None
    )


def _tell(context: FieldContext, binding: Binding, rules: Sequence[CellRule], faults: frozenset[str]) -> Tell:
    read = in_its_unit(context, binding, compile_binding(binding, context.settings))
    tell = compile_telling(
        context.field.name,
        one_spelling(context.field, whole(context.field, binding, read)),
        _checks(context, rules),
        faults,
        ordinary=compile_ordinary(context),
        for_ordinary=_checks(context, [rule for rule in rules if not rule.passes_ordinary]),
    )
    pointer = only_pointer(binding)
    return tell if pointer is None else remembering(tell, pointer)


def _context(field: TargetField, target: Target, plan: PlanBody, source: SourceReading) -> FieldContext:
    return FieldContext(
        field=field,
        kind=infer_target_kind(field),
        binding=None if field.name in source.constants else plan.binding_of(field.name),
        settings=source.for_field(field),
        identities=len(target.identity),
    )


def _objection(value: Cell, checks: Checks) -> str | None:
    """What the first rule that objects to a constant says of it."""
    for code, check, _ in checks:
        if (wrong := check(value, {}, None)) is not None:
            return f"{code}: {wrong}"
    return None


def _constant(name: str, value: Cell, checks: Checks) -> Cell:
    if (wrong := _objection(value, checks)) is not None:
        raise ConfigurationError(
            f"the constant for field {name!r} is refused: {wrong}", hint="mend it under constants of the source"
        )
    return value


def refused_constants(target: Target, source: SourceReading) -> Mapping[str, str]:
    """Field -> what is wrong with the constant that the source has for it.

    Raises:
        ConfigurationError: a pattern as in `check_target`.
    """
    found = {
        field.name: _objection(
            source.constants[field.name], _checks(_context(field, target, PlanBody(), source), CELL_RULES)
        )
        for field in target.fields
        if field.name in source.constants
    }
    return {name: wrong for name, wrong in found.items() if wrong is not None}


def _left_empty(
    contexts: Mapping[str, FieldContext], source: SourceReading, condemned: frozenset[str]
) -> dict[str, str]:
    return {
        name: Code.CONDEMNED.value if name in condemned else Code.ABSTAINED.value
        for name, context in contexts.items()
        if name in condemned or (context.binding is None and name not in source.constants)
    }


def check_target(target: Target) -> None:
    """Refuse, before any record, what the gate could not apply.

    Raises:
        ConfigurationError: a pattern that is none or could run for ever; an invariant between fields that cannot be
            compared.
    """
    compile_gate(target, PlanBody(), SourceReading())


def compile_gate(
    target: Target,
    plan: PlanBody,
    settings: SourceReading,
    condemned: frozenset[str] = _NONE,
    *,
    cell_rules: Sequence[CellRule] = CELL_RULES,
    record_rules: Sequence[RecordRule] = RECORD_RULES,
) -> Judge:
    """Make a plan ready. What it gives takes a record to its verdict; it is pure and never raises.

    A cell's first objecting rule names its reason. A record is rejected where a required or identity field is empty or
    at fault, where a field with `on_fault = "reject"` is at fault, or where a record rule objects; the issues that
    reject it come first. Where a condemned field is one that the row cannot do without, the record is in review: it
    waits for the successor plan. A constant of the source's configuration goes before a binding.

    Raises:
        UsageError: a binding with an unknown operation or argument.
        ConfigurationError: as `check_target`, or a constant that its field refuses.
    """
    contexts = {f.name: _context(f, target, plan, settings) for f in target.fields}
    # Every field is made ready, so that a bad pattern refuses even where nothing is bound to it.
    checks = {name: _checks(context, cell_rules) for name, context in contexts.items()}
    codes = frozenset(rule.code.value for rule in cell_rules)
    steps = tuple(
        Step(name, _tell(c, c.binding, cell_rules, codes), _strict(c.field))
        for name, c in contexts.items()
        if c.binding is not None and name not in condemned
    )
    abstained = {a.target: f": {a.reason}" for a in plan.abstained}
    return Judge(
        steps=steps,
        constants={
            name: _constant(name, value, checks[name])
            for name, value in settings.constants.items()
            if name in contexts and name not in condemned
        },
        left_empty=_left_empty(contexts, settings, condemned),
        settle=compile_companions(target, contexts, condemned, compare=Code.UNIT_MISMATCH.value in codes),
        strict=frozenset(f.name for f in target.fields if _strict(f)),
        needed={f.name: abstained.get(f.name, "") for f in target.fields if f.required and not f.identity},
        records=tuple((rule.code.value, check) for rule in record_rules for check in rule.compile(target)),
        keys=tuple(f.name for f in target.identity),
        waits=any((f.required or f.identity) and f.name in condemned for f in target.fields),
    )
