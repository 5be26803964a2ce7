import pytest

from enrichment.gate import version
from schemas.errors import ConfigurationError


def test_the_version_is_stable_and_names_the_number() -> None:
    assert version.gate_version() == version.gate_version.__wrapped__()
    assert version.gate_version().startswith(f"{version.GATE_VERSION}-")


def test_comments_and_docstrings_are_no_change_but_code_is() -> None:
    meaning = version._meaning
    assert meaning('"""One."""\nx = 1  # why\n') == meaning('"""Two."""\n\nx = 1\n')
    assert meaning("x = 1\n") != meaning("x = 2\n")


def test_a_library_s_version_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = version.gate_version()
    monkeypatch.setattr(version, "_library", lambda _name: "0.0")
    assert version.gate_version.__wrapped__() != before


def test_the_operations_are_part_of_it() -> None:
    names = [name for package, only in version._CODE for name, _ in version._modules(package, only)]
    for part in ("enrichment.operations/money.py", "enrichment.gate/judging.py", "enrichment/execution.py"):
        assert part in names


def test_missing_sources_are_no_silent_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "_CODE", ())
    with pytest.raises(ConfigurationError):
        version.gate_version.__wrapped__()
