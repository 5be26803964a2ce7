"""The ways in which a cell is made wrong on purpose, as a mapping goes wrong, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Fault = Literal["swap", "factor", "shifted", "invented", "currency", "truncated"]
FAULTS: Final[tuple[Fault, ...]] = ("swap", "shifted", "invented", "factor", "truncated", "currency")
WORDS: Final[Mapping[str, str]] = {
    "swap": "the value of another field",
    "shifted": "the cells of another record",
    "invented": "a value that the record does not have",
    "factor": "a number a thousand times too large or too small",
    "truncated": "a text that was cut off",
    "currency": "another currency",
}
