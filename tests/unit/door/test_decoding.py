"""Compressed bodies, sound and hostile."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.door.decoding import read_body
from schemas.errors import AssayError, TerminalError, TransientError


def raw_deflate(text: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(text) + squeeze.flush()


def cut(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@settings(derandomize=True, max_examples=60)
@given(st.binary(max_size=5_000), st.integers(1, 700))
@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)],
)
def test_what_was_compressed_comes_back_however_it_is_cut(
    encoding: str, squeeze: Callable[[bytes], bytes], text: bytes, size: int
) -> None:
    assert read_body(cut(squeeze(text), size), encoding, limit=5_000) == text


@pytest.mark.parametrize("size", [65_536 * 2 + more for more in range(0, 300, 7)])
def test_a_rest_that_is_held_when_all_has_arrived_is_given(size: int) -> None:
    assert read_body([raw_deflate(b"a" * size)], "deflate", limit=size) == b"a" * size


def test_members_of_gzip_follow_each_other() -> None:
    assert read_body([gzip.compress(b"ab") + gzip.compress(b"cd")], "GZIP", limit=10) == b"abcd"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_is_noticed_before_it_fills_the_memory(encoding: str) -> None:
    squeeze = gzip.compress if encoding == "gzip" else zlib.compress
    bomb = squeeze(bytes(100_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(TerminalError) as caught:
            read_body([bomb], encoding, limit=1_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.code == "page_too_large"
    assert peak < 5_000_000


def test_the_limit_is_the_last_size_that_passes() -> None:
    assert read_body([b"ab", b"cd"], "", limit=4) == b"abcd"
    with pytest.raises(TerminalError):
        read_body([b"ab", b"cde"], "identity", limit=4)


@pytest.mark.parametrize(
    ("pieces", "encoding", "error"),
    [
        ([gzip.compress(b"abcdef" * 100)[:-10]], "gzip", TransientError),
        ([b"\x1f\x8b nothing of the kind"], "gzip", TerminalError),
        ([b"x"], "br", TerminalError),
        ([b"x"], "gzip, gzip", TerminalError),
    ],
)
def test_broken_and_unasked_compression(pieces: list[bytes], encoding: str, error: type[AssayError]) -> None:
    with pytest.raises(error):
        read_body(pieces, encoding, limit=10_000)
