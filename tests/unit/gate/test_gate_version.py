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


@pytest.mark.parametrize(
    "pair",
    [
        ("x = 1", "x = True"),
        ("x = 1", "x = 1.0"),
        ("x = '1'", "x = b'1'"),
        ("x = [y]", "x = (y,)"),
        ("x = f(y, z)", "x = f(y)(z)"),
        ("def f(a, *, b): pass", "def f(a, b): pass"),
        ("def f(a, b=1): pass", "def f(a=1, *, b): pass"),
        ("if x:\n    y()\nz()", "if x:\n    y()\n    z()"),
        ("try:\n    x()\nexcept A:\n    y()\n    z()", "try:\n    x()\nexcept A:\n    y()\nelse:\n    z()"),
        ("x = {'a': 1, **b}", "x = {'a': 1, b: None}"),
        ("x = y[1:]", "x = y[:1]"),
        ("def f():\n    'said'\n    return 'said'", "def f():\n    'said'\n    return 'other'"),
    ],
)
def test_two_programs_are_two_meanings(pair: tuple[str, str]) -> None:
    assert version._meaning(pair[0]) != version._meaning(pair[1])


@pytest.mark.parametrize("opening", ["def f():", "async def f():", "class F:"])
def test_what_a_docstring_says_is_no_meaning(opening: str) -> None:
    told = {version._meaning(f'{opening}\n    """{text}"""\n    x = 1\n') for text in ("One.", "Two.")}
    assert told == {version._meaning(f"{opening}\n    x = 1\n")}


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
