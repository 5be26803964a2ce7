"""How a job is cut into chunks: a short one for many hands, a long one so that each chunk is worth its cost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fleet_ground import PLAIN, Fleet, Script, companies, ground

from enrichment.context import Tuning
from schemas.source import FileSource, PythonSource, Source

RECORDS = companies(range(500))


def given() -> Iterator[dict[str, object]]:
    yield from RECORDS


class Ground:
    """A fleet that reads the same records from a file and from a callable."""

    def __init__(self, url: str, folder: Path) -> None:
        self.path = folder / "dump.jsonl"
        self.path.write_text("".join(json.dumps(one) + "\n" for one in RECORDS), encoding="utf-8")
        sources: Sequence[Source] = (
            FileSource(name="dump", connector="file", path=str(folder / "dump.jsonl"), key="/code"),
            PythonSource(name="called", connector="python", callable=f"{__name__}:given", key="/code"),
        )
        self.fleet: Fleet = ground(url, sources=sources, asking=Script(PLAIN))
        self.fleet.configure(roots=(folder,))

    def chunks(self, source: str, tuning: Tuning, *, records: int = len(RECORDS)) -> list[int]:
        """Records of each chunk of a job that is run to its end."""
        self.fleet.configure(tuning=tuning)
        job = self.fleet.submit(source, "company")
        self.fleet.run()
        assert self.fleet.counts(job) == {"written": records}
        rows = self.fleet.rows("SELECT records FROM payload WHERE job_id = %(job)s ORDER BY id", job=job)
        return [row["records"] for row in rows]


@pytest.fixture
def made(database: str, tmp_path: Path) -> Iterator[Ground]:
    one = Ground(database, tmp_path)
    yield one
    one.fleet.close()


@pytest.mark.parametrize("source", ["dump", "called"])
def test_the_chunks_of_a_long_job_grow_as_far_as_they_may(made: Ground, source: str) -> None:
    found = made.chunks(source, Tuning(plan_wait_seconds=0.0, chunk_size=10))
    assert found == [10] * 8 + [20] * 8 + [40] * 5 + [60]


def test_chunks_that_may_not_grow_are_all_alike(made: Ground) -> None:
    assert made.chunks("dump", Tuning(plan_wait_seconds=0.0, chunk_size=25, chunk_growth=1)) == [25] * 20


@pytest.mark.parametrize("source", ["dump", "called"])
def test_a_chunk_is_full_with_bytes_too(made: Ground, source: str) -> None:
    """Bytes only make chunks smaller: one page of many small records is no chunk."""
    size = sum(len(json.dumps(one)) for one in RECORDS)
    wide = made.chunks(source, Tuning(plan_wait_seconds=0.0, chunk_size=400, chunk_bytes=size // 10))
    assert all(40 < n < 60 for n in wide[:-1]), wide
    assert wide[-1] < 120


def test_bytes_make_no_chunk_longer(made: Ground) -> None:
    size = sum(len(json.dumps(one)) for one in RECORDS)
    found = made.chunks("dump", Tuning(plan_wait_seconds=0.0, chunk_size=10, chunk_growth=1, chunk_bytes=size // 2))
    assert found == [10] * 50


def test_a_fetch_ends_once_it_has_read_a_chunk_of_bytes(made: Ground) -> None:
    """Three pages of a file: the second one makes the chunk full, the third is read by the next fetch."""
    lines = "".join(json.dumps(one) + "\n" for one in companies(range(1_500)))
    made.path.write_text(lines, encoding="utf-8")
    tuning = Tuning(plan_wait_seconds=0.0, chunk_size=2_000, chunk_bytes=len(lines) // 2)
    assert made.chunks("dump", tuning, records=1_500) == [1_000, 500]
    # All that one fetch reads is in memory at once.
    assert made.fleet.one("SELECT count(*) FROM work WHERE kind = 'chunk' AND position IS NOT NULL") == 2


def test_growth_goes_by_the_place_in_the_job() -> None:
    tuning = Tuning()
    assert [tuning.chunk_at(n) for n in (0, 7, 8, 15, 16, 1_000_000)] == [500, 500, 1_000, 1_000, 2_000, 2_000]
