"""The work itself: who does it, whether it moves, and what it fails on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from enrichment import freezing
from enrichment.breaking.machine import PASSING
from enrichment.model.prompts import PROMPT_VERSION
from enrichment.store import breakers, evaluations, fleet, freezes, grants, health, obstacles, target_table
from enrichment.store.database import Database
from enrichment.waiting_words import spent_budget
from schemas.errors import AssayError
from schemas.target import Target
from tasks.queues import ROLES
from workers.doctor.finding import Finding, odd, well, wrong
from workers.settings import Settings

#: Seconds without a sign of life: workers beat every three, the dispatcher every one.
_SILENT = 15.0
#: Seconds for which published work may wait unclaimed.
_STALLED = 120.0
_SEATLESS = 5.0


def dispatcher(database: Database) -> Finding:
    with database.transaction() as tx:
        age = health.seat_age(tx)
    if age is None:
        return wrong("dispatcher", "none has ever run", "start the fleet: assay up --detach; or: assay dispatcher")
    if age > _SEATLESS:
        return wrong("dispatcher", f"silent for {age:.0f} s", "start one: assay dispatcher; see its log")
    return well("dispatcher", f"beat {age:.1f} s ago")


def workers(database: Database) -> Iterator[Finding]:
    """One worker at least of each role. Threads boot with their first piece of work, so absence alone is no fault."""
    with database.transaction() as tx:
        alive = fleet.alive(tx, seconds=_SILENT)
        busy = health.busy_stages(tx)
    found = {role: [one for one in alive if one["role"] == role] for role in ROLES}
    for role, mine in found.items():
        if mine:
            yield well("workers", f"{role}: {len(mine)} process{'es' if len(mine) > 1 else ''}")
        elif busy.isdisjoint(ROLES[role].stages):
            yield well("workers", f"{role}: has had nothing to do yet")
        else:
            yield odd("workers", f"{role}: none has shown itself", f"start one: assay worker {role}; see its log")
    versions = sorted({one["code_version"] for one in alive})
    if len(versions) > 1:
        yield odd("workers", f"run different versions: {', '.join(versions)}", "restart those that were not upgraded")


def queues(database: Database) -> Iterator[Finding]:
    with database.transaction() as tx:
        stalled = health.stalled_queues(tx, seconds=_STALLED)
    for queue in stalled:
        role = next((role.name for role in ROLES.values() if queue.stage in role.stages), "?")
        lane = " --isolated" if queue.lane == "isolation" else ""
        yield wrong(
            "queues",
            f"{queue.works} works of {queue.stage} wait unclaimed, the oldest for {queue.seconds:.0f} s",
            f"is there a worker? start one: assay worker {role}{lane}",
        )
    if not stalled:
        yield well("queues", "nothing published waits unclaimed for long")


def letters(database: Database) -> Finding:
    with database.transaction() as tx:
        counted = health.letters_by_age(tx)
    if counted.last_hour > max(10, counted.hour_before * 2):
        return odd(
            "dead letters",
            f"{counted.last_hour} in the last hour, {counted.hour_before} in the one before; {counted.open} are open",
            "see what they have in common: assay dlq stats",
        )
    return well("dead letters", f"{counted.open} open, {counted.last_hour} in the last hour")


def names(database: Database, settings: Settings, targets: Mapping[str, Target]) -> Iterator[Finding]:
    """Open jobs that name what the configuration does not know can never end."""
    with database.transaction() as tx:
        open_jobs = health.named_by_open_jobs(tx)
    missing = [
        (job, what, name)
        for job, source, target in open_jobs
        for what, name, known in (("source", source, settings.sources), ("target", target, targets))
        if name not in known
    ]
    for job, what, name in missing:
        said = f"job {job} names the {what} {name!r}, which is not configured"
        yield wrong("jobs", said, f"add it, or: assay jobs cancel {job}")
    if not missing:
        yield well("jobs", "all open jobs name what is configured")


def abandoned(database: Database) -> Iterator[Finding]:
    """What nobody works on any more though it counts as on its way: somebody edited the tables."""
    with database.transaction() as tx:
        found = health.abandoned(tx)
    for one in found:
        remedy = (
            "cancel the job and submit it again"
            if one.work is None
            else f"take the edit back: UPDATE assay.work SET status = 'ready' WHERE id = {one.work};"
        )
        yield wrong(
            "work", f"{one.records} records of job {one.job} are on their way, but no open work has them", remedy
        )
    if not found:
        yield well("work", "every record on its way has work that is open")


def stopped(database: Database) -> Iterator[Finding]:
    """Breakers that hold work back."""
    with database.transaction() as tx:
        found = breakers.listing(tx, open_only=True)
    for one in found:
        until = "" if one.breaker.until is None else f" until {one.breaker.until:%H:%M:%S} UTC"
        if one.breaker.state in PASSING:
            said = f"{one.key.text} lets everything pass on a person's word{until}: {one.breaker.reason}"
            yield odd(
                "breakers", said, f"it judges by itself again then; to stop it before: assay breakers open {one.id}"
            )
            continue
        said = f"{one.key.text} is {one.breaker.state}{until}: {one.breaker.reason}; {one.waiting} works wait"
        remedy = f"it probes by itself; once mended: assay breakers close {one.id} --reason ..."
        yield odd("breakers", said, remedy)
    if not found:
        yield well("breakers", "all are closed")


def spent(database: Database) -> Iterator[Finding]:
    """Budgets that are used up: nothing fails, and nothing that a model has to be asked for goes on."""
    with database.transaction() as tx:
        found = health.spent_budgets(tx)
    for one in found:
        what, remedy = spent_budget(one.budget)
        until = "" if one.until is None else f" until {one.until:%Y-%m-%d %H:%M} UTC"
        works = "1 work waits" if one.works == 1 else f"{one.works} works wait"
        yield odd("budgets", f"{what} is used up; {works}{until}", remedy)
    if not found:
        yield well("budgets", "no work waits on one")


def frozen(database: Database) -> Iterator[Finding]:
    """What an operator has stopped, which nobody should have to find out from what does not happen."""
    with database.transaction() as tx:
        found = freezes.listing(tx)
    for one in found:
        which = f" --source {one.source}" if one.source else ""
        yield odd("frozen", freezing.told(one), f"nothing is written or asked; let it go on: assay thaw{which}")
    if not found:
        yield well("frozen", "nothing is")


def tables(database: Database, targets: Mapping[str, Target]) -> Iterator[Finding]:
    for target in targets.values():
        try:
            with database.transaction() as tx:
                obstacles.require_writable(tx, target_table.resolve(tx, target))
                grants.check(tx, target)
        except AssayError as error:
            yield wrong("targets", error.message, error.hint)
        else:
            yield well("targets", f"{target.name}: its table has every column and takes rows; each role has its rights")


def evaluated(database: Database, asked: Iterable[tuple[str, str]], *, offline: bool) -> Iterator[Finding]:
    """What `assay eval` last said of each model with today's prompt."""
    for task, model in asked:
        with database.transaction() as tx:
            last = evaluations.latest(tx, task=task, model=model, prompt_version=PROMPT_VERSION)
        said = f"{model} for {task}"
        if last is None and offline:
            yield well("evaluation", f"{said}: not evaluated on this database (assay eval); it always answers the same")
        elif last is None:
            yield odd("evaluation", f"{said}: never evaluated with prompt {PROMPT_VERSION}", "run: assay eval")
        elif last.verdict == "fail":
            yield wrong("evaluation", f"{said}: failed, workers refuse it", "see: assay eval --stored")
        elif last.verdict == "inconclusive":
            yield odd("evaluation", f"{said}: {last.passed} of {last.cases} cases prove nothing", "run: assay eval")
        else:
            yield well("evaluation", f"{said}: {last.passed} of {last.cases} cases passed")
