"""Parquet files, row group by row group."""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.util
import json
import os
import sys
import tracemalloc
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from enrichment.connectors.opening import open_pages
from enrichment.connectors.pages import Page
from schemas.errors import ConfigurationError, TerminalError
from schemas.source import FileSource

NEEDED = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None, reason="NOT TESTED: Parquet; the extra assay[parquet] is not installed"
)


def source(**settings: Any) -> FileSource:
    return FileSource(**{"name": "p", "connector": "file", "path": "a.parquet", **settings})


def write(root: Path, columns: dict[str, Any], **options: Any) -> Path:
    arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    path = root / "a.parquet"
    parquet.write_table(arrow.table(columns), path, **options)
    return path


def read(root: Path, cursor: Any = None, page_records: int = 2) -> list[Page]:
    return list(open_pages(source(), cursor=cursor, secrets=lambda _: "", roots=[root], page_records=page_records))


def resumed(root: Path) -> list[Page]:
    pages, cursor = [], None
    while True:
        opened = open_pages(source(), cursor=cursor, secrets=lambda _: "", roots=[root], page_records=2)
        page = next(opened)
        opened.close()  # type: ignore[attr-defined]
        pages.append(page)
        if page.cursor is None:
            return pages
        cursor = json.loads(json.dumps(page.cursor))


def ids(pages: list[Page]) -> list[str]:
    return [record.record_id for page in pages for record in page.records]


def bodies(pages: list[Page]) -> list[Any]:
    return [json.loads(record.body) for page in pages for record in page.records]


@NEEDED
@pytest.mark.parametrize("reading", [read, resumed])
def test_every_row_of_every_group_is_read_once(tmp_path: Path, reading: Any) -> None:
    write(tmp_path, {"id": list(range(11))}, row_group_size=3)
    assert ids(reading(tmp_path)) == [str(n) for n in range(11)]


@NEEDED
def test_values_keep_their_meaning(tmp_path: Path) -> None:
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]

    write(
        tmp_path,
        {
            "id": [1],
            "money": pa.array([Decimal("12345678901234567890.12")], pa.decimal128(22, 2)),
            "day": [dt.date(2024, 2, 29)],
            "at": pa.array([1_700_000_000_123_456_789], pa.timestamp("ns", tz="UTC")),
            "closes": pa.array([64_800_000_000_001], pa.time64("ns")),
            "gap": [float("nan")],
            "far": [float("-inf")],
            "old": [b"caf\xc3\xa9"],
            "raw": [b"\xff\xfe"],
            "for": [dt.timedelta(seconds=90, milliseconds=500)],
            "many": [[{"a": 1}, {"a": None}]],
        },
    )
    body = read(tmp_path)[0].records[0].body
    assert b'"money":12345678901234567890.12' in body
    record = json.loads(body)
    assert record["day"] == "2024-02-29"
    assert record["at"].startswith("2023-11-14 22:13:20.123456789")
    assert record["closes"] == "18:00:00.000000001"
    assert (record["gap"], record["old"], record["raw"], record["for"]) == (None, "café", None, "PT90.5S")
    assert record["far"] == "-Infinity"
    assert record["many"] == [{"a": 1}, {"a": None}]


@NEEDED
def test_what_lies_deeper_in_keeps_its_meaning_too(tmp_path: Path) -> None:
    import pyarrow as pa

    moment = pa.timestamp("ns")
    write(
        tmp_path,
        {
            "id": [1],
            "at": pa.array([{"from": 1, "days": [2]}], pa.struct([("from", moment), ("days", pa.list_(moment))])),
            "for": pa.array([90_500_000_001], pa.duration("ns")),
            "facts": pa.array(
                [[("staff", {"n": 5}), ("seats", None)]], pa.map_(pa.string(), pa.struct({"n": pa.int8()}))
            ),
            "by_year": pa.array([[(2021, 1), (2022, 2)]], pa.map_(pa.int16(), pa.int8())),
            "twice": pa.array([[("a", 1), ("a", 2)]], pa.map_(pa.string(), pa.int8())),
        },
    )
    record = json.loads(read(tmp_path)[0].records[0].body)
    assert record["at"] == {"from": "1970-01-01 00:00:00.000000001", "days": ["1970-01-01 00:00:00.000000002"]}
    assert record["for"] == "PT90.500000001S"
    assert record["facts"] == {"staff": {"n": 5}, "seats": None}
    assert record["by_year"] == {"2021": 1, "2022": 2}
    assert record["twice"] == [["a", 1], ["a", 2]]


@NEEDED
def test_numbers_of_four_bytes_are_those_that_they_print_as(tmp_path: Path) -> None:
    import pyarrow as pa

    short = pa.float32()
    write(
        tmp_path,
        {
            "id": [1],
            "price": pa.array([19.99], short),
            "far": pa.array([float("inf")], short),
            "gap": pa.array([float("nan")], short),
            "all": pa.array([[0.1, None, 3e38]], pa.list_(short)),
            "two": pa.array([[0.1, 1e-7]], pa.list_(short, 2)),
            "by": pa.array([[("a", 0.1)]], pa.map_(pa.string(), short)),
        },
    )
    body = read(tmp_path)[0].records[0].body
    assert b'"price":19.99,"far":"Infinity","gap":null,' in body
    record = json.loads(body)
    assert (record["all"], record["two"], record["by"]) == ([0.1, None, 3e38], [0.1, 1e-7], {"a": 0.1})


@NEEDED
def test_a_row_that_python_cannot_hold_is_refused_alone(tmp_path: Path) -> None:
    import pyarrow as pa

    far = pa.array([0, 2 * 10**14, 1], pa.timestamp("s"))
    write(tmp_path, {"id": [1, 2, 3], "at": far})
    pages = read(tmp_path, page_records=5)
    assert ids(pages) == ["1", "3"]
    assert [(r.record_id, str(r.code)) for r in pages[0].refused] == [("#row:1", "record_malformed")]


@NEEDED
def test_a_damaged_group_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    import pyarrow.parquet as pq  # type: ignore[import-untyped,unused-ignore]

    path = write(tmp_path, {"id": list(range(9))}, row_group_size=3, compression="none", use_dictionary=False)
    start = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + 12] = b"\xff" * 12
    path.write_bytes(content)
    pages = resumed(tmp_path)
    assert ids(pages) == ["0", "1", "2", "6", "7", "8"]
    assert [(r.record_id, str(r.code)) for page in pages for r in page.refused] == [("#group:1", "page_malformed")]


@NEEDED
@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all", b"PAR1" + b"\xff" * 64 + b"PAR1"])
def test_what_is_no_parquet_file_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(TerminalError) as caught:
        read(tmp_path)
    assert caught.value.code == "page_malformed"


@NEEDED
def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["id", "id"]), tmp_path / "a.parquet")
    with pytest.raises(TerminalError, match="more than one column"):
        read(tmp_path)


@NEEDED
def test_a_file_that_changes_meanwhile_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path, {"id": list(range(9))}, row_group_size=3)
    opened = open_pages(source(), cursor=None, secrets=lambda _: "", roots=[tmp_path], page_records=2)
    next(opened)
    os.utime(path, ns=(1, 1))
    with pytest.raises(TerminalError) as caught:
        next(opened)
    assert caught.value.code == "source_changed"


@NEEDED
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    import pyarrow as pa

    rows = 40_000
    write(tmp_path, {"id": list(range(rows)), "text": [f"{n:0>500}" for n in range(rows)]}, compression="none")
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    try:
        count = peak = 0
        for page in open_pages(source(), cursor=None, secrets=lambda _: "", roots=[tmp_path], page_records=500):
            count += len(page.records)
            peak = max(peak, pa.total_allocated_bytes() - before)
        assert count == rows
        assert max(peak, tracemalloc.get_traced_memory()[1]) < 8_000_000
    finally:
        tracemalloc.stop()


def test_without_the_extra_its_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path)
    assert "assay[parquet]" in caught.value.hint
