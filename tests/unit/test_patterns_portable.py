"""Patterns mean the same on every Python that this runs on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Before 3.11.5 a group that is repeated possessively, or is atomic, matches what it must not (cpython issue 106052).
#: Marks before a comma are members of a class.
UNSOUND = re.compile(r"\)(?:[*+?]|\{[0-9,]+\})\+(?!,)|\(\?>")


@pytest.mark.parametrize("package", ["schemas", "enrichment", "tasks", "workers"])
def test_no_group_is_possessive_or_atomic(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / package).rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNSOUND.search(line)
    ]
    assert found == []
