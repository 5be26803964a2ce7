"""Rule `injection`: text that gives orders to whoever reads it, or markup that runs where it is shown.

The rule only reports; the cell is emptied where the field is declared as plain text. Nothing in the pipeline follows
what a record says, so this protects the readers of the table.
"""

from __future__ import annotations

import re

from enrichment.gate.rule import Check, FieldContext
from schemas.json_types import Cell, Record

_SHORTEST = 4
_SHORTEST_ORDER = 13
# Every run below is bounded, so that no text makes a search quadratic.
_MARKUP = re.compile(
    r"</?(?:a|abbr|applet|b|base|big|blockquote|body|br|button|center|code|div|embed|em|font|form|frame|frameset"
    r"|h[1-6]|head|hr|html|i|iframe|img|input|isindex|li|link|math|meta|noscript|object|ol|option|p|pre|q|script|select"
    r"|small|span|strong|style|sub|sup|svg|table|tbody|td|textarea|th|thead|title|tr|tt|u|ul|video|audio|details"
    r"|marquee|template)\b[^<>]*(?:>|$)|<!--|<!\[CDATA\[|<!doctype|<\?(?:php|xml)",
    re.IGNORECASE,
)
_MARKS = re.compile("[<{:=]")
_TEMPLATE = re.compile(r"\{\{.{1,200}?\}\}|\{%.{1,200}?%\}|\$\{[^}]{1,200}\}|<%.{1,200}?%>", re.DOTALL)
_SCRIPT_ADDRESS = re.compile(
    r"\b(?:javascript|vbscript|livescript)\s{0,5}:|\bdata\s{0,5}:\s{0,5}text/html", re.IGNORECASE
)
_HANDLER = re.compile(r"\bon[a-z]{3,20}\s{0,5}=\s{0,5}[\"'][^\"']{0,200}[(=]", re.IGNORECASE)
_FORMULA = re.compile(r"[=+@-]\s{0,5}(?:[A-Za-z.]{1,40}\(|cmd\s{0,5}\|)")
_CHAT_MARKS = re.compile(
    r"<\|[a-z_]{2,20}\|>|\[/?INST\]|<</?SYS>>|^[ \t]{0,8}#{2,6}[ \t]{0,8}(?:system|instructions?|assistant)\b"
    r"|^[ \t]{0,8}(?:system|assistant)[ \t]{0,8}:\s|</?(?:system|assistant|instructions?)>",
    re.IGNORECASE | re.MULTILINE,
)
#: Orders to a reader in the languages that sources are most often in; each needs a verb and what it is about.
_ORDERS = re.compile(
    r"(?:ignor\w{0,12}|disregard\w{0,12}|forget\w{0,12}|override|bypass|skip)\b.{0,40}\b(?:instruct\w{0,12}|prompts?|rules?|guidelines?"
    r"|directions?|schema|above|anweisung\w{0,12}|vorgaben|consignes?|instruc\w{0,12}|istruzion\w{0,12})\b"
    r"|(?:ignorier\w{0,12}|missacht\w{0,12}|vergiss)\b.{0,40}\banweisung\w{0,12}"
    r"|(?:oublie\w{0,12}|ignore\w{0,12})\b.{0,40}\b(?:instructions?|consignes?)\b"
    r"|(?:olvida\w{0,12}|ignora\w{0,12})\b.{0,40}\b(?:instrucci\w{0,12}|instru[cç]\w{0,12}|istruzion\w{0,12})\b"
    r"|\byou are (?:now|no longer)\b.{0,60}\b(?:assistant|model|ai|mode|dan|bound|restricted)\b"
    r"|\b(?:act|behave|respond) as (?:an?|the) (?:ai|assistant|system|administrator|unrestricted)\b"
    r"|\b(?:reveal|print|repeat|output|show)\b.{0,30}\b(?:system prompt|your instructions|hidden prompt)\b"
    r"|\b(?:new|updated|important|real) (?:system )?instructions?\s*(?::|for (?:the )?(?:ai|model|assistant|llm))"
    r"|\bsystem prompt\b|\bjailbreak\b"
    r"|\b(?:map|set|assign|mark|copy|write)\b.{0,40}\b(?:every|all) (?:the )?(?:target )?"
    r"(?:fields?|columns?|rows?|cells?|records?)\b"
    r"|\b(?:map|bind)\b.{0,40}\bto (?:the )?(?:field|column|target)\b"
    r"|\bmark (?:this|it|them|everything|all) as (?:verified|supported|correct|approved)\b",
    re.IGNORECASE | re.DOTALL,
)
_ORDER_WORDS = (
    "ignor", "disregard", "forget", "overrid", "bypass", "skip", "missacht", "vergiss", "oubli", "olvid",
    "you are", "act as", "behave as", "respond as", "prompt", "instruction", "jailbreak", "every", "all ",
    "bind", "map ", "mark ",
)  # fmt: skip
#: Characters that make a text read otherwise than it is stored: overrides of direction, and invisible tag letters
#: (except after the flag that they spell).
_HIDDEN = re.compile("[\u202d\u202e]|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0001-\U000e007f]")


def _active(text: str, lower: str) -> bool:
    """Markup, templates, script addresses, formulas."""
    if "<" in text and (_MARKUP.search(text) or _TEMPLATE.search(text)):
        return True
    if "{" in text and _TEMPLATE.search(text):
        return True
    if ":" in text and ("script" in lower or "html" in lower) and _SCRIPT_ADDRESS.search(text):
        return True
    if "=" in text and _HANDLER.search(text):
        return True
    return text[0] in "=+@-" and _FORMULA.match(text) is not None


def may_order(text: str) -> bool:
    """Does it hold a word that every order has one of?"""
    if len(text) < _SHORTEST_ORDER or " " not in text:
        return False
    lower = text.lower()
    for word in _ORDER_WORDS:  # noqa: SIM110 - a generator costs as much as the search
        if word in lower:
            return True
    return False


def holds_injection(text: str) -> bool:
    if len(text) < _SHORTEST:
        return False
    lower = text.lower()
    # Every kind of markup holds one of these marks, or begins with one.
    if (_MARKS.search(text) or text[0] in "+@-") and _active(text, lower):
        return True
    # The marks by which a chat tells its speakers apart.
    marked = "st" in lower and ("system" in lower or "assistant" in lower or "inst" in lower)
    if (marked or "<|" in lower or "<<" in lower) and _CHAT_MARKS.search(text):
        return True
    if may_order(text) and _ORDERS.search(lower):
        return True
    return not text.isascii() and _HIDDEN.search(text) is not None


def _check(value: Cell, _record: Record, _winner: int | None) -> str | None:
    return "instructions or markup" if type(value) is str and holds_injection(value) else None


def compile_injection(context: FieldContext) -> Check | None:
    field = context.field
    if field.type != "string" or field.allowed is not None or field.format in {"date", "date-time"}:
        return None
    return None if field.max_length is not None and field.max_length < _SHORTEST else _check
