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
#: Scheme and host as far as the first bracket, which there begins a note; a path may hold brackets of its own.
_HOST_NOTE: Final = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://)?[^/?#(\[{<]+)[(\[]")
#: Brackets that no address holds, wherever they stand.
_NEVER_OPEN: Final = re.compile(r"[{<]")
#: A whole text in quotes or brackets.
_WRAPPED: Final = re.compile(r"\((.*)\)|<(.*)>|\[(.*)\]|\"(.*)\"|'(.*)'")
_AUTHORITY: Final = re.compile(r"([^/?#]*)(.*)", re.DOTALL)
_LABEL: Final = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_TOP: Final = re.compile(r"[^\W\d_]{2,63}|xn--[a-z0-9-]{1,59}")
#: Endings of file names that are no top level of host names.
_FILES: Final = frozenset({
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "csv", "json", "xml", "html", "htm", "php", "asp", "jpg",
    "jpeg", "png", "gif", "svg", "exe", "mp3", "dll",
})  # fmt: skip
#: What nearly all addresses look like, down to the path; only the others are taken apart.
_USUAL: Final = re.compile(r"(https?://)?((?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+([a-z]{2,}))(/[A-Za-z0-9._/-]*)?")
#: A host of which no part is too long.
_SHORT = 63
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
    if len(labels) == 1:
        return not bare
    return bool(_TOP.fullmatch(labels[-1])) and not (bare and labels[-1] in _FILES)


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


def _pieces(text: str) -> list[str]:
    """Give the address and what stands behind it in notes or after white space, without the marks between."""
    pieces: list[str] = []
    for word in text.split():
        for piece in _NEVER_OPEN.split(word):
            note = _HOST_NOTE.match(piece)
            pieces += [note[1], *re.split(r"[(\[]", piece[note.end() :])] if note else [piece]
    if len(pieces) > 1:
        pieces[0] = pieces[0].rstrip(",;")
    return pieces


@lru_cache(maxsize=8192)
def _read(text: str) -> Outcome:
    if wrapped := _WRAPPED.fullmatch(text):
        text = next(inner for inner in wrapped.groups() if inner is not None)
    first, *others = _pieces(text) or [""]
    address = _address(first)
    if isinstance(address, Fault):
        return address
    further = (_address(other.lstrip("([").rstrip(".,;)]}>")) for other in others if other)
    if any(isinstance(other, str) and _site(other) != _site(address) for other in further):
        return _SEVERAL
    return address


def _usual(text: str) -> str | None:
    usual = _USUAL.fullmatch(text)
    if usual is None or len(text) > _SHORT:
        return None
    scheme, host, top, path = usual.groups()
    if scheme is None:
        if top in _FILES:
            return None
        scheme = "https://"
    return scheme + host if path is None or path == "/" else scheme + host + path


def _parse(value: Json) -> Outcome:
    if isinstance(value, str) and (usual := _usual(value)) is not None:
        return usual
    text = folded(value)
    if not isinstance(text, str):
        return text
    return _read(text) if len(text) <= LONGEST_STATEMENT else _NO_HOST


def compile_parse_url(_args: Arguments, _settings: ReadSettings) -> Step:
    return _parse
