"""Files below allowed roots, in every format, whole and piece by piece."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import tracemalloc
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from enrichment.connectors.csv_quotes import open_after
from enrichment.connectors.opening import open_pages
from enrichment.connectors.pages import Page
from schemas.errors import ConfigurationError, TerminalError, UsageError
from schemas.source import FileSource


def source(path: str, **settings: Any) -> FileSource:
    return FileSource(name="f", connector="file", path=path, **settings)


def read(configured: FileSource, root: Path, cursor: Any = None, page_records: int = 2) -> list[Page]:
    return list(open_pages(configured, cursor=cursor, secrets=lambda _: "", roots=[root], page_records=page_records))


def resumed(configured: FileSource, root: Path) -> list[Page]:
    pages, cursor = [], None
    while True:
        opened = open_pages(configured, cursor=cursor, secrets=lambda _: "", roots=[root], page_records=2)
        page = next(opened)
        opened.close()  # type: ignore[attr-defined]
        pages.append(page)
        if page.cursor is None:
            return pages
        cursor = json.loads(json.dumps(page.cursor))


def ids(pages: list[Page]) -> list[str]:
    return [record.record_id for page in pages for record in page.records]


def codes(pages: list[Page]) -> list[tuple[str, str]]:
    return [(refusal.record_id, str(refusal.code)) for page in pages for refusal in page.refused]


FILES = {
    "a.jsonl": b'\xef\xbb\xbf{"id":1}\r\n\n{"id":2}\n  {"id":3}\n{"id":4}\nnope\n{"id":5}',
    "a.json": b'\xef\xbb\xbf [{"id":1}, {"id":2}\n,{"id":3},{"id":4} , nope,{"id":5}]\n',
    "a.csv": b'\xef\xbb\xbfid,t\r\n1,a\r\n2,"b ""c"", d\r\ne"\n\n3,\n4,x"y\r\nx\n5,"z"',
}


@pytest.mark.parametrize("reading", [read, resumed])
@pytest.mark.parametrize("name", FILES)
def test_every_format_reads_everything_once(
    tmp_path: Path, name: str, reading: Callable[[FileSource, Path], list[Page]]
) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    pages = reading(source(name), tmp_path)
    assert ids(pages) == ["1", "2", "3", "4", "5"]
    assert codes(pages) == [
        (f"#byte:{FILES[name].index(b'nope' if name != 'a.csv' else b'x' + bytes([10]) + b'5')}", "record_malformed")
    ]
    assert [len(page.records) + len(page.refused) for page in pages] == [2, 2, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "id;name\n1;A, B\n",
            'line 2: 2 columns, the header has 1; its names hold another delimiter: set delimiter = ";"',
        ),
        (
            "id\tname\n1\tA, B\n",
            'line 2: 2 columns, the header has 1; its names hold another delimiter: set delimiter = "\\t"',
        ),
        ("id,name;legal\n1\n", "line 2: 1 columns, the header has 2"),
        ("id\n1,2\n", "line 2: 2 columns, the header has 1"),
    ],
)
def test_a_header_that_is_split_by_another_delimiter_says_by_which(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "d.csv").write_text(text)
    ((refused,),) = (page.refused for page in read(source("d.csv"), tmp_path))
    assert refused.message == said


@pytest.mark.parametrize("name", ["e.jsonl", "e.csv"])
def test_an_empty_file_is_an_empty_page(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert read(source(name), tmp_path) == [Page((), ())]


class TestWhere:
    def test_links_are_followed_before_the_check(self, tmp_path: Path) -> None:
        inside, outside = tmp_path / "in", tmp_path / "out"
        inside.mkdir()
        outside.mkdir()
        (outside / "a.jsonl").write_text('{"id":1}')
        (inside / "b.jsonl").symlink_to(outside / "a.jsonl")
        (inside / "c.jsonl").write_text('{"id":2}')
        (outside / "d.jsonl").symlink_to(inside / "c.jsonl")
        (tmp_path / "root").symlink_to(inside)
        for path in ("b.jsonl", "../out/a.jsonl", str(outside / "a.jsonl"), "/etc/passwd"):
            with pytest.raises(TerminalError) as caught:
                read(source(path, format="jsonl"), inside)
            assert caught.value.code == "source_refused"
        assert ids(read(source(str(outside / "d.jsonl")), inside)) == ["2"]
        assert ids(read(source("c.jsonl"), tmp_path / "root")) == ["2"]

    def test_a_neighbour_with_the_roots_name_in_front_is_outside(self, tmp_path: Path) -> None:
        for folder in ("data", "data2"):
            (tmp_path / folder).mkdir()
        (tmp_path / "data2" / "a.jsonl").write_text('{"id":1}')
        with pytest.raises(TerminalError) as caught:
            read(source(str(tmp_path / "data2" / "a.jsonl")), tmp_path / "data")
        assert caught.value.code == "source_refused"

    def test_without_roots_nothing_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").write_text('{"id":1}')
        with pytest.raises(TerminalError) as caught:
            list(open_pages(source(str(tmp_path / "a.jsonl")), cursor=None, secrets=lambda _: ""))
        assert caught.value.code == "source_refused"

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(TerminalError) as caught:
            read(source("none.jsonl"), tmp_path)
        assert caught.value.code == "not_found"

    def test_only_regular_files_are_read_and_none_is_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.jsonl")
        (tmp_path / "folder.jsonl").mkdir()
        for name in ("pipe.jsonl", "folder.jsonl"):
            with pytest.raises(TerminalError) as caught:
                read(source(name), tmp_path)
            assert caught.value.code == "source_refused"

    @pytest.mark.parametrize("settings", [{"path": "a.txt"}, {"path": "a"}, {"path": "a.csv", "records": "/x"}])
    def test_formats_that_are_not_offered(self, tmp_path: Path, settings: dict[str, Any]) -> None:
        with pytest.raises(ConfigurationError):
            read(source(**settings), tmp_path)


class TestChange:
    @pytest.mark.parametrize("change", ["grow", "touch", "replace", "remove"])
    def test_a_file_that_changes_between_two_pages(self, tmp_path: Path, change: str) -> None:
        path = tmp_path / "a.jsonl"
        path.write_text('{"id":1}\n{"id":2}\n{"id":3}\n')
        pages = open_pages(source("a.jsonl"), cursor=None, secrets=lambda _: "", roots=[tmp_path], page_records=1)
        cursor = next(pages).cursor
        if change == "grow":
            path.write_text(path.read_text() + '{"id":4}\n')
        elif change == "touch":
            os.utime(path, ns=(1, 1))
        elif change == "replace":
            other = tmp_path / "b"
            other.write_text('{"id":9}\n{"id":8}\n{"id":7}\n\n')
            other.replace(path)
        else:
            path.unlink()
        with pytest.raises(TerminalError) as caught:
            next(pages)
        assert caught.value.code == "source_changed"
        with pytest.raises(TerminalError) as again:
            read(source("a.jsonl"), tmp_path, cursor)
        assert again.value.code == ("not_found" if change == "remove" else "source_changed")

    def test_a_foreign_cursor_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").write_text("")
        with pytest.raises(UsageError):
            read(source("a.jsonl"), tmp_path, {"at": 1})


class TestJson:
    def test_a_list_inside_a_document(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text('{"x": [{"id": 9}], "d": {"r": [{"id": 1}, {"id": 2}]}, "y": 1}')
        assert ids(read(source("a.json", records="/d/r"), tmp_path)) == ["1", "2"]

    @pytest.mark.parametrize(
        ("text", "found"),
        [("{}", []), ("", []), ('[{"id":1}', ["1"]), ('[{"id":1},', ["1"]), ('[{"id":1}] [{"id":2}]', ["1"])],
    )
    def test_documents_that_are_not_one_list(self, tmp_path: Path, text: str, found: list[str]) -> None:
        (tmp_path / "a.json").write_text(text)
        pages = read(source("a.json"), tmp_path)
        assert ids(pages) == found
        assert codes(pages)[-1][1] == "page_malformed"

    def test_a_second_document_behind_the_first_is_told_of(self, tmp_path: Path) -> None:
        """As pages of a listing that were written one behind the other."""
        first = '{"x": {"]": "}"}, "d": {"r": [{"id": 1}, {"id": 2}], "n": [{}, "]"]}, "y": "\\"}"}\n'
        (tmp_path / "a.json").write_text(first + '{"d": {"r": [{"id": 3}]}}')
        for size in (1, 10):
            pages = read(source("a.json", records="/d/r"), tmp_path, page_records=size)
            assert ids(pages) == ["1", "2"]
            assert codes(pages) == [(f"#byte:{len(first)}", "page_malformed")]
        (tmp_path / "a.json").write_text(first)
        assert codes(read(source("a.json", records="/d/r"), tmp_path)) == []


class TestCsv:
    def rows(self, root: Path, text: bytes | str, **settings: Any) -> list[Page]:
        (root / "a.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        return read(source("a.csv", key="/id", **settings), root)

    @pytest.mark.parametrize("end", ["", '"x"y\n2,c\n'])
    def test_rows_without_their_outer_quotes_are_each_looked_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
    ) -> None:
        """Each of them leaves a quote open, so that every one was followed to the end of the file."""
        looked = count()

        def counted(line: bytes, delimiter: bytes, *, opened: bool) -> bool | None:
            next(looked)
            return open_after(line, delimiter, opened=opened)

        monkeypatch.setattr("enrichment.connectors.csv_rows.open_after", counted)
        pages = self.rows(tmp_path, "id,b\n" + '1","b\n' * 100 + end)
        bodies = [refusal.body for page in pages for refusal in page.refused]
        assert bodies == [b'1","b'] * 100 + [b'"x"y'] * (end != "")
        assert ids(pages) == ["2"] * (end != "")
        assert next(looked) < 4 * 100

    def test_values_stay_text_and_keep_every_character(self, tmp_path: Path) -> None:
        pages = self.rows(tmp_path, 'id,b,"c d"\r\n007,1e5," x ""y"", \r\nz"\r\n')
        assert json.loads(pages[0].records[0].body) == {"id": "007", "b": "1e5", "c d": ' x "y", \r\nz'}

    def test_another_delimiter(self, tmp_path: Path) -> None:
        pages = self.rows(tmp_path, 'id;b\n1;"2;3"\n', delimiter=";")
        assert json.loads(pages[0].records[0].body) == {"id": "1", "b": "2;3"}

    def test_long_fields_have_no_limit_of_their_own(self, tmp_path: Path) -> None:
        pages = self.rows(tmp_path, f'id,b\n1,"{"x" * 300_000}"\n')
        assert len(json.loads(pages[0].records[0].body)["b"]) == 300_000

    @pytest.mark.parametrize(
        ("bad", "line"),
        [
            ("x", 3),
            ("x,y,z", 3),
            ('x,"y" z', 3),
            ('"x"y,z', 3),
            ('x,"never closed', 3),
            (b"\xff,y", 3),
            ("x,y\0", None),
        ],
    )
    def test_a_bad_row_is_named_by_its_line_and_the_rest_goes_on(
        self, tmp_path: Path, bad: str | bytes, line: int | None
    ) -> None:
        middle = bad if isinstance(bad, bytes) else bad.encode()
        pages = self.rows(tmp_path, b"id,b\n1,a\n" + middle + b"\n2,b\n3,c\n")
        assert ids(pages) == ["1", "2", "3"]
        assert codes(pages) == [("#byte:9", "record_malformed")]
        (refusal,) = [refusal for page in pages for refusal in page.refused]
        assert line is None or f"line {line}:" in refusal.message

    def test_lines_are_counted_through_quoted_line_feeds_and_faults(self, tmp_path: Path) -> None:
        pages = self.rows(tmp_path, 'id,b\n1,"a\n\nb"\nbad\n2,"x"y\nworse\n')
        messages = [refusal.message.partition(":")[0] for page in pages for refusal in page.refused]
        assert messages == ["line 5", "line 6", "line 7"]

    def test_a_row_that_is_too_large_is_passed_over_as_a_whole(self, tmp_path: Path) -> None:
        inner = "\n9,9\n" * 5_000
        pages = self.rows(tmp_path, f'id,b\n1,"{inner}"\n2,"{"y" * 30_000}\n8,8"\n3,c\n', max_record_bytes=10_000)
        assert ids(pages) == ["3"]
        assert [code for _, code in codes(pages)] == ["record_too_large"] * 2

    @pytest.mark.parametrize("header", [b"id,a,a", b"\xff", b'"id', b"id\ra\rb", b"id,\xffa"])
    def test_a_header_that_cannot_be_used(self, tmp_path: Path, header: bytes) -> None:
        with pytest.raises(TerminalError) as caught:
            self.rows(tmp_path, header + b"\n1,2\n")
        assert caught.value.code == "page_malformed"


@pytest.mark.parametrize("name", ["big.jsonl", "big.json", "big.csv"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, name: str) -> None:
    with (tmp_path / name).open("w") as file:
        file.write({"big.jsonl": "", "big.json": "[", "big.csv": "id,t\n"}[name])
        for n in range(20_000):
            line = f'{n},"{"x" * 400}"\n' if name == "big.csv" else f'{{"id":{n},"t":"{"x" * 400}"}}'
            file.write(line if name != "big.jsonl" else line + "\n")
            if name == "big.json":
                file.write("," if n < 19_999 else "]")
    count = 0
    tracemalloc.start()
    try:
        for page in open_pages(source(name), cursor=None, secrets=lambda _: "", roots=[tmp_path], page_records=100):
            count += len(page.records)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 20_000
    assert peak < 3_000_000


def test_large_records_make_small_pages(tmp_path: Path) -> None:
    line = json.dumps({"id": 1, "t": "x" * 900_000}) + "\n"
    (tmp_path / "a.jsonl").write_text(line * 40)
    pages = read(source("a.jsonl"), tmp_path, page_records=500)
    assert len(pages) == 3
    assert sum(len(page.records) for page in pages) == 40


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.json"])
def test_a_line_that_is_too_large_is_passed_over_without_being_held(tmp_path: Path, name: str) -> None:
    head, tail = {"a.jsonl": ("", "\n"), "a.csv": ("id\n", "\n"), "a.json": ("[", ",")}[name]
    small = {"a.csv": "7"}.get(name, '{"id":7}')
    (tmp_path / name).write_text(f'{head}"{"x" * 20_000_000}"{tail}{small}{"]" if name == "a.json" else ""}')
    tracemalloc.start()
    try:
        pages = read(source(name, max_record_bytes=10_000), tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ids(pages) == ["7"]
    assert [code for _, code in codes(pages)] == ["record_too_large"]
    assert peak < 3_000_000


@pytest.mark.parametrize(("how", "pack"), [("gzip", gzip.compress), ("bzip2", bz2.compress), ("xz", lzma.compress)])
@pytest.mark.parametrize("name", ["jsonl", "csv", "json"])
def test_a_packed_file_is_called_so(tmp_path: Path, how: str, pack: Callable[[bytes], bytes], name: str) -> None:
    (tmp_path / "packed").write_bytes(pack(b'{"id": 1}\n'))
    with pytest.raises(TerminalError, match=f"packed with {how}") as caught:
        read(source("packed", format=name, key="/id"), tmp_path)
    assert caught.value.code == "page_malformed"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("name", ["csv", "json", "jsonl"])
def test_a_text_in_wide_characters_is_called_so(tmp_path: Path, encoding: str, name: str) -> None:
    (tmp_path / "wide").write_bytes('{"id": "Zürich"}\n'.encode(encoding))
    with pytest.raises(TerminalError, match="UTF-16 or UTF-32") as caught:
        read(source("wide", format=name, key="/id"), tmp_path)
    assert "iconv" in caught.value.hint


def test_what_is_to_be_parquet_is_no_text_in_whatever_characters(tmp_path: Path) -> None:
    (tmp_path / "f.parquet").write_bytes(b"P\x00A\x00R\x00")
    with pytest.raises(TerminalError) as caught:
        read(source("f.parquet", key="/id"), tmp_path)
    assert caught.value.code == "page_malformed"
    assert "UTF-16" not in caught.value.message


@pytest.mark.parametrize(
    ("name", "text"), [("csv", "id\nZürich\nBonn\n"), ("jsonl", '{"id": "Zürich"}\n{"id": "Bonn"}\n')]
)
def test_a_row_in_another_encoding_says_so_and_the_rest_goes_on(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "narrow").write_bytes(text.encode("latin-1"))
    (page,) = read(source("narrow", format=name, key="/id"), tmp_path)
    assert [r.record_id for r in page.records] == ["Bonn"]
    (refused,) = page.refused
    assert "not UTF-8 at byte" in refused.message
    assert "iconv" in refused.message


def test_a_name_that_begins_as_a_mark_does_is_none(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("BZh9,id\n1,2\n")
    assert ids(read(source("f.csv", key="/id"), tmp_path)) == ["2"]
