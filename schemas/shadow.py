"""Two readings of the same stored records beside each other: nothing of it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldShadow:
    """One field in records that both readings accept: `same` is filled alike by both, the others differ.

    reasons: why it is empty in the second reading -> records that the first one fills
    """

    same: int = 0
    changed: int = 0
    filled: int = 0
    emptied: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def differs(self) -> int:
        return self.changed + self.filled + self.emptied


@dataclass(frozen=True, slots=True)
class Shadow:
    """How two readings of records differ.

    refused, accepted: records that only the first, or only the second reading accepts
    codes: reason -> records that the second reading refuses and the first did not
    """

    records: int = 0
    refused: int = 0
    accepted: int = 0
    codes: Mapping[str, int] = field(default_factory=dict)
    fields: Mapping[str, FieldShadow] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        return bool(self.refused or self.accepted or any(one.differs for one in self.fields.values()))

    def document(self) -> dict[str, Any]:
        return asdict(self)
