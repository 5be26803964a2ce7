"""Giving letters up for good, and taking that back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from enrichment import confirming, settling
from enrichment.replaying.jobs import UNCONFIRMED, Meant, counted
from enrichment.store import letter_ends, letters, replays
from enrichment.store.database import Tx
from enrichment.store.letters import Letter
from schemas.errors import ConflictError, NotFoundError, UsageError
from schemas.states import LetterState

_SLICE = 1_000
_DISCARDABLE = frozenset({LetterState.OPEN, LetterState.PERMANENT})
_REOPENABLE = frozenset({LetterState.PERMANENT, LetterState.DISCARDED})


@dataclass(frozen=True, slots=True)
class Discarded:
    """`discarded` letters, or in a dry run as many would be."""

    matched: int
    discarded: int
    dry_run: bool = False
    confirm: str | None = None


def discard(
    tx: Tx, meant: Meant, *, reason: str, secret: bytes, now: float, dry_run: bool = False, confirm: str | None = None
) -> Discarded:
    """Discard open and permanent letters; their jobs count the records as discarded.

    Raises:
        UsageError: it does not say which letters are meant, or why.
        NotFoundError: an id is no letter.
        ConflictError: more than 100 letters have to be confirmed (`confirmation`), or none of those named is open or
            permanent (`not_open`).
    """
    if not reason.strip():
        raise UsageError("a reason is needed", hint="say why these records are given up")
    asked = meant.as_filter(LetterState.OPEN)
    if meant.ids is not None and (unknown := replays.missing_ids(tx, meant.ids)):
        raise NotFoundError(f"there is no dead letter {unknown[0]}", hint="list them with: assay dlq list")
    digest = hashlib.sha256()
    ids: list[int] = []
    matched = after = 0
    while found := replays.candidates(tx, asked, versions={}, after=after, limit=_SLICE, lock=not dry_run):
        after = found[-1].id
        matched += len(found)
        for letter in found:
            if letter.state in _DISCARDABLE:
                ids.append(letter.id)
                digest.update(f"{letter.id}@{letter.updated_at.timestamp()};".encode())
    subject = f"discard|{digest.hexdigest()}"
    needs = len(ids) > UNCONFIRMED
    told = Discarded(matched, len(ids), dry_run=dry_run)
    if dry_run:
        return replace(told, confirm=confirming.token(secret, subject, now=now) if needs else None)
    if meant.ids is not None and not ids:
        raise ConflictError("none of these letters is open or permanent", hint="look at their state", code="not_open")
    if needs or (confirm is not None and ids):
        confirming.require(secret, subject, confirm, now=now, what=f"discarding {counted(len(ids))}")
    settling.settle(tx, letter_ends.discard(tx, ids, note=reason.strip()))
    return told


def reopen(tx: Tx, letter_id: int, *, reason: str) -> Letter:
    """Give a permanent or discarded letter another chance, on a person's word.

    Raises:
        NotFoundError: there is no such letter.
        UsageError: there is no reason.
        ConflictError: it is neither permanent nor discarded.
    """
    if not reason.strip():
        raise UsageError("a reason is needed", hint="say what has changed")
    before = letters.get(tx, letter_id)
    concerned = letter_ends.reopen(tx, letter_id, note=reason.strip()) if before.state in _REOPENABLE else []
    if not concerned:
        raise ConflictError(
            f"dead letter {letter_id} is {before.state}",
            hint="only a permanent or discarded one is reopened",
            code="wrong_state",
        )
    settling.settle(tx, concerned)
    return letters.get(tx, letter_id)
