"""`parse_url`: one web address with a scheme and a host."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Final

from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import Fault, Outcome
from enrichment.operations.plain import LONGEST_STATEMENT
from enrichment.operations.text import folded
from schemas.codes import Code
from schemas.json_types import Json

_NO_HOST: Final = Fault(Code.TYPE, "names no host")
_SEVERAL: Final = Fault(Code.AMBIGUOUS, "names more than one host")
_CREDENTIALS: Final = Fault(Code.TYPE, "an address that carries credentials is no public one")
_SCHEMES: Final = frozenset({"http", "https", "ftp", "ftps"})
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?=//)")
#: Where a note begins: white space or a bracket that no part of an address holds.
_END: Final = re.compile(r"[\s(\[{<]")
_AUTHORITY: Final = re.compile(r"([^/?#]*)(.*)", re.DOTALL)
_LABEL: Final = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_TOP: Final = re.compile(r"[^\W\d_]{2,63}|xn--[a-z0-9-]{1,59}")
_PORT: Final = re.compile(r"[0-9]{1,5}")
_NEVER: Final = re.compile(r"[\x00-\x20\x7f<>\"{}|\\^`]")


def _is_host(host: str, *, bare: bool) -> bool:
    """Is it a host name or address? Without a scheme only a dotted name whose top level is of letters is one."""
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    if labels[-1].isdigit():
        if bare or len(labels) != 4:
            return False
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return False
        return True
    return not bare if len(labels) == 1 else bool(_TOP.fullmatch(labels[-1]))


def _address(text: str) -> str | Fault:
    scheme, rest, bare = "https", text, True
    if match := _SCHEME.match(text):
        scheme, rest, bare = match[1].lower(), text[match.end() + 2 :], False
        if scheme not in _SCHEMES:
            return _NO_HOST
    elif text.startswith("//"):
        rest = text[2:]
    authority, tail = _AUTHORITY.fullmatch(rest).groups()  # type: ignore[union-attr]  # the pattern takes any text
    if "@" in authority:
        return _NO_HOST if bare else _CREDENTIALS
    host, colon, port = authority.partition(":")
    if not tail:
        host, port = (host.rstrip(".,;"), port) if not colon else (host, port.rstrip(".,;"))
    if colon and not (_PORT.fullmatch(port) and 0 < int(port) < 65_536):
        return _NO_HOST
    host = host.lower().removesuffix(".")
    if not _is_host(host, bare=bare) or _NEVER.search(tail):
        return _NO_HOST
    return f"{scheme}://{host}{colon}{port}{'' if tail == '/' else tail}"


def _site(address: str) -> str:
    """Give the host of an address that was read, without `www`, by which two are told apart."""
    return re.split(r"[/?#:]", address.partition("://")[2], maxsplit=1)[0].removeprefix("www.")


@lru_cache(maxsize=8192)
def _read(text: str) -> Outcome:
    first, *others = _END.split(text)
    address = _address(first)
    if isinstance(address, Fault):
        return address
    further = (_address(other.rstrip(".,;)]}>")) for other in others if other)
    if any(isinstance(other, str) and _site(other) != _site(address) for other in further):
        return _SEVERAL
    return address


def _parse(value: Json) -> Outcome:
    text = folded(value)
    if not isinstance(text, str):
        return text
    return _read(text) if len(text) <= LONGEST_STATEMENT else _NO_HOST


def compile_parse_url(_args: Arguments, _settings: ReadSettings) -> Step:
    return _parse
