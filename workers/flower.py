"""Flower, the console of the queues: behind a login, bounded in memory, and closed to unauthenticated callers."""

from __future__ import annotations

import atexit
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import Final

from schemas.errors import ConfigurationError
from workers.embedded.files import make_directory, write_text
from workers.settings import Settings
from workers.up.places import Places

#: Flower takes every option from such a variable too; FLOWER_UNAUTHENTICATED_API would open its API to everybody.
_PREFIX: Final = "FLOWER_"
#: Seconds after which a worker that has left is shown no more.
_FORGET_SECONDS: Final = 600
#: Ids are all there is in the arguments, so they can be shown.
_COLUMNS: Final = "name,args,state,received,started,runtime,worker,uuid"


def flower_password(settings: Settings) -> str:
    """The configured password, else one that is made once and kept in the data directory.

    Raises:
        ConfigurationError: the configured variable or file holds none.
    """
    flower = settings.flower
    if flower.password_env is not None:
        return _said(os.environ.get(flower.password_env, ""), flower.password_env)
    if flower.password_file is not None:
        try:
            return _said(flower.password_file.read_text(encoding="utf-8").strip(), str(flower.password_file))
        except OSError as error:
            raise ConfigurationError(
                f"{flower.password_file} cannot be read: {error.strerror}", hint="correct flower.password_file"
            ) from error
    return _kept(Places(settings.data_dir).flower_password)


def known_flower_password(settings: Settings) -> str | None:
    """The password, where it is known here; nothing is made."""
    if settings.flower.password_env is None and settings.flower.password_file is None:
        file = Places(settings.data_dir).flower_password
        return file.read_text(encoding="utf-8").strip() if file.exists() else None
    try:
        return flower_password(settings)
    except ConfigurationError:
        return None


def _said(password: str, where: str) -> str:
    if not password:
        raise ConfigurationError(f"{where} holds no password for Flower", hint="set it, or leave the setting out")
    if not password.isascii():
        # Flower compares it as text of ASCII only, and answers every login with an error
        raise ConfigurationError(f"{where} holds a password that Flower cannot compare", hint="use ASCII characters")
    return password


def _kept(file: Path) -> str:
    if not file.exists():
        make_directory(file.parent, mode=0o700)
        write_text(file, secrets.token_urlsafe(18))
    return file.read_text(encoding="utf-8").strip()


def run_flower(settings: Settings, broker: str, *, host: str, port: int) -> None:
    """Serve until TERM.

    Raises:
        ConfigurationError: there is no password.
    """
    for name in [name for name in os.environ if name.startswith(_PREFIX)]:
        del os.environ[name]
    # Not by Flower's own command: that one takes its password from its arguments, which everybody on this machine can
    # read, and runs whatever stands in a file flowerconfig.py of the folder that it works in.
    from flower.app import Flower
    from flower.options import options
    from flower.urls import settings as urls

    from workers.addresses import Addresses
    from workers.composition import build_app
    from workers.flower_metrics import GuardedMetrics

    options.basic_auth = [f"{settings.flower.user}:{flower_password(settings)}"]
    options.address, options.port = host, port
    options.max_tasks = settings.flower.max_tasks
    options.persistent = False
    # it is for looking: what is decided goes through the API, where it is checked and kept
    options.read_only = True
    options.purge_offline_workers = _FORGET_SECONDS
    options.tasks_columns = _COLUMNS
    celery = build_app(Addresses(database="", broker=broker))
    # Flower knows a broker by the scheme of its address, which a transport named by its class takes the place of.
    celery.conf.broker_transport = None
    app = Flower(capp=celery, options=options, **urls)
    app.add_handlers(".*", [("/metrics", GuardedMetrics)])
    atexit.register(app.stop)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app.start_http_server()
    try:
        app.start()
    except (KeyboardInterrupt, SystemExit):
        app.stop()
