"""What every way of declaring a target has in common: field settings, overrides, one place for identity."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypedDict

from pydantic import ValidationError

from schemas.comparing import REMEDY, comparison, incomparable
from schemas.errors import ConfigurationError, Problem, nearest
from schemas.kinds import FRACTIONS, HUNDREDTHS, Kind
from schemas.target import APPROVE_ABOVE, NAME, Invariant, Target, TargetField
from schemas.target_overrides import FieldOverride, FieldSettings, overridden
from schemas.wording import validation_problems

#: Extension keywords of a field, in JSON Schema and in a SQLModel field's extra.
FIELD_KEYWORDS: Final[Mapping[str, str]] = {
    "x-kind": "kind",
    "x-unit": "unit",
    "x-currency-field": "currency_field",
    "x-identity": "identity",
    "x-risk": "risk",
    "x-plain": "plain",
    "x-on-fault": "on_fault",
    "x-jump": "jump",
    "x-ignore": "ignore",
}
INVARIANTS: Final = "x-invariants"

_CURRENCY: Final = re.compile("[A-Z]{3}")
_RULE = re.compile(r"\s*(\S+)\s+(<=|>=|!=|<|>|=)\s+(\S+)\s*")


class DeclarationSettings(TypedDict, total=False):
    """The settings of a `Declaration` beside its name, as keyword arguments."""

    table: str | None
    table_schema: str | None
    description: str
    identity: tuple[str, ...]
    existing: Literal["keep", "replace"]
    approve_above: int
    create: bool
    invariants: tuple[str | Mapping[str, Any], ...]
    overrides: Mapping[str, FieldOverride]


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the configuration says of a target, whatever its fields were declared with.

    table:        default: the target's name, or the table of the SQLModel class
    table_schema: PostgreSQL schema; default: the one of the SQLModel class, else the search path
    identity:     field names; empty where the schema declares it
    invariants:   texts such as `founded <= closed`, or objects with `left`, `op` and `right`
    overrides:    field name -> settings that win over the schema's
    """

    name: str
    table: str | None = None
    table_schema: str | None = None
    description: str = ""
    identity: tuple[str, ...] = ()
    existing: Literal["keep", "replace"] = "keep"
    approve_above: int = APPROVE_ABOVE
    create: bool = False
    invariants: tuple[str | Mapping[str, Any], ...] = ()
    overrides: Mapping[str, FieldOverride] = field(default_factory=dict)


def field_keywords(extra: Mapping[str, Any], where: str, problems: list[Problem]) -> FieldSettings:
    """Read the `x-` keywords of a field. Other tools' keywords are passed over, misspelt ones of ours are not."""
    found: FieldSettings = {}
    for keyword, value in extra.items():
        if keyword in FIELD_KEYWORDS:
            found[FIELD_KEYWORDS[keyword]] = value
        elif keyword.startswith("x-") and (meant := nearest(keyword[2:], _BARE, cutoff=0.75)):
            problems.append(
                Problem(where, f"unknown keyword {keyword!r}{meant.replace(chr(39), chr(39) + 'x-', 1)}", "rename it")
            )
    return found


_BARE = tuple(k[2:] for k in FIELD_KEYWORDS)


def build_target(
    declared: Declaration,
    fields: Mapping[str, FieldSettings],
    *,
    table: str,
    description: str = "",
    invariants: object = None,
    defaults: Mapping[str, str] | None = None,
    problems: Sequence[Problem] = (),
) -> Target:
    """Put a target together from its declaration and the settings of its fields.

    `problems` found before are reported together with those found here.

    Raises:
        ConfigurationError: anything about the target is wrong; all of it at once.
    """
    found = list(problems)
    fields = overridden(declared.overrides, fields, found)
    _identify(declared, fields, found)
    built = [f for name, settings in fields.items() if (f := _field(name, settings, found)) is not None]
    _agree(built, found)
    rules = (
        *_invariants(invariants, INVARIANTS, built, found),
        *_invariants(declared.invariants, "invariants", built, found),
    )
    if found:
        raise ConfigurationError.of(f"target {declared.name!r}", found)
    try:
        return Target(
            name=declared.name,
            table=declared.table or table,
            table_schema=declared.table_schema,
            description=declared.description or description,
            fields=tuple(built),
            invariants=rules,
            defaults=dict(defaults or {}),
            existing=declared.existing,
            approve_above=declared.approve_above,
            create=declared.create,
        )
    except ValidationError as error:
        raise ConfigurationError.of(f"target {declared.name!r}", validation_problems(error)) from error


def _identify(declared: Declaration, fields: dict[str, FieldSettings], problems: list[Problem]) -> None:
    marked = [name for name, settings in fields.items() if settings.get("identity") is True]
    if declared.identity and marked:
        problems.append(
            Problem(
                "identity",
                f"is declared twice: in the configuration ({', '.join(declared.identity)}) and with x-identity "
                f"({', '.join(marked)})",
                "keep one of the two places",
            )
        )
    for name in declared.identity:
        if name in fields:
            fields[name]["identity"] = True
        else:
            problems.append(
                Problem(
                    "identity", f"names no field of the target: {name!r}{nearest(name, fields)}", "name a field of it"
                )
            )
    if not declared.identity and not marked:
        problems.append(
            Problem(
                "identity",
                "no field makes a row unique",
                f'set targets.{declared.name}.identity = ["..."], or "x-identity": true at the fields of the schema',
            )
        )


def _field(name: str, settings: FieldSettings, problems: list[Problem]) -> TargetField | None:
    where = f"field {name!r}"
    if not NAME.fullmatch(name):
        problems.append(Problem(where, f"is not a usable name: it must match {NAME.pattern}", "rename it"))
        return None
    kind = settings.get("kind")
    kinds = [k.value for k in Kind]
    if kind is not None and kind not in kinds:
        near = nearest(str(kind), kinds)
        problems.append(Problem(where, f"unknown kind {kind!r}{near}", f"a kind is one of: {' '.join(kinds)}"))
        settings = {k: v for k, v in settings.items() if k != "kind"}
    for flag in ("identity", "required", "plain"):
        if not isinstance(settings.get(flag, False), bool):
            problems.append(Problem(where, f"{flag} is neither true nor false", "write true or false"))
            return None
    try:
        return TargetField.model_validate({"name": name, **{k: v for k, v in settings.items() if v is not None}})
    except ValidationError as error:
        problems.extend(validation_problems(error, where))
        return None


def _agree(fields: Sequence[TargetField], problems: list[Problem]) -> None:
    """Find what no single setting shows: settings of a field, or of two fields, that contradict each other."""
    by_name = {f.name: f for f in fields}
    for f in fields:
        where = f"field {f.name!r}"
        if f.minimum is not None and f.maximum is not None and f.minimum > f.maximum:
            problems.append(Problem(where, f"minimum {f.minimum} is above maximum {f.maximum}", "swap or drop one"))
        if f.min_length is not None and f.max_length is not None and f.min_length > f.max_length:
            problems.append(
                Problem(where, f"min_length {f.min_length} is above max_length {f.max_length}", "swap them")
            )
        if f.pattern is not None and (broken := _broken_pattern(f.pattern)):
            problems.append(Problem(where, f"pattern is no regular expression: {broken}", "mend the pattern"))
        problems += _wrong_unit(f, where)
        if f.currency_field is None:
            continue
        companion = by_name.get(f.currency_field)
        if companion is None:
            near = nearest(f.currency_field, by_name)
            problems.append(
                Problem(where, f"currency_field names no field: {f.currency_field!r}{near}", "name a field")
            )
        elif companion.type != "string":
            problems.append(Problem(where, f"currency_field {companion.name!r} is no string", "name a string field"))
        if f.kind not in {None, Kind.MONEY}:
            problems.append(
                Problem(where, f"has a currency_field but is of kind {f.kind}", "only money has a currency")
            )


def _wrong_unit(field: TargetField, where: str) -> Iterator[Problem]:
    if field.unit is None:
        return
    if field.currency_field is not None:
        yield Problem(where, "has both a unit and a currency_field", "fix the currency or name its field, not both")
    if field.kind is Kind.PERCENT and field.unit.casefold() not in HUNDREDTHS | FRACTIONS:
        remedy = "write percent for hundredths (12 % is 12), fraction for 0.12"
        yield Problem(where, f"{field.unit!r} is no unit of a percentage", remedy)
    if field.kind is Kind.MONEY and not _CURRENCY.fullmatch(field.unit):
        # another spelling would be no text's currency, and leave every cell empty
        yield Problem(where, f"{field.unit!r} is no code of a currency", "write its ISO 4217 code, for instance EUR")


def _broken_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    return ""


def _invariants(
    rules: object, where: str, fields: Sequence[TargetField], problems: list[Problem]
) -> tuple[Invariant, ...]:
    """Read rules as objects (`left`, `op`, `right`) or as text (`founded <= closed`)."""
    if rules is None:
        return ()
    if not isinstance(rules, list | tuple):
        problems.append(Problem(where, "is not a list", 'write a list of texts such as "founded <= closed"'))
        return ()
    found: list[Invariant] = []
    by_name = {f.name: f for f in fields}
    for number, rule in enumerate(rules):
        if isinstance(rule, str) and (parts := _RULE.fullmatch(rule)):
            rule = dict(zip(("left", "op", "right"), parts.groups(), strict=True))  # noqa: PLW2901 - both spellings are one rule
        try:
            said = Invariant.model_validate(rule)
        except ValidationError:
            problems.append(
                Problem(f"{where}[{number}]", "is no rule across two fields", 'write it as "founded <= closed"')
            )
            continue
        found.append(said)
        left, right = by_name.get(said.left), by_name.get(said.right)
        if left is not None and right is not None and comparison(left, right) is None:
            problems.append(Problem(f"{where}[{number}]", incomparable(left, right), REMEDY))
    return tuple(found)
