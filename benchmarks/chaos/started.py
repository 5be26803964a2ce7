"""The fleet under test: servers behind proxies, and every process of Assay as a user starts it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import psutil
import psycopg
from psycopg.rows import dict_row

from benchmarks.chaos.configuration import DAY_CAP, write_configuration
from benchmarks.chaos.meetings import Meetings
from benchmarks.chaos.outside import Outside
from benchmarks.chaos.proxies import Proxy
from enrichment.client import Client
from tasks.celery_app import create_app
from workers.embedded import (
    EmbeddedServers,
    PostgresOptions,
    PostgresServer,
    RedisServer,
    discard_postgres,
)
from workers.embedded.servers import OWNER
from workers.up.places import Places
from workers.up.record import read_record

Server = TypeVar("Server", PostgresServer, RedisServer)

ROOT: Final = Path(__file__).parents[2]
INJECTED: Final = Path(__file__).parent / "injected"
#: Seconds for which a server may be away before the driver gives up.
AWAY: Final = 60.0
#: What no commit has waited for stays unwritten as long as it may, so that a kill loses it.
UNWRITTEN: Final = {"wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"}


class Started:
    """`without`: the guard that is taken out of every process of the fleet; empty for none.

    broker: address, with its port on this machine, of one that is used in place of the Redis here, which then keeps the
        limits only
    requests_per_minute: the rate of each model; null for none
    """

    def __init__(
        self, *, fresh: int, without: str = "", broker: str | None = None, requests_per_minute: int | None = None
    ) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="assay-chaos-"))
        self.home.chmod(0o711)
        self.data_dir = self.home / "data"
        self.without = without
        self.fresh = [f"fresh{number:03d}" for number in range(fresh)]
        self._one_at_a_time = threading.Lock()
        self._connecting = threading.Lock()
        self._starts = threading.Lock()
        self._over = False
        self._model: subprocess.Popen[bytes] | None = None
        self._kept: psycopg.Connection[dict[str, Any]] | None = None
        self.to_broker: Proxy | None = None
        self._broker = ""
        if broker is not None:
            at = urlsplit(broker)
            if at.port is None:
                raise ValueError(f"{broker} names no port")
            self.to_broker = Proxy(at.port)
            self._broker = at._replace(netloc=f"{at.netloc.rpartition(':')[0]}:{self.to_broker.port}").geturl()
        self._servers = EmbeddedServers(self.home / "servers", postgres=PostgresOptions(settings=UNWRITTEN))
        self._servers.__enter__()
        self.postgres, self.redis = self._servers.postgres, self._servers.redis
        self.to_postgres, self.to_redis = Proxy(self.postgres.port), Proxy(self.redis.port)
        self.outside = Outside()
        try:
            self.outside.model_port = self._start_model()
            self._configure(requests_per_minute)
            self.ended(self.assay("up", "--detach"))
            self._drag()
            self.meetings = Meetings(self.connect)
        except BaseException:
            # nobody else knows of it yet
            self.discard()
            raise
        self.app = create_app(broker or self.redis.url)
        #: What faults themselves have seen to be wrong: (kind, text).
        self.seen: list[tuple[str, str]] = []
        #: What faults have done, where that is more than their number.
        self.counted: Counter[str] = Counter()
        #: Work that existed before the schedule that runs.
        self.before = 0
        #: Whether the schedule's faults may have ended workers, or what they had under way.
        self.killed = False

    def _start_model(self) -> int:
        """Gives its port."""
        said = self.home / "model"
        self._model = subprocess.Popen(
            [sys.executable, "-P", "-m", "workers.offline_model", "--port", "0", "--endpoint-file", str(said)],
            env=self._environment(),
            stdout=subprocess.DEVNULL,
        )
        if not until(said.exists, seconds=60):
            raise RuntimeError("the offline model did not start")
        return int(said.read_text().rsplit(":", 1)[1].partition("/")[0])

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(ROOT), str(INJECTED)])
        return {**os.environ, "PYTHONPATH": path, "CHAOS_WITHOUT": self.without, "CHAOS_HOME": str(self.home)}

    def _configure(self, requests_per_minute: int | None) -> None:
        address = self.postgres.url_for(OWNER).replace(str(self.postgres.port), str(self.to_postgres.port))
        limits = self.redis.url.replace(str(self.redis.port), str(self.to_redis.port))
        write_configuration(
            self.home,
            database=address,
            broker=self._broker or limits,
            limits=limits,
            outside=f"http://127.0.0.1:{self.outside.port}",
            fresh=self.fresh,
            requests_per_minute=requests_per_minute,
        )

    def _drag(self) -> None:
        """Make each stage hold its transaction open for a while, so that faults meet it there."""
        with self.connect() as connection:
            connection.execute("CREATE TABLE assay.dragging AS SELECT 0.15 AS seconds")
            connection.execute("GRANT SELECT ON assay.dragging TO PUBLIC")
            connection.execute(
                "CREATE FUNCTION assay.drag() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " PERFORM pg_sleep((0.1 + random()) * seconds) FROM assay.dragging; RETURN NULL; END $$"
            )
            for table in ("payload", "staged", "assertion", "artifact"):
                connection.execute(
                    f"CREATE TRIGGER drag AFTER INSERT ON assay.{table}"
                    " FOR EACH STATEMENT EXECUTE FUNCTION assay.drag()"
                )
            connection.execute("CREATE SEQUENCE assay.over_cap MINVALUE 0 START 0")
            connection.execute(
                "CREATE FUNCTION assay.watch_cap() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
                " PERFORM nextval('assay.over_cap'); RETURN NULL; END $$"
            )
            connection.execute(
                "CREATE TRIGGER watch_cap AFTER UPDATE ON assay.budget FOR EACH ROW WHEN (NEW.scope = 'day' AND"
                f" NEW.used_money + NEW.reserved_money > {DAY_CAP} + NEW.raised_money AND"
                " NEW.used_money + NEW.reserved_money > OLD.used_money + OLD.reserved_money)"
                " EXECUTE FUNCTION assay.watch_cap()"
            )
            # the last that a merge does before it commits
            connection.execute(
                "CREATE TRIGGER drag AFTER UPDATE ON assay.target_key FOR EACH STATEMENT EXECUTE FUNCTION assay.drag()"
            )

    def assay(self, *arguments: str) -> subprocess.Popen[str]:
        with self._starting():
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "workers", "--config", str(self.home / "assay.toml"), *arguments],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def ended(self, command: subprocess.Popen[str], *, seconds: float = 180.0) -> None:
        said, _ = command.communicate(timeout=seconds)
        if command.returncode != 0:
            raise RuntimeError(f"`assay` ended with {command.returncode}: {said[-3000:]}")

    def close(self) -> None:
        """End everything that was started, with -9: nothing of it is looked at any more.

        `assay down` is not asked for it: a start that is under way would go on after it.
        """
        with self._starts:
            self._over = True
        while left := self._ours():
            for one in left:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            psutil.wait_procs(left, timeout=5)
        if self._model is not None:
            self._model.wait()
        self.outside.release.set()
        if self._kept is not None:
            self._kept.close()
        self.postgres.stop()
        self.redis.stop()

    def discard(self) -> None:
        """End everything, and delete all that it has written."""
        self.close()
        discard_postgres(self.home / "servers")
        shutil.rmtree(self.home, ignore_errors=True)

    def _ours(self) -> list[psutil.Process]:
        """Whatever was started for this fleet and runs, whoever started it; the servers are not among it."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                ended = process.status() == psutil.STATUS_ZOMBIE
                if not ended and process.environ().get("CHAOS_HOME") == str(self.home):
                    found.append(process)
        return found

    @property
    def wires(self) -> tuple[Proxy, ...]:
        """Between the fleet and its servers."""
        both = (self.to_postgres, self.to_redis)
        return both if self.to_broker is None else (*both, self.to_broker)

    @property
    def logs(self) -> Path:
        """Where the fleet's processes write what they say."""
        return Places(self.data_dir).logs

    # --- what the driver sees

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        """Past the proxy, so that the driver is never disturbed by itself."""
        url = self.postgres.url_for(OWNER).replace("+psycopg", "")
        return psycopg.connect(url, autocommit=True, row_factory=dict_row, options="-c search_path=assay,public")

    def rows(self, sql: str, **params: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - values of any type
        """Asked again while the server is away, which may be another fault's doing."""
        ends = time.monotonic() + AWAY
        while True:
            try:
                return self._session().execute(sql.encode(), params).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.2)

    def _session(self) -> psycopg.Connection[dict[str, Any]]:
        """One for all that is asked, until the server ends it: to connect costs more than most questions."""
        with self._connecting:
            if self._kept is None or self._kept.closed:
                self._kept = self.connect()
            return self._kept

    def client(self) -> Client:
        return Client.local(self.data_dir, patience=60.0)

    def pid(self, service: str) -> psutil.Process | None:
        found = read_record(Places(self.data_dir).record).services.get(service)
        try:
            return None if found is None or found.pid is None else psutil.Process(found.pid)
        except psutil.NoSuchProcess:
            return None

    @contextmanager
    def _starting(self) -> Iterator[None]:
        """Nothing is started beside the end of all, or after it, by a fault that is still under way."""
        with self._starts:
            if self._over:
                raise RuntimeError("this fleet has been ended")
            yield


def until(met: Callable[[], bool], *, seconds: float) -> bool:
    """Ask until it is so or the time is over."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if met():
            return True
        time.sleep(0.1)
    return False
