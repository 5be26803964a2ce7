"""Payloads come back as they went in, or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment import payload
from enrichment.connectors.pages import FetchedRecord
from enrichment.payload import Payload
from schemas.errors import TerminalError

RECORDS = st.lists(
    st.builds(
        FetchedRecord,
        record_id=st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
        body=st.binary(max_size=300),
        digest=st.binary(min_size=16, max_size=16),
        version=st.none()
        | st.text(st.characters(codec="utf-8"), max_size=20)
        | st.integers()
        | st.decimals(allow_nan=False, allow_infinity=False),
    ),
    max_size=12,
)


def record(n: int, size: int = 1_000) -> FetchedRecord:
    return FetchedRecord(f"r{n}", bytes([n % 256]) * size, bytes([n % 256]) * 16, None)


@settings(derandomize=True, max_examples=200)
@given(RECORDS)
def test_everything_comes_back(records: list[FetchedRecord]) -> None:
    packed = payload.pack(records)
    found = list(payload.records(packed))
    assert found == list(enumerate(records))
    assert [type(r.version) for _, r in found] == [type(r.version) for r in records]
    assert [str(r.version) for _, r in found] == [str(r.version) for r in records]
    at = 0
    for entry, kept in zip(payload.entries(packed.index), records, strict=True):
        assert (entry.record_id, entry.digest, entry.offset, entry.length) == (
            kept.record_id,
            kept.digest,
            at,
            len(kept.body),
        )
        at += entry.length


@settings(derandomize=True, max_examples=50)
@given(RECORDS, st.sets(st.integers(0, 12)))
def test_chosen_ones_come_back_in_their_order(records: list[FetchedRecord], chosen: set[int]) -> None:
    found = list(payload.records(payload.pack(records), chosen))
    assert found == [(i, r) for i, r in enumerate(records) if i in chosen]


@settings(derandomize=True, max_examples=200)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_noise_is_called_damaged(blob: bytes, index: bytes) -> None:
    with pytest.raises(TerminalError):
        list(payload.records(Payload(blob, index)))


@settings(derandomize=True, max_examples=200)
@given(st.data())
def test_a_damaged_payload_gives_an_error_or_records_but_nothing_else(data: st.DataObject) -> None:
    packed = payload.pack([record(n) for n in range(3)])
    part = data.draw(st.sampled_from(["blob", "index"]))
    text = bytearray(getattr(packed, part))
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] ^= data.draw(st.integers(1, 255))
    damaged = Payload(bytes(text), packed.index) if part == "blob" else Payload(packed.blob, bytes(text))
    try:
        assert len(list(payload.records(damaged))) == 3
    except TerminalError:
        return


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_payload_that_was_cut_is_refused(cut: int) -> None:
    packed = payload.pack([FetchedRecord(f"r{n}", bytes(range(256)), bytes(16), n) for n in range(5)])
    for damaged in (Payload(packed.blob[:-cut], packed.index), Payload(packed.blob, packed.index[:-cut])):
        with pytest.raises(TerminalError):
            list(payload.records(damaged))


def test_an_index_of_another_blob_is_refused() -> None:
    one, other = payload.pack([record(1, 10)]), payload.pack([record(1, 11)])
    for mixed in (Payload(one.blob, other.index), Payload(other.blob, one.index)):
        with pytest.raises(TerminalError):
            list(payload.records(mixed))


def test_sizes_that_do_not_add_up_are_refused() -> None:
    packed = payload.pack([record(1, 10)])
    with pytest.raises(TerminalError):
        payload.entries(packed.index[:8] + bytes([11]) + packed.index[9:])


def test_caps_hold_on_both_sides() -> None:
    packed = payload.pack([record(n) for n in range(3)], max_bytes=3_000)
    assert len(list(payload.records(packed, max_bytes=3_000))) == 3
    with pytest.raises(TerminalError):
        payload.pack([record(n) for n in range(3)], max_bytes=2_999)
    with pytest.raises(TerminalError):
        list(payload.records(packed, max_bytes=2_999))


def test_a_blob_that_decompresses_to_more_than_its_index_says_is_refused() -> None:
    bomb = payload.pack([record(0, 50_000_000)])
    small = payload.pack([record(0, 10)])
    with pytest.raises(TerminalError):
        list(payload.records(Payload(bomb.blob, small.index)))


def test_versions_keep_the_type_and_the_digits_they_came_with() -> None:
    given = [None, "", "s", 7, Decimal("1.10"), Decimal(7), "7"]
    packed = payload.pack([FetchedRecord(str(i), b"{}", bytes(16), v) for i, v in enumerate(given)])
    found = [r.version for _, r in payload.records(packed)]
    assert list(map(repr, found)) == list(map(repr, given))


@pytest.mark.parametrize("chosen", [None, {0}, {1, 3}, {4}, set()])
def test_texts_read_at_once_are_those_read_one_by_one(chosen: set[int] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = payload.pack([record(n, 100 * n) for n in range(5)])
    at_once = list(payload.records(packed, chosen))
    monkeypatch.setattr(payload, "_AT_ONCE", -1)
    assert list(payload.records(packed, chosen)) == at_once
