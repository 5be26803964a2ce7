"""What the stages are handed: the doors, the configuration and the few numbers that steer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from enrichment.asking import Asks
from enrichment.compiled_plans import CompiledPlans
from enrichment.store.database import Database
from schemas.errors import ConfigurationError
from schemas.source import Auth, Source
from schemas.target import Target

if TYPE_CHECKING:
    # Only the fetch role pays for importing the HTTP client.
    from enrichment.rates.paced_fetch import Pacing


#: Chunks of a job after which they are doubled.
_ALIKE: Final = 8


@dataclass(frozen=True, slots=True)
class Tuning:
    """Numbers with defaults that work; seconds, records, rows and bytes.

    chunk_growth:  how many times as long the chunks of a long job become
    chunk_bytes:   of records, that a chunk is full with, however few they are
    tamper_sample: rows of a merge, at least, whose plan is executed once more; of a large one 1 in `tamper_share`
    """

    chunk_size: int = 500
    chunk_growth: int = 4
    chunk_bytes: int = 16_000_000
    fetch_seconds: float = 5.0
    plan_at_records: int = 50
    plan_wait_seconds: float = 30.0
    plan_sample_records: int = 200
    held_cap: int = 20_000
    rows_per_audit: int = 20
    merge_batch: int = 2_000
    tamper_sample: int = 20
    tamper_share: int = 25
    successor_sample: int = 300
    shapes_per_day: int = 100
    asking_revisions: int = 5
    max_attempts: int = 5

    def is_last(self, attempts: int) -> bool:
        """Whether work that was tried so often before is given up on if it fails again."""
        return attempts + 1 >= self.max_attempts

    def chunk_at(self, position: int) -> int:
        """Records of the chunk at a position of its job.

        A chunk costs much the same for itself, however many records it carries. A short job is cut so that many hands
        can work on it; the chunks of one that goes on and on are doubled, twice by default.
        """
        return self.chunk_size * min(1 << min(position // _ALIKE, self.chunk_growth), self.chunk_growth)


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
