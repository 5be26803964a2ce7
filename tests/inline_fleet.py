"""The whole fleet in one thread: the same dispatch statements, claims and stages, without a broker.

For tests that are about what happens to data. What happens to processes is for the acceptance tests. Each stage logs in
as the role that runs it in a deployment, and so do dispatcher and API: a right that one of them lacks fails the test
that needs it.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import structlog

from enrichment import failing, pipeline, settling, sweeping
from enrichment.breaking import tending
from enrichment.compiled_plans import CompiledPlans
from enrichment.context import Context, Tuning
from enrichment.gate.version import gate_version
from enrichment.store import dispatch, fleet, grants, items, jobs, made_again, registry, target_table, wakings
from enrichment.store import work as work_rows
from enrichment.store.database import Database
from enrichment.store.dispatch import Due, Windows
from enrichment.store.fleet import Boot
from enrichment.store.jobs import NewJob
from enrichment.store.work import FenceLostError, NewWork
from schemas.source import Source
from schemas.target import Target
from tasks.queues import ROLES
from workers.composition import SAMPLING
from workers.embedded import PostgresServer, running_postgres

WINDOWS = Windows(1_000, 1_000, {"plan": 100, "judge": 100, "merge": 100, "refold": 100})

#: Stage -> the role whose workers run it.
_ROLE_OF = {stage: role.name for role in ROLES.values() for stage in role.stages}


@cache
def _server(directory: str) -> PostgresServer | None:
    return running_postgres(Path(directory))


def _login(url: str, role: str) -> str:
    """The URL of a role, on the server of this run. A server that somebody else brings has one login for everything."""
    directory = os.environ.get("TEST_RUN_SERVERS")
    server = None if directory is None else _server(directory)
    return url if server is None else server.url_for(f"assay_{role}", url.rpartition("/")[2])


class InlineFleet:
    """`asking` is the way to a model, real or scripted; anything with `models` and `ask`.

    `database` is the owner's: a test's own hands. What the fleet does goes through `acting`.
    """

    def __init__(
        self,
        url: str,
        *,
        sources: Sequence[Source],
        targets: Sequence[Target],
        asking: Any = None,
        tuning: Tuning | None = None,
    ) -> None:
        self.database = Database(url, application="inline", size=4, repeats=True)
        self.context = Context(
            database=self.database,
            sources={s.name: s for s in sources},
            targets={t.name: t for t in targets},
            plans=CompiledPlans(),
            asking=asking,
            audit_key=b"a fixed key for tests",
            tuning=tuning or Tuning(),
        )
        self._acting: dict[str, Database] = {}
        with self.database.transaction() as tx:
            for target in targets:
                target_table.ensure(tx, target)
            registry.sync(tx, sources, targets, gate_version=gate_version())
            for target in targets:
                made_again.sync(tx, target_table.resolve(tx, target))
            grants.issue(tx, targets)
            fleet.register(tx, Boot("inline", "inline", "all", 0, "test"))
        self.log = structlog.get_logger()
        self.ran: list[str] = []

    def acting(self, role: str) -> Database:
        """The database as a process of this role may use it."""
        if role not in self._acting:
            self._acting[role] = Database(_login(self.database.url, role), application="inline", size=4, repeats=True)
        return self._acting[role]

    def context_of(self, role: str) -> Context:
        key = self.context.audit_key if role in SAMPLING else b""
        return dataclasses.replace(self.context, database=self.acting(role), audit_key=key)

    def submit(self, source: str, target: str, *, scope: Mapping[str, Any] | None = None, dry_run: bool = False) -> int:
        with self.acting("api").transaction() as tx:
            job, _ = jobs.create(
                tx,
                NewJob(source, target, self.context.target(target).version, "running", scope or {}, dry_run=dry_run),
            )
            work_rows.file(
                tx,
                NewWork("chunk", "fetch", job_id=job.id, source=source, target=target, position=0),
            )
        return job.id

    def turn(self) -> list[Due]:
        """One turn of the dispatcher; waits are over at once."""
        with self.database.transaction() as tx:
            tx.execute("UPDATE work SET wait_until = now() WHERE status = 'waiting' AND wait_until IS NOT NULL")
            # Of what is down; a planner's cool-down is for the tests that are about it.
            tx.execute("UPDATE breaker SET until = now() WHERE state = 'open' AND kind <> 'quality'")
            tx.execute("UPDATE breaker SET offered_at = NULL")
        with self.acting("control").transaction() as tx:
            dispatch.wake_due(tx)
            tending.tend(tx)
            wakings.wake_idle_sources(tx)
            sweeping.sweep(tx, self.context.tuning)
            settling.settle_open(tx)
            return dispatch.take_chunks(tx, WINDOWS) + dispatch.take_kinds(tx, WINDOWS)

    def step(self, due: Due) -> None:
        """Run a message and the rest of its chain."""
        for stage in pipeline.chain_from(due.stage):
            if not self.stage(due.id, due.fence, stage):
                return

    def stage(self, work_id: int, fence: int, stage: str) -> bool:
        context = self.context_of(_ROLE_OF[stage])
        with context.database.transaction() as tx:
            claimed = work_rows.claim(tx, work_id, fence=fence, stage=stage, worker="inline", seconds=600)
        if claimed is None:
            return False
        self.ran.append(stage)
        try:
            return pipeline.run(context, claimed)
        except FenceLostError:
            return False
        except Exception as error:  # noqa: BLE001 - as the fleet does
            failing.after(context, claimed, error, self.log)
            return False

    def run(self, *, turns: int = 200, until: Callable[[], bool] = lambda: False) -> None:
        """Turn until nothing is due any more."""
        for _ in range(turns):
            due = self.turn()
            for one in due:
                self.step(one)
            if until() or not due:
                return
        raise AssertionError(f"still busy after {turns} turns: {self.ran[-20:]}")

    def counts(self, job_id: int) -> dict[str, int]:
        with self.database.transaction() as tx:
            return items.counts(tx, job_id)

    def state(self, job_id: int) -> str:
        with self.database.transaction() as tx:
            return jobs.get(tx, job_id).state

    def rows(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        with self.database.transaction() as tx:
            return tx.execute(sql, params).fetchall()

    def configure(self, **changes: Any) -> None:
        self.context = dataclasses.replace(self.context, **changes)

    def close(self) -> None:
        for database in (self.database, *self._acting.values()):
            database.close()
