"""The kill switch: one word of an operator stops all writing to targets and all questions to models, another lets go.

Records are fetched, mapped and gated meanwhile; work that would write or ask waits, without an attempt.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from enrichment.store import freezes, wakings
from enrichment.store.database import Database, Tx
from enrichment.store.freezes import Freeze
from schemas.errors import NotFoundError, WaitingError

if TYPE_CHECKING:
    from enrichment.asking import Call
    from enrichment.model.answer import Answer

WAITS_ON = "frozen"
#: Seconds after which work looks again: what is put back while somebody thaws is not woken by it.
_LOOK_AGAIN = 30.0


def require_writable(tx: Tx, source: str | None) -> None:
    """First statement of what writes to a target: until its commit nobody can freeze.

    Raises:
        WaitingError: the fleet or the source is frozen.
    """
    freezes.share(tx)
    if (found := freezes.standing(tx, source)) is not None:
        raise _waiting(found)


def freeze(tx: Tx, source: str | None, *, known: Collection[str], reason: str, by: str) -> list[Freeze]:
    """Stop one source, or with null the fleet; when this has been committed nothing is written any more.

    Raises:
        NotFoundError: there is no such source.
    """
    if source is not None and source not in known:
        raise NotFoundError(f"there is no source {source!r}", hint="leave it out to freeze the whole fleet")
    freezes.freeze(tx, source or "", reason=reason, by=by)
    return freezes.listing(tx)


def thaw(tx: Tx, source: str | None, *, by: str) -> list[Freeze]:
    """Let go on; what waited is ready, and looks again whether something else is frozen. Gives what still stands.

    Raises:
        NotFoundError: it is not frozen.
    """
    if not freezes.thaw(tx, source or "", by=by):
        what = "the fleet" if source is None else f"source {source!r}"
        raise NotFoundError(f"{what} is not frozen", hint="see what is: assay status, or assay doctor")
    wakings.wake(tx, WAITS_ON)
    return freezes.listing(tx)


def view(found: Freeze) -> dict[str, Any]:
    """A freeze as it is shown; `source` is null for the whole fleet."""
    return {"source": found.source or None, "reason": found.reason, "by": found.by, "since": found.created_at}


def told(found: Freeze) -> str:
    what = f"source {found.source}" if found.source else "the fleet"
    return f"{what} is frozen since {found.created_at:%Y-%m-%d %H:%M} UTC by {found.by}: {found.reason}"


def _waiting(found: Freeze) -> WaitingError:
    return WaitingError(
        told(found), waits_on=WAITS_ON, seconds=_LOOK_AGAIN, hint="let it go on with: assay thaw", code="frozen"
    )


@dataclass(frozen=True, slots=True)
class Thawed:
    """Stands before all other guards of a model's calls: a call that it stops reserves and counts nowhere."""

    database: Database

    def admit(self, call: Call) -> Passing:
        """
        Raises:
            WaitingError: the fleet or the call's source is frozen.
        """
        with self.database.transaction() as tx:
            found = freezes.standing(tx, call.work.source)
        if found is not None:
            raise _waiting(found)
        return Passing()


@dataclass(frozen=True, slots=True)
class Passing:
    """A freeze has nothing to mark or settle."""

    def sent(self) -> None:
        """A call that was let in goes out."""

    def answered(self, answer: Answer) -> None:
        """What it brought is kept; what follows from it waits."""

    def failed(self, error: Exception, *, sent: bool) -> None:
        """Nothing was held for it."""
