import os
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from workers.shadowing import PACKAGES, check_packages

HOME = Path(__file__).parents[3]


def test_our_own_packages_pass() -> None:
    check_packages()


def test_other_packages_of_the_same_name_are_named_with_both_paths(tmp_path: Path) -> None:
    for name in PACKAGES:
        (tmp_path / name).mkdir()
    with pytest.raises(ConfigurationError) as caught:
        check_packages(home=tmp_path)
    assert str(tmp_path / "schemas") in caught.value.message
    assert str(HOME / "schemas") in caught.value.message
    assert caught.value.hint


def test_the_program_refuses_to_start_beside_a_foreign_package(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "__init__.py").write_text("raise RuntimeError('was imported')")
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}{os.pathsep}{HOME}"}
    done = subprocess.run(
        [sys.executable, "-c", "from workers.entry import main; main()"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 78
    assert str(tmp_path / "schemas") in done.stderr
    assert str(HOME / "schemas") in done.stderr
    assert "hint:" in done.stderr
    assert "was imported" not in done.stderr
