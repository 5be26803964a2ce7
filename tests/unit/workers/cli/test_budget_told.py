"""Whether a raise was enough is told at once."""

from __future__ import annotations

from workers.cli.budget import still_used_up


def test_a_raise_that_does_not_suffice_says_how_much_would() -> None:
    tokens = {"used": 220_584, "reserved": 1_000, "cap": 100_000}
    assert still_used_up({"tokens": tokens, "money": {"used": "1.50", "reserved": "0", "cap": None}}) == [
        "it is still used up: 221,584 of 100,000 tokens; add more than 121,584"
    ]
    assert still_used_up({"tokens": None, "money": {"used": "1.50", "reserved": "0.50", "cap": "2.00"}}) == [
        "it is still used up: 2.00 of 2.00 money; add more than 0.00"
    ]


def test_one_that_suffices_says_nothing() -> None:
    assert still_used_up({"tokens": {"used": 5, "reserved": 0, "cap": 6}, "money": {}}) == []
