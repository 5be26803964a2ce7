"""Invented records of several shapes, the same for every run of one seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

_WORDS = ["alpha", "beta", "gamma", "delta", "omega", "orion", "nova", "terra", "luna", "sol", "vega", "rigel"]
_PLACES = (("Munich", "Germany"), ("Paris", "France"), ("Tokyo", "Japan"), ("Toronto", "Canada"), ("Pune", "India"))

#: What the records fill.
TARGET = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "firm",
    "type": "object",
    "properties": {
        "name": {"type": "string", "x-kind": "name"},
        "country": {"type": "string", "x-kind": "country"},
        "founded_year": {"type": "integer", "x-kind": "year"},
        "employee_count": {"type": "integer", "minimum": 0, "x-kind": "count"},
        "revenue_amount": {"type": "number", "x-kind": "money", "x-currency-field": "revenue_currency"},
        "revenue_currency": {"type": "string", "x-kind": "currency"},
        "website": {"type": "string", "format": "uri", "x-kind": "url"},
        "headquarters": {"type": "string", "x-kind": "address"},
    },
}


def write(path: Path, *, records: int, shapes: int, seed: int, beside: int = 0) -> None:
    """Write JSON lines; every shape has its own block of pointers. Names and places stay the same for every seed.

    beside: further members of each record, of some forty characters each, that no target field asks for
    """
    more = {f"note_{number}": f"remark {number} on what nobody asks for here" for number in range(beside)}
    with path.open("w", encoding="utf-8") as file:
        for record in invented(records=records, shapes=shapes, seed=seed):
            file.write(json.dumps(record | more, ensure_ascii=False) + "\n")


def invented(*, records: int, shapes: int, seed: int, first: int = 0) -> Iterator[dict[str, object]]:
    """The same records one by one, from the one with the number `first` on."""
    chance = random.Random(seed)
    return (_record(chance, number, number % shapes) for number in range(first, first + records))


def _record(chance: random.Random, number: int, shape: int) -> dict[str, object]:
    place, country = _PLACES[number % len(_PLACES)]
    first, second = _WORDS[number % len(_WORDS)], _WORDS[number // len(_WORDS) % len(_WORDS)]
    # Figures move from seed to seed, but by less than what a reader of the table would stop at.
    people, sales = 50 + number * 7_919 % 80_000, 10 + number * 31 % 600
    block = {
        "employees": f"{people + chance.randint(0, people // 4):,} ({2015 + shape % 10})",
        "founded": str(chance.randint(1850, 2020)),
        "revenue": f"€{sales + chance.randint(0, sales // 4)}.{chance.randint(1, 9)} million (2021)",
        "website": f"www.{first}{number}.com",
        "headquarters": f"{place} , {country}",
        **{f"s{shape}_{extra}": chance.randint(0, 9) for extra in ("a", "b", "c")},
    }
    return {
        "id": f"F{number:07d}",
        "name": f"{first.title()} {second.title()} {number}",
        "country": country,
        f"block{shape}": block,
    }
