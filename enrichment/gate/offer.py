"""What one request offered to a planner, which is all that its answer may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from enrichment.operations import ReadSettings


def _none() -> Mapping[str, ReadSettings]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Offer:
    """What an answer may name, and what its operations would be made ready with.

    fields:     target fields of the request, in order
    paths:      pointers
    operations: names
    settings:   target field -> what its operations may know; the defaults where there is none
    coded:      target fields whose values are the codes of countries, currencies or languages
    """

    fields: tuple[str, ...]
    paths: frozenset[str]
    operations: frozenset[str]
    settings: Mapping[str, ReadSettings] = field(default_factory=_none)
    coded: frozenset[str] = frozenset()
