"""Units and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

#: unit -> dimension and factor to the dimension's first unit
UNITS: Final[dict[str, tuple[str, Decimal]]] = {
    word: (dimension, Decimal(factor))
    for dimension, table in {
        "mass": {"g gram grams gramm": "1", "kg kilogram kilograms kilo kilos": "1000", "mg milligram": "0.001",
                 "t tonne tonnes ton tons": "1000000", "lb lbs pound pounds": "453.59237",
                 "oz ounce ounces": "28.349523125"},
        "length": {"mm millimeter millimetre millimeters": "0.001", "cm centimeter centimetre centimeters": "0.01",
                   "m meter metre meters metres": "1", "km kilometer kilometre kilometers kilometres": "1000",
                   "in inch inches": "0.0254", "ft foot feet": "0.3048", "yd yard yards": "0.9144",
                   "mi mile miles": "1609.344"},
        "volume": {"ml milliliter millilitre": "0.001", "cl": "0.01", "l liter litre liters litres ltr": "1",
                   "gal gallon gallons": "3.785411784", "m³ m3": "1000", "cc ccm": "0.001"},
        "time": {"s sec secs second seconds sek": "1", "ms": "0.001", "min mins minute minutes": "60",
                 "h hr hrs hour hours std": "3600", "d day days": "86400", "week weeks": "604800"},
        "speed": {"km/h kmh kph": "1", "mph": "1.609344", "m/s": "3.6"},
        "area": {"m² m2 sqm qm": "1", "km² km2": "1000000", "ha hectare hectares": "10000",
        "ft² ft2 sqft": "0.09290304",
                 "acre acres": "4046.8564224"},
        "power": {"kw kwp kwe": "1", "w": "0.001", "mw mwp mwe": "1000", "gw gwp gwe": "1000000", "tw": "1000000000"},
        "energy": {"wh": "0.001", "kwh": "1", "mwh": "1000", "gwh": "1000000", "twh": "1000000000"},
        "frequency": {"hz": "1", "khz": "1000", "mhz": "1000000", "ghz": "1000000000"},
        "pressure": {"hpa mbar": "1", "kpa": "10", "psi": "68.947572931783"},
        "data": {"byte bytes": "1", "kb": "1000", "mb": "1000000", "gb": "1000000000", "tb": "1000000000000",
                 "pb": "1000000000000000"},
    }.items()
    for words, factor in table.items()
    for word in words.split()
}  # fmt: skip


_LASTING = (
    "time duration runtime running elapsed length delay delayed late early wait waiting travel flight air trip ride"
    " cook cooking prep preparation bake session play playtime screen walk drive dauer laufzeit fahrzeit flugzeit"
)
#: Words of what lasts: behind them `min` is minutes, as in `delay_min`; behind others the least, as in `price_min`.
_LASTS: Final = frozenset(_LASTING.split())


def unit_in(words: Sequence[str]) -> str | None:
    """The unit that a name ends on, as in `weight_kg`."""
    if not words or words[-1].lower() not in UNITS:
        return None
    *before, last = words
    return last if last.lower() != "min" or not _LASTS.isdisjoint(before) else None
