"""`parse_currency`: the currency that a code, a name or a sign names."""

from __future__ import annotations

import re
from typing import Final

from enrichment.operations import currencies
from enrichment.operations.minor_units import is_minor_code
from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import Fault, Outcome
from enrichment.operations.plain import statement
from schemas.codes import Code
from schemas.json_types import Json

_NO_CURRENCY: Final = Fault(Code.TYPE, "not a currency")
_SEVERAL: Final = Fault(Code.AMBIGUOUS, "may be more than one currency, and the source declares none")


#: Between two names of one currency: `Euro (EUR)`, `USD - US Dollar`.
_BETWEEN: Final = re.compile(r"\s*[()\[\]]\s*|\s+[-/:]\s+")


def _all_codes(text: str) -> frozenset[str]:
    """Give the codes that all names in a text allow; none where one of them is no name of a currency."""
    codes = _codes(text)
    names = [name for name in _BETWEEN.split(text) if name]
    if codes or len(names) < 2:
        return codes
    found = [_codes(name) for name in names]
    return frozenset.intersection(*found) if all(found) else frozenset()


def _codes(text: str) -> frozenset[str]:
    if is_minor_code(text):
        return frozenset()
    if len(text) == 3 and text.upper() in currencies.CODES:
        return frozenset({text.upper()})
    words = tuple(text.casefold().replace(".", "").split())
    return currencies.sign_codes(text) or currencies.NAMES.get(words) or currencies.word_codes(text)


def compile_parse_currency(_args: Arguments, settings: ReadSettings) -> Step:
    hints = settings.currency_hints

    def parse_currency(value: Json) -> Outcome:
        text = statement(value)
        if not isinstance(text, str):
            return text
        codes = _all_codes(text)
        return (currencies.settle(codes, text, hints) or _SEVERAL) if codes else _NO_CURRENCY

    return parse_currency
