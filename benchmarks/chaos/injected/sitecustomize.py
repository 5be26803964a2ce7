"""Loaded by every process of a fleet under test, and by no other: takes one guard out, and makes some records deadly.

`CHAOS_WITHOUT` names the guard. `CHAOS_HOME` is where the driver says what time each host has (`clocks.json`), and of
which release whoever starts is (`release`). The points of `meetings.py` are put in here. A record whose name begins
with `Poison` kills whoever judges it, by its second word.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_SERVICES = {"worker", "dispatcher", "api"}


def _without_fence() -> None:
    """Any delivery is taken up, and whoever holds a stale fence may still write."""
    from enrichment.store import work

    def claim(tx: Any, work_id: int, *, fence: int, stage: str, worker: str, seconds: float) -> Any:
        row = tx.execute(
            "UPDATE work SET status = 'running', worker = %(worker)s, starts = starts + 1, stage = %(stage)s,"
            " deadline = now() + make_interval(secs => %(seconds)s), lease_until = now() + interval '10 s'"
            " WHERE id = %(id)s RETURNING id, kind, stage, fence, lane, job_id, source, target, position, args,"
            " counts, shape_id, plan_id, attempts, starts, worker",
            {"id": work_id, "stage": stage, "worker": worker, "seconds": seconds},
        ).fetchone()
        del fence
        return None if row is None else work.Claimed(**row)

    work.claim = claim
    work._HELD = "id = %(id)s"


def _without_leases() -> None:
    """What is held is held for ever."""
    from enrichment.store import dispatch, work

    work.LEASE = 1e8
    # else so long a lease looks like one from before a clock was set back, and is lost at once
    dispatch.LIMITS["longest"] = 2e8  # type: ignore[index]  # nobody else changes it


def _without_locks() -> None:
    """Merges of one key do not wait for each other."""
    from enrichment.store import ledger

    def lock_keys(tx: Any, target: str, keys: Any) -> None:
        tx.execute(
            "INSERT INTO target_key (target, key) SELECT %s, k FROM unnest(%s::text[]) AS k ORDER BY k"
            " ON CONFLICT DO NOTHING",
            (target, sorted(set(keys))),
        )

    ledger.lock_keys = lock_keys


def _without_share() -> None:
    """A stage that relies on a plan does not keep anybody from deciding on it meanwhile."""
    from enrichment.store import plans

    guarded = plans.get_many

    def get_many(tx: Any, plan_ids: Any, *, lock: Any = None) -> Any:
        return guarded(tx, plan_ids, lock=None if lock == "KEY SHARE" else lock)

    plans.get_many = get_many


def _without_renewal() -> None:
    """Whoever lives does not show it."""
    from enrichment.store import fleet, work

    def renew(*_: Any, **__: Any) -> None:
        """Nothing is renewed."""

    work.renew = fleet.beat = renew


def _without_recovery() -> None:
    """Nobody takes back what is lost."""
    from enrichment.store import dispatch

    def nothing(*_: Any, **__: Any) -> list[Any]:
        return []

    dispatch.return_lost = dispatch.republish_overdue = nothing


def _without_commits() -> None:
    """Whoever commits does not wait until what is committed is safe."""
    from enrichment.store import database, job_ends, rates

    database._OPTIONS += " -c synchronous_commit=off"
    # what is told outside waits for the disk by itself
    for module in (database, job_ends, rates):
        setattr(module, "durably", lambda _: None)  # noqa: B010 - two of them only import it


def _without_booking() -> None:
    """A call goes out, and the books say that it is still to go."""
    from enrichment.store import calls

    def mark_sent(*_: Any, **__: Any) -> bool:
        return True

    calls.mark_sent = mark_sent


def _overflow() -> None:
    """Through C, whose stack is what overflows."""
    sys.setrecursionlimit(10**8)
    list(map(_deeper, (0,)))


def _deeper(_: int) -> None:
    list(map(_deeper, (0,)))


def _loop() -> None:
    while True:
        pass


def _exhaust() -> None:
    raise MemoryError


_DEADLY: dict[str, Callable[[], None]] = {
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "memory": _exhaust,
    "loop": _loop,
    "stack": _overflow,
}


def _poison() -> None:
    from enrichment import compiled_plans

    harmless = compiled_plans.CompiledPlans.gate

    def gate(self: Any, *arguments: Any, **named: Any) -> Any:
        judge = harmless(self, *arguments, **named)

        def judged(record: Any) -> Any:
            name = str(record.get("name", ""))
            if name.startswith("Poison "):
                _DEADLY[name.split()[1]]()
            return judge(record)

        return judged

    setattr(compiled_plans.CompiledPlans, "gate", gate)  # noqa: B010 - a method may not be assigned


def _shorten(seconds: float) -> None:
    """The longest that a gate may take, so that an endless loop does not cost minutes."""
    from dataclasses import replace

    from enrichment import pipeline

    pipeline.STAGES["gate"] = replace(pipeline.STAGES["gate"], seconds=seconds)


def _hasten() -> None:
    """What is presumed lost after a minute or more is presumed so sooner, so that a schedule meets it.

    Redis delivers again what was not acknowledged within a few seconds, whether or not it is still worked on.
    """
    from enrichment import account
    from enrichment.store import database, work
    from tasks import celery_app

    account._RESERVED, account._MARGIN = 15.0, 6.0
    database._OPTIONS = database._OPTIONS.replace("session_timeout=60000", "session_timeout=9000")
    work.PUBLISH_DEADLINE = 15.0
    celery_app.VISIBILITY = 7
    if "dispatcher" in sys.orig_argv:
        from tasks import dispatcher

        dispatcher._HOUSEKEEPING = 5.0


def _meet(tx: Any, point: str) -> None:
    source = tx.execute("SELECT current_setting('chaos.source', true) AS name").fetchone()["name"]
    tx.execute("SELECT assay.meet(%s, %s, %s)", (point, source, os.getpid()))


def _lay_points() -> None:
    """Where the driver may hold a transaction, so that another one meets it there."""
    from enrichment.store import folding, ledger, work

    hold, lock_keys = work.hold, ledger.lock_keys
    append_staged, append_over = ledger.append_staged, folding._append_over

    def held(tx: Any, one: Any, *, reads: str | None = None) -> bytes | None:
        tx.execute(
            "SELECT set_config('chaos.stage', %s, true), set_config('chaos.source', %s, true)",
            (one.stage, one.source or ""),
        )
        _meet(tx, "hold")
        return hold(tx, one, reads=reads)

    def locked(tx: Any, target: str, keys: Any) -> None:
        _meet(tx, "lock")
        lock_keys(tx, target, keys)

    def appended(tx: Any, staged_ids: Any, *, target: str) -> int:
        done = append_staged(tx, staged_ids, target=target)
        _meet(tx, "append")
        return int(done)

    def laid_over(tx: Any, table: Any, staged_ids: Any) -> Any:
        done = append_over(tx, table, staged_ids)
        _meet(tx, "append")
        return done

    others = ((work, "hold", held), (ledger, "lock_keys", locked))
    for module, name, function in (*others, (folding, "append_staged", appended), (folding, "_append_over", laid_over)):
        setattr(module, name, function)


def _set_clock(home: Path) -> None:
    """The time of this process's host is what the driver says it is; looked up again after a moment."""
    true, service = time.time, next(iter(_SERVICES & set(sys.orig_argv)))
    role = sys.orig_argv[sys.orig_argv.index(service) + 1] if service == "worker" else service
    known = [-1.0, 0.0]

    def shown() -> float:
        if time.monotonic() - known[0] > 0.2:
            known[0] = time.monotonic()
            try:
                known[1] = float(json.loads((home / "clocks.json").read_text()).get(role, 0.0))
            except (OSError, ValueError):
                # it is being written, or nobody has said anything
                return true() + known[1]
        return true() + known[1]

    time.time = shown


def _set_release(home: Path) -> None:
    """Whoever starts now is of the release that the driver says."""
    import schemas

    try:
        schemas.FORMAT = int((home / "release").read_text())
    except OSError:
        return
    schemas.VERSION = f"0.{schemas.FORMAT}.0"


if _SERVICES & set(sys.orig_argv):
    _set_clock(Path(os.environ["CHAOS_HOME"]))
    _set_release(Path(os.environ["CHAOS_HOME"]))
    _poison()
    _shorten(8.0)
    _hasten()
    if guard := os.environ.get("CHAOS_WITHOUT"):
        {
            "fence": _without_fence,
            "leases": _without_leases,
            "renewal": _without_renewal,
            "locks": _without_locks,
            "share": _without_share,
            "recovery": _without_recovery,
            "commits": _without_commits,
            "booking": _without_booking,
        }[guard]()
    _lay_points()
