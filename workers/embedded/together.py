"""Both servers at once, for as long as a block runs."""

from __future__ import annotations

import contextlib
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from workers.embedded.postgresql import start_postgres
from workers.embedded.preparation import PostgresOptions
from workers.embedded.redis_server import RedisOptions, start_redis
from workers.embedded.servers import PostgresServer, RedisServer, Server


class EmbeddedServers:
    """Context manager: starts PostgreSQL and Redis in parallel, and stops those that it started.

    When one of them does not start, the other is stopped again and the error of the first is raised.
    """

    postgres: PostgresServer
    redis: RedisServer

    def __init__(
        self,
        data_dir: Path,
        *,
        postgres: PostgresOptions | None = None,
        redis: RedisOptions | None = None,
        attach: bool = False,
    ) -> None:
        self._data_dir = data_dir
        self._postgres_options = postgres
        self._redis_options = redis
        self._attach = attach
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as undo, ThreadPoolExecutor(max_workers=2, thread_name_prefix="start") as pool:
            postgres = pool.submit(start_postgres, self._data_dir, self._postgres_options, attach=self._attach)
            redis = pool.submit(start_redis, self._data_dir, self._redis_options, attach=self._attach)
            for future in (postgres, redis):
                _stop_later(undo, future)
            self.postgres, self.redis = postgres.result(), redis.result()
            self._stack = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _stop_later(stack: contextlib.ExitStack, starting: Future[PostgresServer] | Future[RedisServer]) -> None:
    error = starting.exception()
    if error is None:
        server: Server = starting.result()
        if not server.attached:
            stack.callback(server.stop)
