"""What can be asked of a producer, and what of it does not go together. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from enrichment.connectors.pages import FetchedRecord, RefusedRecord
from enrichment.connectors.record_rules import MAX_KEY_LENGTH
from enrichment.store.database import Database
from schemas.errors import NotFoundError, UsageError, nearest
from schemas.source import InlineSource, Source
from schemas.target import Target

#: Record ids that one job may name.
MAX_IDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Producer:
    """What accepting jobs needs. `queue_limit` counts chunks that no worker has begun."""

    database: Database
    sources: Mapping[str, Source]
    targets: Mapping[str, Target]
    chunk_size: int = 500
    queue_limit: int = 100_000

    def source(self, name: str) -> Source:
        """
        Raises:
            NotFoundError: no source has this name.
        """
        if (found := self.sources.get(name)) is None:
            raise NotFoundError(
                f"there is no source {name!r}{nearest(name, self.sources)}", hint=_configured("sources", self.sources)
            )
        return found

    def target(self, name: str) -> Target:
        """
        Raises:
            NotFoundError: no target has this name.
        """
        if (found := self.targets.get(name)) is None:
            raise NotFoundError(
                f"there is no target {name!r}{nearest(name, self.targets)}", hint=_configured("targets", self.targets)
            )
        return found


@dataclass(frozen=True, slots=True)
class Submission:
    """What is asked for.

    records:         sent along, read already; null where the source itself is read
    receive:         records follow in numbered batches
    limit:           at most so many records
    ids, missing:    only these records, or those behind rows where the field `missing` is empty
    refresh:         also records that are known to be unchanged
    dry_run:         stop at staging
    idempotency_key: the same key with the same `body_digest` gives the same job
    """

    source: str
    target: str
    records: Sequence[FetchedRecord | RefusedRecord] | None = None
    receive: bool = False
    limit: int | None = None
    ids: Sequence[str] | None = None
    missing: str | None = None
    refresh: bool = False
    dry_run: bool = False
    priority: int = 0
    idempotency_key: str | None = None
    body_digest: str | None = None
    api_key_id: int | None = None

    def scope(self) -> dict[str, object]:
        asked: dict[str, object] = {
            "limit": self.limit,
            "missing": self.missing,
            "scoped": True if self.ids is not None or self.missing is not None else None,
            "refresh": self.refresh or None,
            "receive": self.receive or None,
        }
        return {name: value for name, value in asked.items() if value is not None}

    @property
    def owner(self) -> int:
        """Whose idempotency keys are meant; 0 where nobody's API key was presented."""
        return self.api_key_id or 0


def check(asked: Submission, source: Source, target: Target) -> list[str] | None:
    """Refuse what does not go together; gives the ids as records carry them, each once.

    Raises:
        UsageError: it does not go together, or names a field that the target does not have.
    """
    sent = asked.records is not None or asked.receive
    if sent and not isinstance(source, InlineSource):
        raise UsageError(
            f"source {source.name} is read by its connector {source.connector}; records cannot be sent to it",
            hint="leave out records, or name a source with connector inline",
        )
    if asked.records is not None and asked.receive:
        raise UsageError("records come with the job or in batches, not both", hint="send them as batch 1")
    if sent and (asked.ids is not None or asked.missing is not None):
        raise UsageError(
            "ids and missing choose among records of a source, not among those sent", hint="leave them out"
        )
    if isinstance(source, InlineSource) and not sent and asked.ids is None and asked.missing is None:
        raise UsageError(
            f"source {source.name} has no records of its own",
            hint="send records; or name ids, or a missing field, of records that were sent before",
        )
    if asked.ids is not None and asked.missing is not None:
        raise UsageError("ids and missing both say which records are meant", hint="give one of them")
    if asked.limit is not None and asked.limit < 1:
        raise UsageError("limit is not a positive number", hint="leave it out for all records")
    if asked.missing is not None and asked.missing not in target.by_name:
        known = target.by_name
        raise UsageError(
            f"target {target.name} has no field {asked.missing!r}{nearest(asked.missing, known)}",
            hint=_listed("its fields", known),
            code="unknown_field",
        )
    return None if asked.ids is None else _record_ids(asked.ids)


def _record_ids(ids: Sequence[str]) -> list[str]:
    if len(ids) > MAX_IDS:
        raise UsageError(f"{len(ids)} ids, {MAX_IDS} are allowed", hint="split them over several jobs")
    trimmed = list(dict.fromkeys(one.strip() for one in ids))
    if any(not one or len(one) > MAX_KEY_LENGTH or "\x00" in one for one in trimmed):
        raise UsageError(f"an id is empty or longer than {MAX_KEY_LENGTH} characters", hint="give external ids")
    return trimmed


def _configured(what: str, names: Mapping[str, object]) -> str:
    if not names:
        return f"add [{what}.…] to assay.toml, then start the fleet again"
    return (
        _listed(f"configured {what}", names) + "; one that was added since the fleet started is known after a restart"
    )


def _listed(what: str, names: Mapping[str, object]) -> str:
    shown = ", ".join(sorted(names)[:12])
    return f"{what}: {shown}{', …' if len(names) > 12 else ''}"
