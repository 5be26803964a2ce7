"""Faults that are a matter of who comes when: the parties are held at a point until they really meet.

Each has two parts: what is arranged before anything is submitted, and what is done after.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import psutil

from benchmarks.chaos.configuration import PAIR
from benchmarks.chaos.ground import Ground
from benchmarks.chaos.meetings import BLOCKED, OVER
from benchmarks.chaos.started import until

Arrange = Callable[[Ground, Sequence[str]], None]
Act = Callable[[Ground, Sequence[str], random.Random], None]
#: The field that a person condemns while a merge relies on it.
FALLEN: Final = "website"
#: Seconds from the end of a lease until somebody else has to have the work.
_TAKEN_OVER: Final = 30.0
#: Money that is left of a cap, and by which it is raised.
_ROOM: Final = 0.03
#: Whether a job has not ended.
_OPEN: Final = "SELECT 1 FROM job WHERE state <> ALL(ARRAY['done', 'partial', 'failed', 'cancelled'])"
#: Seconds that a stage takes which is longer than a lease and shorter than its deadline.
_LONG: Final = 13.0


@dataclass(frozen=True)
class Race:
    """`sources`: those it needs; "fresh" is one without a plan. `records`: how many, of those that stand already if
    `again`. `kills`: whether it may end or hold up workers.
    """

    arrange: Arrange
    act: Act
    sources: tuple[str, ...] = ("main",)
    records: int = 80
    again: bool = False
    kills: bool = True
    fallen: frozenset[str] = frozenset()


def _meet_at_keys(ground: Ground, sources: Sequence[str]) -> None:
    """Two merges of the same keys fold when both have appended, unless one has to wait for the other's locks."""
    ground.meetings.arrange(
        "append",
        stages=("upsert", "merge"),
        sources=tuple(sources),
        enough="(SELECT last_value FROM assay.meeting_append_arrived) >= 2 OR"
        f" (SELECT last_value FROM assay.meeting_append_left) >= 1 OR {BLOCKED.format(name='assay ')}",
        seconds=8.0,
        most=2,
    )


def _meet_behind_a_view(ground: Ground, sources: Sequence[str]) -> None:
    """The same, where the rows themselves cannot be locked."""
    ground.hide_table()
    _meet_at_keys(ground, sources)


def _nothing(_ground: Ground, _sources: Sequence[str], _chance: random.Random) -> None:
    """They meet by themselves."""


def _nothing_before(_ground: Ground, _sources: Sequence[str]) -> None:
    """The fleet is left alone until then."""


def _hold_merge(ground: Ground, sources: Sequence[str]) -> None:
    """A merge that has read its plan goes on once what stood under the plan was withdrawn, or who decides waits."""
    ground.meetings.arrange(
        "lock",
        stages=("upsert", "merge"),
        sources=tuple(sources),
        enough=f"EXISTS (SELECT 1 FROM assay.work WHERE kind = 'refold' AND source = '{sources[0]}'"
        f" AND status = 'done') OR {BLOCKED.format(name='assay api')}",
        seconds=15.0,
    )


def _condemn_field(ground: Ground, sources: Sequence[str], _: random.Random) -> None:
    """A person condemns a field while a merge that relies on it is under way."""
    if not until(lambda: ground.meetings.arrived("lock") > 0, seconds=60):
        ground.seen.append(("stuck", "no merge began"))
        return
    plans = ground.rows(
        "SELECT id FROM plan WHERE source = %(s)s AND state IN ('probation', 'released') ORDER BY id DESC LIMIT 1",
        s=sources[0],
    )
    ground.client().plans.condemn(plans[0]["id"], fields=[FALLEN], reason="it is wrong")


def _hold_stage(stage: str, ground: Ground, sources: Sequence[str]) -> None:
    """One start comes to its transaction and no further until the meeting is called off."""
    ground.meetings.arrange(
        "hold", stages=(stage,), sources=tuple(sources), enough=OVER.format(point="hold"), seconds=90.0
    )


def _stop_and_wake(_: Sequence[str], *, point: str, ground: Ground) -> None:
    """Stop the process that is held, see its work taken over and finished, and let it wake up to go on with it."""
    if not until(lambda: ground.meetings.pid(point) > 0, seconds=60):
        ground.seen.append(("stuck", f"nobody came to {point}"))
        return
    process = psutil.Process(ground.meetings.pid(point))
    process.send_signal(signal.SIGSTOP)
    held: list[dict[str, Any]] = []
    left: dict[int, dict[str, Any]] = {}
    try:
        held = ground.rows(
            "SELECT w.id, w.fence, w.stage FROM work w JOIN worker b ON b.boot_id = w.worker"
            " WHERE w.status = 'running' AND b.pid = %(pid)s AND b.dead_at IS NULL",
            pid=process.pid,
        )
        for row in held:
            _see_taken_over(ground, row["id"], row["fence"], row["stage"])
            left[row["id"]] = _now(ground, row["id"])
    finally:
        ground.meetings.call_off()
        process.send_signal(signal.SIGCONT)
    time.sleep(1.5)
    for work, before in left.items():
        if before["status"] == "done" and (after := _now(ground, work)) != before:
            ground.seen.append(("doubled", f"work {work} was done, and who had lost it made {after} of it"))


def _now(ground: Ground, work: int) -> dict[str, Any]:
    return ground.rows("SELECT status, stage, fence, attempts, counts FROM work WHERE id = %(id)s", id=work)[0]


def _kill_held(ground: Ground, _: Sequence[str], _chance: random.Random) -> None:
    """Kill the process that is held with -9, and see its work taken over."""
    if not until(lambda: ground.meetings.pid("hold") > 0, seconds=60):
        ground.seen.append(("stuck", "nobody came to hold"))
        return
    pid = ground.meetings.pid("hold")
    held = ground.rows(
        "SELECT w.id, w.fence, w.stage FROM work w JOIN worker b ON b.boot_id = w.worker"
        " WHERE w.status = 'running' AND b.pid = %(pid)s AND b.dead_at IS NULL",
        pid=pid,
    )
    psutil.Process(pid).kill()
    for row in held:
        _see_taken_over(ground, row["id"], row["fence"], row["stage"])
    ground.meetings.call_off()


def _see_taken_over(ground: Ground, work: int, fence: int, stage: str) -> None:
    begun = time.monotonic()
    raised = "SELECT 1 FROM work WHERE id = %(id)s AND fence > %(fence)s AND status NOT IN ('ready', 'published')"
    if not until(lambda: bool(ground.rows(raised, id=work, fence=fence)), seconds=_TAKEN_OVER):
        seconds = time.monotonic() - begun
        ground.seen.append(
            (
                "stuck",
                f"work {work} at {stage} is still held by a dead or stopped process after {seconds:.0f} s",
            )
        )
        return
    until(lambda: bool(ground.rows("SELECT 1 FROM work WHERE id = %(id)s AND status = 'done'", id=work)), seconds=60)


def _zombie(point: str, ground: Ground, sources: Sequence[str], _: random.Random) -> None:
    _stop_and_wake(sources, point=point, ground=ground)


def _hold_amid_commit(ground: Ground, sources: Sequence[str]) -> None:
    """One merge has appended its assertions and goes no further."""
    ground.meetings.arrange(
        "append",
        stages=("upsert", "merge"),
        sources=tuple(sources),
        enough=OVER.format(point="append"),
        seconds=1.0,
    )


def _take_long(ground: Ground, sources: Sequence[str]) -> None:
    """Two starts take longer than a lease, and live."""
    ground.meetings.arrange("hold", stages=("upsert",), sources=tuple(sources), enough="false", seconds=_LONG, most=3)


def _squeeze(ground: Ground, sources: Sequence[str]) -> None:
    """What is left of the day's money is enough for a call or two."""
    del sources
    ground.squeeze(_ROOM)


def _raise_by_and_by(ground: Ground, sources: Sequence[str], _: random.Random) -> None:
    """The job comes to the cap again and again; each time a person adds a little, at last enough."""
    del sources
    waiting = "SELECT 1 FROM work WHERE status = 'waiting' AND waits_on LIKE 'budget:%%'"
    for step in (*[_ROOM] * 4, 100.0):
        until(lambda: bool(ground.rows(waiting)) or not ground.rows(_OPEN), seconds=30)
        if ground.rows(waiting):
            ground.counted["stops at the cap"] += 1
        ground.client().budgets.raise_cap("day", money=str(step))


def _kill_when_told(ground: Ground, sources: Sequence[str], _: random.Random) -> None:
    """PostgreSQL is killed as soon as a producer was told that its job has ended: what was told is safe by then."""
    job = ground.rows("SELECT max(id) AS id FROM job WHERE source = %(s)s", s=sources[0])[0]["id"]
    client = ground.client()
    said = client.job(job)
    ends = time.monotonic() + 90
    while not said.is_final:
        if time.monotonic() > ends:
            ground.seen.append(("stuck", f"job {job} did not end"))
            return
        time.sleep(0.01)
        said = client.job(job)
    ground.kill_postgres()
    kept = ground.rows("SELECT state FROM job WHERE id = %(id)s", id=job)
    if [row["state"] for row in kept] != [said.state]:
        ground.seen.append(("taken back", f"job {job} was told as {said.state}, and after a crash it is {kept}"))


def _answer_late(ground: Ground, _: Sequence[str]) -> None:
    """The first call is answered when PostgreSQL is back."""
    ground.outside.model_faults.append("late")
    ground.outside.called.clear()


def _kill_at_calls(ground: Ground, _: Sequence[str], _chance: random.Random) -> None:
    """PostgreSQL is killed as soon as a request has come to the model: it is paid for, whatever becomes of it.

    At first alone: who asked lives, and settles. Then with who asked: only the books tell of the request.
    """
    for alone in (True, False, False):
        ends = time.monotonic() + 60
        while not ground.outside.called.wait(1.0):
            # once all jobs have ended nobody asks any more
            if time.monotonic() > ends or not ground.rows(_OPEN):
                return
        if not alone:
            ground.kill("model")
        ground.kill_postgres()
        ground.counted["kills amid a call to the model"] += 1
        ground.outside.called.clear()


RACES: Final[Mapping[str, Race]] = {
    "meet at the keys": Race(_meet_behind_a_view, _nothing, sources=PAIR, records=20, again=True, kills=False),
    "meet at the rows": Race(_meet_at_keys, _nothing, sources=PAIR, records=20, again=True, kills=False),
    "condemn amid a merge": Race(
        _hold_merge, _condemn_field, sources=("fresh",), records=200, kills=False, fallen=frozenset({FALLEN})
    ),
    **{
        f"zombie of {stage}": Race(partial(_hold_stage, stage), partial(_zombie, "hold"))
        for stage in ("map", "gate", "upsert")
    },
    "kill amid an upsert": Race(partial(_hold_stage, "upsert"), _kill_held),
    "zombie amid a merge": Race(_hold_amid_commit, partial(_zombie, "append")),
    "cap": Race(_squeeze, _raise_by_and_by, sources=("fresh",), records=200, kills=False),
    "kill postgres when told": Race(_nothing_before, _kill_when_told),
    "kill at a call": Race(_answer_late, _kill_at_calls, sources=("fresh",), records=200),
    "long upsert": Race(_take_long, _nothing, records=40, kills=False),
}
