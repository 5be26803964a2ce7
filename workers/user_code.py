"""Objects out of the user's own modules, by name."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from schemas.errors import ConfigurationError


def load_object(name: str, base: Path) -> object:
    """Import `package.module:attribute`. Modules beside `assay.toml` are found too, after everything installed.

    Raises:
        ConfigurationError: the module does not import or has no such attribute.
    """
    module_name, _, attribute = name.partition(":")
    # at the end, so that a folder of the user's can never shadow a package of ours
    if str(base) not in sys.path:
        sys.path.append(str(base))
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise ConfigurationError(
            f"{module_name!r} cannot be imported: {type(error).__name__}: {error}",
            hint=f"install it, or put it beside {base / 'assay.toml'}",
        ) from error
    if not attribute or not hasattr(module, attribute):
        raise ConfigurationError(
            f"{module_name!r} has no {attribute!r}", hint="name it as package.module:attribute, as it is written there"
        )
    found: object = getattr(module, attribute)
    return found
