"""Names of the days of the week, against which a date beside them is checked."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from babel.dates import get_day_names

_LOCALES: Final = ("en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "nb", "fi", "pl")
_SHORT: Final = ("mon", "tue tues", "wed weds", "thu thur thurs", "fri", "sat", "sun")


def _weekdays() -> dict[str, int]:
    found: dict[str, set[int]] = {}
    for locale in _LOCALES:
        for number, name in get_day_names("wide", "format", locale).items():
            found.setdefault(name.casefold(), set()).add(number)
    for number, names in enumerate(_SHORT):
        for name in names.split():
            found.setdefault(name, set()).add(number)
    return {name: min(numbers) for name, numbers in found.items() if len(numbers) == 1}


#: Name in lower case -> 0 (Monday) to 6.
WEEKDAYS: Final[Mapping[str, int]] = MappingProxyType(_weekdays())
