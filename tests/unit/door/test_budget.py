"""What a request may still use."""

from __future__ import annotations

import pytest

from enrichment.door.answers import Caps
from enrichment.door.budget import Budget
from schemas.errors import TerminalError, TransientError


def test_time_that_is_used_up_is_an_error_and_no_negative_timeout() -> None:
    spent = Budget(Caps(total_seconds=0))
    for ask in (spent.left, lambda: spent.bound(None), lambda: spent.bound(5.0)):
        with pytest.raises(TransientError):
            ask()


def test_a_step_has_its_own_limit_or_what_is_left() -> None:
    budget = Budget(Caps(total_seconds=100))
    assert budget.bound(5.0) == 5.0
    assert 99 < budget.bound(None) <= 100
    assert 99 < budget.bound(500.0) <= 100


def test_the_wire_is_counted() -> None:
    budget = Budget(Caps(wire_bytes=10))
    budget.received(10)
    with pytest.raises(TerminalError):
        budget.received(1)
