"""Addresses on the web, mail addresses and telephone numbers in a text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_URL: Final = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]{1,10})://)?(?:[^\s/@]*@)?"
    r"(?P<host>(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.)+[^\W\d_][\w-]{1,62})(?P<port>:\d{1,5})?(?P<rest>[/?#][^\s<>\"]*)?",
    re.IGNORECASE,
)
_MAIL: Final = re.compile(r"[^\s<>\"(),;:@]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,63}")
_PHONE: Final = re.compile(r"(?:\+|00)?\(?\d[\d\s()./\u00a0-]{4,24}\d")
_MAX_TEXT: Final = 4000


@lru_cache(maxsize=8192)
def urls(text: str) -> tuple[tuple[str, str], ...]:
    """Host (without a leading `www.`, lower case) and the rest of each address in a text."""
    found = []
    for match in _URL.finditer(text[:_MAX_TEXT]):
        if text[match.start() - 1 : match.start()] == "@":
            continue
        host = match.group("host").lower() + (match.group("port") or "")
        found.append((host, (match.group("rest") or "").rstrip(".,;")))
    return tuple(found)


def same_url(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] == other[0] and one[1].rstrip("/") == other[1].rstrip("/")


def mails(text: str) -> frozenset[str]:
    return frozenset(match.group().casefold() for match in _MAIL.finditer(text[:_MAX_TEXT]))


def phones(text: str) -> tuple[str, ...]:
    """The digits of each telephone number in a text, without signs, leading zeros and a bracketed zero."""
    return tuple(
        re.sub(r"\D", "", match.group().replace("(0)", "")).lstrip("0") for match in _PHONE.finditer(text[:_MAX_TEXT])
    )
