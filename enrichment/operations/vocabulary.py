"""Words that say something about the number beside them. All in lower case, without a trailing point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: The value is no exact one. Directly before the amount.
QUALIFIERS: Final = frozenset({
    "c", "ca", "circa", "approx", "approximately", "approximate", "about", "around", "roughly", "nearly",
    "almost", "over", "above", "exceeding", "under", "below", "est", "estimated", "estimate", "some", "minimum",
    "maximum", "min", "max", "etwa", "rund", "ungefähr", "über", "knapp", "environ", "plus", "près", "casi",
    "unos", "cerca", "oltre", "minst", "omkring", "cirka", "ongeveer", "ruim", "約", "约", "zirka", "rd", "fast",
    "mindestens", "höchstens", "maximal", "minimal", "presque", "alrededor", "aproximadamente", "aprox", "około",
    "ponad", "noin", "yli", "upwards",
})  # fmt: skip
#: Two words of which the second alone says nothing: `more than`, `up to`.
THAN: Final[Mapping[str, frozenset[str]]] = {
    "than": frozenset({"more", "less", "fewer", "greater", "better", "higher", "lower", "larger", "smaller"}),
    "least": frozenset({"at"}),
    "most": frozenset({"at"}),
    "to": frozenset({"up", "close"}),
    "of": frozenset({"excess", "upwards", "region", "vicinity"}),
    "as": frozenset({"mehr", "many", "much"}),
    "als": frozenset({"mehr", "weniger"}),
    "dan": frozenset({"meer", "minder"}),
    "de": frozenset({"plus", "moins", "más", "mas", "menos", "près", "mais", "cerca", "alrededor", "autour"}),
    "di": frozenset({"più", "meno"}),
}
#: The value is no exact one, wherever the word stands.
QUALIFIERS_ANYWHERE: Final = frozenset({"est", "estimate", "estimated", "approx", "approximately", "approximate"})
#: Directly after the amount.
QUALIFIERS_BEHIND: Final = frozenset({"plus", "approx", "approximately", "circa", "minimum", "maximum", "upwards"})
#: Two words of which the first alone says nothing: `or more`, behind the amount or behind what is counted.
PAIRS_BEHIND: Final[Mapping[str, frozenset[str]]] = {
    "or": frozenset({"more", "so", "less", "fewer", "above", "below", "over", "under", "higher", "lower", "greater"}),
    "and": frozenset({"more", "above", "over", "up", "upwards"}),
    "oder": frozenset({"mehr", "weniger"}),
    "und": frozenset({"mehr"}),
    "ou": frozenset({"plus", "moins", "mais"}),
    "et": frozenset({"plus"}),
    "o": frozenset({"más", "mas", "menos"}),
    "of": frozenset({"meer"}),
    "at": frozenset({"least", "most"}),
}
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
#: Falls of further kinds and languages: wherever they stand beside a percentage, they leave its sign open.
FALLS_ELSEWHERE: Final = frozenset({
    "rückgang", "abnahme", "minderung", "gesunken", "sank", "gefallen", "baisse", "recul",
    "diminution", "caída", "descenso", "disminución", "baja", "calo", "diminuzione", "queda", "redução", "spadek",
    "pokles", "снижение", "падение", "упал", "упала", "упало", "daling", "afname", "nedgang", "minskning", "lasku",
    "csökkenés", "düşüş", "減", "減少", "下降", "下跌", "shrank", "slump", "plunged", "contraction",
})  # fmt: skip
#: The words of a text that change what its number means, wherever they stand.
TELLING: Final = LOSSES | GAINS | FALLS | FALLS_ELSEWHERE

#: The same in other languages, and where accounts and temperatures are told: right beside a number they leave it open.
MINUSES: Final = frozenset({
    "moins", "menos", "meno", "negativ", "negativo", "negativa", "négatif", "négative", "negatief", "mínus", "минус",
    "мінус", "eksi", "mínusz", "miinus", "負", "负", "マイナス", "ー", "δ", "perdita", "perdite", "verlies", "förlust",
    "prejuízo", "strata", "tappio", "ztráta", "убыток", "убытки", "損失", "純損失", "赤字", "亏损", "虧損",
    "fehlbetrag", "jahresfehlbetrag", "defizit", "déficit", "disavanzo", "tekort", "underskud", "underskott",
    "underskudd", "veszteség", "zarar", "pierdere", "gubitak", "загуба", "ζημία", "kahjum", "nuostolis", "zaudējumi",
    "kerugian", "rugi", "lỗ", "적자", "tap", "tab", "weniger", "niedriger",
    "fewer", "cut", "worse", "subzero", "sub-zero", "frost", "overdrawn", "overdraft", "shortfall",
})  # fmt: skip
#: Words before one of these that make it say `at least`.
AT_LEAST: Final = frozenset({"au", "du", "al", "lo", "pelo"})
#: The sides of a ledger. Credits are also lent, so that these count only where nothing follows.
DEBITS: Final = frozenset({"dr", "debit", "débit", "soll", "debet"})
CREDITS: Final = frozenset({"cr", "credit", "crédit", "haben"})
BELOW: Final = frozenset(
    {"below", "under", "beneath", "unter", "sous", "bajo", "sotto", "onder", "abaixo", "pod", "poniżej", "ниже"}
)
ZERO: Final = frozenset({"zero", "null", "zéro", "cero", "nul", "nil", "nought", "freezing", "нуля", "zera", "nulou"})

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
    "customer", "customers", "client", "clients", "student", "students", "store", "stores", "shop", "shops", "outlet",
    "outlets", "location", "locations", "site", "sites", "office", "offices", "branch", "branches", "city", "cities",
    "country", "countries", "unit", "units", "vehicle", "vehicles", "home", "homes", "room", "rooms", "bed", "beds",
    "share", "shares", "contractor", "contractors", "associate", "associates", "temporary", "permanent", "part-time",
    "full-time", "part", "full", "seasonal", "users", "subscribers", "partners", "partner", "dealers", "hospitals",
    "hotels", "restaurants", "plants", "factories", "mitarbeiter", "beschäftigte", "salariés", "others", "years",
    "months", "weeks", "days", "hours", "minutes", "seconds", "mitarbeitende", "mitarbeitenden", "mitarbeitern",
    "mitarbeiterinnen", "beschäftigten", "angestellte", "arbeitnehmer", "personen", "menschen", "kunden", "filialen",
    "standorte", "länder", "einwohner", "vollzeitstellen", "collaborateurs", "employés", "effectifs", "personnes",
    "habitants", "magasins", "pays", "empleados", "trabajadores", "personas", "habitantes", "dipendenti", "addetti",
    "persone", "medewerkers", "werknemers", "anställda", "ansatte", "medarbejdere", "pracowników", "funcionários",
    "colaboradores", "pessoas", "fte", "ftes", "vzä", "etp", "heads", "personnel", "professionals", "colleagues",
    "engineers", "developers", "consultants", "agents", "advisors", "teachers", "doctors", "nurses", "drivers",
    "pilots", "patients", "guests", "visitors", "participants", "followers", "downloads", "views", "votes", "seats",
    "passengers", "aircraft", "ships", "vessels", "trucks", "cars", "buses", "trains", "machines", "products",
    "items", "pieces", "pcs", "patents", "brands", "companies", "subsidiaries", "firms", "schools", "universities",
    "apartments", "houses", "households", "villages", "districts", "states", "projects", "accounts", "orders",
    "transactions", "inhabitants", "residents", "children", "women", "men", "adults", "families", "books", "articles",
    "pages", "songs", "albums", "episodes", "games", "goals", "points", "stars", "miles", "kilometers", "kilometres",
    "meters", "metres", "feet", "tons", "tonnes", "barrels", "gallons", "liters", "litres", "hectares", "acres",
    "watts", "megawatts",
})  # fmt: skip
#: What is counted as German writes it, large, right behind the number. Before a number most of them make it an ordinal:
#: `Seite 59`, `Zimmer 12`, `Artikel 5`.
COUNTED_BEHIND: Final = frozenset({
    "seite", "seiten", "stück", "exemplar", "exemplare", "band", "bände", "blatt", "blätter", "bilder", "fotos",
    "artikel", "tag", "tage", "tagen", "woche", "wochen", "monat", "monate", "monaten", "jahr", "jahre", "jahren",
    "stunde", "stunden", "minute", "minuten", "sekunde", "sekunden", "zimmer", "zimmern", "betten", "plätze",
    "sitzplätze", "stehplätze", "stellplätze", "parkplätze", "sitze", "wohnungen", "wohneinheiten", "häuser",
    "haushalte", "gebäude", "geschosse", "etagen", "stockwerke", "fahrzeuge", "mitglieder", "mitgliedern", "nutzer",
    "besucher", "gäste", "teilnehmer", "teilnehmende", "teilnehmerinnen", "studierende", "studenten", "schüler",
    "schülerinnen", "lehrkräfte", "klassen", "kinder", "patienten", "ärzte", "fälle", "bewertungen", "rezensionen",
    "stimmen", "aktien", "anteile", "positionen", "titel", "werke", "module", "wechselrichter", "anlagen", "filialen",
    "niederlassungen", "märkte", "gemeinden", "einwohnern", "bewohner", "personen", "spieler", "spiele", "tore",
    "punkte", "folgen", "staffeln", "sterne", "ansprüche", "beschäftigten", "azubis", "auszubildende",
})  # fmt: skip
#: What is counted in Chinese, Japanese and Korean writing, with no space behind the number. Those are left out that
#: stand behind an ordinal as well, as a floor, a room, a page, a rank or a volume do.
COUNTERS: Final = frozenset({
    "人", "名", "件", "個", "个", "箇", "台", "本", "枚", "冊", "册", "社", "店舗", "世帯", "戸", "户", "軒", "校",
    "家", "匹", "頭", "头", "羽", "隻", "只", "艘", "辆", "輛", "架", "명", "개", "건", "곳", "가구", "마리",
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
