"""Rule `secret`: credentials have no place in a table, whatever field a source puts them into."""

from __future__ import annotations

import re

from enrichment.gate.rule import Check, FieldContext
from schemas.json_types import Cell, Record

#: Shorter texts hold no credential that could be told from a word.
_SHORTEST = 12
_Shapes = tuple[tuple[str, re.Pattern[str]], ...]


def _shapes(*pairs: tuple[str, str]) -> _Shapes:
    return tuple((literal, re.compile(shape)) for literal, shape in pairs)


#: A literal that the text must hold, and the shape around it: the common case is a few substring searches. Grouped by a
#: character that all literals of the group hold.
_BY_CHARACTER: tuple[tuple[str, _Shapes], ...] = (
    (
        "_",
        _shapes(
            ("k_live_", r"\b[sr]k_live_[A-Za-z0-9]{10}"),
            ("k_test_", r"\b[sr]k_test_[A-Za-z0-9]{10}"),
            ("whsec_", r"\bwhsec_[A-Za-z0-9+/=]{16}"),
            ("gh", r"\bgh[pousr]_[A-Za-z0-9]{20}"),
            ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{20}"),
            ("npm_", r"\bnpm_[A-Za-z0-9]{30}"),
            ("hf_", r"\bhf_[A-Za-z0-9]{30}"),
            ("dop_v1_", r"\bdop_v1_[a-f0-9]{40}"),
            ("shp", r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
            ("gsk_", r"\bgsk_[A-Za-z0-9]{40}"),
            ("lin_api_", r"\blin_api_[A-Za-z0-9]{30}"),
            ("glsa_", r"\bglsa_[A-Za-z0-9]{30}"),
        ),
    ),
    (
        "-",
        _shapes(
            ("sk-", r"\bsk-[A-Za-z0-9_-]{16}"),
            ("glpat-", r"\bglpat-[A-Za-z0-9_-]{16}"),
            ("xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10}"),
            ("GOCSPX-", r"\bGOCSPX-[A-Za-z0-9_-]{20}"),
            ("pypi-", r"\bpypi-[A-Za-z0-9_-]{40}"),
            ("xapp-", r"\bxapp-[0-9]-[A-Za-z0-9-]{16}"),
            ("PRIVATE KEY", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"),
        ),
    ),
    (
        ".",
        _shapes(
            ("hooks.slack.com/services/", r"hooks\.slack\.com/services/T[A-Za-z0-9/]{16}"),
            ("ya29.", r"\bya29\.[A-Za-z0-9_-]{20}"),
            ("SG.", r"\bSG\.[A-Za-z0-9_-]{16,100}\.[A-Za-z0-9_-]{16}"),
            ("eyJ", r"\beyJ[A-Za-z0-9_-]{8,300}\.eyJ[A-Za-z0-9_-]{8}"),
        ),
    ),
    (
        "=",
        _shapes(
            ("AccountKey=", r"AccountKey=[A-Za-z0-9+/=]{20}"),
            ("sig=", r"[?&;]sig=[A-Za-z0-9%+/]{40}"),
            ("X-Amz-Signature=", r"X-Amz-Signature=[A-Fa-f0-9]{32}"),
        ),
    ),
    (
        "A",
        _shapes(
            ("AKIA", r"\bAKIA[A-Z0-9]{16}\b"),
            ("ASIA", r"\bASIA[A-Z0-9]{16}\b"),
            ("AIza", r"\bAIza[A-Za-z0-9_-]{30}"),
        ),
    ),
)
# Every run is bounded, so that no text makes a search quadratic.
_ADDRESS = re.compile(r"://[^\s/?#@:]{0,256}:[^\s/?#@]{1,256}@")
_AUTHORIZATION = re.compile(
    r"\bbearer\s{1,5}(?=[a-z0-9._~+/=-]{0,200}[0-9])[a-z0-9._~+/=-]{16}"
    r"|\bauthorization[\"']?\s{0,5}[:=]\s{0,5}[\"']?(?:basic|bearer|token)\s{1,5}[^\s\"']{8}"
)
_ASSIGNMENT = re.compile(
    r"(?:(?:passw(?:or)?[dt]|\bpwd|kennwort|passphrase|mot de passe|contrase\u00f1a|\bsenha"
    r"|\u043f\u0430\u0440\u043e\u043b\u044c|secret"
    r"|(?:api|access|auth|refresh|private|secret|client)[_ -]?(?:key|token|secret))"
    r"[\"']?\s{0,5}[:=]\s{0,5}[\"']?(?=[^\s\"']{0,200}[0-9!@#$%^&*_-])[^\s\"',;]{8}"
    r"|token[\"']?\s{0,5}=\s{0,5}[\"']?(?=[a-z0-9._-]{0,200}[0-9])[a-z0-9._-]{16})"
)
#: One of these is in every name of a secret.
_NAMING = ("key", "token", "secret", "pass", "pwd", "kennwort", "contrase", "senha", "\u043f\u0430\u0440\u043e\u043b")


def holds_secret(text: str) -> bool:
    """Known key shapes, tokens, private keys, passwords in addresses or beside their names."""
    if len(text) < _SHORTEST:
        return False
    for character, shapes in _BY_CHARACTER:
        if character in text:
            for literal, shape in shapes:
                if literal in text and shape.search(text):
                    return True
    if ":" in text or "=" in text:
        return _names_secret(text)
    return ("earer " in text or "EARER " in text) and _AUTHORIZATION.search(text.lower()) is not None


def _names_secret(text: str) -> bool:
    """The text says of a part of itself that it is secret, or is an address with a password."""
    if "@" in text and "://" in text and _ADDRESS.search(text):
        return True
    lower = text.lower()
    if ("bearer" in lower or "authorization" in lower) and _AUTHORIZATION.search(lower):
        return True
    named = any(word in lower for word in _NAMING)
    return named and _ASSIGNMENT.search(lower) is not None


def _check(value: Cell, _record: Record, _winner: int | None) -> str | None:
    return "looks like a credential" if type(value) is str and holds_secret(value) else None


def compile_secret(context: FieldContext) -> Check | None:
    field = context.field
    if field.type != "string" or field.allowed is not None or field.format in {"date", "date-time"}:
        return None
    return None if field.max_length is not None and field.max_length < _SHORTEST else _check
