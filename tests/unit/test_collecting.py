"""A plain `pytest` takes the folders of tests as one: two modules of one name end it before any test has run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path


def test_no_two_modules_of_tests_have_one_name() -> None:
    named = Counter(path.name for path in Path(__file__).parents[1].rglob("*.py"))
    shared = {"__init__.py", "conftest.py"}
    assert "test_collecting.py" in named
    assert [name for name, times in named.items() if times > 1 and name not in shared] == []
