"""The dispatcher: finds what is due, raises its fence, and rings the doorbell. One is active, others stand by."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from celery import Celery

from enrichment import poison, settling, sweeping
from enrichment.breaking import tending
from enrichment.context import Tuning
from enrichment.store import calls, dispatch, fleet, housekeeping, reviews, revisions
from enrichment.store import work as work_rows
from enrichment.store.database import WORK_CHANNEL, Database, Tx
from enrichment.store.dispatch import Due, SeatLostError, Windows
from schemas.errors import TransientError
from schemas.target import Target
from tasks import announcing, broker_memory, brokers
from tasks.publishing import depths, publish
from tasks.queues import queue_name

_log = structlog.get_logger()

#: A holder that is silent for so long is unseated by a standby.
SILENT = 3.0
_STANDBY_WAIT = 1.0
_IDLE_WAIT = 0.25
#: Turns are at least so far apart: every stage that commits rings the bell, and one look finds what ten rang for.
_TURN = 0.1
_HEARTBEAT = 1.0
_HOUSEKEEPING = 30.0
#: A queue from which nothing was claimed for so long, though it holds messages, has nobody who consumes it.
_STALLED = 10.0


@dataclass(frozen=True, slots=True)
class DispatcherSettings:
    windows: Windows = field(
        default_factory=lambda: Windows(
            chunks_per_job=8,
            chunks_per_source=16,
            per_kind={"plan": 8, "judge": 8, "merge": 4, "refold": 2},
        )
    )
    targets: tuple[Target, ...] = ()
    tuning: Tuning = field(default_factory=Tuning)


class Dispatcher:
    """Run in a process of its own: `run` returns when `stop` is set."""

    def __init__(
        self,
        app: Celery,
        database: Database,
        settings: DispatcherSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._database = database
        self._settings = settings
        self._clock = clock
        self._unsent: list[Due] = []
        self._death: datetime | None = None

    def run(self, stop: threading.Event, *, on_seat: Callable[[], None] = lambda: None) -> None:
        """Stand by until the seat is free, then dispatch until it is lost or `stop` is set.

        Raises:
            ConfigurationError: `database_newer`: this code does not know the tables; all work is left in place.
        """
        while not stop.is_set():
            try:
                connection = self._database.direct()
            except TransientError as error:
                _log.warning("dispatcher.no_database", error=error.message)
                stop.wait(_STANDBY_WAIT)
                continue
            with connection:
                try:
                    revisions.refuse_newer(connection)
                    epoch = dispatch.take_seat(connection)
                    if epoch is None:
                        if dispatch.unseat_silent(connection, silent_seconds=SILENT):
                            _log.warning("dispatcher.unseated_silent_holder")
                        stop.wait(_STANDBY_WAIT)
                        continue
                    _log.info("dispatcher.seated", epoch=epoch)
                    on_seat()
                    self._lead(connection, epoch, stop)
                except SeatLostError:
                    _log.warning("dispatcher.seat_lost")
                except TransientError as error:
                    _log.warning("dispatcher.interrupted", error=error.message)
                    stop.wait(_STANDBY_WAIT)
                except dispatch.CONNECTION_ERRORS as error:
                    _log.warning("dispatcher.connection_lost", error=type(error).__name__)
                    stop.wait(_STANDBY_WAIT)

    def _lead(self, connection: Tx, epoch: int, stop: threading.Event) -> None:
        connection.execute(f"LISTEN {WORK_CHANNEL}")
        self._prepare_broker()
        starting = True
        republish = False
        beat = housekept = -_HOUSEKEEPING
        self._unsent = []
        while not stop.is_set():
            now = self._clock()
            if now - beat >= _HEARTBEAT:
                dispatch.heartbeat(connection, epoch)
                beat = now
                republish = self._broker_forgot()
            due = self._recover(epoch, starting=starting, republish=republish) + self._settle_and_take(epoch)
            starting = republish = False
            self._send(due)
            self._announce(epoch)
            if now - housekept >= _HOUSEKEEPING:
                self._keep_house(epoch)
                housekept = now
            for _ in connection.notifies(timeout=_IDLE_WAIT, stop_after=1):
                pass
            stop.wait(max(_TURN - (self._clock() - now), 0.0))

    def _prepare_broker(self) -> None:
        try:
            brokers.prepare(self._app)
        except brokers.errors_of(self._app) as error:
            _log.warning("dispatcher.no_broker", error=type(error).__name__)

    def _broker_forgot(self) -> bool:
        """Whether messages are gone with the broker's memory; what it cannot be asked is asked again."""
        try:
            forgot = broker_memory.lost(self._app)
        except TransientError as error:
            _log.warning("dispatcher.no_broker", error=error.message)
            return False
        if forgot:
            _log.warning("dispatcher.broker_forgot")
        return forgot

    def _recover(self, epoch: int, *, starting: bool, republish: bool) -> list[Due]:
        """Wake what is due, take back what is lost, republish what nobody claimed."""
        stalled = self._stalled()
        with self._database.transaction() as tx:
            dispatch.check_epoch(tx, epoch)
            dispatch.wake_due(tx)
            if starting:
                # A cap may have been changed in the configuration: whoever waits on it looks again.
                work_rows.wake_like(tx, "budget:%")
            for suspect in dispatch.return_lost(tx):
                _log.warning("work.returned", work=suspect.id, stage=suspect.stage, starts=suspect.starts)
                poison.handle(tx, suspect)
            death, known = fleet.latest_death(tx), self._death
            self._death = death
            everything = starting or republish or death != known
            return dispatch.republish_overdue(tx, stalled=stalled, everything=everything)

    def _stalled(self) -> list[tuple[str, str]]:
        """Queues that hold messages and do not move; asked of the broker only when a deadline has passed."""
        with self._database.transaction() as tx:
            overdue = dispatch.overdue_queues(tx)
            moving = dispatch.last_claims(tx, seconds=_STALLED) if overdue else set()
        quiet = [queue for queue in overdue if queue not in moving]
        if not quiet:
            return []
        try:
            waiting = depths(self._app, [queue_name(*queue) for queue in quiet])
        except TransientError as error:
            _log.warning("dispatcher.no_broker", error=error.message)
            return quiet
        return [queue for queue in quiet if waiting[queue_name(*queue)] > 0]

    def _settle_and_take(self, epoch: int) -> list[Due]:
        """File what nothing else would file, settle jobs, and take what the windows let through."""
        with self._database.transaction() as tx:
            dispatch.check_epoch(tx, epoch)
            work_rows.wake_idle_sources(tx)
            tending.tend(tx)
            sweeping.sweep(tx, self._settings.tuning)
            settling.settle_open(tx)
            due = dispatch.take_chunks(tx, self._settings.windows)
            return due + dispatch.take_kinds(tx, self._settings.windows)

    def _send(self, due: list[Due]) -> None:
        """Publish after the commit; what the broker did not take is sent again at the next turn."""
        self._unsent += due
        if not self._unsent:
            return
        try:
            publish(self._app, self._unsent)
        except TransientError as error:
            _log.warning("dispatcher.not_published", works=len(self._unsent), error=error.message)
            return
        self._unsent = []

    def _announce(self, epoch: int) -> None:
        try:
            with self._database.transaction() as tx:
                dispatch.check_epoch(tx, epoch)
                announcing.announce(self._app, tx)
        except TransientError as error:
            _log.warning("dispatcher.not_announced", error=error.message)

    def _keep_house(self, epoch: int) -> None:
        with self._database.transaction() as tx:
            dispatch.check_epoch(tx, epoch)
            calls.expire(tx)
            housekeeping.forget_dead_boots(tx)
            housekeeping.drop_artifacts_of_cancelled(tx)
            reviews.renew_expired(tx)
            for target in self._settings.targets:
                housekeeping.snapshot_columns(tx, target)
