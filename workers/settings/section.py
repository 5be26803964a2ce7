"""What every section of `assay.toml` is, and the types that several of them use."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.configured_numbers import Real, Whole

Seconds = Annotated[Real, Field(gt=0)]
Count = Annotated[Whole, Field(gt=0)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
