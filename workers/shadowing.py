"""Our packages have plain names; another one of the same name must not stand before them on the path.

Nothing of ours is imported at the top: what would be imported may be the other one's.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

PACKAGES: Final = ("schemas", "enrichment", "tasks", "workers")


def check_packages(home: Path | None = None) -> None:
    """Compare where each of our packages is found with where this one lies.

    `home` is the folder that holds our packages (default: this file's).

    Raises:
        ConfigurationError: another package stands before ours; names both paths.
    """
    ours = (home or Path(__file__).parent.parent).resolve()
    lines = [
        f"{name}: found at {found or 'no file'}, but Assay's own is at {ours / name}"
        for name in PACKAGES
        if (found := _found(name)) != ours / name
    ]
    if lines:
        errors = _own_errors(Path(__file__).parent.parent / "schemas" / "errors.py")
        raise errors.ConfigurationError(
            "\n".join(["another package shadows one of Assay's", *lines]),
            hint="take the other one off PYTHONPATH, rename it, or start from another folder",
        )


def _found(name: str) -> Path | None:
    module = sys.modules.get(name)
    if module is not None:
        origin = module.__file__
    else:
        spec = importlib.util.find_spec(name)
        origin = spec.origin if spec is not None else None
    return Path(origin).resolve().parent if origin else None


def _own_errors(file: Path) -> ModuleType:
    """Load our errors by their file, unless they are the ones that an import would give."""
    loaded = sys.modules.get("schemas.errors")
    if loaded is not None and loaded.__file__ and Path(loaded.__file__).resolve() == file.resolve():
        return loaded
    spec = importlib.util.spec_from_file_location("assay_errors", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module
