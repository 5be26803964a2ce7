from __future__ import annotations

import errno
from pathlib import Path

import pytest

from schemas.errors import AssayError
from workers.embedded.failures import explained, start_failure
from workers.embedded.files import make_directory, read_json

FAILURES = [
    ("PANIC:  could not write to file: No space left on device", "disk_full"),
    ("initdb: error: could not write: Disk quota exceeded", "disk_full"),
    ("FATAL:  could not extend file: File too large", "file_limit"),
    ("child process was terminated by signal 25: File size limit exceeded", "file_limit"),
    ('LOG:  could not bind IPv4 address "127.0.0.1": Address already in use\nFATAL:  could not create', "port_taken"),
    ("# Warning: Could not create server TCP listening socket 127.0.0.1:7: bind: Address already in use", "port_taken"),
    ('FATAL:  could not open file "global/pg_control": Permission denied', "not_writable"),
    ("mkdir: Read-only file system", "not_writable"),
    ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "memory"),
    ("FATAL:  something else", "start_failed"),
    ("", "start_failed"),
]


@pytest.mark.parametrize(("output", "code"), FAILURES)
def test_what_a_server_printed_is_explained_with_a_remedy(output: str, code: str) -> None:
    error = start_failure("PostgreSQL", output, where=Path("/data"), port=7)
    assert error.code == code
    assert error.hint


def test_the_telling_line_is_the_message_and_the_others_the_hint() -> None:
    output = "LOG:  starting\nFATAL:  the cause\nLOG:  database system is shut down\n"
    error = start_failure("PostgreSQL", output, where=Path("/data"))
    assert "FATAL:  the cause" in error.message
    assert "starting" in error.hint


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EACCES, "not_writable"),
        (errno.EROFS, "not_writable"),
        (errno.ENOTDIR, "not_writable"),
    ],
)
def test_errors_of_the_file_system_are_explained(number: int, code: str) -> None:
    with pytest.raises(AssayError) as raised, explained(Path("/data")):
        raise OSError(number, "reason")
    assert raised.value.code == code
    assert "/data" in raised.value.message
    assert raised.value.hint


def test_other_errors_of_the_file_system_pass() -> None:
    with pytest.raises(FileNotFoundError), explained(Path("/data")):
        raise FileNotFoundError(errno.ENOENT, "reason")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a file system that takes no directories")
def test_a_directory_that_cannot_be_made_is_told_whatever_the_reason(tmp_path: Path) -> None:
    for path in (Path("/proc/x"), tmp_path / ("x" * 300), Path("/dev/null/x")):
        with pytest.raises(AssayError, match="cannot use /") as raised:
            make_directory(path, mode=0o700)
        assert raised.value.code == "not_writable"
        assert "--data-dir" in raised.value.hint
    with pytest.raises(AssayError, match="too long"):
        read_json(tmp_path / ("x" * 300) / "state.json")
