"""What stands beside an amount of money: what it is of, or what makes it another amount than its digits say.

Behind a count stands what is counted, and any noun may. Behind an amount in a currency stands its magnitude, when it
was so, or what it is of, and these are few: another word may be a magnitude of any language, slang or a slip.
"""

from __future__ import annotations

from typing import Final

from enrichment.operations import currencies
from enrichment.operations.lexing import Is
from enrichment.operations.view import View
from enrichment.operations.vocabulary import GAINS, LOSSES, QUALIFIERS, QUALIFIERS_BEHIND, YEAR_LEADS

#: Words behind an amount without a currency that leave it one.
BEHIND_MONEY: Final = LOSSES | GAINS | (QUALIFIERS - {"c"}) | YEAR_LEADS | frozenset({
    "in", "as", "at", "or", "and", "plus", "per", "including", "incl", "excl", "of", "total", "net", "gross",
    "consolidated", "worldwide", "globally", "group", "revenue", "revenues", "sales", "turnover", "loss", "for", "from",
    "p.a", "pa", "annually", "annual", "yearly", "on", "to", "up", "down",
})  # fmt: skip
#: Whether a tax on sales is in an amount, which leaves it one; and words that say so before such a word.
_TAXED: Final = frozenset({
    "ht", "h.t", "htva", "taxe", "taxes", "ttc", "t.t.c", "tvac", "tva", "gst", "mwst", "ust", "iva", "i.v.a", "btw",
    "moms", "mva", "alv", "dph", "pdv", "ddv", "áfa", "kdv", "пдв", "ндс", "incluido", "incluida", "incluidos",
    "inclus", "incluse", "inclusa", "inclusi", "incluído", "incluída", "esclusa", "escluso", "excluido", "hariç",
    "dahil",
})  # fmt: skip
_BEFORE_TAX: Final = frozenset({"hors", "toutes", "zzgl", "más", "mais", "bez", "без", "vč", "plus"})
#: The same where more may follow: net and gross are sales and incomes as well.
_NET: Final = frozenset({"net", "gross", "netto", "brutto", "incl", "inkl", "excl", "exkl", "vat"})
#: With a currency beside the amount there is no doubt that it is one, and more may follow.
_BEHIND_AMOUNT: Final = BEHIND_MONEY | QUALIFIERS_BEHIND | frozenset({
    # sentences that go on
    "the", "this", "that", "which", "its", "their", "is", "was", "were", "are", "has", "had", "by", "with", "without",
    "while", "but", "also", "only", "exactly", "through", "between", "within", "against", "compared", "versus", "vs",
    "than", "more", "less", "respectively", "following", "due", "based", "according", "where", "when", "now",
    "currently", "today", "ago", "previously", "combined", "aggregate", "overall", "inclusive", "thereof", "if",
    # what an amount is of
    "capital", "standalone", "operating", "operational", "operations", "ebit", "ebitda", "ebita", "pbt", "pat", "gaap",
    "ifrs", "assets", "asset", "equity", "liabilities", "debt", "cash", "budget", "market", "capitalization",
    "capitalisation", "cap", "valuation", "value", "worth", "book", "funding", "funds", "fund", "raised", "invested",
    "investment", "investments", "endowment", "aum", "managed", "management", "premium", "premiums", "deposits",
    "loans", "backlog", "gmv", "gdp", "arr", "result", "results", "surplus", "cost", "costs", "expenses", "expenditure",
    "spending", "fees", "grant", "donations", "tax", "taxes", "taxation", "pre-tax", "post-tax", "pretax", "vat",
    "attributable", "parent", "shareholders", "company", "subsidiary", "division", "continuing", "discontinued",
    "margin", "growth", "increase", "decrease", "decline", "forecast", "guidance", "expected", "projected", "target",
    "reported", "adjusted", "normalized", "normalised", "underlying", "restated", "audited", "unaudited", "preliminary",
    "provisional", "pro-forma", "ttm", "ltm", "ntm", "yoy", "business", "financial", "billings", "bookings",
    "compensation", "salary", "price", "proceeds", "in-year", "global", "domestic", "international", "local", "public",
    # the same in other languages
    "umsatz", "umsatzerlöse", "gewinn", "jahresüberschuss", "bilanzsumme", "eigenkapital", "ergebnis", "netto",
    "brutto", "bereinigt", "konzern", "konzernumsatz", "chiffre", "ventes", "ingresos", "ventas", "facturación",
    "fatturato", "ricavi", "utile", "omzet", "winst", "omsättning", "omsetning", "omsætning", "resultat", "receita",
    "przychód", "przychody", "liikevaihto", "im", "en", "au", "à", "i", "w", "v", "za", "år", "jahr", "jaar", "rok",
    "roku", "um", "für", "pour", "por", "para", "voor", "til", "till", "ab", "bis", "von", "vom", "zum", "davon", "aus",
    "mit", "ohne", "inkl", "exkl", "und", "et", "och", "og", "oder", "ou",
})  # fmt: skip
#: What leaves an amount the one of a whole year, or names a point in time: `per year`, `per the end of 2021`.
_YEARLY: Final = frozenset({
    "year", "annum", "yr", "fiscal", "financial", "calendar", "fy", "jahr", "année", "año", "anno", "ano", "år", "jaar",
    "end", "ende", "the",
})  # fmt: skip
_CENTS: Final = frozenset({"cent", "cento", "centum", "mille"})
#: What an amount is told by, beside years, and the short words before it in place of `per`.
_SHARES: Final = frozenset({
    "month", "week", "day", "night", "hour", "minute", "quarter", "share", "unit", "piece", "item", "person", "head",
    "user", "seat", "employee", "customer", "barrel", "ton", "tonne", "kilo", "litre", "liter", "gallon", "mile", "mo",
    "monat", "woche", "tag", "nacht", "stunde", "aktie", "stück", "mois", "semaine", "jour", "heure",
    "action", "mes", "semana", "día", "hora", "acción", "mese", "giorno", "azione", "maand", "aandeel", "mês", "ação",
    "månad", "måned",
})  # fmt: skip
_EACH: Final = frozenset({"a", "an", "each", "every", "pro", "je", "im", "par", "por", "al", "à", "ao", "på"})
_RATES: Final = frozenset({"monthly", "hourly", "weekly", "daily", "nightly", "apiece", "pcm"})


def is_followed_strangely(view: View, end: int) -> bool:
    """Is what stands right behind an amount and all that belongs to it neither what it is of nor when it was so?"""
    if view.kinds[end] is Is.NAME:
        return True  # `5 m2`
    while view.words[end] in _TAXED or (view.words[end] in _BEFORE_TAX and view.words[end + 1] in _TAXED):
        end += 1
    word = view.words[end]
    if not word or word in _BEHIND_AMOUNT or view.currency_at(end) is not None:
        return False
    return not (word in {"a", "an", "each"} and view.words[end + 1] in _YEARLY)


def states_a_rate(view: View) -> bool:
    """Does a text tell an amount by the month, the share or the piece?"""
    for index, token in enumerate(view.tokens):
        word, following = view.words[index], view.words[index + 1]
        if word in _RATES or (word in _EACH and following in _SHARES):
            return True
        if not following or following in _YEARLY:
            continue
        if word == "per" and following not in _CENTS and view.words[index - 1] != "as":
            return True
        if token.kind is Is.OTHER and token.text == "/" and _is_priced(view, index - 1):
            return True
    return False


def _is_priced(view: View, index: int) -> bool:
    """Is the token at `index` a number or what belongs to one?"""
    if index < 0:
        return False
    if view.kinds[index] in {Is.NUMBER, Is.SIGN, Is.CLOSE} or index in view.used or view.words[index] in _TAXED | _NET:
        return True
    return view.kinds[index] is Is.WORD and currencies.is_code(view.tokens[index].text)
