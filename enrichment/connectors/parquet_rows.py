"""Parquet files, row group by row group. The library that reads them is an extra: `assay[parquet]`."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from enrichment.connectors.file_bytes import PinnedFile
from enrichment.connectors.file_rows import Row, position
from enrichment.connectors.inline import read_one
from enrichment.connectors.pages import FetchedRecord, RefusedRecord
from enrichment.connectors.parquet_values import named, nested, spelt_out
from enrichment.connectors.plain_values import plain
from schemas.codes import Code
from schemas.errors import ConfigurationError, TerminalError
from schemas.json_types import Json
from schemas.source import FileSource

#: Bytes that are read ahead of one column: without it a row group's columns would be held whole.
_AHEAD = 1 << 20
_SAID = 200


def rows(file: PinnedFile, source: FileSource, at: Mapping[str, Json], *, batch: int) -> Iterator[Row]:
    """Give every record from row `at["row"]` of row group `at["group"]` on, decoding `batch` rows at a time.

    A row group that cannot be decoded is refused as one, and the reading goes on behind it. Nothing in the format
    leads to a row inside a group, so that going on there decodes what stands before it once more.

    Raises:
        ConfigurationError: the extra is not installed.
        TerminalError: `page_malformed`, the file is no Parquet file, or two of its columns have one name.
    """
    arrow, parquet = _library(source)
    faults = (arrow.ArrowException, OSError, ValueError)
    with closing(file.stream()) as stream:
        try:
            opened = parquet.ParquetFile(stream, buffer_size=_AHEAD, pre_buffer=False)
            columns = _columns(opened.schema_arrow)
        except faults as error:
            raise TerminalError(
                f"the file is no Parquet file that can be read: {_told(error)}", code=Code.PAGE_MALFORMED
            ) from error
        first_group, first_row = position(at, "group"), position(at, "row")
        sizes = [opened.metadata.row_group(i).num_rows for i in range(opened.metadata.num_row_groups)]
        for group in range(first_group, len(sizes)):
            skipped = first_row if group == first_group else 0
            before = sum(sizes[:group])
            done = 0
            try:
                for rows_read in opened.iter_batches(batch, row_groups=[group], columns=columns, use_threads=False):
                    start, done = done, done + rows_read.num_rows
                    if done <= skipped:
                        continue
                    fresh = max(skipped - start, 0)
                    outcomes = _records(rows_read.slice(fresh), before + start + fresh, source, arrow)
                    for i, outcome in enumerate(outcomes, start + fresh + 1):
                        yield Row(outcome, {"group": group, "row": i})
            except faults as error:
                message = f"row group {group} breaks off after {done} of {sizes[group]} rows: {_told(error)}"
                refused = RefusedRecord(f"#group:{group}", Code.PAGE_MALFORMED, message)
                yield Row(refused, {"group": group + 1, "row": 0})


def _library(source: FileSource) -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ConfigurationError(
            f"source {source.name}: reading Parquet needs pyarrow, which is not installed",
            hint="install the extra: pip install 'assay[parquet]'",
        ) from error


def _columns(schema: Any) -> list[str]:  # noqa: ANN401 - pyarrow has no types of its own
    doubled = [name for name, times in Counter(schema.names).items() if times > 1]
    if doubled:
        raise TerminalError(
            f"the file has {doubled[0]!r} as the name of more than one column", code=Code.PAGE_MALFORMED
        )
    return list(schema.names)


def _records(batch: Any, first: int, source: FileSource, arrow: Any) -> Iterator[FetchedRecord | RefusedRecord]:  # noqa: ANN401 - as above
    batch = spelt_out(batch, arrow)
    deep = nested(batch.schema, arrow)
    try:
        values = batch.to_pylist()
    except (arrow.ArrowException, ValueError, OverflowError):
        values = [None] * batch.num_rows  # some value has no place in Python; which, the single rows tell
    for i, value in enumerate(values):
        place = f"#row:{first + i}"
        if value is None:
            try:
                value = batch.slice(i, 1).to_pylist()[0]  # noqa: PLW2901 - a second try at the same row
            except (arrow.ArrowException, ValueError, OverflowError) as error:
                yield RefusedRecord(place, Code.RECORD_MALFORMED, f"the row cannot be read: {_told(error)}")
                continue
        yield read_one(plain(named(value, deep, arrow)), place, source)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_SAID]
