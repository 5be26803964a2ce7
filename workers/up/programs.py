"""The processes of the fleet as programs: what they are started with, and what they are not told."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import workers
from workers.embedded.managed import Program, environment
from workers.named_secrets import named_secrets
from workers.settings import Settings
from workers.settings.loading import VARIABLE
from workers.up.places import Places

#: Flower reads its options from such variables; one of them opens its API to everybody.
_FLOWER_PREFIX: Final = "FLOWER_"


def secret_variables(settings: Settings) -> Mapping[str, frozenset[str]]:
    """Variable -> the services that may know it. Variables that are not listed are no secrets that Assay knows of."""
    known: dict[str, frozenset[str]] = {}
    for one in named_secrets(settings):
        if one.env is not None:
            known[one.env] = known.get(one.env, frozenset()) | one.roles
    return known


def environment_of(
    service: str, settings: Settings, environ: Mapping[str, str], *, whole: bool = True
) -> dict[str, str]:
    """The environment of one service: that of `up` without the secrets of others; or (`whole` off) next to nothing."""
    secret = secret_variables(settings)
    kept = dict(environ) if whole else environment()
    for name in list(kept):
        if name.startswith(_FLOWER_PREFIX) or service not in secret.get(name, {service}):
            del kept[name]
    # Ours stand first on the path, so that no package in the user's folder can stand before them.
    home = str(Path(workers.__file__).parent.parent)
    path = [home, *(part for part in environ.get("PYTHONPATH", "").split(os.pathsep) if part not in {"", home})]
    kept |= {"PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}
    if whole:
        kept["ASSAY_DATA_DIR"] = str(settings.data_dir)
        if settings.file is not None:
            kept[VARIABLE] = str(settings.file)
    return kept


def program(
    service: str, arguments: Sequence[str], settings: Settings, environ: Mapping[str, str], *, module: str = "workers"
) -> Program:
    """`python -m workers <arguments>` with the folder of the configuration as its own, and a log file."""
    places = Places(settings.data_dir)
    return Program(
        name=service,
        # -P: the folder that it works in is no place to import from
        command=[sys.executable, "-P", "-m", module, *arguments],
        log_path=places.log_of(service),
        pid_file=places.pid_file_of(service),
        environment=environment_of(service, settings, environ, whole=module == "workers"),
        directory=settings.base,
    )
