"""All queues, and which role consumes which. A message holds a work id and a fence token, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from enrichment.pipeline import STAGES

Pool = Literal["threads", "prefork", "solo"]

#: Every name that Assay uses in a broker begins so.
PREFIX = "assay."
DEAD_STAGES = ("fetch", "map", "gate", "audit", "upsert", "merge")


@dataclass(frozen=True, slots=True)
class Role:
    """What a worker consumes, and the pool that suits it: threads wait for others, processes compute."""

    name: str
    stages: tuple[str, ...]
    pool: Pool
    concurrency: int


ROLES: Mapping[str, Role] = {
    role.name: role
    for role in (
        Role("fetch", ("fetch",), "threads", 4),
        Role("model", ("plan", "judge"), "threads", 8),
        Role("gate", ("map", "gate", "audit"), "prefork", 2),
        Role("upsert", ("upsert", "merge", "refold"), "prefork", 2),
        Role("control", (), "threads", 2),
    )
}


def queue_name(stage: str, lane: str = "normal") -> str:
    return f"{stage}.isolated" if lane == "isolation" else stage


def dead_queue(stage: str) -> str:
    return f"dead.{stage}"


def queues_of(role: Role, *, isolated: bool) -> list[str]:
    """The queues that a worker of this role consumes."""
    if role.name == "control":
        return [dead_queue(stage) for stage in DEAD_STAGES]
    return [queue_name(stage, "isolation" if isolated else "normal") for stage in role.stages]


def queue_names() -> list[str]:
    """Every queue that somebody consumes."""
    names = [queue_name(stage, lane) for stage in STAGES for lane in ("normal", "isolation")]
    return names + [dead_queue(stage) for stage in DEAD_STAGES]
