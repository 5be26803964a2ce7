"""Eval cases: JSON Lines, one labelled question to a model each. `docs/evals.md` describes the format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from enrichment.json_text import loads
from schemas.errors import AssayError, ConfigurationError, Problem
from schemas.target import Target, TargetField
from schemas.wording import validation_problems

_DEPTH = 32
AuditWord: TypeAlias = Literal["supported", "unsupported", "unsure"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(_Strict):
    """The target as the model is shown it; a case needs no identity and no table."""

    name: str
    description: str = ""
    fields: tuple[TargetField, ...] = Field(min_length=1)

    def target(self) -> Target:
        """A target that can be asked about. Its first field stands in where none is the identity."""
        named = any(f.identity for f in self.fields)
        first = self.fields[0] if named else self.fields[0].model_copy(update={"identity": True})
        return Target(name=self.name, table="t", description=self.description, fields=(first, *self.fields[1:]))


class Place(_Strict):
    """What is known of the source beside its records."""

    name: str = "source"
    currency_hints: dict[str, str] = Field(default_factory=dict)
    time_zone: str | None = None


class FieldRubric(_Strict):
    """What is right for one target field. Of `abstain`, `gives`, `reads` and `never_reads` at least one is set.

    abstain:     the field must be left empty
    gives:       the binding, executed, gives these values, one per record; null where the cell must stay empty
    reads:       every pointer of the binding is one of these
    never_reads: no pointer of the binding is one of these; abstaining is right as well
    or_abstain:  abstaining is right as well
    """

    abstain: bool = False
    gives: tuple[Any, ...] | None = None
    reads: tuple[str, ...] | None = None
    never_reads: tuple[str, ...] = ()
    or_abstain: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.abstain or self.gives is not None or self.reads or self.never_reads):
            raise ValueError("a rubric of a field says abstain, gives, reads or never_reads")
        if self.abstain and (self.gives is not None or self.reads):
            raise ValueError("a field cannot be left empty and be bound")
        return self

    @property
    def may_abstain(self) -> bool:
        return self.abstain or self.or_abstain or (self.gives is None and not self.reads)


class AuditedRow(_Strict):
    """Cells that are said to come from the record at this place of `records`; fields left out are null."""

    record: int = Field(ge=0)
    cells: dict[str, Any]
    verdicts: dict[str, tuple[AuditWord, ...]]


class _Case(_Strict):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    story: str
    target: Asked
    source: Place = Place()
    records: tuple[dict[str, Any], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        self.target.target()
        return self


class MappingCase(_Case):
    """Records to plan for. Fields without a rubric are not judged."""

    task: Literal["map_fields"]
    rubric: dict[str, FieldRubric] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        known = {f.name for f in self.target.fields}
        if unknown := sorted(self.rubric.keys() - known):
            raise ValueError(f"the rubric names no field of the target: {unknown[0]}")
        for name, one in self.rubric.items():
            if one.gives is not None and len(one.gives) != len(self.records):
                raise ValueError(f"{name}: gives has {len(one.gives)} values for {len(self.records)} records")
        return self


class AuditCase(_Case):
    """Rows to judge against their records. Cells without a verdict in the rubric are not judged."""

    task: Literal["audit_cells"]
    rows: tuple[AuditedRow, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        known = {f.name for f in self.target.fields}
        for row in self.rows:
            if row.record >= len(self.records):
                raise ValueError(f"there is no record {row.record}")
            if unknown := sorted((row.cells.keys() | row.verdicts.keys()) - known):
                raise ValueError(f"a row names no field of the target: {unknown[0]}")
        if not any(row.verdicts for row in self.rows):
            raise ValueError("no cell has a verdict to be compared with")
        return self


Case: TypeAlias = MappingCase | AuditCase
_CASE: TypeAdapter[Case] = TypeAdapter(Annotated[Case, Field(discriminator="task")])


def shipped_cases() -> tuple[Case, ...]:
    """The cases that come with Assay."""
    folder = files("enrichment.evals").joinpath("cases")
    texts = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".jsonl"))
    return _unique([case for name, entry in texts for case in _read(name, entry.read_text(encoding="utf-8"))])


def load_cases(paths: Iterable[Path]) -> tuple[Case, ...]:
    """Cases of files, and of every `*.jsonl` of folders.

    Raises:
        ConfigurationError: a file cannot be read, a line is no case, an id stands twice, or there is none at all.
    """
    found: list[Case] = []
    for path in paths:
        for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
            try:
                text = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigurationError(f"{file} cannot be read: {error}", hint="name a file of eval cases") from error
            found += _read(str(file), text)
    if not found:
        raise ConfigurationError("there are no eval cases", hint="docs/evals.md says how one is written")
    return _unique(found)


def _read(name: str, text: str) -> list[Case]:
    cases: list[Case] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            cases.append(_CASE.validate_python(loads(line, max_depth=_DEPTH), strict=False))
        except ValidationError as error:
            first = validation_problems(error)[0]
            raise ConfigurationError(
                f"{name}:{number} is no eval case: {Problem(first.where, first.what)}",
                hint=f"{first.remedy}; docs/evals.md describes the format",
            ) from error
        except AssayError as error:
            raise ConfigurationError(
                f"{name}:{number} is no eval case: {error.message}", hint="docs/evals.md describes the format"
            ) from error
    return cases


def _unique(cases: Sequence[Case]) -> tuple[Case, ...]:
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise ConfigurationError(f"the eval case {case.id} stands twice", hint="give each case an id of its own")
        seen.add(case.id)
    return tuple(cases)
