"""Units as names and texts spell them, and what each measures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from schemas.kinds import FRACTIONS, Kind


@dataclass(frozen=True, slots=True)
class Unit:
    """`name`: canonical spelling; `measure`: what it measures; `kind`: the kind of a value that carries it."""

    name: str
    measure: str
    kind: Kind


_QUANTITIES: Final = """
mass: kg kilogram kilograms kilo kilos kgs
mass: g gram grams gramm gr
mass: mg milligram milligrams
mass: t ton tons tonne tonnes
mass: lb lbs pound pounds
mass: oz ounce ounces
length: km kilometer kilometers kilometre kilometres
length: m meter meters metre metres
length: cm centimeter centimeters centimetre centimetres
length: mm millimeter millimeters millimetre millimetres
length: dm decimeter decimeters decimetre decimetres
length: mi mile miles
length: ft foot feet
length: in inch inches
length: yd yard yards
area: sqm m2 qm
area: sqkm km2
area: sqft ft2
area: ha hectare hectares
area: acre acres
volume: l liter liters litre litres ltr
volume: ml milliliter milliliters millilitre
volume: cl centiliter
volume: dl deciliter
volume: cc ccm cm3
volume: m3 cbm
volume: gal gallon gallons
power: kw kilowatt kilowatts kwp kwe kwel kwth
power: hp bhp
power: ps
power: mw megawatt megawatts mwp mwe mwel mwth
power: gw gigawatt gigawatts gwp gwe gwel gwth
power: tw terawatt terawatts
energy: kwh
energy: mwh
energy: gwh
energy: twh
energy: kcal
energy: kj
speed: kmh kph
speed: mph
temperature: celsius degc c
temperature: fahrenheit degf f
pressure: bar
pressure: hpa mbar
pressure: kpa
pressure: pa pascal
pressure: psi
data: mb megabyte megabytes
data: gb gigabyte gigabytes
data: kb kilobyte
data: tb terabyte terabytes
data: pb petabyte petabytes
frequency: hz hertz
frequency: khz
frequency: mhz
frequency: ghz
voltage: kv kilovolt kilovolts
charge: mah
rotation: rpm
resolution: px pixel pixels
resolution: pt
"""

_DURATIONS: Final = """
s sec secs second seconds
ms millis milliseconds millisecond
min mins minute minutes
h hr hrs hour hours
d days
weeks
months
years
"""

#: Spellings that are units behind a figure or in a declaration, and moments or words in a name: `year`, `day`. An
#: underscore stands for spaces and points.
_STATED_DURATIONS: Final = """
s sekunde sekunden seconde secondes segundo segundos
min minuten minuto minutos minuti
h std stunde stunden heure heures hora horas uur
d day tag tage tagen jour jours giorno giorni dagen
weeks week wk wks woche wochen semaine semaines semana semanas
months month mo mos monat monate monaten mois meses mesi maanden
years year yr yrs jahr jahre jahren ans anni jaar
"""
_STATED_QUANTITIES: Final = """
mass: t metric_ton metric_tons
mass: kilotonne kilotonnes kilotons
mass: megatonne megatonnes megatons
mass: stone stones
mass: US_hundredweight hundredweight hundredweights cwt
length: nmi nautical_mile nautical_miles
length: fathom fathoms ftm
area: sqm square_meter square_meters square_metre square_metres sq_m meter**2 metre**2 m**2
area: sqkm square_kilometer square_kilometers square_kilometre square_kilometres sq_km kilometer**2 km**2
area: sqft square_foot square_feet sq_ft foot**2 ft**2
area: sqmi square_mile square_miles sq_mi mile**2
volume: m3 cubic_meter cubic_meters cubic_metre cubic_metres cu_m meter**3 metre**3 m**3
volume: ft3 cubic_foot cubic_feet cu_ft cuft
volume: bbl barrel barrels
speed: kmh kilometer/hour kilometre/hour kilometers/hour kilometres/hour kilometer_per_hour
speed: mps m/s meter/second metre/second meters/second meter_per_second
speed: mph mile/hour mile_per_hour
speed: knot knots kts
temperature: celsius degree_celsius degrees_celsius
temperature: fahrenheit degree_fahrenheit degrees_fahrenheit
temperature: kelvin kelvins
pressure: inhg
pressure: mmhg torr
pressure: atm
energy: wh
"""
#: Units of two measures, or that are also something else, known only where one of them belongs: knots and kilotonnes;
#: `500 kn` are also kuna, `12 st` pieces in Swedish.
_OF_TWO: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"kt": ("knot", "kilotonne"), "kn": ("knot",), "st": ("stone",), "sm": ("nmi",)}
)

_SPACES: Final = re.compile(r"[.\s]+")
_STROKES: Final = re.compile(r"\s*(\*\*|/)\s*")

#: Codes that stand in names and texts. Rare ones would be mistaken for words, and are read by the operations.
CURRENCIES: Final = frozenset(
    [
        "usd",
        "eur",
        "gbp",
        "jpy",
        "chf",
        "cad",
        "aud",
        "nzd",
        "cny",
        "rmb",
        "inr",
        "brl",
        "mxn",
        "krw",
        "sek",
        "nok",
        "dkk",
        "pln",
        "czk",
        "huf",
        "sgd",
        "hkd",
        "twd",
        "zar",
        "rub",
        "ils",
        "thb",
        "idr",
        "myr",
        "php",
        "aed",
        "sar",
    ]
)

#: Words of a name that say the figure is given in thousands, millions, ...
MAGNITUDES: Final[Mapping[str, int]] = MappingProxyType(
    {"thousand": 3, "thousands": 3, "k": 3, "tsd": 3, "million": 6, "millions": 6, "mio": 6, "mn": 6, "mm": 6, "m": 6}
    | {"billion": 9, "billions": 9, "bn": 9, "bln": 9, "mrd": 9, "b": 9}
)

#: What is counted, where a unit or a name says it.
PEOPLE: Final = frozenset(
    [
        "people",
        "person",
        "persons",
        "employees",
        "employee",
        "staff",
        "inhabitants",
        "residents",
        "heads",
        "headcount",
        "headcounts",
        "workers",
    ]
)

#: Signs that name one currency only.
SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {"€": "EUR", "£": "GBP", "us$": "USD", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "zł": "PLN", "hk$": "HKD"}
    | {
        "a$": "AUD",
        "c$": "CAD",
        "ca$": "CAD",
        "r$": "BRL",
        "nt$": "TWD",
        "s$": "SGD",
        "₪": "ILS",
        "฿": "THB",
        "₴": "UAH",
    }
)


def _spelt(quantities: str, durations: str) -> dict[str, Unit]:
    table: dict[str, Unit] = {}
    for line in quantities.strip().splitlines():
        measure, spellings = line.split(":", 1)
        names = spellings.split()
        table |= {one: Unit(names[0], measure, Kind.QUANTITY) for one in names}
    for line in durations.strip().splitlines():
        names = line.split()
        table |= {one: Unit(names[0], "time", Kind.DURATION) for one in names}
    return table


def _table() -> dict[str, Unit]:
    table = _spelt(_QUANTITIES, _DURATIONS)
    table |= {code: Unit(code.upper(), "currency", Kind.MONEY) for code in CURRENCIES}
    table["rmb"] = Unit("CNY", "currency", Kind.MONEY)
    table |= dict.fromkeys(("euro", "euros"), Unit("EUR", "currency", Kind.MONEY))
    table |= dict.fromkeys(("dollar", "dollars"), Unit("dollar", "currency", Kind.MONEY))
    table |= dict.fromkeys(("cents", "cent"), Unit("cent", "currency", Kind.MONEY))
    table |= dict.fromkeys(("pct", "percent", "percentage"), Unit("percent", "ratio", Kind.PERCENT))
    return table


#: Spelling -> unit.
UNITS: Final[Mapping[str, Unit]] = MappingProxyType(_table())


#: As `UNITS`, of what stands behind a figure or is declared, and not in a name.
STATED_UNITS: Final[Mapping[str, Unit]] = MappingProxyType({**UNITS, **_spelt(_STATED_QUANTITIES, _STATED_DURATIONS)})


def spelling(word: str) -> str:
    """A unit as the table spells it, whatever its capitals, powers, strokes and signs of degrees."""
    plain = word.lower().replace("\u2103", "c").replace("\u2109", "f").replace("\u03bc", "µ").lstrip("°º")
    plain = _SPACES.sub("_", _STROKES.sub(r"\1", plain))
    if plain in STATED_UNITS:
        return plain  # `m/s` is no `ms`
    return plain.replace("²", "2").replace("³", "3").replace("/", "")


def stated_unit(word: str, wanted: Unit) -> Unit | None:
    """Give the unit that a word behind a figure is, where `wanted` belongs; null where it is not known."""
    named = spelling(word)
    if named in _OF_TWO:
        meant = (STATED_UNITS[name] for name in _OF_TWO[named])
        return next((unit for unit in meant if unit.measure == wanted.measure), None)
    return STATED_UNITS.get(named)


def unit_named(text: str | None) -> Unit | None:
    """Give the unit that a declared unit names, whatever its spelling; null where it is not known."""
    if text is None:
        return None
    plain = text.strip().lower().replace("²", "2").replace("³", "3").replace("%", "percent").replace("km/h", "kmh")
    if plain in PEOPLE:
        return Unit("people", "heads", Kind.COUNT)
    if plain in FRACTIONS:
        return Unit("fraction", "ratio", Kind.PERCENT)
    if re.fullmatch(r"[a-z]{3}", plain) and text.strip().isupper():
        return Unit(plain.upper(), "currency", Kind.MONEY)
    return STATED_UNITS.get(spelling(plain))
