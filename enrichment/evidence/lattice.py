"""Which kinds can stand for one another, and what an operation makes of a kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from enrichment.evidence.kinds import KindView
from schemas.kinds import Kind
from schemas.plan import OpCall

_EVERY: Final = frozenset(Kind)
_FREELY: Final = 0.5

#: given wanted how well, for kinds that may be taken for one another; all others exclude each other. Below `_FREELY`
#: they may only where the names agree: a country can stand in a field `country_code`, not in a field `isin`.
_NEAR: Final = """
identifier code .9
identifier email .5
identifier url .4
identifier postal_code .3
identifier name .2
identifier category .3
code identifier .9
code category .6
code postal_code .7
code text .3
code name .3
name category .6
name text .6
name address .5
name identifier .3
name code .3
name country .3
name language .3
category name .5
category text .6
category code .6
category boolean .5
category language .3
category country .3
category identifier .2
text name .4
text category .4
text address .5
address text .6
address name .4
country name .5
country category .5
country code .7
country address .5
country text .4
language name .5
language category .6
language code .7
language text .4
currency code .7
currency category .5
currency name .3
currency text .3
money text .3
count text .2
count category .2
quantity text .3
date text .3
year text .3
postal_code code .7
postal_code identifier .4
postal_code text .3
email identifier .6
email name .2
phone identifier .2
phone text .3
url identifier .3
url name .2
url text .3
count quantity .6
quantity count .5
quantity duration .5
quantity category .2
duration quantity .7
duration count .5
duration text .3
count duration .4
quantity percent .4
percent quantity .4
latitude quantity .5
longitude quantity .5
year date .5
year count .2
year category .3
date datetime .8
datetime date .9
boolean category .6
boolean text .3
"""


def _pairs() -> Mapping[tuple[Kind, Kind], float]:
    pairs = {(kind, kind): 1.0 for kind in Kind}
    for line in _NEAR.strip().splitlines():
        given, wanted, weight = line.split()
        pairs[Kind(given), Kind(wanted)] = float(weight)
    return MappingProxyType(pairs)


_COMPATIBLE: Final = _pairs()

_NUMBERS: Final = frozenset({Kind.COUNT, Kind.QUANTITY, Kind.PERCENT, Kind.DURATION, Kind.LATITUDE, Kind.LONGITUDE})
_MOMENTS: Final = frozenset({Kind.YEAR, Kind.DATE, Kind.DATETIME})

#: Operations that read one meaning: what they can read it from, and what they give.
_READS: Final[Mapping[str, tuple[frozenset[Kind], frozenset[Kind]]]] = MappingProxyType(
    {
        "parse_money": (frozenset({Kind.MONEY}), frozenset({Kind.MONEY})),
        "currency_of": (frozenset({Kind.MONEY, Kind.CURRENCY}), frozenset({Kind.CURRENCY})),
        "parse_percent": (frozenset({Kind.PERCENT, Kind.QUANTITY}), frozenset({Kind.PERCENT})),
        "parse_boolean": (frozenset({Kind.BOOLEAN, Kind.CATEGORY}), frozenset({Kind.BOOLEAN})),
        "parse_year": (_MOMENTS, frozenset({Kind.YEAR})),
        "parse_date": (_MOMENTS, frozenset({Kind.DATE})),
        "parse_datetime": (_MOMENTS, frozenset({Kind.DATETIME})),
        "parse_epoch": (_MOMENTS, frozenset({Kind.DATETIME, Kind.DATE})),
        "parse_country": (frozenset({Kind.COUNTRY, Kind.ADDRESS}), frozenset({Kind.COUNTRY})),
        "parse_currency": (frozenset({Kind.CURRENCY}), frozenset({Kind.CURRENCY})),
        "parse_url": (frozenset({Kind.URL}), frozenset({Kind.URL})),
        "parse_email": (frozenset({Kind.EMAIL}), frozenset({Kind.EMAIL})),
        "parse_phone": (frozenset({Kind.PHONE}), frozenset({Kind.PHONE})),
        "convert_unit": (_NUMBERS, frozenset({Kind.QUANTITY, Kind.DURATION})),
    }
)

#: What a piece of a text can mean, by what the whole means.
_PIECES: Final[Mapping[Kind, frozenset[Kind]]] = MappingProxyType(
    {
        Kind.MONEY: frozenset({Kind.MONEY, Kind.CURRENCY}),
        Kind.DATE: _MOMENTS,
        Kind.DATETIME: _MOMENTS,
        Kind.YEAR: frozenset({Kind.YEAR}),
        Kind.EMAIL: frozenset({Kind.EMAIL, Kind.URL, Kind.NAME, Kind.IDENTIFIER}),
        Kind.URL: frozenset({Kind.URL, Kind.NAME, Kind.IDENTIFIER, Kind.CODE, Kind.LANGUAGE, Kind.COUNTRY}),
        Kind.PHONE: frozenset({Kind.PHONE, Kind.CODE}),
        Kind.PERCENT: frozenset({Kind.PERCENT}),
        Kind.COUNT: frozenset({Kind.COUNT}),
        Kind.QUANTITY: frozenset({Kind.QUANTITY, Kind.DURATION, Kind.COUNT}),
        Kind.DURATION: frozenset({Kind.QUANTITY, Kind.DURATION, Kind.COUNT}),
        Kind.BOOLEAN: frozenset({Kind.BOOLEAN}),
        Kind.CURRENCY: frozenset({Kind.CURRENCY, Kind.CODE}),
        Kind.ADDRESS: frozenset(
            {Kind.ADDRESS, Kind.COUNTRY, Kind.POSTAL_CODE, Kind.LATITUDE, Kind.LONGITUDE, Kind.NAME}
        ),
        Kind.LATITUDE: frozenset({Kind.LATITUDE, Kind.LONGITUDE}),
        Kind.LONGITUDE: frozenset({Kind.LATITUDE, Kind.LONGITUDE}),
    }
)


def compatible(given: Kind, wanted: Kind) -> float:
    """Say how well a value of one kind can stand in a field of another, 0 (never) to 1."""
    return _COMPATIBLE.get((given, wanted), 0.0)


def refused_share(view: KindView, ops: Sequence[OpCall], wanted: Collection[Kind], *, akin: bool) -> float:
    """Give the share of a source field's meaning that cannot become what the target field means, 0..1.

    `wanted`: the kinds that the target field may have, none where nothing is known of it. `akin`: the names of the two
    fields agree, so that kinds that lie near each other may stand for one another.
    """
    return sum(weight for kind, weight in view.candidates.items() if not _accepted(kind, ops, wanted, akin=akin))


def _accepted(kind: Kind, ops: Sequence[OpCall], wanted: Collection[Kind], *, akin: bool) -> bool:
    reached = frozenset({kind})
    for call in ops:
        reached = frozenset[Kind]().union(*(_after(k, call.op, akin=akin) for k in reached))
    if not wanted:
        return bool(reached)
    return any(compatible(given, one) >= (0.01 if akin else _FREELY) for given in reached for one in wanted)


def _after(kind: Kind, op: str, *, akin: bool) -> frozenset[Kind]:
    """Give what an operation can make of a kind; nothing where it cannot read it."""
    if op in _READS:
        takes, gives = _READS[op]
        return gives if kind in takes else frozenset()
    if op == "map_values" and akin:
        return _EVERY - _NUMBERS - {Kind.MONEY}
    if op == "part":
        return _PIECES.get(kind, _EVERY if akin else frozenset({kind}))
    return frozenset({kind})
