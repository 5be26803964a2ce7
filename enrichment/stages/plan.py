"""plan: how the records of one shape fill the target. Cheapest first and per binding: what stands already, the matcher,
the small model, the large one for what the small one's answer was refused for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from enrichment import chunks, questions, succeeding
from enrichment.asking import Asks
from enrichment.breaking import guarding
from enrichment.breaking.proposing import Planner
from enrichment.context import Context
from enrichment.gate import plan_report
from enrichment.plan_progress import Progress
from enrichment.plan_question import Question, evidence_of
from enrichment.plan_sample import plan_sample
from enrichment.plan_search import propose_once, search
from enrichment.plan_standing import LEFT_EMPTY, Standing, beside, fallen_document, standing_of
from enrichment.plan_stored import declared, with_stored
from enrichment.sampling import sample_fields
from enrichment.stages.outcome import Finish, Outcome
from enrichment.store import artifacts, breakers, new_plans, plan_notes, plans, reviews, shapes
from enrichment.store import work as work_rows
from enrichment.store.database import Tx
from enrichment.store.new_plans import NewPlan
from enrichment.store.plans import PlanRow
from enrichment.store.work import Claimed
from enrichment.succeeding import Compared
from enrichment.trusting import trusted_rows
from schemas.errors import ConfigurationError
from schemas.plan import Origin, PlanBody, PlanState, Refusal
from schemas.shape import ShapeView
from schemas.target import Target


@dataclass(frozen=True, slots=True)
class Proposed:
    """What was found for a shape; `body` is null where too much was refused or there was nothing to plan for.

    serves: the plan in force as the search began; shadow: how it compares with that one
    """

    view: ShapeView
    predecessor: PlanRow | None
    serves: int | None
    standing: Standing
    progress: Progress
    body: PlanBody | None
    records: int
    evidence: Mapping[str, Any] = field(default_factory=dict)
    shadow: Compared | None = None


@dataclass(frozen=True, slots=True)
class Probed:
    """A question that was asked for the sake of a breaker; false where nothing of the shape is left to ask about."""

    asked: bool


def ask_planner(context: Context, work: Claimed) -> Proposed | Probed:
    """Sample the shape and search for a plan. Every answered call is kept, so that a crash asks nothing twice."""
    source, target = context.source(work.source), context.target(work.target)
    with context.database.transaction() as tx:
        view = shapes.get(tx, work.shape_id or 0)
        latest = plans.latest(
            tx, source=source.name, target=target.name, target_version=target.version, shape_id=view.id
        )
        before = succeeding.stands_before(tx, latest)
        serves = succeeding.in_force(tx, source.name, target, view.id)
        standing = standing_of(before, view, constants=source.constants)
        if latest is not None and before is not None and latest.id != before.id:
            standing = beside(standing, latest)
        if before is None or before.state == PlanState.REFUSED:
            earlier = plans.latest_of_others(
                tx, source=source.name, target=target.name, target_version=target.version, shape_id=view.id
            )
            standing = with_stored(standing, earlier, target)
        sample = plan_sample(context, tx, source, view, oldest=bool(standing.lost))
        trusted = trusted_rows(tx, target, sample)
        progress = Progress.load(artifacts.get(tx, work.id, "plan"))
    model = work.args.get("probe")
    if not sample and model is not None:
        return Probed(asked=False)
    if not sample or (standing.nothing_new and model is None):
        return Proposed(view, before, serves, standing, progress, None, len(sample))
    question = Question(
        source=source,
        target=target,
        shape=str(view.id),
        fields=sample_fields(sample),
        records=sample,
        standing=standing,
        trusted=trusted,
    )
    if model is not None:
        return _probe(context, work, question, str(model))
    planner = _planner(context, work, target.version, progress)

    def save() -> None:
        _save(context, work, progress)
        planner.judged()

    with guarding.passing(context.database, [planner.matcher], work.id):
        body = search(question, progress, planner, work, save=save)
    planner.matched()
    evidence = {} if body is None else plan_report.report(evidence_of(question, body.bindings))
    compared = _in_shadow(context, before, body)
    return Proposed(view, before, serves, standing, progress, body, len(sample), evidence, compared)


def _in_shadow(context: Context, before: PlanRow | None, body: PlanBody | None) -> Compared | None:
    """A successor beside the plan in force, over records that this one serves."""
    if before is None or body is None or before.state not in succeeding.IN_FORCE:
        return None
    with context.database.transaction() as tx:
        served = succeeding.records_served(context, tx, before)
    return succeeding.compare(context, before, body, served)


def _probe(context: Context, work: Claimed, question: Question, model: str) -> Probed:
    """Ask once more about the shape whose last proposal was refused. Only the breaker learns from it.

    Where a plan serves the shape by now, and nothing of it is open, it is asked about all that never fell: a breaker
    that has no other probe would stay half open, and keep what waits for it, for ever.
    """
    sound = frozenset(question.target.by_name) - question.standing.fallen.keys()
    whole = replace(question.standing, kept={}, settled={}, stored={}, asked=sound, pointers=None, lost=frozenset())
    for standing in (whole,) if question.standing.nothing_new else (question.standing, whole):
        progress = Progress()
        planner = _planner(context, work, question.target.version, progress)
        if planner.key(model).text != work.args["key"]:
            # The target or the prompt is another one by now; nobody works under that key any more.
            return Probed(asked=False)
        if propose_once(replace(question, standing=standing), progress, planner, work, model=model):
            planner.judged()
            return Probed(asked=True)
    return Probed(asked=False)


def _planner(context: Context, work: Claimed, target_version: str, progress: Progress) -> Planner:
    return Planner(_asker(context), context.database, work, target_version=target_version, progress=progress)


def _asker(context: Context) -> Asks:
    if context.asking is None:
        raise ConfigurationError("this process has no model", hint="judge and plan work belong to the model role")
    return context.asking


def _save(context: Context, work: Claimed, progress: Progress) -> None:
    with context.database.transaction() as tx:
        work_rows.hold(tx, work)
        artifacts.put(tx, work.id, "plan", progress.dump())


def store_plan(context: Context, tx: Tx, work: Claimed, proposed: Proposed | Probed) -> Outcome:
    """Store what was found, put its fields on probation, and take the records that waited for it back into flight."""
    if isinstance(proposed, Probed):
        if not proposed.asked:
            breakers.forget_shape(tx, work.args["key"])
        return Finish({"probed": int(proposed.asked)})
    source, target = context.source(work.source), context.target(work.target)
    before = proposed.predecessor
    if before is not None:
        # The search took its time: a field that fell meanwhile hands its binding on to nobody as released.
        before = plans.get(tx, before.id, lock="UPDATE")
    if proposed.records == 0:
        return Finish({"records": 0})
    pointers = sorted(proposed.view.pointers)
    serving = before if before is not None and before.state in succeeding.IN_FORCE else None
    now = None if serving is not None else succeeding.in_force(tx, source.name, target, proposed.view.id)
    if now is not None and now != proposed.serves:
        _release_held(context, tx, now)  # brought, or restored, during the search: a second plan would serve nobody
        return Finish({"late": 1})
    denied = proposed.progress.denied if serving is not None else frozenset()
    # What may be left to a person while a plan serves may not where that one fell during the search.
    enough = _gained(serving, proposed.body) if serving is not None else not proposed.progress.denied
    gained = proposed.body is not None and enough
    if serving is not None and not gained and not denied:
        _stay_with(context, tx, serving, None if proposed.standing.nothing_new else pointers)
        return Finish({"gained": 0})
    body = proposed.body or PlanBody()
    differs = proposed.shadow.unexplained if proposed.shadow is not None and gained else ()
    keyless = _left_empty(target, body, proposed.progress.tried) if serving is None else ()
    refused = not gained or bool(differs) or bool(keyless)
    plan_id = new_plans.add(
        tx,
        NewPlan(
            source=source.name,
            target=target.name,
            target_version=target.version,
            shape_id=proposed.view.id,
            shape_revision=proposed.view.revision,
            state=PlanState.REFUSED if refused else PlanState.PROBATION,
            body=body,
            refusals=[
                r.model_dump(mode="json") for r in (*proposed.progress.refusals, *map(_differs, differs), *keyless)
            ],
            evidence={
                "pointers": pointers,
                "records": proposed.records,
                "asked": _asked(before),
                "since": succeeding.since(before),
                "models": _names(context),
                "declared": declared(target),
                "bindings": proposed.evidence,
                "fallen": fallen_document(proposed.standing),
                **({} if proposed.shadow is None else {"shadow": proposed.shadow.document()}),
            },
            model=proposed.progress.model,
            prompt_version=proposed.progress.prompt_version,
            source_digest=source.settings_digest,
            predecessor=serving.id if serving is not None else None,
            work_id=work.id,
        ),
        [] if refused else succeeding.fields(before, body),
    )
    plan = plans.get(tx, plan_id)
    reviews.ask(tx, *_questions(tx, plan, serving, denied=denied, differs=bool(differs), job_id=work.job_id))
    if refused:
        if serving is not None:
            _stay_with(context, tx, serving, pointers)
        return Finish({"refused": 1})
    if serving is not None:
        succeeding.file_sample(context, tx, plan, limit=context.tuning.successor_sample)
    else:
        _release_held(context, tx, plan_id)
    return Finish({"bound": len(body.bindings)})


def _stay_with(context: Context, tx: Tx, serving: PlanRow, pointers: Sequence[str] | None) -> None:
    """Leave the plan in force as it is, which was asked about with these pointers; null where nobody was asked."""
    if pointers is not None:
        plan_notes.asked(tx, serving.id, pointers, replaced=sorted(serving.condemned))
    # Records may have been held while the plan in force was being stored, or by one that it has superseded.
    _release_held(context, tx, serving.id)


def _questions(
    tx: Tx, plan: PlanRow, serving: PlanRow | None, *, denied: Collection[str], differs: bool, job_id: int | None
) -> Iterator[reviews.Question]:
    """What a person is asked about a plan that was just stored. Beside one that serves on no record waits for it."""
    if serving is None:
        if plan.state == PlanState.REFUSED:
            yield questions.about_plan(tx, plan, rule="plan_refused", job_id=job_id)
        return
    if denied:
        yield questions.about_replacement(tx, plan, fields=sorted(denied), in_force=serving.id, job_id=job_id)
    if differs:
        yield questions.about_successor(tx, plan, job_id=job_id)


def _names(context: Context) -> dict[str, str]:
    """Which model stands behind an origin."""
    models = _asker(context).models
    return {str(Origin.SMALL): models.small, str(Origin.LARGE): models.large}


def _gained(before: PlanRow, body: PlanBody | None) -> bool:
    if body is None:
        return False
    standing = {b.target for b in before.body.bindings} - before.condemned
    return bool({b.target for b in body.bindings} - standing)


def _asked(before: PlanRow | None) -> int:
    return 0 if before is None else int(before.evidence.get("asked", 0)) + 1


def _left_empty(target: Target, body: PlanBody, tried: Collection[str]) -> tuple[Refusal, ...]:
    """Fields without which no record is written, and for which the source may well have something.

    Under such a plan every record would be given up on, which is the plan's fault and not theirs. What a source does
    not have (`absent`) is another matter: its records say so one by one. Not so where the same search bound the field,
    and only the refusal made it `absent`: who gives up has not looked whether there is nothing.

    tried: fields of which a binding of this search was refused
    """
    needed = {f.name for f in target.fields if f.required or f.identity}
    message = "no record can be written without it, and no field of the source was found to be it for certain"
    return tuple(
        Refusal(target=a.target, rule=LEFT_EMPTY, message=message)
        for a in body.abstained
        if a.target in needed and (a.reason != "absent" or a.target in tried)
    )


def _differs(what: str) -> Refusal:
    return Refusal(target=None, rule=questions.SUCCESSOR_DIFFERS, message=what)


def _release_held(context: Context, tx: Tx, plan_id: int) -> None:
    plan = plans.get(tx, plan_id)
    chunks.release_held(
        tx, source=plan.source, target=plan.target, shape_id=plan.shape_id, size=context.tuning.chunk_size
    )
