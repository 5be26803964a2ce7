"""The states of everything that has any, with the moves that are allowed. The tables check them."""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """receiving -> running <-> paused | blocked -> done | partial | failed; cancelled from any that is not final.

    done and partial are recomputed when dead letters are resolved or rows come back.
    """

    RECEIVING = "receiving"
    RUNNING = "running"
    PAUSED = "paused"
    BLOCKED = "blocked"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ItemState(StrEnum):
    """Where one record of a job stands: exactly one, so that accepted is always their sum."""

    IN_FLIGHT = "in_flight"
    HELD = "held"
    WRITTEN = "written"
    UNCHANGED = "unchanged"
    DEAD = "dead"
    REVIEW = "review"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"


class WorkKind(StrEnum):
    CHUNK = "chunk"
    PLAN = "plan"
    JUDGE = "judge"
    MERGE = "merge"
    REFOLD = "refold"


class WorkStatus(StrEnum):
    """ready -> published -> running -> published (next stage) ... -> done.

    A running or published stage goes back to ready when its lease or deadline passes; a stage that cannot go on is
    waiting until it is woken. Only the dispatcher moves ready to published, and only then does the fence rise.
    """

    READY = "ready"
    PUBLISHED = "published"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Lane(StrEnum):
    """Isolation runs one piece of work in one process, so that a death has one suspect."""

    NORMAL = "normal"
    ISOLATION = "isolation"


class StagedState(StrEnum):
    """staged -> merged | review | void. Rows of a dry run stay `dry`."""

    STAGED = "staged"
    MERGED = "merged"
    REVIEW = "review"
    VOID = "void"
    DRY = "dry"


class AssertionState(StrEnum):
    """standing <-> void. Entries are never deleted and their cells never changed."""

    STANDING = "standing"
    VOID = "void"


class LetterState(StrEnum):
    """open -> replaying -> resolved | open (one replay more) | permanent; open -> discarded. A person may reopen."""

    OPEN = "open"
    REPLAYING = "replaying"
    RESOLVED = "resolved"
    DISCARDED = "discarded"
    PERMANENT = "permanent"


class ReviewState(StrEnum):
    OPEN = "open"
    DECIDED = "decided"
    EXPIRED = "expired"


class Retained(StrEnum):
    """What is removed in time: payloads, staged rows, and ledger entries that were withdrawn."""

    PAYLOADS = "payloads"
    STAGED = "staged"
    WITHDRAWN = "withdrawn"


#: The pseudo-source of cells that differ from the fold: edited by others, or there before Assay.
BASELINE = "baseline"
#: The PostgreSQL schema of all tables of Assay's own.
SCHEMA = "assay"
