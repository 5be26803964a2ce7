"""Which source texts of the demo have one plain reading, told by their form; no parser of Assay has a part in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_NUMBER = r"\d{1,3}(?:,\d{3})*|\d+"
_YEAR = r"(?:19|20)\d\d"
_PLAIN_COUNT: Final = re.compile(rf"\s*(?:{_NUMBER})\s*(?:\(\s*{_YEAR}\s*\)\s*)?")
_PLAIN_MONEY: Final = re.compile(
    rf"\s*(?:US\$|€|£)\s*[−-]?\s*\d{{1,3}}(?:,\d{{3}})*(?:\.\d+)?\s*(?:million|billion)\s*(?:\(\s*{_YEAR}\s*\)\s*)?"
)
_YEARS: Final = re.compile(r"(?<!\d)(?:1\d|20)\d\d(?!\d)")
_PLAIN_HOST: Final = re.compile(r"\s*(?:https?://)?(?:www\.)?[a-z0-9-]+\.(?:com|de|co\.uk|fr|net|org)/?\s*")
_COUNTRIES: Final = frozenset(
    {
        "Belgium",
        "Finland",
        "France",
        "Germany",
        "Japan",
        "Netherlands",
        "Spain",
        "Sweden",
        "Switzerland",
        "United Kingdom",
        "United States",
    }
)


def plain_fields(company: Mapping[str, Any]) -> set[str]:
    """The target fields whose text in this record a reader takes at one look, and that must not stay empty."""
    about = company.get("metadata") or {}

    def text(name: str) -> str:
        return str(about.get(name) or "")

    found = {"name"}
    found |= {"symbol"} if company.get("symbol") else set()
    found |= {"isin"} if company.get("isins") else set()
    found |= {"country"} if company.get("country") in _COUNTRIES else set()
    found |= {"founded_year"} if len(set(_YEARS.findall(text("founded")))) == 1 else set()
    found |= {"employee_count"} if _PLAIN_COUNT.fullmatch(text("employees")) and text("employees") != "0" else set()
    for name in ("revenue", "net_income"):
        found |= {f"{name}_amount", f"{name}_currency"} if _PLAIN_MONEY.fullmatch(text(name)) else set()
    found |= {"website"} if _PLAIN_HOST.fullmatch(text("website")) else set()
    found |= {"headquarters"} if text("headquarters").strip() else set()
    return found
