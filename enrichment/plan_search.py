"""The search for a plan: at most three answered calls per part, each asking only for what is still open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from enrichment.asking import Asks, Models
from enrichment.gate.answer_text import AnswerText
from enrichment.gate.answers import PlanAnswer, parse_plan_answer
from enrichment.gate.plan_rules import refusals_of
from enrichment.gate.plan_unread import PLANNERS_FAULTS
from enrichment.gate.reading import SourceReading
from enrichment.matcher import match
from enrichment.model.map_fields import build_map_fields
from enrichment.model.parts import Part
from enrichment.model.prompts import PROMPT_VERSION
from enrichment.plan_progress import Progress
from enrichment.plan_question import Question, evidence_of, fallen_before, is_again
from enrichment.plan_settled import settled
from enrichment.ranking import narrow
from enrichment.second_opinion import compare, require_two
from enrichment.store.work import Claimed
from schemas.codes import Code
from schemas.plan import Abstention, Binding, Origin, PlanBody, Refusal
from schemas.shape import SampledField

#: Answered calls per part: small, small with the refusal, large. With a second opinion: small, large, large with the
#: disagreement.
ANSWERS = 3
#: What is bound before a model is asked.
_UNASKED: Final = frozenset({Origin.MATCHER, Origin.STORED})


def search(
    question: Question, progress: Progress, asking: Asks, work: Claimed, *, save: Callable[[], None]
) -> PlanBody | None:
    """Find a plan, or null where a part's answers were refused three times, or where a field that every row needs fell
    and nothing took its place: only a person can go on then. Where a plan serves on, what was refused three times is
    left empty: what else was found need not wait for a person.

    Every target field of the target ends in a binding or an abstention, but for those that a constant fills.

    Raises:
        ConfigurationError: the source asks for a second opinion, and there is one model only.
    """
    if question.source.second_opinion:
        require_two(asking.models, question.source.name)
    _match(question, progress)
    parts = _parts(question, progress)
    while (turn := _next(parts, progress, but=_exhausted(question, progress, parts))) is not None:
        index, part = turn
        if progress.answered.get(str(index), 0) >= ANSWERS:
            return None
        _ask(question, progress, asking, work, part, place=(index, len(parts)))
        save()
    lost = _exhausted(question, progress, parts) & question.standing.lost
    progress.denied = lost & (progress.tried | _unheard(progress, parts))
    return None if _fallen(question, progress) else _body(question, progress, lost)


def propose_once(question: Question, progress: Progress, asking: Asks, work: Claimed, *, model: str) -> bool:
    """Ask `model` once for what the matcher leaves open, to see how it answers; false where nothing is left."""
    _match(question, progress)
    parts = _parts(question, progress)
    turn = _next(parts, progress)
    if turn is not None:
        index, part = turn
        if model != asking.models.small:
            progress.answered[str(index)] = ANSWERS - 1
        _ask(question, progress, asking, work, part, place=(index, len(parts)))
    return turn is not None


def _next(parts: Sequence[Part], progress: Progress, *, but: frozenset[str] = frozenset()) -> tuple[int, Part] | None:
    """The first part with open fields, narrowed to them. An answer to a later part may open an earlier one again."""
    for index, part in enumerate(parts):
        if missing := tuple(n for n in _open(part.fields, progress) if n not in but):
            return index, Part(missing, part.paths)
    return None


def _exhausted(question: Question, progress: Progress, parts: Sequence[Part]) -> frozenset[str]:
    """Open fields about which nobody is asked any more, in a search for which no record waits."""
    if not question.standing.served:
        return frozenset()
    spent = (part for index, part in enumerate(parts) if progress.answered.get(str(index), 0) >= ANSWERS)
    return frozenset(name for part in spent for name in _open(part.fields, progress))


def _unheard(progress: Progress, parts: Sequence[Part]) -> frozenset[str]:
    """Fields of which nobody knows what would be proposed: no answer to their part could be read."""
    mute = (part for index, part in enumerate(parts) if progress.unread.get(str(index), 0) >= ANSWERS)
    return frozenset(name for part in mute for name in part.fields)


def _fallen(question: Question, progress: Progress) -> bool:
    """Whether a condemned field without which no row can be written is left empty."""
    strict = {f.name for f in question.target.fields if f.required or f.identity}
    condemned = {r.target for r in question.standing.refused if r.rule == "condemned"}
    return bool(strict & condemned - progress.bindings.keys() - question.standing.constant)


def _offered(question: Question) -> list[SampledField]:
    new = question.standing.pointers
    return [f for f in question.fields if new is None or f.path in new]


def _match(question: Question, progress: Progress) -> None:
    """What stands, what is settled, what was bound for an earlier target, and what the matcher is sure of."""
    standing = question.standing
    # A field may have been condemned since this search began, with a binding that it had taken over.
    progress.refusals.extend(r for r in standing.refused if r not in progress.refusals)
    held = {n: b for n, b in progress.bindings.items() if not is_again(question, b)}
    progress.bindings = {**standing.kept, **held}
    progress.abstained = {**standing.settled, **progress.abstained}
    if progress.answered:
        # The parts that were answered rest on what the matcher found then.
        return
    wanted = _open([f.name for f in question.target.fields], progress)
    asked = [n for n in wanted if n not in standing.constant and (standing.asked is None or n in standing.asked)]
    # It looks for the same reasons again; what an audit found wrong of them, it cannot know better.
    refused = {r.target for r in progress.refusals if r.rule == "condemned"}
    found = match(question.target, _offered(question), question.records, reading=SourceReading.of(question.source))
    fresh = [b for b in found.bindings if b.target in asked and b.target not in refused | standing.stored.keys()]
    for some in ([b for b in standing.stored.values() if b.target in asked], fresh):
        doubtful = {b.target: b for b in some}
        wrong = {r.target for r in _refuted(question, sure=progress.bindings, open_to_doubt=doubtful)}
        progress.bindings.update({name: b for name, b in doubtful.items() if name not in wrong})


def _parts(question: Question, progress: Progress) -> tuple[Part, ...]:
    """The same for every start of the search: what is bound without asking does not change between them."""
    standing = question.standing
    offered = _offered(question)
    unasked = {b.target for b in progress.bindings.values() if b.origin in _UNASKED}
    fields = [
        f.name
        for f in question.target.fields
        if f.name not in standing.kept
        and f.name not in standing.settled
        and f.name not in standing.constant
        and f.name not in unasked
        and (standing.asked is None or f.name in standing.asked)
    ]
    return narrow(question.target, offered, fields)


def _open(names: Sequence[str], progress: Progress) -> tuple[str, ...]:
    return tuple(n for n in names if n not in progress.bindings and n not in progress.abstained)


def _ask(
    question: Question, progress: Progress, asking: Asks, work: Claimed, part: Part, *, place: tuple[int, int]
) -> None:
    index = str(place[0])
    answered = progress.answered.get(index, 0)
    model, origin = _whom(question, progress, asking.models, part, answered)
    by_path = {f.path: f for f in question.fields}
    request = build_map_fields(
        question.target,
        part.fields,
        question.source.name,
        question.shape,
        [by_path[path] for path in part.paths],
        refused=progress.refusals,
        part=place,
        settings={name: question.settings(name) for name in part.fields},
    )
    answer = asking.ask(work, request, purpose="planning", model=model)
    found = parse_plan_answer(AnswerText(answer.text, answer.finish_reason, answer.refusal), request.offer, origin)
    _keep(question, progress, found)
    progress.answered[index] = answered + 1
    if any(r.target is None for r in found.refusals):
        progress.unread[index] = progress.unread.get(index, 0) + 1
    if question.source.second_opinion:
        _hold_against(question, progress, part, origin, last=answered + 1 >= ANSWERS)
    progress.model, progress.prompt_version = answer.model, PROMPT_VERSION


def _whom(question: Question, progress: Progress, models: Models, part: Part, answered: int) -> tuple[str, Origin]:
    """With a second opinion the large model follows as soon as the small one has said anything that stood."""
    spoken = question.source.second_opinion and answered and any(name in progress.heard for name in part.fields)
    if spoken or answered >= ANSWERS - 1:
        return models.large, Origin.LARGE
    return models.small, Origin.SMALL


def _hold_against(question: Question, progress: Progress, part: Part, origin: Origin, *, last: bool) -> None:
    """Set aside what the small model said, and of what the large one says keep what they agree on."""
    said = [w for n in part.fields if (w := progress.bindings.pop(n, None) or progress.abstained.pop(n, None))]
    if origin == Origin.SMALL:
        progress.heard.update({word.target: word for word in said})
        return
    needed = frozenset(f.name for f in question.target.fields if f.required or f.identity)
    compared = compare(progress.heard, said, last=last, needed=needed)
    progress.bindings.update({w.target: w for w in compared.agreed if isinstance(w, Binding)})
    progress.abstained.update({w.target: w for w in compared.agreed if isinstance(w, Abstention)})
    progress.refusals.extend(compared.refusals)
    progress.tried |= {r.target for r in compared.refusals if r.target is not None}


def _keep(question: Question, progress: Progress, found: PlanAnswer) -> None:
    """Keep what the evidence does not refuse; the rest is asked again, with the reason.

    A fresh binding may refute one that stood: an answer to this search is then asked for again, while what an earlier
    plan or the matcher is sure of stays, and the fresh binding goes.
    """
    kept = question.standing.kept
    fresh = [settled(b, question.records, question.settings(b.target)) for b in found.bindings]
    sure = {n: b for n, b in progress.bindings.items() if n in kept or b.origin in _UNASKED}
    answers = {n: b for n, b in progress.bindings.items() if n not in sure}
    again = [b for b in fresh if is_again(question, b)]
    proposed = {b.target: b for b in fresh if b not in again}
    wrong = _refuted(question, sure=sure, open_to_doubt={**answers, **proposed})
    names = {r.target for r in wrong if r.target is not None}
    progress.bindings = {n: b for n, b in {**progress.bindings, **proposed}.items() if n not in names}
    progress.abstained.update({a.target: a for a in found.abstained})
    progress.tried |= (names & (proposed.keys() | answers.keys())) | found.misbound
    progress.refusals.extend((*found.refusals, *wrong, *(fallen_before(question, b) for b in again)))


def _refuted(question: Question, *, sure: Mapping[str, Binding], open_to_doubt: Mapping[str, Binding]) -> list[Refusal]:
    """What the evidence refuses of the doubtful bindings, also where it would rather refuse a sure one for them."""
    found = _refused_by_evidence(question, [*sure.values(), *open_to_doubt.values()])
    # That a sure one reads nothing of these records takes its pointers from nobody.
    taken = {path for r in found if r.target in sure and r.rule not in PLANNERS_FAULTS for path in r.paths}
    refusals = [r for r in found if r.target in open_to_doubt]
    named = {r.target for r in refusals}
    for name, binding in open_to_doubt.items():
        paths = tuple(p for a in binding.alternatives for p in a.paths if p in taken)
        if paths and name not in named:
            message = f"{paths[0]} feeds another field already"
            refusals.append(Refusal(target=name, paths=paths, rule=Code.SOURCE_REUSED, message=message))
    return refusals


def _refused_by_evidence(question: Question, bindings: Sequence[Binding]) -> tuple[Refusal, ...]:
    return refusals_of(evidence_of(question, bindings))


def _body(question: Question, progress: Progress, lost: frozenset[str]) -> PlanBody:
    """In the order of the target. A field that nobody was asked about, since nothing could be offered, is absent; one
    that was `lost` and looked for in vain is not.
    """
    order = {f.name: place for place, f in enumerate(question.target.fields)}
    left = [n for n in _open(tuple(order), progress) if n not in question.standing.constant]
    empty = {n: Abstention(target=n, reason="unsupported" if n in lost else "absent") for n in left}
    abstained = {**progress.abstained, **empty}
    return PlanBody(
        bindings=tuple(sorted(progress.bindings.values(), key=lambda b: order[b.target])),
        abstained=tuple(sorted(abstained.values(), key=lambda a: order[a.target])),
    )
