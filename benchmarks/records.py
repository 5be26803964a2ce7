"""Invented records of several shapes, the same for every run of one seed."""

from __future__ import annotations

import json
import random
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


def write(path: Path, *, records: int, shapes: int, seed: int) -> None:
    """Write JSON lines; every shape has its own block of pointers."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for number in range(records):
            file.write(json.dumps(_record(chance, number, number % shapes), ensure_ascii=False) + "\n")


def _record(chance: random.Random, number: int, shape: int) -> dict[str, object]:
    place, country = chance.choice(_PLACES)
    first, second = chance.choice(_WORDS), chance.choice(_WORDS)
    block = {
        "employees": f"{chance.randint(5, 90_000):,} ({2015 + shape % 10})",
        "founded": str(chance.randint(1850, 2020)),
        "revenue": f"€{chance.randint(1, 900)}.{chance.randint(1, 9)} million (2021)",
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
