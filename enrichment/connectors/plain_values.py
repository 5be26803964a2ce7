"""Values of typed stores as JSON knows them: what a column holds, said without its column's type."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
from collections.abc import Mapping
from decimal import Decimal

_ADDRESSES = (
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Interface,
    ipaddress.IPv6Interface,
    ipaddress.IPv4Network,
    ipaddress.IPv6Network,
)


def plain(value: object) -> object:
    """Give a value that `inline.read_one` can read, or one that it refuses by its type.

    Bytes are text where they are UTF-8 without NUL (old writers mark no text as such), else null. A time span is an
    ISO 8601 duration in seconds.
    """
    if isinstance(value, Mapping):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(element) for element in value]
    return _scalar(value)


def _scalar(value: object) -> object:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, bytes | bytearray | memoryview):
        return _text(bytes(value))
    if isinstance(value, dt.timedelta):
        microseconds = value // dt.timedelta(microseconds=1)
        return f"PT{Decimal(microseconds).scaleb(-6).normalize():f}S"
    return str(value) if isinstance(value, _ADDRESSES) else value


def _text(value: bytes) -> str | None:
    if b"\x00" in value:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None
