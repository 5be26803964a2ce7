"""Running one process of the fleet: a worker of a role, or the dispatcher."""

from __future__ import annotations

import gc
import os
import signal
import threading
import uuid
from collections.abc import Callable

import structlog
from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown, worker_shutdown

from enrichment import pipeline
from enrichment.store import fleet, revisions
from enrichment.store.database import Database
from enrichment.store.dispatch import Windows
from enrichment.store.fleet import Boot
from schemas import VERSION
from schemas.errors import UsageError
from tasks import runtime
from tasks.children import ChildWatch, end_worker_in_time
from tasks.dispatcher import Dispatcher, DispatcherSettings
from tasks.leases import LeaseKeeper
from tasks.queues import ROLES, queue_name, queues_of
from tasks.retention import RetentionKeeper
from tasks.runtime import Runtime
from workers.addresses import Addresses
from workers.asked_models import evaluated_models, evaluated_replacements
from workers.composition import build_app, build_context, concurrency, retention, tuning
from workers.named_secrets import require_secrets
from workers.node_names import ISOLATED
from workers.settings import Settings
from workers.targets import load_targets

_log = structlog.get_logger()
#: Seconds that retention may take to end the slice it is at; a slice that is cut off is rolled back.
_LAST_SLICE = 3.0
#: Seconds in which running stages may end after TERM.
_GRACE = 20.0
#: Roles whose processes ask a model.
_ASKING = frozenset({"model", ISOLATED})


def run_worker(settings: Settings, addresses: Addresses, role: str, *, isolated: bool, node: str) -> None:
    """Consume a role's queues until TERM; does not return before running stages have ended or were handed back.

    Raises:
        UsageError: there is no such role.
        ConfigurationError: the model's key is not there; or `database_newer`: this code does not know the tables. All
            work is left in place.
    """
    if role not in {*ROLES, ISOLATED}:
        raise UsageError(f"there is no role {role!r}", hint=f"one of: {', '.join([*ROLES, ISOLATED])}")
    if role == "model":
        # without its key there is nothing that it could do; a source's credential concerns that source alone
        require_secrets(settings, os.environ, role=role)
    alone = isolated or role == ISOLATED
    pool = "prefork" if alone or ROLES[role].pool == "prefork" else "threads"
    size = 1 if alone else concurrency(settings, role)
    app = build_app(addresses, prefork=pool == "prefork")
    # Once, instead of in every child, as the isolation lane forks one for each piece of work; and now, since code that
    # is replaced under a running fleet would else be imported beside what is older.
    pipeline.load(pipeline.STAGES if role == ISOLATED else ROLES[role].stages)
    _keep_imported()
    _begin_node(addresses, node)
    _provide_runtime(app, settings, addresses, role=role, node=node, threads=1 if pool == "prefork" else size)
    if role in _ASKING:
        _require_evaluated(settings, addresses, node)
    if pool == "prefork":
        ChildWatch(lambda pid: _mourn(addresses, node, pid)).start()
    end_worker_in_time(app, _GRACE, give_up=_end_at_once)
    app.Worker(
        hostname=node,
        pool=pool,
        concurrency=size,
        queues=_queues(role, isolated=alone),
        optimization="fair",
        without_gossip=True,
        without_mingle=True,
        quiet=True,
        loglevel=settings.log.level.upper(),
    ).start()


def _require_evaluated(settings: Settings, addresses: Addresses, node: str) -> None:
    """A prompt that was last found to fail with one of the models is not used.

    Raises:
        ConfigurationError: `evaluation`.
    """
    from enrichment.evals import require_evaluated

    strictly = settings.model is not None and settings.model.require_evaluation
    database = Database(addresses.database, application=f"assay {node}", size=1)
    try:
        with database.transaction() as tx:
            require_evaluated(tx, evaluated_models(settings), strictly=strictly)
            if strictly:
                # else one that fails is refused when it is asked: the first provider alone runs a fleet
                require_evaluated(tx, evaluated_replacements(settings), strictly=True)
    finally:
        database.close()


def _queues(role: str, *, isolated: bool) -> list[str]:
    if role == ISOLATED:
        return [queue_name(stage, "isolation") for one in ROLES.values() for stage in one.stages]
    return queues_of(ROLES[role], isolated=isolated)


def _begin_node(addresses: Addresses, node: str) -> None:
    """Look whether this code may work on these tables; what the node had before is lost."""
    database = Database(addresses.database, application=f"assay {node}", size=1)
    try:
        with database.transaction() as tx:
            revisions.refuse_newer(tx)
            fleet.declare_dead(tx, node)
    finally:
        database.close()


def _mourn(addresses: Addresses, node: str, pid: int) -> None:
    """A connection of its own, closed at once: the next child is forked from this process."""
    database = Database(addresses.database, application=f"assay {node}", size=1)
    try:
        with database.transaction() as tx:
            fleet.declare_child_dead(tx, node, pid)
    finally:
        database.close()


def _provide_runtime(
    app: Celery, settings: Settings, addresses: Addresses, *, role: str, node: str, threads: int
) -> None:
    """Make the runtime when it is first needed: in a prefork child after the fork, else in the worker itself."""
    made: dict[int, Runtime] = {}
    lock = threading.Lock()

    def here() -> Runtime:
        with lock:
            if os.getpid() not in made:
                made.clear()
                made[os.getpid()] = _boot(settings, addresses, role=role, node=node, threads=threads)
            return made[os.getpid()]

    def leave(**_: object) -> None:
        if (mine := made.pop(os.getpid(), None)) is not None:
            mine.leases.stop()
            mine.context.database.close()

    runtime.provide(app, here)
    worker_process_init.connect(lambda **_: here(), weak=False)
    worker_process_shutdown.connect(leave, weak=False)
    worker_shutdown.connect(leave, weak=False)


def _boot(settings: Settings, addresses: Addresses, *, role: str, node: str, threads: int) -> Runtime:
    context = build_context(settings, addresses, role=role, connections=threads)
    boot_id = f"{node}/{uuid.uuid4().hex[:12]}"
    boot = Boot(boot_id=boot_id, node=node, role=role, pid=os.getpid(), code_version=VERSION)
    with context.database.transaction() as tx:
        fleet.register(tx, boot)
    leases = LeaseKeeper(context.database, boot_id, on_stuck=_end_at_once)
    leases.start()
    _keep_imported()
    structlog.contextvars.bind_contextvars(boot=boot_id)
    _log.info("worker.booted", role=role)
    if role == "model" and context.asking is not None:
        from enrichment.conditions import reopen_changed

        for plan_id in reopen_changed(context, context.asking.models):
            _log.info("plan.reopened", plan=plan_id)
    return Runtime(context, boot_id, leases)


def _end_at_once() -> None:
    """Whoever supervises this process starts it again; the rest of its work is returned by its boot's death."""
    os._exit(os.EX_SOFTWARE)


def _keep_imported() -> None:
    """What was imported never dies: to look for cycles in it would in a child make a copy of each page."""
    gc.collect()
    gc.freeze()


def run_dispatcher(settings: Settings, addresses: Addresses, *, on_seat: Callable[[], None] = lambda: None) -> None:
    """Dispatch, or stand by for it, until TERM."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = Database(addresses.database, application="assay dispatcher", size=4, repeats=True)
    work = settings.work
    windows = Windows(
        chunks_per_job=work.window,
        chunks_per_source=work.source_window,
        per_kind={
            "plan": work.plan_window,
            "judge": work.judge_window,
            "merge": work.merge_window,
            "refold": work.refold_window,
        },
    )
    keeper = RetentionKeeper(database, retention(settings), stop)
    keeper.start()
    targets = tuple(load_targets(settings).values())
    Dispatcher(build_app(addresses), database, DispatcherSettings(windows, targets, tuning(settings))).run(
        stop, on_seat=on_seat
    )
    keeper.join(_LAST_SLICE)
    database.close()
