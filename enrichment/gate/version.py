"""The version of the gate, kept with every verdict, so that a changed gate is known from the old one.

It covers all code that decides what a record's cells are, and the libraries that this code asks. Comments, docstrings
and layout are no part of it.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from typing import Final

from schemas.errors import ConfigurationError

#: Raised by hand where the meaning of a rule changes; the digest beside it changes by itself.
GATE_VERSION: Final = 1
#: What the gate is made of: packages whole, and single modules.
_CODE: Final = (
    ("enrichment.gate", None),
    ("enrichment.operations", None),
    ("enrichment.evidence", None),
    ("enrichment", "exact.py"),
    ("enrichment", "execution.py"),
    ("schemas", "kinds.py"),
    ("schemas", "comparing.py"),
    ("schemas", "pointer.py"),
    ("schemas", "uuids.py"),
)
#: What the operations ask; their data (countries, numbering plans, units, names of months) changes with their version.
_LIBRARIES: Final = (
    "babel",
    "email-validator",
    "idna",
    "phonenumbers",
    "pint",
    "pycountry",
    "python-dateutil",
    "tzdata",
)


def _modules(package: str, only: str | None) -> Iterator[tuple[str, Traversable]]:
    root = resources.files(package)
    for entry in sorted(root.iterdir(), key=lambda e: e.name):
        if only is None and entry.is_dir() and entry.name.isidentifier():
            yield from _modules(f"{package}.{entry.name}", None)
        elif entry.name.endswith(".py") and only in {None, entry.name}:
            yield f"{package}/{entry.name}", entry


def _meaning(source: str) -> str:
    """The code without comments, docstrings and layout."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    return ast.dump(tree)


def _library(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


@cache
def gate_version() -> str:
    """Give `<GATE_VERSION>-<12 hex digits>`.

    Raises:
        ConfigurationError: the sources are not installed beside the compiled code.
    """
    digest = hashlib.sha256(f"{sys.version_info[0]}.{sys.version_info[1]}".encode())
    found = [pair for package, only in _CODE for pair in _modules(package, only)]
    if not found:
        raise ConfigurationError("the gate's sources are not installed", hint="install with the .py files")
    for name, module in found:
        digest.update(f"\n{name}\n{_meaning(module.read_text(encoding='utf-8'))}".encode())
    for name in _LIBRARIES:
        digest.update(f"\n{name}=={_library(name)}".encode())
    return f"{GATE_VERSION}-{digest.hexdigest()[:12]}"
