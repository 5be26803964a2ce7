"""Auditors that end where the request's cap of output tokens is: what they are asked has an answer below it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_fixtures import KNOWN, emptied, firms_file, running, truth

from tests import hostile_model as hm
from tests.hostile_model import AUDIT, HostileModel, Reply

FIRMS = 60
#: Of which a server ends its answers; a verdict here has some fifteen.
CAP = 600


@pytest.fixture
def model() -> Iterator[HostileModel]:
    with HostileModel(KNOWN, truth) as server:
        yield server


def _ends_at_the_cap(asked: hm.Asked) -> hm.Response:
    """As a server does, where a token has some three characters of JSON."""
    right = hm.correct(asked)
    assert isinstance(right, Reply)
    room = CAP * 3
    return right if len(right.content) <= room else Reply(right.content[:room], finish_reason="length")


def test_rows_are_audited_in_as_many_requests_as_their_answers_need(
    database: str, tmp_path: Path, model: HostileModel
) -> None:
    emptied(database)
    source, root = firms_file(tmp_path, range(FIRMS))
    model.play(AUDIT, then=_ends_at_the_cap)
    with running(database, model, sources=[source], roots=[root], max_output_tokens=CAP) as run:
        run.enrich()
        assert (run.state, run.counts, run.wrong_cells(), run.reviews()) == ("done", {"written": FIRMS}, [], [])
        assert all(row["employee_count"] is not None for row in run.table())
        asked = [record["source"]["name"] for one in model.of(AUDIT) for record in one.document["records"]]
        assert len(asked) <= FIRMS + FIRMS // 4  # each row once, and what was planted
