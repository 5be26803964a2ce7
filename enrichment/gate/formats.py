"""The string formats of target fields. Each check gives whether a text is of the format, exactly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from urllib.parse import urlsplit

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.")
_NOT_IN_URI = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}\s]|%(?![0-9A-Fa-f]{2})")
#: What nearly all web addresses look like; only the others are taken apart.
_PLAIN_WEB = re.compile(
    r"https?://(?=[a-z0-9.-]{1,253}(?:/|$))[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
    r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@/?#-]*+(?:%[0-9A-Fa-f]{2}[A-Za-z0-9._~!$&'()*+,;=:@/?#-]*+)*)?"
)
_WITH_HOST = frozenset({"http", "https", "ftp", "ws", "wss"})
_HOST = re.compile(r"(?:\w(?:[\w-]*\w)?\.)*\w(?:[\w-]*\w)?\.?|\[[0-9A-Fa-f:.]+\]")
_LOCAL = r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
_EMAIL = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>(?:\w(?:[\w-]*\w)?\.)+[^\W\d_](?:[\w-]*\w)?)")


def is_date(text: str) -> bool:
    """RFC 3339 full-date that exists in the calendar."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_datetime(text: str) -> bool:
    """RFC 3339 date-time: a zone is required, a leap second is not accepted."""
    if not _DATETIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        return False
    return True


def is_uri(text: str) -> bool:
    """A URI (RFC 3986) or IRI (RFC 3987) with a scheme; web addresses need a host that could exist."""
    if _PLAIN_WEB.fullmatch(text):
        return True
    if not _SCHEME.match(text) or _NOT_IN_URI.search(text):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in _WITH_HOST:
        return True
    if host is None:
        return False
    return (":" in host) or (len(host) <= 253 and _HOST.fullmatch(host) is not None)


def is_email(text: str) -> bool:
    """A mailbox `local@domain` (RFC 5321 lengths, RFC 6531 letters) without quoting or comments."""
    if len(text) > 254:
        return False
    found = _EMAIL.fullmatch(text)
    return found is not None and len(found["local"]) <= 64


FORMATS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {"date": is_date, "date-time": is_datetime, "uri": is_uri, "email": is_email}
)
