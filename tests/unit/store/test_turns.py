"""How the windows are divided between the jobs that have chunks ready."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.store import dispatch
from enrichment.store.dispatch import Windows, _grant, _Waiting, _weight

SOURCES = st.sampled_from(["a", "b", "c"])
GROUP = st.tuples(SOURCES, st.integers(-3, 3), st.integers(1, 9), st.integers(0, 7))


def waiting(made: list[tuple[str, int, int, int]]) -> list[_Waiting]:
    return [_Waiting(n, source, priority, ready, busy) for n, (source, priority, ready, busy) in enumerate(made, 1)]


@given(st.lists(GROUP, max_size=9), st.integers(1, 8), st.integers(1, 12), st.dictionaries(SOURCES, st.integers(0, 9)))
def test_each_chunk_goes_to_whoever_has_least_on_its_way_for_its_weight(
    made: list[tuple[str, int, int, int]], per_job: int, per_source: int, busy: dict[str | None, int]
) -> None:
    plain, left = waiting(made), dict(busy)
    while eligible := [
        g for g in plain if g.granted < min(g.ready, per_job - g.busy) and left.get(g.source, 0) < per_source
    ]:
        chosen = min(eligible, key=lambda g: ((g.busy + g.granted) / _weight(g.priority), -g.priority, g.job or 0))
        chosen.granted += 1
        left[chosen.source] = left.get(chosen.source, 0) + 1
    found, own = waiting(made), dict(busy)
    _grant(found, Windows(per_job, per_source, {}), own)
    assert [g.granted for g in found] == [g.granted for g in plain]
    assert own == left


def test_jobs_by_the_hundred_are_not_looked_at_anew_for_each_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def weight(priority: int) -> float:
        nonlocal looks
        looks += 1
        return _weight(priority)

    monkeypatch.setattr(dispatch, "_weight", weight)
    groups = waiting([(f"s{n}", 0, 16, 0) for n in range(500)])
    _grant(groups, Windows(16, 32, {}), {})
    assert {g.granted for g in groups} == {16}
    assert looks <= 500 * 17
