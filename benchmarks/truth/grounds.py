"""Real records, the target that they fill, and the plan that is right for them by construction.

Data sets: pytickersymbols (MIT), pycountry (ISO codes, LGPL 2.1), vega_datasets (BSD-3-Clause; data of the US
government and others, see its SOURCES), palmerpenguins (MIT; data CC0), gapminder (BSD-3-Clause; data CC BY).
"""

from __future__ import annotations

import csv
import functools
import importlib.util
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from enrichment.gate.reading import SourceReading
from enrichment.trials import try_out
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpArg, OpCall, Origin
from schemas.target import Target, TargetField

KEY: Final = "code"
Record = dict[str, Any]
Step = tuple[str, Mapping[str, str]]
#: (pointer, operations with their arguments)
Way = tuple[str, tuple[Step, ...]]


@dataclass(frozen=True, slots=True)
class Ground:
    """`ways`: target field -> how it is rightly read; null where the source does not say it.

    spare: pointers that fill no target field -> what they mean
    """

    name: str
    records: Sequence[Record]
    target: Target
    ways: Mapping[str, Way | None]
    spare: Mapping[str, Kind] = field(default_factory=dict)
    declared: bool = True

    def kind(self, name: str) -> Kind:
        """What a field means, also where the target does not say it."""
        return _KINDS[self.name][name]

    def truth(self) -> dict[str, dict[str, Any]]:
        """Record key -> row; null cells included."""
        rows: dict[str, dict[str, Any]] = {str(r[KEY]): {} for r in self.records}
        for name, way in self.ways.items():
            cells = self.cells(name, [way]) if way is not None else [None] * len(self.records)
            for record, cell in zip(self.records, cells, strict=True):
                rows[str(record[KEY])][name] = cell
        return rows

    def cells(self, name: str, ways: Sequence[Way]) -> list[Any]:
        """What a binding gives for each record, after the cell rules; nothing where it cannot be executed."""
        wanted = self.target.by_name[name]
        trial = try_out(wanted, binding(name, ways), self.records, SourceReading().for_field(wanted))
        return [None] * len(self.records) if trial is None else list(trial.cells)


def binding(name: str, ways: Sequence[Way]) -> Binding:
    alternatives = tuple(
        Alternative(paths=(path,), ops=tuple(_call(op, args) for op, args in steps)) for path, steps in ways
    )
    return Binding(target=name, alternatives=alternatives, origin=Origin.SMALL)


def _call(op: str, args: Mapping[str, str]) -> OpCall:
    return OpCall(op=op, args=tuple(OpArg(name=n, value=v) for n, v in args.items()))


def way(path: str, *ops: str | Step) -> Way:
    return path, tuple((op, {}) if isinstance(op, str) else op for op in ops)


_TYPES: Final[Mapping[Kind, str]] = {
    Kind.COUNT: "integer",
    Kind.YEAR: "integer",
    Kind.MONEY: "number",
    Kind.QUANTITY: "number",
    Kind.LATITUDE: "number",
    Kind.LONGITUDE: "number",
}
_FORMATS: Final[Mapping[Kind, str]] = {Kind.DATE: "date", Kind.URL: "uri", Kind.EMAIL: "email"}


@dataclass(frozen=True, slots=True)
class _Plan:
    """One field of a ground: what it means, how it is read, and what else its source may be called."""

    kind: Kind
    way: Way | None
    names: tuple[str, ...] = ()
    about: str = ""
    unit: str | None = None
    companion: str | None = None


#: A column of texts such as 28.801 says by itself as a whole which mark is which.
_DECIMAL: Final[Step] = ("parse_decimal", {"separators": ",."})
_N, _I, _Q, _M, _T = Kind.NAME, Kind.COUNT, Kind.QUANTITY, Kind.MONEY, Kind.TEXT
_GROUNDS: Final[Mapping[str, Mapping[str, _Plan]]] = {
    "companies": {
        "name": _Plan(_N, way("/name"), ("company", "firm_name"), "The company's name"),
        "symbol": _Plan(Kind.CODE, way("/symbol"), ("ticker", "tkr"), "Ticker symbol"),
        "founded_year": _Plan(
            Kind.YEAR, way("/metadata/founded", "parse_year"), ("established", "inception"), "Year of foundation"
        ),
        "employee_count": _Plan(
            _I,
            way("/metadata/employees", "parse_integer"),
            ("headcount", "staff"),
            "Number of people employed",
            "people",
        ),
        "revenue": _Plan(
            _M,
            way("/metadata/revenue", "parse_money"),
            ("turnover", "sales"),
            "Revenue of the year",
            None,
            "revenue_currency",
        ),
        "revenue_currency": _Plan(
            Kind.CURRENCY, way("/metadata/revenue", "currency_of"), (), "Currency of the revenue"
        ),
        "net_income": _Plan(
            _M,
            way("/metadata/net_income", "parse_money"),
            ("profit", "net_profit"),
            "Net income of the year",
            None,
            "net_income_currency",
        ),
        "net_income_currency": _Plan(
            Kind.CURRENCY, way("/metadata/net_income", "currency_of"), (), "Currency of the net income"
        ),
        "website": _Plan(
            Kind.URL, way("/metadata/website", "parse_url"), ("homepage", "web"), "Address of its web site"
        ),
        "headquarters": _Plan(
            Kind.ADDRESS, way("/metadata/headquarters", "clean_place"), ("seat", "hq"), "Place of its head office"
        ),
        "email": _Plan(Kind.EMAIL, None, (), "Address for enquiries"),
        "customer_count": _Plan(_I, None, (), "Number of customers", "people"),
    },
    "cars": {
        "model": _Plan(_N, way("/Name"), ("car", "designation"), "Name of the model"),
        "cylinders": _Plan(_I, way("/Cylinders"), ("cyl", "n_cylinders"), "Number of cylinders"),
        "fuel_economy": _Plan(
            _Q, way("/Miles_per_Gallon"), ("mpg", "economy_mpg"), "Miles driven per gallon", "mile/gallon"
        ),
        "displacement": _Plan(
            _Q, way("/Displacement"), ("disp", "engine_size"), "Displacement of the engine", "inch**3"
        ),
        "horsepower": _Plan(_Q, way("/Horsepower"), ("hp", "power_hp"), "Power of the engine", "horsepower"),
        "weight": _Plan(_Q, way("/Weight_in_lbs"), ("weight_lb", "mass_lbs"), "Weight of the car", "pound"),
        "acceleration_time": _Plan(
            _Q, way("/Acceleration"), ("zero_to_sixty", "accel_s"), "Seconds from 0 to 60 miles an hour", "second"
        ),
        "model_year": _Plan(
            Kind.DATE, way("/Year", "parse_date"), ("model_date", "built"), "First day of the model year"
        ),
        "origin": _Plan(_T, way("/Origin"), ("made_in", "region"), "Where it was made"),
        "price": _Plan(_M, None, (), "Price when new", "USD"),
        "doors": _Plan(_I, None, (), "Number of doors"),
    },
    "airports": {
        "iata": _Plan(Kind.CODE, way("/iata"), ("iata_code", "faa"), "Code of the airport"),
        "name": _Plan(_N, way("/name"), ("airport", "airport_name"), "Name of the airport"),
        "city": _Plan(_T, way("/city"), ("town", "municipality"), "City that it serves"),
        "state": _Plan(Kind.CODE, way("/state"), ("state_code", "st"), "US state, two letters"),
        "latitude": _Plan(Kind.LATITUDE, way("/latitude", _DECIMAL), ("lat", "geo_lat"), "Degrees north"),
        "longitude": _Plan(Kind.LONGITUDE, way("/longitude", _DECIMAL), ("lon", "geo_lng"), "Degrees east"),
        "elevation": _Plan(_Q, None, (), "Height above the sea", "foot"),
        "opened_on": _Plan(Kind.DATE, None, (), "Day of its opening"),
    },
    "weather": {
        "observed_on": _Plan(
            Kind.DATE,
            way("/date", ("parse_date", {"format": "%d/%m/%Y"})),
            ("day", "obs_date"),
            "Day of the observation",
        ),
        "precipitation": _Plan(
            _Q, way("/precipitation", _DECIMAL), ("prcp", "rain_mm"), "Precipitation of the day", "millimeter"
        ),
        "temperature_max": _Plan(
            _Q, way("/temp_max", _DECIMAL), ("tmax", "high"), "Highest temperature of the day", "degC"
        ),
        "temperature_min": _Plan(
            _Q, way("/temp_min", _DECIMAL), ("tmin", "low"), "Lowest temperature of the day", "degC"
        ),
        "wind_speed": _Plan(_Q, way("/wind", _DECIMAL), ("wind_avg", "windspeed"), "Mean wind speed", "meter/second"),
        "condition": _Plan(Kind.CATEGORY, way("/weather"), ("sky", "wx"), "Weather in a word"),
        "humidity": _Plan(Kind.PERCENT, None, (), "Relative humidity as a fraction"),
    },
    "penguins": {
        "species": _Plan(Kind.CATEGORY, way("/species"), ("taxon", "kind_of_penguin"), "Species of the animal"),
        "island": _Plan(_T, way("/island"), ("isle", "site"), "Island where it was seen"),
        "bill_length": _Plan(
            _Q, way("/bill_length_mm", _DECIMAL), ("culmen_length", "bill_len"), "Length of the bill", "millimeter"
        ),
        "bill_depth": _Plan(
            _Q, way("/bill_depth_mm", _DECIMAL), ("culmen_depth", "bill_dep"), "Depth of the bill", "millimeter"
        ),
        "flipper_length": _Plan(
            _Q, way("/flipper_length_mm", _DECIMAL), ("flipper", "flipper_len"), "Length of the flipper", "millimeter"
        ),
        "body_mass": _Plan(_Q, way("/body_mass_g", _DECIMAL), ("weight_g", "mass"), "Body mass", "gram"),
        "seen_year": _Plan(Kind.YEAR, way("/year", "parse_year"), ("season", "yr"), "Year of the observation"),
        "egg_count": _Plan(_I, None, (), "Number of eggs in the nest"),
    },
    "nations": {
        "country_name": _Plan(_N, way("/country"), ("nation", "land"), "Name of the country"),
        "continent": _Plan(_T, way("/continent"), ("world_region", "part_of_world"), "Continent"),
        "reference_year": _Plan(Kind.YEAR, way("/year", "parse_year"), ("yr", "as_of_year"), "Year of the figures"),
        "life_expectancy": _Plan(
            _Q, way("/lifeExp", _DECIMAL), ("life_exp", "le_years"), "Life expectancy at birth", "year"
        ),
        "population": _Plan(
            _I, way("/pop", "parse_integer"), ("inhabitants", "popul"), "Number of inhabitants", "people"
        ),
        "gdp_per_capita": _Plan(
            _M,
            way("/gdpPercap", _DECIMAL),
            ("gdp_pc", "income_per_head"),
            "Gross domestic product per head",
            "USD",
        ),
        "area": _Plan(_Q, None, (), "Area of the country", "kilometer**2"),
        "capital": _Plan(_T, None, (), "City of the government"),
    },
    "territories": {
        "alpha_2": _Plan(Kind.CODE, way("/alpha_2"), ("iso2", "cc"), "Code of two letters"),
        "alpha_3": _Plan(Kind.CODE, way("/alpha_3"), ("iso3", "ccc"), "Code of three letters"),
        "numeric_code": _Plan(Kind.CODE, way("/numeric"), ("iso_num", "number"), "Code of three digits"),
        "short_name": _Plan(_N, way("/name"), ("label", "title"), "Name in everyday use"),
        "official_name": _Plan(_N, way("/official_name"), ("full_name", "formal_name"), "Name as the state writes it"),
        "population": _Plan(_I, None, (), "Number of inhabitants", "people"),
        "website": _Plan(Kind.URL, None, (), "Address of the government's web site"),
    },
}
_KINDS: Final = {
    ground: {KEY: Kind.IDENTIFIER, **{n: p.kind for n, p in plans.items()}} for ground, plans in _GROUNDS.items()
}
_SPARE: Final[Mapping[str, Mapping[str, Kind]]] = {
    "companies": {
        "/metadata/total_assets": _M,
        "/metadata/total_equity": _M,
        "/metadata/products": _T,
        "/metadata/founder": _N,
        "/metadata/wikipedia_url": Kind.URL,
        "/metadata/traded_as": Kind.CODE,
        "/country": _T,
    },
    "airports": {"/country": Kind.COUNTRY},
    "penguins": {"/sex": Kind.CATEGORY},
    "territories": {"/flag": _T},
}
NAMES: Final = tuple(_GROUNDS)


def _file(package: str, *parts: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(
            f"the data of {package} is missing: pip install --no-deps -r benchmarks/truth/requirements.txt"
        )
    return Path(found.submodule_search_locations[0]).joinpath(*parts)


def _csv(path: Path) -> list[Record]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [{k: v for k, v in row.items() if v not in {"", "NA"}} for row in csv.DictReader(lines)]


def _companies() -> list[Record]:
    from workers.demo.companies import load_companies

    kept = ("founded", "employees", "revenue", "net_income", "website", "headquarters")
    spare = [path.rpartition("/")[2] for path in _SPARE["companies"]]
    found: list[Record] = []
    for one in load_companies().values():
        told = one.get("metadata") or {}
        metadata = {k: v for k, v in told.items() if k in kept or k in spare}
        found.append({**{k: one[k] for k in ("name", "symbol", "country") if one.get(k)}, "metadata": metadata})
    return found


def _weather() -> list[Record]:
    rows = _csv(_file("vega_datasets", "_data", "seattle-weather.csv"))
    return [{**row, "date": "/".join(reversed(row["date"].split("/")))} for row in rows]


def _territories() -> list[Record]:
    import pycountry

    kept = ("alpha_2", "alpha_3", "numeric", "name", "official_name", "flag")
    return [{k: getattr(one, k) for k in kept if hasattr(one, k)} for one in pycountry.countries]


def _cars() -> list[Record]:
    text = _file("vega_datasets", "_data", "cars.json").read_text(encoding="utf-8")
    rows: list[Record] = json.loads(text, parse_float=Decimal)
    return rows


_READ: Final[Mapping[str, Callable[[], list[Record]]]] = {
    "companies": _companies,
    "cars": _cars,
    "airports": lambda: _csv(_file("vega_datasets", "_data", "airports.csv")),
    "weather": _weather,
    "penguins": lambda: _csv(_file("palmerpenguins", "data", "penguins.csv")),
    "nations": lambda: _csv(_file("gapminder", "gapminder.csv")),
    "territories": _territories,
}


@functools.cache
def _everything(name: str) -> list[Record]:
    return _READ[name]()


def load(name: str, *, seed: int, size: int, declared: bool = True) -> Ground:
    """A ground with `size` records drawn, half of its source fields renamed, both as the seed says.

    declared: whether the target says kinds, units and descriptions, or only names and types
    """
    dice = random.Random(f"{name}:{seed}")
    everything = _everything(name)
    drawn = dice.sample(everything, min(size, len(everything)))
    plans = _GROUNDS[name]
    renames = {
        path: f"{path.rpartition('/')[0]}/{dice.choice(plan.names)}"
        for plan in plans.values()
        if plan.names and plan.way is not None and dice.random() < 0.5
        for path in [plan.way[0]]
    }
    records = [{KEY: f"R{n:05d}", **_renamed(record, renames, "")} for n, record in enumerate(drawn)]
    fields = [TargetField(name=KEY, type="string", identity=True, kind=Kind.IDENTIFIER if declared else None)]
    fields += [_field(n, p, declared=declared) for n, p in plans.items()]
    ways = {n: None if p.way is None else (renames.get(p.way[0], p.way[0]), p.way[1]) for n, p in plans.items()}
    target = Target(name=name, table=name, create=True, fields=tuple(fields))
    return Ground(name, records, target, {KEY: way(f"/{KEY}"), **ways}, _SPARE.get(name, {}), declared)


def _field(name: str, plan: _Plan, *, declared: bool) -> TargetField:
    said: dict[str, Any] = {}
    if declared:
        said = {"kind": plan.kind, "unit": plan.unit, "description": plan.about}
    return TargetField(
        name=name,
        type=_TYPES.get(plan.kind, "string"),
        format=_FORMATS.get(plan.kind),
        currency_field=plan.companion,
        **said,
    )


def _renamed(record: Mapping[str, Any], renames: Mapping[str, str], above: str) -> Record:
    found: Record = {}
    for name, value in record.items():
        path = f"{above}/{name}"
        new = renames.get(path, path).rpartition("/")[2]
        found[new] = _renamed(value, renames, path) if isinstance(value, Mapping) else value
    return found
