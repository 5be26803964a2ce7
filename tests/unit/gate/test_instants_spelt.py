"""An instant has one spelling: a source that writes it in another zone tells of the same row."""

from __future__ import annotations

from typing import Any

import pytest
from gating import binding, plan, target

from enrichment.gate.compiled import compile_gate
from enrichment.gate.reading import SourceReading
from schemas.target import TargetField

AT = TargetField(name="at", type="string", format="date-time", identity=True)
ONE = "2020-01-01T00:00:00Z"


def judged(value: str, *ops: str) -> Any:
    return compile_gate(target(AT), plan(binding("at", "/at", ops=ops)), SourceReading())({"at": value})


@pytest.mark.parametrize(
    "written",
    [ONE, ONE.lower(), "2020-01-01T01:00:00+01:00", "2019-12-31T19:00:00.000-05:00", "2020-01-01T00:00:00-00:00"],
)
def test_every_spelling_of_an_instant_is_one_key(written: str) -> None:
    verdict = judged(written)
    assert (verdict.key, verdict.cells) == (ONE, {"at": ONE})


@pytest.mark.parametrize("written", ["2020-01-01T01:00:00.250+01:00", "2020-01-01T00:00:00.25Z"])
def test_it_is_spelt_as_the_operation_writes_it(written: str) -> None:
    assert judged(written).key == judged(written, "parse_datetime").key == "2020-01-01T00:00:00.250000Z"


@pytest.mark.parametrize("written", ["2020-01-01T00:00:00", "2020-01-01", "yesterday", "0001-01-01T00:00:00+01:00"])
def test_what_has_no_such_spelling_is_left_to_the_rules(written: str) -> None:
    verdict = judged(written)
    assert verdict.outcome == "rejected" or verdict.key == written
