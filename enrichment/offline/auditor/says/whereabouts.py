"""Countries, addresses on the web, mail addresses and telephone numbers."""

from __future__ import annotations

import re
from typing import Final

from enrichment.offline.auditor.says.saying import Ground, Saying
from enrichment.offline.auditor.says.wording import says_text
from enrichment.offline.auditor.texts.contacts import mails, phones, same_url, urls
from enrichment.offline.auditor.texts.geography import countries
from schemas.json_types import Json, JsonScalar

_SHORTEST_PHONE: Final = 6


def says_country(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """A country by its code, or by a name that stands for one."""
    del ground
    if not isinstance(value, str) or not isinstance(place, str):
        return Saying.SILENT
    meant = countries(value)
    if not meant.clear or "," in value:
        # what names no country, or more than one, is no value of this sort
        return Saying.OTHERWISE
    (wanted,) = meant.last
    found = countries(place)
    if not found.any:
        return Saying.SILENT
    if found.last == {wanted}:
        return Saying.STATES
    if wanted in found.any or wanted in found.last:
        return Saying.OPEN
    return Saying.OTHERWISE if found.clear else Saying.SILENT


def clear_country(place: JsonScalar, ground: Ground) -> bool:
    del ground
    return isinstance(place, str) and countries(place).clear


def says_url(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """An address on the web: host and path, whatever the scheme."""
    if not isinstance(value, str) or not isinstance(place, str):
        return Saying.SILENT
    wanted, found = urls(value), urls(place)
    if not wanted:
        return says_text(value, place, ground)
    if not found:
        return Saying.SILENT
    return Saying.STATES if any(same_url(wanted[0], other) for other in found) else Saying.OTHERWISE


def clear_url(place: JsonScalar, ground: Ground) -> bool:
    del ground
    return isinstance(place, str) and len(urls(place)) == 1 and not re.search(r"\s", place.strip())


def says_email(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    del ground
    if not isinstance(value, str) or not isinstance(place, str):
        return Saying.SILENT
    found = mails(place)
    if not found:
        return Saying.SILENT
    return Saying.STATES if value.casefold() in found else Saying.OTHERWISE


def clear_email(place: JsonScalar, ground: Ground) -> bool:
    del ground
    return isinstance(place, str) and len(mails(place)) == 1


def says_phone(value: Json, place: JsonScalar, ground: Ground) -> Saying:
    """A telephone number; the place may leave the country's prefix out. A prefix alone stands as it is written."""
    del ground
    if str(value).strip() == str(place).strip():
        return Saying.STATES
    wanted = re.sub(r"\D", "", str(value))
    found = [digits for digits in phones(str(place)) if len(digits) >= _SHORTEST_PHONE] if place is not None else []
    if not found or not wanted:
        return Saying.SILENT
    if any(wanted == digits or (wanted.endswith(digits) and len(wanted) - len(digits) <= 3) for digits in found):
        return Saying.STATES
    return Saying.OTHERWISE


def clear_phone(place: JsonScalar, ground: Ground) -> bool:
    del ground
    return isinstance(place, str) and place.strip().startswith("+") and len(phones(place)) == 1
