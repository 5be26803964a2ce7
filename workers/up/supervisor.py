"""`assay up`: start everything in order, keep it running, stop it in order."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import FrameType

import structlog

from enrichment.store.database import Database
from schemas.errors import AssayError, ConfigurationError, TerminalError
from workers.embedded.files import make_directory, write_text
from workers.embedded.locks import DirectoryLock, taker
from workers.embedded.processes import Identity, identity_of
from workers.named_secrets import require_secrets
from workers.settings import Settings
from workers.targets import load_targets
from workers.up import roster
from workers.up.configuration import REMEDY, Noted
from workers.up.keeper import Keeper, Service
from workers.up.leftovers import end_leftovers
from workers.up.places import Places
from workers.up.record import Phase, Recorder

_log = structlog.get_logger()

_POLL_SECONDS = 0.1
#: How late a signal may be noticed that came to another thread of this process.
_SIGNAL_SECONDS = 1.0
#: What processes of a killed `up` are given to end by themselves.
_LEFTOVER_SECONDS = 5.0

Say = Callable[[str], None]


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for it
    """TERM or INT came while the fleet was starting."""


class Supervisor:
    """Runs the fleet of one data directory for as long as `run` lasts."""

    def __init__(self, settings: Settings, environ: Mapping[str, str], *, say: Say) -> None:
        self._settings = settings
        self._environ = environ
        self._say = say
        self._places = Places(settings.data_dir)
        self._stop = threading.Event()
        self._signals = 0
        self._keepers: dict[str, Keeper] = {}

    def run(self, *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Start everything, call `on_ready`, and supervise until TERM or INT.

        Raises:
            ConfigurationError: another `up` runs here (`held`), or a person has to mend something.
            TransientError: a configured server cannot be reached.
            TerminalError: a service did not start; the hint shows the end of its log.
        """
        # what is wrong with the configuration is told before anything is started
        load_targets(self._settings)
        # every role runs here, in this environment
        for one in require_secrets(self._settings, self._environ):
            then = f", then: {REMEDY}" if one.where.endswith("env") else ""
            self._say(f"{one.where}: {one.what}; jobs of this source fail until that is mended: {one.remedy}{then}")
        make_directory(self._places.data_dir, mode=0o711 if os.geteuid() == 0 else 0o700)
        for directory in (self._places.home, self._places.logs):
            make_directory(directory, mode=0o700)
        with ExitStack() as ending:
            ending.enter_context(take_lock(self._places))
            self._listen(ending)
            write_text(self._places.configuration, str(self._settings.file or ""))
            me = identity_of(os.getpid()) or Identity(os.getpid(), "")
            recorder = Recorder(self._places.record, me, Noted.of(self._settings))
            recorder.phase("starting")
            ending.callback(_note, recorder, "stopped")
            for name in end_leftovers(self._places, seconds=_LEFTOVER_SECONDS):
                self._say(f"ended {name}, which a killed `assay up` had left running")
            ending.callback(self._stop_all, recorder)
            try:
                database = self._start(recorder)
                ending.callback(database.close)
                recorder.phase("running")
                on_ready()
                # Of a signal that came while this process was stopped (Ctrl-Z) the kernel may tell another thread.
                # Python handles it in this one, which a wait without an end would leave asleep.
                while not self._stop.wait(_SIGNAL_SECONDS):
                    pass
            except Stopped:
                _log.info("up.stopped_while_starting")

    def _listen(self, ending: ExitStack) -> None:
        def told(number: int, _: FrameType | None) -> None:
            self._signals += 1
            self._stop.set()
            _log.info("up.signal", signal=number)

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            ending.callback(signal.signal, number, signal.signal(number, told))

    def _start(self, recorder: Recorder) -> Database:
        roster.require_ports(self._settings)
        # The servers need seconds to come up, and what prepares the database seconds to be imported: both at once.
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="import") as pool:
            imported = pool.submit(_import_preparing)
            self._launch(roster.servers(self._settings), recorder)
            imported.result()
        from workers.addresses import database_url
        from workers.up import preparing

        url = database_url(self._settings, "owner")
        prepared = preparing.prepare(self._settings, url)
        if (remark := prepared.remark()) is not None:
            self._say(remark)
        database = Database(url, application="assay up", size=2)
        around = roster.Surroundings(settings=self._settings, environ=self._environ, database=database)
        try:
            for row in roster.services(around):
                self._launch(row, recorder)
            self._hand_out_keys(url)
        except BaseException:
            database.close()
            raise
        return database

    def _hand_out_keys(self, url: str) -> None:
        """Last of all: a key of a start that does not get to its end is shown to nobody, and not made again."""
        from workers.up import preparing

        keys = preparing.keys_of(url, self._places.endpoint)
        if keys.administrator is not None:
            self._say(f"\nadministrator's API key, shown this once: {keys.administrator}\n")
        preparing.write_endpoint(self._places.endpoint, self._keepers["api"].service.url() or "", keys.local)

    def _launch(self, services: Sequence[Service], recorder: Recorder) -> None:
        """Start services at once and wait until each serves; say so one by one."""
        waiting = {service.name: Keeper(service, recorder) for service in services}
        self._keepers |= waiting
        for keeper in waiting.values():
            keeper.launch()
        deadline = time.monotonic() + max(service.ready_seconds for service in services) if services else 0.0
        while waiting:
            if self._stop.is_set():
                raise Stopped
            for name, keeper in list(waiting.items()):
                if keeper.is_ready:
                    self._say(f"{name:<14} {keeper.service.url() or 'running'}")
                    del waiting[name]
                elif keeper.has_ended_early or time.monotonic() >= deadline:
                    raise keeper.failure or did_not_start(name, self._places.log_of(name))
            self._stop.wait(_POLL_SECONDS)

    def _stop_all(self, recorder: Recorder) -> None:
        _note(recorder, "stopping")
        with ThreadPoolExecutor(max_workers=len(roster.WORKERS), thread_name_prefix="stop") as pool:
            for row in roster.STOPPING:
                list(pool.map(self._stop_one, [self._keepers[name] for name in row if name in self._keepers]))

    def _stop_one(self, keeper: Keeper) -> None:
        try:
            # asked twice: whoever asks does not want to wait
            clean = keeper.stop(1.0 if self._signals > 1 else None)
            self._say(f"{keeper.name:<14} {'stopped' if clean else 'did not stop in time and was killed'}")
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with one, the others are not to be left running
            _log.error("up.not_stopped", service=keeper.name, error=type(error).__name__, exc_info=error)


def _note(recorder: Recorder, phase: Phase) -> None:
    """On a full disk, or without its directory, a fleet is stopped all the same."""
    try:
        recorder.phase(phase)
    except (AssayError, OSError) as error:
        _log.warning("up.not_recorded", phase=phase, error=str(error))


def _import_preparing() -> None:
    from enrichment.gate.version import gate_version

    import_module("workers.up.preparing")
    # made of every file of the gate, and kept
    gate_version()


def take_lock(places: Places) -> DirectoryLock:
    """The right to run the fleet of a data directory.

    Raises:
        ConfigurationError: another `up` runs there (`held`).
    """
    lock = DirectoryLock.take(places.lock)
    if lock is None:
        other = taker(places.lock)
        who = f" with pid {other.pid}" if other is not None else ""
        raise ConfigurationError(
            f"`assay up` runs already over {places.data_dir}{who}",
            hint="see it with `assay status`, stop it with `assay down`, or choose another --data-dir",
            code="held",
        )
    return lock


def did_not_start(name: str, log: Path) -> AssayError:
    tail = tail_of(log)
    return TerminalError(
        f"{name} did not start", hint=f"the end of {log}:\n{tail}" if tail else f"see {log}", code="start_failed"
    )


def tail_of(log: Path, lines: int = 15) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_000))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-lines:])
