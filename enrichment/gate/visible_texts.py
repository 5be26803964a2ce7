"""Texts that can hardly be anything else: amounts of money, percentages, addresses. They are recognised, never read."""

from __future__ import annotations

import re

_SIGN = "€£¥₹₽₩₺₪₫₱฿₴$"
_CODE = "USD|EUR|GBP|JPY|CHF|CNY|RMB|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|KRW|RUB|ZAR|TRY|SGD|HKD"
_NUMBER = r"[0-9][0-9.,'\u00a0\u202f\u2009 ]*"
_MAGNITUDE = r"(?:k|m|mn|mio\.?|mrd\.?|b|bn|tn|thousand|million|billion|trillion|lakh|crore)"
_SIGNS = re.compile(f"[{_SIGN}]")
_CAPITALS = re.compile("[A-Z]{3}")
#: A currency directly beside a number, anywhere in a text.
_MONEY_WITHIN = re.compile(rf"(?:[{_SIGN}]|\b(?:{_CODE}))\s?[-\u2212(]?[0-9]|[0-9]\s?(?:[{_SIGN}]|(?:{_CODE})\b)")
MONEY = re.compile(
    rf"[-\u2212+(]?\s*(?:(?:[A-Z]{{0,3}}[{_SIGN}]|(?:{_CODE})\b)\s*[-\u2212]?\s*{_NUMBER}{_MAGNITUDE}?"
    rf"|{_NUMBER}{_MAGNITUDE}?\s*(?:[{_SIGN}]|(?:{_CODE})\b))\s*\)?",
    re.IGNORECASE,
)
PERCENT = re.compile(rf"[-\u2212+]?\s*{_NUMBER}(?:%|percent|per\s?cent|pct\.?)\s*(?:\([^()]*\))?", re.IGNORECASE)
URL = re.compile(r"(?:https?|ftp)://\S+|www\.[\w-]+(?:\.[\w-]+)+(?:/\S*)?", re.IGNORECASE)
EMAIL = re.compile(r"(?:mailto:)?[^\s@:/]+@[^\s@:/]+\.[^\s@:/.]{2,}", re.IGNORECASE)
BARE_NUMBER = re.compile(r"[-\u2212+]?[0-9][0-9.,]*")


def _may_name_currency(text: str) -> bool:
    """False for most texts, at once: no sign, and no three capital letters."""
    if "$" in text:
        return True
    if text.isascii():
        return text != text.lower() and _CAPITALS.search(text) is not None
    return _CAPITALS.search(text) is not None or _SIGNS.search(text) is not None


def shows_money(text: str) -> bool:
    """Whether a currency stands directly beside a number somewhere in the text."""
    return _may_name_currency(text) and _MONEY_WITHIN.search(text) is not None
