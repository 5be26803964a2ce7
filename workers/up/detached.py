"""`assay up --detach`: the same supervisor in a session of its own, which says on a pipe when it is ready."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from schemas.errors import TransientError
from workers.embedded.files import make_directory
from workers.settings import Settings
from workers.up.places import Places
from workers.up.programs import environment_of

_READY = b"ready"


def start_detached(settings: Settings, environ: Mapping[str, str]) -> int:
    """Start the fleet in the background and wait until it is ready; gives the exit code.

    Until then the supervisor speaks on this terminal, so that what went wrong is seen here. It ends by itself when a
    service is not ready within its time, which bounds the wait.

    Raises:
        TransientError: it was told to stop before it was ready, and did so in order.
    """
    reading, writing = os.pipe()
    command = [sys.executable, "-P", "-m", "workers", "up", "--ready-fd", str(writing)]
    # A user's modules, of targets and sources, are found in the background as they are in the foreground.
    known = {name: environ[name] for name in ("PYTHONPATH",) if name in environ}
    # The supervisor hands each service what that one may know, so it is told everything.
    whole = {**environ, **environment_of("up", settings, known)}
    whole = {**environ, **{k: whole[k] for k in ("PYTHONPATH", "PYTHONUNBUFFERED", "ASSAY_DATA_DIR")}}
    if settings.file is not None:
        whole["ASSAY_CONFIG"] = str(settings.file)
    child = subprocess.Popen(  # noqa: S603 - ourselves, without a shell
        command,
        stdin=subprocess.DEVNULL,
        env=whole,
        cwd=settings.base,
        pass_fds=(writing,),
        start_new_session=True,
    )
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read(len(_READY))
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise
    if said == _READY:
        return 0
    if code := child.wait():
        return code
    raise TransientError("the fleet was stopped before it was ready", hint="start it again: assay up --detach")


def report_ready(settings: Settings, ready_fd: int | None) -> None:
    """Tell whoever waits that the fleet is ready, and leave the terminal; does nothing where nobody waits."""
    if ready_fd is None:
        return
    places = Places(settings.data_dir)
    make_directory(places.logs, mode=0o700)
    log = os.open(places.log_of("up"), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    sys.stdout.flush()
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
    os.write(ready_fd, _READY)
    os.close(ready_fd)
