"""What the configuration says of single fields of a target, over what its schema or its class declares."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from schemas.configured_numbers import Whole
from schemas.errors import Problem, nearest
from schemas.kinds import Kind

#: Settings of one field, by the names of `TargetField`.
FieldSettings: TypeAlias = dict[str, Any]

_BOUNDS: Final[Mapping[str, bool]] = {  # True: the higher one is the tighter one
    "minimum": True,
    "exclusive_minimum": True,
    "maximum": False,
    "exclusive_maximum": False,
    "min_length": True,
    "max_length": False,
    "scale": False,
}


class FieldOverride(BaseModel):
    """What the configuration may say of one target field. Bounds only narrow what the schema or column allows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind | None = None
    unit: str | None = None
    currency_field: str | None = None
    required: bool | None = None
    description: str | None = None
    allowed: tuple[str | int | bool, ...] | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    exclusive_minimum: Decimal | None = None
    exclusive_maximum: Decimal | None = None
    scale: Whole | None = Field(default=None, ge=0)
    pattern: str | None = None
    min_length: Whole | None = Field(default=None, gt=0)
    max_length: Whole | None = Field(default=None, gt=0)
    risk: Literal["normal", "high"] | None = None
    plain: bool | None = None
    on_fault: Literal["empty", "reject"] | None = None
    jump: Decimal | None = Field(default=None, gt=1)
    ignore: bool | None = None


def overridden(
    overrides: Mapping[str, FieldOverride], fields: Mapping[str, FieldSettings], problems: list[Problem]
) -> dict[str, FieldSettings]:
    """The fields of a target with what the configuration says of them; ignored ones left out."""
    problems.extend(
        Problem(f"fields.{name}", f"the target has no such field{nearest(name, fields)}", "rename it")
        for name in overrides
        if name not in fields
    )
    merged: dict[str, FieldSettings] = {}
    for name, settings in fields.items():
        override = overrides.get(name)
        said = override.model_dump(exclude_none=True) if override else {}
        result = _combined(settings, said, f"fields.{name}", problems)
        ignored = result.pop("ignore", False)
        if not isinstance(ignored, bool):
            problems.append(Problem(f"fields.{name}", "x-ignore is neither true nor false", "write true or false"))
        elif not ignored:
            merged[name] = result
        elif result.get("required"):
            problems.append(
                Problem(
                    f"fields.{name}", "is required and cannot be ignored", "give the column a default in the database"
                )
            )
    return merged


def _combined(
    settings: FieldSettings, override: Mapping[str, Any], where: str, problems: list[Problem]
) -> FieldSettings:
    """Let the override win, except that a column cannot hold more because the configuration says so."""
    result = {**settings, **override}
    for key, higher_is_tighter in _BOUNDS.items():
        both = [s[key] for s in (settings, override) if s.get(key) is not None]
        if len(both) == 2:
            result[key] = max(both) if higher_is_tighter else min(both)
    result["required"] = bool(settings.get("required") or override.get("required"))
    known = settings.get("allowed")
    if known is not None and (extra := [v for v in result["allowed"] if v not in known]):
        problems.append(Problem(where, f"allows {extra[0]!r}, which the schema does not", "leave it out"))
    return result
