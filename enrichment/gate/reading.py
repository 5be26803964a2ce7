"""How a source is read: what its configuration says beside the records themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from enrichment.operations import ReadSettings
from schemas.source import Source
from schemas.target import TargetField


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SourceReading:
    """The settings of a source that decide what is read out of a record.

    currency_hints: what an ambiguous currency sign means, e.g. {"$": "USD"}
    time_zone:      IANA name that naive times are in
    region:         ISO 3166-1 code for telephone numbers without a country prefix
    constants:      target field -> the value that the configuration declares for every record of the source
    """

    currency_hints: Mapping[str, str] = field(default_factory=_nothing)
    time_zone: str | None = None
    region: str | None = None
    constants: Mapping[str, str | int | bool] = field(default_factory=_nothing)

    @classmethod
    def of(cls, source: Source) -> SourceReading:
        return cls(currency_hints=source.currency_hints, time_zone=source.time_zone, constants=source.constants)

    def for_field(self, target: TargetField) -> ReadSettings:
        """What an operation that fills `target` may know beside the value."""
        return ReadSettings(
            currency_hints=self.currency_hints,
            time_zone=self.time_zone,
            region=self.region,
            unit=target.unit,
            allowed=target.allowed,
        )
