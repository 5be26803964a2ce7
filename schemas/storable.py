"""Texts that others wrote, as far as they are told and kept: in messages, and in the names of places."""

from __future__ import annotations

import re
from typing import Final

#: What no text of PostgreSQL holds, and no UTF-8.
_NOT_KEPT: Final = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Write NUL and halves of surrogate pairs as JSON does, and leave everything else as it is."""
    return _NOT_KEPT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
