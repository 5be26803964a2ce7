"""Numbers as a person writes them into the configuration."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticKnownError


def _whole(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticKnownError("int_type")
    return value


def _real(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticKnownError("float_type")
    return value


#: Python and pydantic take `true` for 1: a day of retention or one request a minute that nobody asked for.
Whole = Annotated[int, BeforeValidator(_whole)]
Real = Annotated[float, BeforeValidator(_real)]
