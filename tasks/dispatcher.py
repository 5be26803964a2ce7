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
from enrichment.store import agenda, calls, dispatch, housekeeping, outages, review_ends, revisions, seat, wakings
from enrichment.store.agenda import Agenda
from enrichment.store.database import WORK_CHANNEL, Database, Tx
from enrichment.store.dispatch import Due, Windows
from enrichment.store.seat import SeatLostError
from schemas.errors import TransientError
from schemas.target import Target
from tasks import announcing, broker_memory, brokers
from tasks.publishing import depths, publish
from tasks.queues import queue_name
from tasks.snapshots import Snapshots

_log = structlog.get_logger()

#: A holder that is silent for so long is unseated by a standby.
SILENT = 3.0
_STANDBY_WAIT = 1.0
_IDLE_WAIT = 0.25
#: Turns are at least so far apart: one look finds what many rang for. A file's next chunk is published no sooner, so
#: that this bounds what one source can bring.
_TURN = 0.05
#: Jobs are settled, and what nothing would move is swept, so often where the bell rang, and at the latest where not.
_TIDY, _TIDY_LATEST = 0.1, 1.0
_HEARTBEAT = 1.0
_HOUSEKEEPING = 30.0
#: So long after the database was away, who lives may not have had a connection yet to show it.
_AFTER_OUTAGE = 20.0
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
        self._interrupted = -_AFTER_OUTAGE
        self._snapshots = Snapshots(database, settings.targets)

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
                self._interrupted = self._clock()
                stop.wait(_STANDBY_WAIT)
                continue
            with connection:
                try:
                    revisions.refuse_newer(connection)
                    epoch = seat.take(connection)
                    if epoch is None:
                        if seat.unseat_silent(connection, silent_seconds=SILENT):
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
                    self._interrupted = self._clock()
                    stop.wait(_STANDBY_WAIT)
                except outages.PASSING as error:
                    _log.warning("dispatcher.connection_lost", error=type(error).__name__)
                    self._interrupted = self._clock()
                    stop.wait(_STANDBY_WAIT)

    def _lead(self, connection: Tx, epoch: int, stop: threading.Event) -> None:
        connection.execute(f"LISTEN {WORK_CHANNEL}")
        self._prepare_broker()
        starting, republish, rung = True, False, True
        beat = housekept = tidied = -_HOUSEKEEPING
        fleet = seat.database_name(connection)
        self._unsent = []
        while not stop.is_set():
            now = self._clock()
            if now - beat >= _HEARTBEAT:
                seat.heartbeat(connection, epoch)
                beat = now
                republish = self._broker_forgot(fleet)
            found = agenda.look(connection)
            due = self._recover(epoch, found, starting=starting, republish=republish)
            tidy = now - tidied >= (_TIDY if rung else _TIDY_LATEST)
            if tidy:
                tidied, rung = now, False
            tidy = tidy and agenda.untidy(connection)
            if tidy or starting or found.due or found.lost or found.idle or found.breakers or found.ready:
                due += self._take(epoch, found, tidy=tidy or starting)
            starting = republish = False
            self._send(due)
            if found.letters:
                self._announce(epoch)
            if now - housekept >= _HOUSEKEEPING:
                self._keep_house(epoch)
                housekept = now
            rung |= _heard(connection, seconds=_TIDY if rung else _IDLE_WAIT)
            stop.wait(max(_TURN - (self._clock() - now), 0.0))
            # Whatever rang until here is found by the next look.
            rung |= _heard(connection, seconds=0.0)

    def _prepare_broker(self) -> None:
        try:
            brokers.prepare(self._app)
        except brokers.errors_of(self._app) as error:
            _log.warning("dispatcher.no_broker", error=type(error).__name__)

    def _broker_forgot(self, fleet: str) -> bool:
        """Whether messages are gone with the broker's memory; what it cannot be asked is asked again."""
        try:
            forgot = broker_memory.lost(self._app)
            broker_memory.show(self._app, fleet)
        except TransientError as error:
            _log.warning("dispatcher.no_broker", error=error.message)
            return False
        if forgot:
            _log.warning("dispatcher.broker_forgot")
        return forgot

    def _recover(self, epoch: int, found: Agenda, *, starting: bool, republish: bool) -> list[Due]:
        """Wake what is due, take back what is lost, republish what nobody claimed."""
        everything = starting or republish or found.death != self._death
        self._death = found.death
        if not (everything or found.due or found.lost or found.overdue):
            return []
        stalled = self._stalled() if found.overdue else []
        with self._database.transaction() as tx:
            seat.check_epoch(tx, epoch)
            dispatch.wake_due(tx)
            if starting:
                # A cap, a model or its key may have been changed in the configuration: whoever waits looks again.
                for changed in ("budget:%", "model:%"):
                    wakings.wake_like(tx, changed)
            for suspect in dispatch.return_lost(tx, after_outage=self._clock() - self._interrupted < _AFTER_OUTAGE):
                _log.warning(
                    "work.returned",
                    work=suspect.id,
                    stage=suspect.stage,
                    starts=suspect.starts,
                    outlived=suspect.outlived,
                )
                poison.handle(tx, suspect)
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

    def _take(self, epoch: int, found: Agenda, *, tidy: bool) -> list[Due]:
        """Take what the windows let through; where it is time, file what nothing else would file, and settle jobs."""
        with self._database.transaction() as tx:
            seat.check_epoch(tx, epoch)
            if found.idle:
                wakings.wake_idle_sources(tx)
            if found.breakers:
                tending.tend(tx)
            if tidy:
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
                seat.check_epoch(tx, epoch)
                announcing.announce(self._app, tx)
        except TransientError as error:
            _log.warning("dispatcher.not_announced", error=error.message)

    def _keep_house(self, epoch: int) -> None:
        with self._database.transaction() as tx:
            seat.check_epoch(tx, epoch)
            calls.expire(tx)
            housekeeping.forget_dead_boots(tx)
            housekeeping.drop_artifacts_of_cancelled(tx)
            review_ends.renew_expired(tx)
            wakings.wake_unasked(tx)
        self._snapshots.begin()


def _heard(connection: Tx, *, seconds: float) -> bool:
    """Whether the bell rang, or rings within so many seconds; all of its strokes are heard at once."""
    return len(list(connection.notifies(timeout=seconds, stop_after=1))) > 0
