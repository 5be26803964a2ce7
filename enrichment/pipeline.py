"""The path of a chunk, and the work beside it, on one screen.

    fetch ──▶ map ──▶ gate ──▶ audit ──▶ upsert        plan · judge · merge · refold

A stage first prepares, outside any transaction, what takes long: pages of a source, answers of a model. Then it commits
in one transaction, which begins by making sure that the work is still held, and ends by handing it on. An error rolls
all of it back and says what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from enrichment import freezing, settling
from enrichment.context import Context
from enrichment.members import packed, unpacked
from enrichment.stages import fetch, gate, merge, refold, upsert
from enrichment.stages import map as mapping
from enrichment.stages.outcome import Advance, Again, Finish, Outcome
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.work import Claimed


@dataclass(frozen=True, slots=True)
class Stage:
    """`seconds` is the longest a start may take; its lease is never renewed beyond. `writes`: to a target.

    `commit` is handed what `prepare` gave, or the artifact of the stage that it `reads`. `imports`: modules of this
    package that it would else import when it first runs.
    """

    name: str
    commit: Callable[[Context, Tx, Claimed, Any], Outcome]
    prepare: Callable[[Context, Claimed], Any] | None = None
    reads: str | None = None
    next: str | None = None
    seconds: float = 120.0
    writes: bool = False
    imports: tuple[str, ...] = ()


def late(module: str, name: str) -> Callable[..., Any]:
    """A function of a stage that is imported when it is first called.

    To import the operations takes longer than all else together: only processes that use them should spend that time.
    """

    def call(*arguments: Any) -> Any:  # noqa: ANN401 - handed on as they are
        return getattr(import_module(f"enrichment.stages.{module}"), name)(*arguments)

    return call


STAGES = {
    stage.name: stage
    for stage in (
        Stage("fetch", prepare=fetch.read_source, commit=fetch.store_payload, next="map", seconds=300.0),
        Stage("map", reads="fetch", commit=mapping.assign_plans, next="gate"),
        Stage("gate", reads="map", commit=gate.judge_records, next="audit", imports=("gate.compiled",)),
        Stage("audit", reads="gate", commit=late("audit", "draw_sample"), next="upsert", imports=("stages.audit",)),
        Stage("upsert", reads="audit", commit=upsert.merge_rows, writes=True),
        Stage(
            "plan",
            prepare=late("plan", "ask_planner"),
            commit=late("plan", "store_plan"),
            seconds=900.0,
            imports=("stages.plan", "model.client"),
        ),
        Stage(
            "judge",
            prepare=late("judge", "ask_auditor"),
            commit=late("judge", "decide"),
            seconds=900.0,
            imports=("stages.judge", "model.client"),
        ),
        Stage("merge", commit=merge.merge_waiting, writes=True),
        Stage("refold", commit=refold.refold_keys, writes=True),
    )
}


def load(stages: Iterable[str]) -> None:
    """Import what these stages would import when they first run: by a process that runs them, before it does."""
    for stage in stages:
        for module in STAGES[stage].imports:
            import_module(f"enrichment.{module}")


def chain_from(stage: str) -> tuple[str, ...]:
    """The stages from this one on, as they are published together."""
    following = STAGES[stage].next
    return (stage,) if following is None else (stage, *chain_from(following))


def run(context: Context, work: Claimed) -> bool:
    """Run one stage of work that this process holds; true where the next stage goes on.

    Raises:
        FenceLostError: somebody else has the work now; nothing was changed.
        AssayError: the stage could not go on; its class says what to do.
    """
    stage = STAGES[work.stage]
    given = None if stage.prepare is None else stage.prepare(context, work)
    with context.database.transaction() as tx:
        before = work_rows.hold(tx, work, reads=stage.reads)
        if stage.writes:
            freezing.require_writable(tx, work.source)
        if stage.reads is not None:
            given = unpacked(before)
        outcome = stage.commit(context, tx, work, given)
        match outcome:
            case Advance(artifact, counts) if stage.next is not None:
                work_rows.advance(tx, work, stage.next, counts, artifact=packed(artifact))
                return True
            case Again(counts):
                work_rows.put_back(tx, work)
            case Advance(_, counts):
                work_rows.finish(tx, work, counts)
            case Finish(counts, settles):
                work_rows.finish(tx, work, counts)
                settling.settle(tx, () if settles is None else (settles,))
    return False
