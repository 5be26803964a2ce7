"""A verdict as it is staged: text that PostgreSQL would write the same."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.connectors.pages import Version
from enrichment.members import Member
from enrichment.staged_text import digest, jsonb_text, staged, version_rank
from schemas.json_types import Cell
from schemas.verdict import Verdict

_cells = st.dictionaries(
    st.text(min_size=1, max_size=4),
    st.text(max_size=6) | st.integers() | st.booleans() | st.decimals(allow_nan=False, allow_infinity=False, places=3),
    max_size=6,
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(cells=_cells)
def test_cells_are_written_in_the_order_of_jsonb_and_read_back_exactly(cells: dict[str, Cell]) -> None:
    found = json.loads(jsonb_text(cells))
    assert list(found) == sorted(cells, key=lambda name: (len(name.encode()), name.encode()))
    for name, value in cells.items():
        assert (Decimal(found[name]) if isinstance(value, Decimal) else found[name]) == value


def test_versions_are_ordered_by_type_and_then_by_value() -> None:
    earlier, later = "2024-01-01T02:00:00+02:00", "2024-01-01T00:00:01Z"
    rising: list[Version] = [None, -3, Decimal("1.5"), 2, Decimal(10), earlier, later, "10", "9", "v1", "é", "日", "😀"]
    ranks = [version_rank(version) for version in rising]
    assert all(lower < higher for lower, higher in itertools.pairwise(ranks))
    assert version_rank(1) == version_rank(Decimal("1.0"))
    assert version_rank("2024-01-01T00:00:00Z") == version_rank(earlier)


def test_what_is_not_the_rule_is_noted() -> None:
    member = Member("r", 2, 3, 4)
    verdict = Verdict("accepted", "k", {"b": 1, "a": "x"}, {"c": "absent"}, {"b": 1, "a": 0}, frozenset({"b", "a"}))
    row = staged(9, member, verdict, Decimal("1.5"))
    assert row == {
        "plan_id": 9, "record_id": "r", "observation": 2, "payload_id": 3, "ordinal": 4,
        "key": "k", "cells": '{"a": "x", "b": 1}', "reasons": '{"c":"absent"}', "winners": row["winners"],
        "version": '{"type":1,"number":"1.5"}', "digest": digest("k", row["cells"]),
    }  # fmt: skip
    assert json.loads(row["winners"]) == {"b": 1, "~": ["a", "b"]}


def test_what_is_the_rule_needs_no_words() -> None:
    row = staged(9, Member("r", 2, 3, 4), Verdict("accepted", "k", {"a": "x"}, {}, {"a": 0}), None)
    assert (row["reasons"], row["winners"], row["version"]) == ("{}", "{}", None)
