from __future__ import annotations

from datetime import UTC, datetime

import pytest

from enrichment.members import Member
from enrichment.replaying.prospects import EXPLANATIONS, prospect
from enrichment.store.replays import Candidate
from schemas.codes import NON_DETERMINISTIC_CODES
from schemas.source import FileSource, InlineSource, Source

FILE = FileSource(name="dump", connector="file", path="x.jsonl")
INLINE = InlineSource(name="pushed", connector="inline")


def letter(
    *, code: str = "type", state: str = "open", stored: bool = True, changed: frozenset[str] = frozenset()
) -> Candidate:
    member = Member("1", 1, 1, 0) if stored else None
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Candidate(
        1, state, "dump", "company", "1", place=False, code=code, cursor=None, updated_at=at, member=member,
        changed=changed,
    )  # fmt: skip


def word(found: Candidate, source: Source | None = FILE, *, known: bool = True, refetch: bool = False) -> str:
    return prospect(found, source, target_known=known, refetch=refetch)


def test_what_nothing_has_changed_for_is_futile() -> None:
    assert word(letter()) == "futile"


@pytest.mark.parametrize("cause", ["payload", "plan", "gate", "target"])
def test_any_one_changed_cause_is_enough(cause: str) -> None:
    assert word(letter(changed=frozenset({cause}))) == "replay"


@pytest.mark.parametrize("code", [*sorted(NON_DETERMINISTIC_CODES), "target_refused", "tampered"])
def test_codes_whose_cause_lies_elsewhere_are_never_futile(code: str) -> None:
    assert word(letter(code=code)) == "replay"


def test_without_a_payload_only_the_source_can_help() -> None:
    assert word(letter(stored=False)) == "needs_refetch"
    assert word(letter(stored=False), refetch=True) == "replay"
    assert word(letter(stored=False), INLINE) == "not_refetchable"
    assert word(letter(), INLINE, refetch=True) == "not_refetchable"


def test_a_double_cannot_be_asked_for_by_name() -> None:
    assert word(letter(code="duplicate_key", stored=False), refetch=True) == "not_refetchable"
    # ... and nobody is told to do so
    for source in (FILE, INLINE):
        assert word(letter(code="duplicate_key", stored=False), source) == "not_refetchable"
    assert "submit its record anew" in EXPLANATIONS["not_refetchable"]


@pytest.mark.parametrize("state", ["replaying", "resolved", "discarded", "permanent"])
def test_only_open_letters_are_tried(state: str) -> None:
    assert word(letter(state=state, changed=frozenset({"plan"}))) == "not_open"


def test_what_is_not_configured_any_more_is_refused() -> None:
    assert word(letter(changed=frozenset({"gate"})), None) == "unknown_source"
    assert word(letter(changed=frozenset({"gate"})), known=False) == "unknown_source"


def test_every_refusal_is_explained() -> None:
    assert set(EXPLANATIONS) == {"futile", "needs_refetch", "not_refetchable", "not_open", "unknown_source"}
