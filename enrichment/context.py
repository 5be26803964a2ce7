"""What the stages are handed: the doors, the configuration and the few numbers that steer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from enrichment.asking import Asks
from enrichment.compiled_plans import CompiledPlans
from enrichment.store.database import Database
from schemas.errors import ConfigurationError
from schemas.source import Auth, Source
from schemas.target import Target

if TYPE_CHECKING:
    # Only the fetch role pays for importing the HTTP client.
    from enrichment.rates.paced_fetch import Pacing


@dataclass(frozen=True, slots=True)
class Tuning:
    """Numbers with defaults that work; seconds, records and rows."""

    chunk_size: int = 500
    fetch_seconds: float = 5.0
    plan_at_records: int = 50
    plan_wait_seconds: float = 30.0
    plan_sample_records: int = 200
    held_cap: int = 20_000
    rows_per_audit: int = 20
    merge_batch: int = 2_000
    tamper_sample: int = 20
    successor_sample: int = 300
    shapes_per_day: int = 100
    asking_revisions: int = 5
    max_attempts: int = 5


def no_secrets(auth: Auth) -> str:
    """For processes that hold no credentials of sources.

    Raises:
        ConfigurationError: always.
    """
    raise ConfigurationError(
        f"this process holds no credential {auth.env or auth.file!r}", hint="fetch work belongs to the fetch role"
    )


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a stage may use beside its work. One per process.

    `audit_key` decides which rows are sampled: whoever maps must not know it.
    """

    database: Database
    sources: Mapping[str, Source]
    targets: Mapping[str, Target]
    plans: CompiledPlans
    asking: Asks | None = None
    secrets: Callable[[Auth], str] = no_secrets
    roots: Sequence[Path] = ()
    audit_key: bytes = b""
    tuning: Tuning = field(default_factory=Tuning)
    pacing: Pacing | None = None

    def source(self, name: str | None) -> Source:
        """
        Raises:
            ConfigurationError: the work names a source that this process does not know.
        """
        if name is None or name not in self.sources:
            raise ConfigurationError(f"unknown source {name!r}", hint="add it to assay.toml, or cancel the job")
        return self.sources[name]

    def target(self, name: str | None) -> Target:
        """
        Raises:
            ConfigurationError: the work names a target that this process does not know.
        """
        if name is None or name not in self.targets:
            raise ConfigurationError(f"unknown target {name!r}", hint="add it to assay.toml, or cancel the job")
        return self.targets[name]
