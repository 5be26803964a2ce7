"""Kinds: what a value means, as opposed to how it is typed. The list is closed."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    IDENTIFIER = "identifier"
    NAME = "name"
    TEXT = "text"
    CATEGORY = "category"
    CODE = "code"
    COUNT = "count"
    QUANTITY = "quantity"
    MONEY = "money"
    PERCENT = "percent"
    YEAR = "year"
    DATE = "date"
    DATETIME = "datetime"
    DURATION = "duration"
    BOOLEAN = "boolean"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    COUNTRY = "country"
    CURRENCY = "currency"
    LANGUAGE = "language"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    POSTAL_CODE = "postal_code"
    ADDRESS = "address"


#: Units of a percentage, in lower case: in hundredths 12 % is 12, as a fraction, which is also the default, 0.12.
HUNDREDTHS: Final = frozenset({"percent", "%"})
FRACTIONS: Final = frozenset({"fraction", "ratio", "1"})
