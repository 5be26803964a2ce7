"""The quotes of CSV (RFC 4180, section 2): a field that begins with one ends with one, and doubles those inside."""

from __future__ import annotations

import re

_INSIDE = re.compile(r'[^"]*+(?:""[^"]*+)*')
_INSIDE_BYTES = re.compile(rb'[^"]*+(?:""[^"]*+)*')


def split_row(text: str, delimiter: str) -> list[str] | None:
    """Split a whole row into its fields; None where its quotes are broken. A quote inside a bare field is itself."""
    fields: list[str] = []
    at = 0
    while True:
        if not text.startswith('"', at):
            end = text.find(delimiter, at)
            fields.append(text[at:] if end < 0 else text[at:end])
            if end < 0:
                return fields
            at = end + 1
            continue
        end = _end(_INSIDE.match(text, at + 1), len(text))
        fields.append(text[at + 1 : end].replace('""', '"'))
        at = end + 2
        if end + 1 == len(text):
            return fields
        if end == len(text) or text[end + 1] != delimiter:
            return None


def open_after(line: bytes, delimiter: bytes, *, opened: bool) -> bool | None:
    """Say whether a quoted field is open behind a physical line; None where a quote stands where none may be."""
    at = 0
    while True:
        if not opened:
            if not line.startswith(b'"', at):
                end = line.find(delimiter, at)
                if end < 0:
                    return False
                at = end + len(delimiter)
                continue
            at += 1
        end = _end(_INSIDE_BYTES.match(line, at), len(line))
        if end == len(line):
            return True
        at = end + 1
        if line[at:] in {b"", b"\r"}:
            return False
        if not line.startswith(delimiter, at):
            return None
        at += len(delimiter)
        opened = False


def _end(found: re.Match[str] | re.Match[bytes] | None, default: int) -> int:
    return default if found is None else found.end()
