"""Words that say something about the number beside them. All in lower case, without a trailing point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: The value is no exact one. Directly before the amount.
QUALIFIERS: Final = frozenset({
    "c", "ca", "circa", "approx", "approximately", "approximate", "about", "around", "roughly", "nearly",
    "almost", "over", "above", "exceeding", "under", "below", "est", "estimated", "estimate", "some", "minimum",
    "maximum", "min", "max", "etwa", "rund", "ungefähr", "über", "knapp", "environ", "plus", "près", "casi",
    "unos", "cerca", "oltre", "minst", "omkring", "cirka", "ongeveer", "ruim", "約", "约",
})  # fmt: skip
#: Two words of which the second alone says nothing: `more than`, `up to`.
THAN: Final[Mapping[str, frozenset[str]]] = {
    "than": frozenset({"more", "less", "fewer", "greater", "better", "higher", "lower", "larger", "smaller"}),
    "least": frozenset({"at"}),
    "most": frozenset({"at"}),
    "to": frozenset({"up", "close"}),
    "of": frozenset({"excess"}),
    "as": frozenset({"mehr"}),
    "als": frozenset({"mehr", "weniger"}),
    "de": frozenset({"plus", "moins", "más", "mas", "menos", "près"}),
}
#: The value is no exact one, wherever the word stands.
QUALIFIERS_ANYWHERE: Final = frozenset({"est", "estimate", "estimated", "approx", "approximately", "approximate"})
#: Directly after the amount, alone or after `or`.
QUALIFIERS_BEHIND: Final = frozenset({"plus", "approx", "approximately", "circa"})
OR_BEHIND: Final = frozenset({"more", "so", "less", "fewer", "above", "below", "over", "under", "mehr"})
NEGATIVE: Final = frozenset({"minus", "negative", "neg"})
#: The amount is lost, where the text does not also speak of its opposite.
LOSSES: Final = frozenset({"loss", "losses", "deficit", "verlust", "perte", "pérdida"})
GAINS: Final = frozenset({
    "profit", "profits", "income", "gain", "gains", "earnings", "gewinn", "before", "after", "excluding",
})  # fmt: skip
FALLS: Final = frozenset({
    "down", "decrease", "decreased", "decline", "declined", "fall", "fell", "drop", "dropped", "loss", "lost",
    "lower", "reduction", "reduced", "less",
})  # fmt: skip

ORDINALS: Final = frozenset({"st", "nd", "rd", "th"})
#: Four digits after one of these are a year, where nothing that is counted follows.
YEAR_LEADS: Final = frozenset({
    "in", "since", "during", "year", "years", "fiscal", "fy", "cy", "ended", "ending", "end", "mid", "early", "late",
    "until", "till", "calendar", "ytd", "average",
})  # fmt: skip
#: Two words of which the second alone says nothing: `as of`, `end of`.
YEAR_LEADS_OF: Final[Mapping[str, frozenset[str]]] = {
    "of": frozenset({"as", "end", "beginning", "start", "close", "middle", "half", "quarter", "year"}),
    "at": frozenset({"as"}),
}
#: Nouns that are counted: four digits before one of them are no year.
COUNTED: Final = frozenset({
    "employee", "employees", "people", "person", "persons", "staff", "worker", "workers", "member", "members",
    "customer", "customers", "client", "clients", "student", "students", "store", "stores", "shop", "shops",
    "outlet", "outlets", "location", "locations", "site", "sites", "office", "offices", "branch", "branches",
    "city", "cities", "country", "countries", "unit", "units", "vehicle", "vehicles", "home", "homes", "room",
    "rooms", "bed", "beds", "share", "shares", "contractor", "contractors", "associate", "associates",
    "temporary", "permanent", "part-time", "full-time", "part", "full", "seasonal", "users", "subscribers",
    "partners", "partner", "dealers", "hospitals", "hotels", "restaurants", "plants", "factories",
    "mitarbeiter", "beschäftigte", "salariés", "others", "years", "months", "weeks", "days", "hours", "minutes",
    "seconds",
})  # fmt: skip
#: Units that a number may run into without a space.
UNITS: Final = frozenset({
    "mm", "cm", "dm", "km", "kg", "mg", "ml", "cl", "dl", "kW", "MW", "GW", "TW", "kWh", "MWh", "GWh", "TWh",
    "Hz", "kHz", "MHz", "GHz", "kB", "KB", "MB", "GB", "TB", "PB", "ms", "min", "ha", "sqm", "sqft", "ft", "yd",
    "mi", "lb", "lbs", "oz", "px", "pt", "kV", "mAh", "rpm", "mph", "kmh", "bar", "hPa", "kPa",
})  # fmt: skip
PERCENT_WORDS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("percent", "per cent", "pct", "prozent", "procent", "por ciento", "pour cent", "per cento"), -2),
    **dict.fromkeys(("promille", "per mille"), -3),
    **dict.fromkeys(("bp", "bps", "basis points", "basis point"), -4),
}
#: Words beside currencies that a number may follow without a space, as `c250`.
FRONTS: Final = frozenset({"c", "ca", "about", "approx", "約", "约"})
