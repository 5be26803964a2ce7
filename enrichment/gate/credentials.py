"""Rule `secret`: credentials have no place in a table, whatever field a source puts them into."""

from __future__ import annotations

import re

from enrichment.gate.rule import Check, FieldContext
from schemas.json_types import Cell, Record

#: Shorter texts hold no credential that could be told from a word.
_SHORTEST = 12
#: A literal that the text must hold, and the shape around it. The literal makes the common case a substring search.
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (literal, re.compile(shape))
    for literal, shape in (
        ("sk-", r"\bsk-[A-Za-z0-9_-]{16}"),
        ("k_live_", r"\b[sr]k_live_[A-Za-z0-9]{10}"),
        ("k_test_", r"\b[sr]k_test_[A-Za-z0-9]{10}"),
        ("whsec_", r"\bwhsec_[A-Za-z0-9+/=]{16}"),
        ("gh", r"\bgh[pousr]_[A-Za-z0-9]{20}"),
        ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{20}"),
        ("glpat-", r"\bglpat-[A-Za-z0-9_-]{16}"),
        ("xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10}"),
        ("hooks.slack.com/services/", r"hooks\.slack\.com/services/T[A-Za-z0-9/]{16}"),
        ("AKIA", r"\bAKIA[A-Z0-9]{16}\b"),
        ("ASIA", r"\bASIA[A-Z0-9]{16}\b"),
        ("AIza", r"\bAIza[A-Za-z0-9_-]{30}"),
        ("ya29.", r"\bya29\.[A-Za-z0-9_-]{20}"),
        ("GOCSPX-", r"\bGOCSPX-[A-Za-z0-9_-]{20}"),
        ("npm_", r"\bnpm_[A-Za-z0-9]{30}"),
        ("pypi-", r"\bpypi-[A-Za-z0-9_-]{40}"),
        ("hf_", r"\bhf_[A-Za-z0-9]{30}"),
        ("dop_v1_", r"\bdop_v1_[a-f0-9]{40}"),
        ("SG.", r"\bSG\.[A-Za-z0-9_-]{16,100}\.[A-Za-z0-9_-]{16}"),
        ("eyJ", r"\beyJ[A-Za-z0-9_-]{8,300}\.eyJ[A-Za-z0-9_-]{8}"),
        ("PRIVATE KEY", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"),
        ("AccountKey=", r"AccountKey=[A-Za-z0-9+/=]{20}"),
        ("X-Amz-Signature=", r"X-Amz-Signature=[A-Fa-f0-9]{32}"),
    )
)
# Every run is bounded, so that no text makes a search quadratic.
_ADDRESS = re.compile(r"://[^\s/?#@:]{0,256}:[^\s/?#@]{1,256}@")
_AUTHORIZATION = re.compile(
    r"\bbearer\s{1,5}(?=[a-z0-9._~+/=-]{0,200}[0-9])[a-z0-9._~+/=-]{16}"
    r"|\bauthorization[\"']?\s{0,5}[:=]\s{0,5}[\"']?(?:basic|bearer|token)\s{1,5}[^\s\"']{8}"
)
_ASSIGNMENT = re.compile(
    r"(?:(?:passw(?:or)?d|passphrase|secret|(?:api|access|auth|private|secret|client)[_ -]?(?:key|token|secret))"
    r"[\"']?\s{0,5}[:=]\s{0,5}[\"']?(?=[^\s\"']{0,200}[0-9!@#$%^&*_-])[^\s\"',;]{8}"
    r"|token[\"']?\s{0,5}=\s{0,5}[\"']?(?=[a-z0-9._-]{0,200}[0-9])[a-z0-9._-]{16})"
)
_ASSIGNED = ("passw", "passp", "secret", "token", "key")


def holds_secret(text: str) -> bool:
    """Known key shapes, tokens, private keys, passwords in addresses or beside their names."""
    if len(text) < _SHORTEST:
        return False
    for literal, shape in _SHAPES:
        if literal in text and shape.search(text):
            return True
    if "://" in text and "@" in text and _ADDRESS.search(text):
        return True
    lower = text.lower()
    if ("bearer" in lower or "authorization" in lower) and _AUTHORIZATION.search(lower):
        return True
    return (
        ("=" in text or ":" in text)
        and any(word in lower for word in _ASSIGNED)
        and _ASSIGNMENT.search(lower) is not None
    )


def _check(value: Cell, _record: Record, _winner: int | None) -> str | None:
    return "looks like a credential" if type(value) is str and holds_secret(value) else None


def compile_secret(context: FieldContext) -> Check | None:
    field = context.field
    if field.type != "string" or field.allowed is not None or field.format in {"date", "date-time"}:
        return None
    return None if field.max_length is not None and field.max_length < _SHORTEST else _check
