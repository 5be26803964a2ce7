"""How one thing that work waits on is told: its class, words for people, and the command that helps. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from enrichment import freezing
from enrichment.store.breakers import Kept
from enrichment.store.freezes import Freeze
from enrichment.store.jobs import JobRow
from enrichment.store.waits import Asked, HeldRecords, Unclaimed, WaitingWork

_SCOPES: Final = {"day": "the day {}", "fleet": "the month {}", "job": "job {}", "source": "source {}"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the tables say of one job. `silent`: seconds without a sign of a dispatcher, where that is long."""

    job: JobRow
    review: int = 0
    works: Sequence[WaitingWork] = ()
    held: Sequence[HeldRecords] = ()
    asked: Sequence[Asked] = ()
    unclaimed: Sequence[Unclaimed] = ()
    breakers: Mapping[str, Kept] = field(default_factory=dict)
    freezes: Sequence[Freeze] = ()
    silent: float | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that is waited for. `on` is its class, one word for programs; `says` is for people."""

    on: str
    says: str
    command: str | None = None
    works: int = 0
    records: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def document(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("on", "says", "works", "records", "since", "until", "command")}


def told(seen: Seen, work: WaitingWork) -> Wait:
    """What this work waits on, as far as that says; how much of it waits is for the caller to add."""
    return _TOLD.get(_head(work), _other)(seen, work)


def _head(work: WaitingWork) -> str:
    return "" if work.waits_on is None else work.waits_on.partition(":")[0]


def _rest(work: WaitingWork) -> str:
    return (work.waits_on or "").partition(":")[2]


def _after(work: WaitingWork) -> str:
    message = (work.error or {}).get("message")
    return f", after: {message}" if message else ""


def _retry(_: Seen, work: WaitingWork) -> Wait:
    return Wait("retry", f"its next attempt at {work.stage}{_after(work)}")


def _breaker(seen: Seen, work: WaitingWork) -> Wait:
    key = _rest(work)
    if (kept := seen.breakers.get(key)) is None:
        return Wait("breaker", f"the breaker {key}", "assay breakers list")
    says = f"the breaker {key}, which is {kept.breaker.state.replace('_', ' ')}: {kept.breaker.reason}"
    command = f"assay breakers show {kept.id}"
    return Wait("breaker", says, command, since=kept.updated_at, until=kept.breaker.until)


def spent_budget(budget: str) -> tuple[str, str]:
    """A budget (`source:crm`) that is used up, and the command that raises it."""
    scope, _colon, key = budget.partition(":")
    named = f" {key}" if scope in {"job", "source"} else ""
    what = f"the budget of {_SCOPES.get(scope, 'every call').format(key)}"
    return what, f"assay budget raise {scope}{named} --tokens N (or --money N)"


def _budget(_: Seen, work: WaitingWork) -> Wait:
    what, command = spent_budget(_rest(work))
    if _head(work) == "room":
        return Wait("budget", f"room in {what}, which calls under way have reserved", "assay budget")
    return Wait("budget", f"{what}, which is used up", command)


def _rate(seen: Seen, work: WaitingWork) -> Wait:
    """What a server asked for ends by itself; nobody can take it back for the server, but a job need not wait."""
    kind, _colon, name = _rest(work).partition(":")
    says = f"the rate limit of {name or kind}, which ends by itself"
    if kind == "host":
        says += "; where its server often asks to wait, a lower rate of the source spares that"
    return Wait("rate", says, f"wait, or give up: assay jobs cancel {seen.job.id}")


def _review(seen: Seen, work: WaitingWork) -> Wait:
    """Work that only a person's answer lets go on: about itself (`work:17`), or about its source (`crm:its_code`)."""
    rest = _rest(work)
    subject = rest if rest.startswith("work:") else f"source:{rest.rpartition(':')[0]}"
    asked = next((one for one in seen.asked if one.subject == subject), None)
    command = "assay reviews list" if asked is None else f"assay reviews show {asked.id}"
    return Wait("review", f"a person's answer{_after(work)}", command, since=None if asked is None else asked.since)


def _held_cap(_: Seen, work: WaitingWork) -> Wait:
    source = _rest(work)
    says = f"held records of source {source}: with those on their way they are as many as may be, so no more is fetched"
    return Wait("held_cap", says, f"assay plans list --source {source}")


def _source_idle(_: Seen, work: WaitingWork) -> Wait:
    return Wait("source_idle", f"more records of source {_rest(work)}, or the end of its fetches")


def _frozen(seen: Seen, _: WaitingWork) -> Wait:
    freeze = next((one for one in seen.freezes if one.source in {"", seen.job.source}), None)
    if freeze is None:
        return Wait("frozen", "its next look: nothing is frozen any more")
    which = f" --source {freeze.source}" if freeze.source else ""
    return Wait("frozen", f"a thaw: {freezing.told(freeze)}", f"assay thaw{which}", since=freeze.created_at)


def _model(seen: Seen, work: WaitingWork) -> Wait:
    """It is asked ever more seldom, and at last tomorrow: whoever has mended it need not wait for that."""
    quota = _rest(work) == "quota"
    what = "the model's provider, whose quota is used up" if quota else "the model, which keeps failing"
    stopped = [kept.id for kept in seen.breakers.values() if kept.key.kind == "model"]
    which = f"{stopped[0]}" if len(stopped) == 1 else "ID (assay breakers list)"
    command = f"assay doctor; once it is mended, to ask at once: assay breakers close {which} --reason mended"
    return Wait("model", what + _after(work), command)


def _evaluation(_: Seen, work: WaitingWork) -> Wait:
    return Wait("evaluation", f"an evaluation that model {_rest(work)} passes", "assay eval")


def _newer(_: Seen, work: WaitingWork) -> Wait:
    return Wait("upgrade", f"workers of a newer release{_after(work)}", "assay doctor")


def _other(_: Seen, work: WaitingWork) -> Wait:
    return Wait(_head(work), f"{work.waits_on}{_after(work)}", "assay doctor")


#: What stands before the first colon of `waits_on` -> how it is told.
_TOLD: Final[Mapping[str, Callable[[Seen, WaitingWork], Wait]]] = {
    "": _retry,
    "breaker": _breaker,
    "budget": _budget,
    "room": _budget,
    "rate": _rate,
    "review": _review,
    "held": _held_cap,
    "source_idle": _source_idle,
    freezing.WAITS_ON: _frozen,
    "model": _model,
    "evaluation": _evaluation,
    "newer_release": _newer,
}
