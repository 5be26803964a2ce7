"""The answers as they travel. Nothing beside these fields is accepted, and no value is converted."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.plan import AbstentionReason

AuditVerdict = Literal["supported", "unsupported", "unsure"]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class WireArg(_Wire):
    name: str = Field(max_length=1_000)
    value: str = Field(max_length=1_000)


class WireOp(_Wire):
    op: str
    args: list[WireArg] = Field(max_length=1_000)


class WireAlternative(_Wire):
    paths: list[str]
    ops: list[WireOp]


class WireBinding(_Wire):
    target: str
    alternatives: list[WireAlternative]


class WireAbstention(_Wire):
    target: str
    reason: AbstentionReason


class WirePlan(_Wire):
    bindings: list[WireBinding]
    abstained: list[WireAbstention]


class WireVerdict(_Wire):
    id: str
    verdict: AuditVerdict


class WireAudit(_Wire):
    verdicts: list[WireVerdict]
