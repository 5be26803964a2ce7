"""Which dead letters are meant is said in one way, and said at all."""

import pytest

from enrichment.replaying.jobs import Meant
from enrichment.store.letters import Filter
from schemas.errors import UsageError


@pytest.mark.parametrize("meant", [Meant(), Meant(filter=Filter())])
def test_nothing_said_means_no_letter(meant: Meant) -> None:
    with pytest.raises(UsageError, match="say which letters are meant"):
        meant.as_filter("open")


@pytest.mark.parametrize(
    "meant",
    [
        Meant(ids=(1,), filter=Filter(code="type")),
        Meant(ids=(1,), everything=True),
        Meant(filter=Filter(code="type"), everything=True),
    ],
)
def test_two_ways_at_once_are_refused_and_told_as_that(meant: Meant) -> None:
    with pytest.raises(UsageError, match="said twice") as told:
        meant.as_filter("open")
    assert told.value.hint is not None
    assert "one of them" in told.value.hint


def test_a_filter_without_a_state_means_the_one_that_can_be_acted_on() -> None:
    assert Meant(filter=Filter(code="type")).as_filter("open").state == "open"
    assert Meant(filter=Filter(state="permanent")).as_filter("open").state == "permanent"
    assert Meant(ids=(1, 2)).as_filter("open") == Filter(ids=(1, 2))
