"""Amounts of money and their currencies."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from enrichment.offline.auditor.says.saying import Ground, Saying, is_number, near, number
from enrichment.offline.auditor.texts.money import Amount, amounts, written_codes
from schemas.json_types import Json, JsonScalar

#: Where a currency that shares its sign with others is at home.
_HOME: Final = {
    "USD": "US", "CAD": "CA", "AUD": "AU", "NZD": "NZ", "HKD": "HK", "SGD": "SG", "MXN": "MX", "TWD": "TW", "ARS": "AR",
    "CLP": "CL", "COP": "CO", "JPY": "JP", "CNY": "CN", "SEK": "SE", "NOK": "NO", "DKK": "DK", "ISK": "IS", "INR": "IN",
    "PKR": "PK", "LKR": "LK",
}  # fmt: skip
#: What a shared sign means wherever nothing else is said.
_USUAL: Final = frozenset({"USD", "JPY", "INR"})


def _names(value: str, amount: Amount, ground: Ground) -> Saying:
    shared = amount.currencies
    if value not in shared:
        return Saying.OTHERWISE
    if len(shared) == 1 or value in _USUAL or _HOME.get(value) in ground.countries:
        return Saying.STATES
    others = {_HOME.get(code) for code in shared} & ground.countries
    # a usual reading or another of these countries speaks against a rarer currency
    return Saying.OTHERWISE if others else Saying.OPEN


def _main(found: tuple[Amount, ...]) -> tuple[Amount, ...]:
    return tuple(amount for amount in found if not amount.aside) or found


def says_money(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """An amount in full units; in the field's currency where it fixes one."""
    wanted = number(value)
    if wanted is None or isinstance(place, bool) or place is None:
        return Saying.SILENT
    if is_number(place):
        return Saying.STATES if near(wanted, Decimal(str(place))) else Saying.OTHERWISE
    found = amounts(str(place), ground.style)
    return _says_amount(wanted, found, ground) if found else Saying.SILENT


def _says_amount(wanted: Decimal, found: tuple[Amount, ...], ground: Ground) -> Saying:
    main = _main(found)
    stating = [amount for amount in main if any(near(wanted, value) for value in amount.values)]
    if not stating:
        if any(near(wanted, value) for amount in found for value in amount.values):
            return Saying.OPEN
        return Saying.OTHERWISE if len(main) == 1 else Saying.SILENT
    if ground.unit is not None and len(ground.unit) == 3 and all(_is_foreign(a, ground.unit) for a in stating):
        return Saying.OTHERWISE
    return Saying.STATES if len({amount.values for amount in main}) == 1 else Saying.OPEN


def _is_foreign(amount: Amount, currency: str) -> bool:
    return bool(amount.currencies) and currency.upper() not in amount.currencies


def says_currency(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """An ISO 4217 code, of an amount or by itself."""
    if not isinstance(value, str) or not isinstance(place, str):
        return Saying.SILENT
    if not any(mark.isdigit() for mark in place):
        codes = written_codes(place)
        return _names(value, Amount(frozenset(), codes, aside=False), ground) if codes else Saying.SILENT
    found = [amount for amount in _main(amounts(place, ground.style)) if amount.currencies]
    if not found:
        return Saying.SILENT
    sayings = {_names(value, amount, ground) for amount in found}
    if len(sayings) == 1:
        return sayings.pop()
    return Saying.SILENT if sayings == {Saying.OTHERWISE} else Saying.OPEN


def clear_money(place: JsonScalar, ground: Ground) -> bool:
    """Whether a place states one amount in one currency, or a plain number."""
    if is_number(place):
        return True
    found = amounts(place, ground.style) if isinstance(place, str) else ()
    return len(found) == 1 and len(found[0].currencies) == 1 and len(found[0].values) == 1


def clear_currency(place: JsonScalar, ground: Ground) -> bool:
    if not isinstance(place, str):
        return False
    if not any(mark.isdigit() for mark in place):
        return len(written_codes(place)) == 1
    return clear_money(place, ground)
