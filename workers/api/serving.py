"""Serving the API: its context put together from settings, and the server run until TERM."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any, Final

import redis
import uvicorn

from enrichment.producing import Producer
from enrichment.store.database import Database
from schemas import VERSION
from schemas.errors import AssayError
from tasks import brokers
from workers.addresses import Addresses
from workers.api.app import create_app
from workers.api.context import ApiContext
from workers.composition import caps, tuning
from workers.offline_names import SMALL
from workers.settings import Settings
from workers.targets import load_targets
from workers.up.status import masked

#: Connections to the database; a request holds one only while it is in a transaction.
_CONNECTIONS: Final = 12
#: Requests answered at once; more are told to come again.
_AT_ONCE: Final = 256


def build_api_context(settings: Settings, addresses: Addresses, *, url: str | None = None) -> ApiContext:
    """What the API is handed in this process.

    Raises:
        ConfigurationError: a target cannot be loaded.
    """
    database = Database(addresses.database, application="assay api", size=_CONNECTIONS)
    return ApiContext(
        producer=Producer(
            database=database,
            sources=settings.sources,
            targets=load_targets(settings),
            chunk_size=settings.work.chunk_size,
            queue_limit=settings.work.queue_limit,
        ),
        broker_answers=_pings(addresses.broker),
        described=_described(settings, addresses, url),
        caps=caps(settings),
        tuning=tuning(settings),
    )


def run_api(settings: Settings, addresses: Addresses, *, host: str, port: int) -> None:
    """Serve until TERM; running requests are let end. Port 0 takes a free one.

    Raises:
        AssayError: the address cannot be had.
        ConfigurationError: a target cannot be loaded.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise AssayError(
                f"cannot listen on {host}:{port}: {error.strerror}", hint="set another [api] port", code="port_taken"
            ) from error
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        context = build_api_context(settings, addresses, url=f"http://{shown}:{listener.getsockname()[1]}")
        try:
            app = create_app(context, version=VERSION)
            # What a proxy says of the caller is not believed: /metrics trusts callers of this machine.
            config = uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                lifespan="off",
                proxy_headers=False,
                server_header=False,
                limit_concurrency=_AT_ONCE,
                timeout_graceful_shutdown=8,
            )
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            context.producer.database.close()


def _pings(url: str) -> Callable[[], bool | None]:
    if brokers.speaks_amqp(url):
        return lambda: brokers.answers(url)
    broker = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)

    def answers() -> bool:
        try:
            return bool(broker.ping())
        except redis.RedisError:
            return False

    return answers


def _described(settings: Settings, addresses: Addresses, url: str | None) -> Mapping[str, Any]:
    model = settings.model
    return {
        "database": {"url": masked(addresses.database)},
        "broker": {"url": masked(addresses.broker)},
        "api": {"url": url},
        "model": {
            "url": addresses.model if model is None else model.base_url,
            "name": SMALL if model is None else model.small,
            "offline": model is None,
        },
    }
