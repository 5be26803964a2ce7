"""Counts of jobs are kept in proportion to what they cost, and never for long where they cost little."""

from __future__ import annotations

from collections.abc import Sequence

from enrichment.counting import Counter, Progress


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Tables:
    """Counting a record takes a microsecond of this clock."""

    def __init__(self, clock: Clock, **sizes: int) -> None:
        self.clock = clock
        self.sizes = {int(name[1:]): size for name, size in sizes.items()}
        self.asked: list[list[int]] = []

    def count(self, job_ids: Sequence[int]) -> dict[int, Progress]:
        self.asked.append(list(job_ids))
        self.clock.now += sum(self.sizes[job_id] for job_id in job_ids) / 1e6
        return {job_id: Progress({"written": self.sizes[job_id]}) for job_id in job_ids}


def test_watching_a_large_job_costs_a_fiftieth_of_the_time_however_many_watch() -> None:
    clock = Clock()
    tables, counter = Tables(clock, _1=1_000_000), Counter(clock)
    busy = 0.0
    begun = clock.now
    while clock.now - begun < 600:
        for _ in range(3):
            before = clock.now
            assert counter.of({1: "running"}, tables.count)[1].counts == {"written": 1_000_000}
            busy += clock.now - before
        clock.now += 0.5
    assert busy / (clock.now - begun) < 1 / 45
    assert len(tables.asked) > 10


def test_small_jobs_are_counted_every_time() -> None:
    clock = Clock()
    tables, counter = Tables(clock, _1=5_000), Counter(clock)
    for _ in range(3):
        counter.of({1: "running"}, tables.count)
    assert tables.asked == [[1]] * 3


def test_the_end_is_counted_anew_and_a_small_job_pays_nothing_for_the_large_one_beside_it() -> None:
    clock = Clock()
    tables, counter = Tables(clock, _1=1_000_000, _2=10), Counter(clock)
    assert set(counter.of({1: "running", 2: "running"}, tables.count)) == {1, 2}
    tables.sizes[1] = 1_000_001
    assert counter.of({1: "running", 2: "running"}, tables.count)[1].counts == {"written": 1_000_000}
    assert counter.of({1: None}, tables.count)[1].counts == {"written": 1_000_001}
    assert tables.asked == [[1, 2], [2], [1]]
