"""What a job that goes on waits for, in words: on what, how much of it, since when, and which command helps. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from enrichment import questions, waiting_words
from enrichment.store.jobs import JobRow
from enrichment.store.waits import Asked, HeldRecords, WaitingWork
from enrichment.waiting_words import Seen, Wait
from schemas.states import JobState

#: Questions that stand in the way of a plan for a shape.
_NO_PLAN: Final = frozenset({"plan_refused", "shape_keeps_widening", "attempts_exhausted", "poison"})
#: Kinds of work of which a job is over only with the last: chunks, and the look whether its unchanged rows are there.
_OWN: Final = frozenset({"chunk", "refold"})


def waits(seen: Seen) -> list[dict[str, Any]]:
    """All that a job waits for, each thing once; nothing of a job that is being worked on, or has ended."""
    found = [*_by_state(seen.job), *_nobody(seen), *_reviews(seen), *_held(seen)]
    found += [_of_work(seen, work) for work in seen.works if work.own and work.kind in _OWN]
    merged: dict[tuple[str, str], Wait] = {}
    for one in found:
        before = merged.get((one.on, one.says))
        merged[one.on, one.says] = one if before is None else _together(before, one)
    return [one.document() for one in merged.values()]


def _together(one: Wait, other: Wait) -> Wait:
    counted = [records for records in (one.records, other.records) if records is not None]
    return Wait(
        one.on,
        one.says,
        one.command,
        one.works + other.works,
        sum(counted) if counted else None,
        min((at for at in (one.since, other.since) if at is not None), default=None),
        min((at for at in (one.until, other.until) if at is not None), default=None),
    )


def _by_state(job: JobRow) -> list[Wait]:
    if job.state == JobState.PAUSED:
        return [Wait("paused", "a person paused it", f"assay jobs resume {job.id}")]
    if job.state == JobState.RECEIVING:
        return [Wait("sender", f"its sender: {job.batches} batches are in, and it is not sealed yet")]
    return []


def _nobody(seen: Seen) -> list[Wait]:
    """Work that could be done, were somebody there to do it."""
    found = []
    for one in seen.unclaimed:
        if one.published:
            says = f"a worker that takes {one.stage} work"
        elif seen.silent is not None:
            says = f"a dispatcher: none has shown itself for {seen.silent:,.0f} s"
        else:
            continue
        found.append(Wait("fleet", says, "assay doctor", one.works, since=one.since))
    return found


def _reviews(seen: Seen) -> list[Wait]:
    """Records of which a person has to say what becomes of them."""
    rows = [one for one in seen.asked if one.records is not None]
    found = [_question(one, one.records) for one in rows]
    if seen.review and not rows:
        found.append(Wait("review", "a person's decision", "assay reviews list", records=seen.review))
    return found


def _question(one: Asked, records: int | None) -> Wait:
    meaning = questions.MEANING.get(one.rule, one.rule.replace("_", " "))
    several = one.questions > 1
    says = f"a person's answer{f' to {one.questions:,} questions' if several else ''}: {meaning}"
    command = "assay reviews list" if several else f"assay reviews show {one.id}"
    return Wait("review", says, command, records=records, since=one.since)


def _held(seen: Seen) -> list[Wait]:
    found = []
    for held in seen.held:
        if held.staged:
            about = [one for one in seen.asked if one.plan is not None and one.plan == held.plan]
            works = [work for work in seen.works if work.kind in {"judge", "merge"} and work.plan == held.plan]
        else:
            about = [one for one in seen.asked if one.shape == held.shape and one.rule in _NO_PLAN]
            works = [work for work in seen.works if work.kind == "plan" and work.shape == held.shape]
        if works:
            found += _of_held(seen, works, held)
        elif about:
            # what rows ask for themselves has been told with its records
            found += _behind([one for one in about if one.records is None], held.records)
        elif held.staged:
            says = f"the audit of plan {held.plan} to look at enough of its rows"
            found.append(Wait("audit", says, f"assay plans show {held.plan}", records=held.records))
        else:
            found.append(Wait("plan", f"a plan for shape {held.shape}, which is being made", records=held.records))
    return found


def _behind(about: Sequence[Asked], records: int) -> list[Wait]:
    """Questions that the same records wait for: of one rule the newest is named, and the newest of all counts them."""
    by_rule: dict[str, list[Asked]] = {}
    for one in sorted(about, key=lambda asked: asked.id, reverse=True):
        by_rule.setdefault(one.rule, []).append(one)
    found = []
    for place, alike in enumerate(by_rule.values()):
        wait = _question(replace(alike[0], questions=len(alike)), None if place else records)
        since = min(one.since for one in alike)
        found.append(replace(wait, command=f"assay reviews show {alike[0].id}", since=since))
    return found


def _of_held(seen: Seen, works: Sequence[WaitingWork], held: HeldRecords) -> list[Wait]:
    """Records that wait for work that waits itself; the same records, however much work of one kind they wait for."""
    by_words: dict[str, Wait] = {}
    for work in works:
        one = _of_work(seen, work)
        says = f"{_missing(work, held)}, which waits for {one.says}"
        by_words[says] = _together(by_words[says], one) if says in by_words else replace(one, says=says)
    return [replace(one, records=held.records) for one in by_words.values()]


def _missing(work: WaitingWork, held: HeldRecords) -> str:
    """What held records lack, as far as this work is to bring it: a merge that failed needs no audit any more."""
    if not held.staged:
        return f"a plan for shape {held.shape}"
    failed = work.kind == "merge" and work.waits_on is None
    return f"the writing of what plan {held.plan} released" if failed else f"the audit of plan {held.plan}"


def _of_work(seen: Seen, work: WaitingWork) -> Wait:
    found = waiting_words.told(seen, work)
    since, until = found.since or work.since, work.until or found.until
    return replace(found, works=work.works, records=work.records, since=since, until=until)
