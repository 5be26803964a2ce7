"""UUIDs as texts: the patterns that fields have which hold one, and the one spelling that each has."""

from __future__ import annotations

import re
import uuid
from typing import Final

#: Of a JSON Schema's format `uuid`, and of a database's own type, which reads them without hyphens too.
HYPHENATED: Final = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
WITH_OR_WITHOUT_HYPHENS: Final = "^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"
_PATTERNS: Final = {pattern: re.compile(pattern) for pattern in (HYPHENATED, WITH_OR_WITHOUT_HYPHENS)}


def holds_uuids(pattern: str | None) -> bool:
    """Say whether a field of this pattern is one for UUIDs."""
    return pattern in _PATTERNS


def canonical(text: str, pattern: str) -> str:
    """Spell a UUID as RFC 9562 does, in lower case and with hyphens; a text that the pattern refuses stays as it is."""
    return str(uuid.UUID(text)) if _PATTERNS[pattern].fullmatch(text) else text
