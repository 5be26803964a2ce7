from __future__ import annotations

import pytest

from enrichment.audit.planting import IN_DOUBT
from enrichment.audit.release import (
    BLIND,
    NEWEST,
    NEWEST_SWAPS,
    decide,
    in_doubt,
    known_recall,
    needed,
    overlooks,
)
from enrichment.audit.statistics import cells_needed, chance_of_at_most
from enrichment.audit.switching import DAILY


def said(audited: int, defects: int = 0, unconfirmed: int = 0, unsure: int = 0, recall: float | None = None) -> str:
    return decide(audited=audited, defects=defects, unconfirmed=unconfirmed, unsure=unsure, recall_lower=recall)


@pytest.mark.parametrize(
    ("audited", "defects", "decision"),
    [
        (115, 0, "probation"),
        (116, 0, "released"),
        (187, 1, "probation"),
        (188, 1, "released"),
        (2, 2, "condemned"),
        (27, 2, "condemned"),
        (28, 2, "probation"),
        (98, 3, "condemned"),
        (570, 7, "released"),
        (570, 8, "condemned"),
    ],
)
def test_the_sequential_test_decides(audited: int, defects: int, decision: str) -> None:
    assert said(audited, defects) == decision


@pytest.mark.parametrize(
    ("audited", "unconfirmed", "decision"),
    [
        *((40, 2, "probation"), (40, 3, "review"), (20, 3, "review"), (41, 3, "probation"), (120, 8, "released")),
        (120, 9, "review"),
    ],
)
def test_three_doubts_among_forty_that_nobody_confirmed_ask_a_person(
    audited: int, unconfirmed: int, decision: str
) -> None:
    assert said(audited, unconfirmed=unconfirmed) == decision


def test_more_than_a_fifth_unsure_asks_a_person() -> None:
    assert said(116, unsure=29) == "released"
    assert said(116, unsure=30) == "review"
    assert said(5, unsure=10) == "probation"


def test_a_blind_auditor_releases_nothing_and_still_condemns() -> None:
    assert said(116, recall=0.49) == "probation"
    assert said(116, recall=0.5) == "released"
    assert said(20, 2, recall=0.1) == "condemned"


@pytest.mark.parametrize(
    ("seen", "planted", "doubted"),
    [
        *((0, 0, False), (0, 1, False), (0, 2, True), (1, 2, False), (1, 3, False), (1, 4, True), (2, 5, False)),
        *((7, 18, True), (11, 18, False), (18, 18, False)),
    ],
)
def test_an_auditor_that_saw_less_than_could_be_expected_is_doubted(seen: int, planted: int, doubted: bool) -> None:
    assert in_doubt(seen, planted) is doubted


@pytest.mark.parametrize(("seen", "planted", "blind"), [(0, 4, False), (0, 5, True), (1, 8, True), (4, 8, False)])
def test_one_class_of_defects_may_be_overlooked_by_who_sees_the_others(seen: int, planted: int, blind: bool) -> None:
    assert overlooks(seen, planted) is blind


@pytest.mark.parametrize(
    ("seen", "planted", "releases"),
    [
        (0, 0, True),
        (4, 10, True),
        (0, 8, False),
        (7, 24, False),
        (9, 20, False),
        (15, 24, True),
        (24, 24, True),
        (80, 150, False),
        (96, 150, True),
    ],
)
def test_a_recall_that_was_measured_decides_who_is_blind(seen: int, planted: int, releases: bool) -> None:
    recall = known_recall(seen, planted)
    assert (said(116, recall=recall) == "released") == releases


def test_what_is_still_to_be_drawn_grows_with_each_defect() -> None:
    assert [needed(defects=d, drawn=0) for d in range(4)] == [116, 188, 259, 330]
    assert needed(defects=0, drawn=100) == 16
    assert needed(defects=0, drawn=200) == 0


def _blind(seen: int, planted: int) -> bool:
    recall = known_recall(seen, planted)
    return recall is not None and recall < BLIND


def _expelled(sees: float) -> float:
    """At most the chance that an auditor is called blind within twenty days of as many samples as there may be.

    Each plant is the last of one more window, and the chance that one of several comes true is at most their sum. As
    many plants as after a first one was missed; all of them are counted as swaps too, of which there are fewer.
    """
    windows = 20 * DAILY * IN_DOUBT // cells_needed(0)
    few = max(n for n in range(NEWEST) if _blind(n, NEWEST))
    few_swaps = max(n for n in range(NEWEST_SWAPS) if overlooks(n, NEWEST_SWAPS))
    assert (few, few_swaps) == (19, 7)
    return windows * (chance_of_at_most(few, NEWEST, sees) + chance_of_at_most(few_swaps, NEWEST_SWAPS, sees))


def test_an_honest_auditor_is_practically_never_called_blind_by_its_newest_plants() -> None:
    assert _expelled(0.95) < 1e-6
    assert _expelled(0.9) < 1e-3
    assert _expelled(0.8) < 1 / 6


@pytest.mark.parametrize("before", [18, 40])
def test_one_that_went_blind_is_known_by_about_twenty_plants(before: int) -> None:
    """As many as ride along with a single request, once some were missed; few more where it sees one in five."""
    missed = next(n for n in range(1, 100) if _blind(min(before, max(NEWEST - n, 0)), min(before + n, NEWEST)))
    assert missed <= 21
    assert chance_of_at_most(19, NEWEST, 0.2) > 0.999
