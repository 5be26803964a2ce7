"""Whether trying a dead letter again can come to anything. Pure."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from enrichment.store.replays import Candidate
from schemas.codes import NON_DETERMINISTIC_CODES, Code
from schemas.source import InlineSource, Source

#: replay: it is tried again. All others are refused, at no cost, for the reason that they name.
Prospect: TypeAlias = Literal["replay", "futile", "needs_refetch", "not_refetchable", "not_open", "unknown_source"]

#: Causes that lie outside of payload, plan, gate and target: what the user's table refuses depends on what stands in
#: it and on its constraints, and who tampered with a row is not known to do so again.
_OUTSIDE: Final = frozenset({Code.TARGET_REFUSED.value, Code.TAMPERED.value})

#: Why a replay is refused, and what a person can do then.
REASONS: Final[dict[Prospect, str]] = {
    "futile": "payload, plan, target, source settings and gate are what they were when it failed",
    "needs_refetch": "no payload of the record is stored",
    "not_refetchable": "no payload of the record is stored, and its source cannot be asked for it again by itself",
    "not_open": "only an open letter is tried again",
    "unknown_source": "its source or target is not configured any more",
}
ADVICE: Final[dict[Prospect, str]] = {
    "futile": "change the plan, the target or the source's settings; or refetch, if the source has mended the record",
    "needs_refetch": "replay with --refetch (refetch = true)",
    "not_refetchable": "submit its record anew, with a key of its own where it shared one; then discard the letter",
    "not_open": "a permanent or discarded letter can be reopened; one that is replaying has to end first",
    "unknown_source": "configure it again, or discard the letter",
}
#: Both in one, where there is no place for a hint.
EXPLANATIONS: Final = {word: f"{reason}; {ADVICE[word]}" for word, reason in REASONS.items()}


def prospect(letter: Candidate, source: Source | None, *, target_known: bool, refetch: bool) -> Prospect:
    """Say what would become of a letter if it were tried again."""
    if letter.state != "open":
        return "not_open"
    if source is None or not target_known:
        return "unknown_source"
    # A double was told apart by its content; there is no asking for it by name.
    lost = letter.code == Code.DUPLICATE_KEY or isinstance(source, InlineSource)
    if refetch:
        return "not_refetchable" if lost else "replay"
    if letter.member is None:
        return "not_refetchable" if lost else "needs_refetch"
    if letter.changed or letter.code in NON_DETERMINISTIC_CODES or letter.code in _OUTSIDE:
        return "replay"
    return "futile"
