"""The rows that the invented records become, by the plans that a fleet made for them, without that fleet."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import records
from enrichment.execution import Reading, compile_binding
from enrichment.gate.compiled import compile_gate
from enrichment.gate.judging import Judge
from enrichment.gate.reading import SourceReading
from schemas.json_types import Cell, Record
from schemas.plan import PlanBody
from schemas.target import Target
from schemas.target_json_schema import target_from_json_schema

_BLOCK = "block"


def target() -> Target:
    return target_from_json_schema("firm", records.TARGET, identity=("name",))


def block_of(plan: PlanBody) -> str:
    """The block of pointers that is a shape's own.

    Raises:
        ValueError: the plan binds none.
    """
    for binding in plan.bindings:
        for alternative in binding.alternatives:
            for path in alternative.paths:
                if (first := path.split("/")[1]).startswith(_BLOCK):
                    return first
    raise ValueError("the plan binds no pointer of a block")


class Rows:
    """Maps records by the plan of their block: `cells` by the operations alone, `judge` with every rule of the gate."""

    def __init__(self, plans: Sequence[Mapping[str, Any]]) -> None:
        self.target = target()
        read_as = SourceReading()
        fields = {field.name: read_as.for_field(field) for field in self.target.fields}
        self._readers: dict[str, tuple[tuple[str, Callable[[Record], Reading]], ...]] = {}
        self._judges: dict[str, Judge] = {}
        for plan in plans:
            body = PlanBody.model_validate_json(json.dumps({k: plan[k] for k in ("bindings", "abstained")}))
            self._readers[block_of(body)] = tuple(
                (binding.target, compile_binding(binding, fields[binding.target])) for binding in body.bindings
            )
            self._judges[block_of(body)] = compile_gate(self.target, body, read_as)

    @classmethod
    def load(cls, path: Path) -> Rows:
        return cls(json.loads(path.read_text()))

    def cells(self, record: Record) -> dict[str, Cell]:
        return {name: read(record).value for name, read in self._readers[_block(record)]}

    def judge(self, record: Record) -> Judge:
        return self._judges[_block(record)]


def _block(record: Record) -> str:
    return next(name for name in record if name.startswith(_BLOCK))


def kept(plans: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of plans as the API lists them, newest first, what maps records: the newest one in force of each shape."""
    found: dict[Any, dict[str, Any]] = {}
    for plan in plans:
        if plan["state"] in {"released", "probation"}:
            found.setdefault(
                plan["shape"],
                {
                    "bindings": [{k: b[k] for k in ("target", "alternatives")} for b in plan["bindings"]],
                    "abstained": [{k: a[k] for k in ("target", "reason")} for a in plan["abstained"]],
                },
            )
    return list(found.values())
