"""The search for a plan with a scripted model: what is asked, how often, and what stands beside what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from enrichment import plan_search
from enrichment.asking import Models
from enrichment.matcher import MatcherResult
from enrichment.model.answer import Answer
from enrichment.model.parts import Part
from enrichment.plan_progress import Progress
from enrichment.plan_question import Question
from enrichment.plan_search import ANSWERS, search
from enrichment.plan_standing import Standing
from enrichment.sampling import sample_fields
from enrichment.store.work import Claimed
from schemas.errors import ConfigurationError
from schemas.json_types import Record
from schemas.plan import Abstention, Alternative, Binding, Origin, PlanBody, Refusal
from schemas.source import InlineSource
from schemas.target import Target, TargetField

RECORDS: list[Record] = [
    {"name": f"Firm {n}", "company_revenue": 5_200_000 + n, "crew": f"{100 + n} people"} for n in range(10)
]
SOURCE = InlineSource(name="firms", connector="inline", key="/name")
WORK = Claimed(1, "plan", "plan", 1, "normal", 1, "firms", "firm", None, {}, {}, 1, None, 0, 1, "w")
REVENUE, TURNOVER = ("revenue", "/company_revenue"), ("turnover_total", "/company_revenue")


def target(*more: TargetField) -> Target:
    money = [TargetField.model_validate({"name": n, "type": "number", "kind": "money"}) for n, _ in (REVENUE, TURNOVER)]
    return Target(
        name="firm", table="firm", fields=(TargetField(name="name", type="string", identity=True), *money, *more)
    )


def bound(name: str, path: str, origin: Origin = Origin.SMALL) -> Binding:
    return Binding(target=name, alternatives=(Alternative(paths=(path,)),), origin=origin)


@dataclass
class Scripted:
    """Answers in turn, pointers by field or a text as it is; every request is kept."""

    answers: Sequence[dict[str, str] | str]
    models: Models = field(default_factory=lambda: Models("small", "large", "auditor"))
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def ask(self, _work: Claimed, request: Any, *, purpose: str, model: str) -> Answer:
        assert purpose == "planning"
        document = json.loads(request.user_json)
        self.requests.append((model, document))
        asked = [f["name"] for f in document["target"]["fields"]]
        paths = self.answers[len(self.requests) - 1]
        if isinstance(paths, str):
            return Answer(paths, "stop", None, model, 1, 1, 0.1)
        given = {
            "bindings": [
                {"target": n, "alternatives": [{"paths": [paths[n]], "ops": []}]} for n in asked if n in paths
            ],
            "abstained": [{"target": n, "reason": "absent"} for n in asked if n not in paths],
        }
        return Answer(json.dumps(given), "stop", None, model, 1, 1, 0.1)


def searched(
    answers: Sequence[dict[str, str] | str],
    *,
    standing: Standing | None = None,
    progress: Progress | None = None,
    source: InlineSource = SOURCE,
) -> tuple[PlanBody | None, Scripted, Progress]:
    asking, known = Scripted(answers), progress or Progress()
    question = Question(source, target(), "1", sample_fields(RECORDS), RECORDS, standing or Standing())
    saved: list[bytes] = []
    body = search(question, known, asking, WORK, save=lambda: saved.append(known.dump()))  # type: ignore[arg-type]
    assert len(saved) == len(asking.requests), "every answered call is kept"
    return body, asking, known


def paths_of(body: PlanBody | None) -> dict[str, str]:
    assert body is not None
    return {b.target: b.alternatives[0].paths[0] for b in body.bindings}


@pytest.fixture
def _no_matcher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_search, "match", lambda *_, **__: MatcherResult((), {}))


@pytest.mark.usefixtures("_no_matcher")
def test_an_answer_that_a_later_one_refutes_is_asked_for_again() -> None:
    """One source field cannot feed two amounts: the field that it fits keeps it, whichever came first."""
    first = {"name": "/name", "turnover_total": "/company_revenue", "revenue": "/nowhere"}
    body, asking, _ = searched([first, {"revenue": "/company_revenue"}, {}])
    assert paths_of(body) == {"name": "/name", "revenue": "/company_revenue"}
    assert body is not None
    assert [a.target for a in body.abstained] == ["turnover_total"]
    asked = [[f["name"] for f in document["target"]["fields"]] for _, document in asking.requests]
    assert asked == [["name", "revenue", "turnover_total"], ["revenue"], ["turnover_total"]]
    assert asking.requests[2][1]["refused"][-1]["rule"] == "source_reused"


@pytest.mark.usefixtures("_no_matcher")
def test_what_an_earlier_plan_is_sure_of_stays() -> None:
    standing = Standing(kept={"turnover_total": bound(*TURNOVER), "name": bound("name", "/name")})
    body, asking, _ = searched([{"revenue": "/company_revenue"}, {}], standing=standing)
    assert paths_of(body) == {"name": "/name", "turnover_total": "/company_revenue"}
    assert [r["rule"] for r in asking.requests[1][1]["refused"]] == ["source_reused"]


@pytest.mark.usefixtures("_no_matcher")
def test_what_is_taken_over_for_another_declaration_stays_as_well() -> None:
    stored = {name: bound(name, path, Origin.STORED) for name, path in (TURNOVER, ("name", "/name"))}
    body, asking, _ = searched([{"revenue": "/company_revenue"}, {}], standing=Standing(stored=stored))
    assert paths_of(body) == {"name": "/name", "turnover_total": "/company_revenue"}
    assert [[f["name"] for f in document["target"]["fields"]] for _, document in asking.requests] == [["revenue"]] * 2
    assert [r["rule"] for r in asking.requests[1][1]["refused"]] == ["source_reused"]


@pytest.mark.usefixtures("_no_matcher")
def test_what_is_taken_over_is_no_surer_than_the_evidence() -> None:
    stored = {name: bound(name, path, Origin.STORED) for name, path in (REVENUE, TURNOVER, ("name", "/name"))}
    body, asking, _ = searched([{}], standing=Standing(stored=stored))
    assert paths_of(body) == {"name": "/name", "revenue": "/company_revenue"}
    assert [f["name"] for f in asking.requests[0][1]["target"]["fields"]] == ["turnover_total"]


def test_the_matcher_takes_nothing_from_what_stands() -> None:
    standing = Standing(kept={"turnover_total": bound(*TURNOVER)})
    body, asking, _ = searched([{}], standing=standing)
    assert paths_of(body) == {"name": "/name", "turnover_total": "/company_revenue"}
    assert [f["name"] for f in asking.requests[0][1]["target"]["fields"]] == ["revenue"]


@pytest.mark.usefixtures("_no_matcher")
def test_three_refused_answers_end_the_search_and_a_restart_asks_nothing_more() -> None:
    wrong = {"name": "/name", "revenue": "/nowhere"}
    body, asking, progress = searched([wrong] * ANSWERS)
    assert body is None
    assert [model for model, _ in asking.requests] == ["small", "small", "large"]
    again, after, _ = searched([], progress=Progress.load(progress.dump()))
    assert (again, after.requests) == (None, [])


@pytest.mark.usefixtures("_no_matcher")
def test_a_restart_goes_on_where_it_stopped() -> None:
    progress = Progress(
        bindings={"name": bound("name", "/name")},
        refusals=[Refusal(target="revenue", rule="malformed", message="no")],
        answered={"0": 2},
    )
    body, asking, _ = searched([{"revenue": "/company_revenue"}], progress=Progress.load(progress.dump()))
    assert paths_of(body) == {"name": "/name", "revenue": "/company_revenue"}
    assert [model for model, _ in asking.requests] == ["large"]


def test_a_restart_after_an_answer_leaves_the_matcher_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts are counted by their place: what the matcher would find now must not change them."""
    monkeypatch.setattr(plan_search, "match", lambda *_, **__: pytest.fail("the matcher was asked again"))
    progress = Progress(bindings={"name": bound("name", "/name", Origin.MATCHER)}, answered={"0": 1})
    assert paths_of(searched([{}], progress=progress)[0]) == {"name": "/name"}


@pytest.mark.usefixtures("_no_matcher")
def test_a_row_that_lost_its_key_is_a_question_for_a_person() -> None:
    """A plan without the identity would bury every record; one that finds another source for it goes on."""
    fallen = Refusal(target="name", paths=("/crew",), rule="condemned", message="found wrong")
    standing = Standing(
        settled={n: Abstention(target=n, reason="absent") for n, _ in (REVENUE, TURNOVER)},
        asked=frozenset({"name"}),
        refused=(fallen,),
    )
    assert searched([{}], standing=standing)[0] is None
    assert paths_of(searched([{"name": "/name"}], standing=standing)[0]) == {"name": "/name"}


@pytest.mark.usefixtures("_no_matcher")
def test_a_request_says_which_part_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = (Part(("name",), ("/name",)), Part(("revenue", "turnover_total"), ("/company_revenue", "/crew")))
    monkeypatch.setattr(plan_search, "narrow", lambda *_: parts)
    _, asking, _ = searched([{}, {}])
    assert [document["source"]["part"] for _, document in asking.requests] == [
        {"index": 0, "of": 2},
        {"index": 1, "of": 2},
    ]


DOUBTED = SOURCE.model_copy(update={"second_opinion": True})
RIGHT = {"name": "/name", "revenue": "/company_revenue"}
OTHER = {"name": "/name", "turnover_total": "/company_revenue"}


def models_asked(asking: Scripted) -> list[str]:
    return [model for model, _ in asking.requests]


@pytest.mark.usefixtures("_no_matcher")
def test_two_models_that_agree_need_two_calls_and_hear_nothing_of_each_other() -> None:
    body, asking, _ = searched([RIGHT, RIGHT], source=DOUBTED)
    assert paths_of(body) == RIGHT
    assert body is not None
    assert {a.target for a in body.abstained} == {"turnover_total"}
    assert models_asked(asking) == ["small", "large"]
    first, second = (document for _, document in asking.requests)
    assert second == first


@pytest.mark.usefixtures("_no_matcher")
def test_the_large_model_may_take_the_other_side_when_it_has_heard_of_the_disagreement() -> None:
    body, asking, _ = searched([RIGHT, OTHER, {"revenue": "/company_revenue"}], source=DOUBTED)
    assert paths_of(body) == RIGHT
    assert models_asked(asking) == ["small", "large", "large"]
    third = asking.requests[2][1]
    assert [f["name"] for f in third["target"]["fields"]] == ["revenue", "turnover_total"]
    assert {(r["target"], r["rule"]) for r in third["refused"]} == {
        ("revenue", "second_opinion"),
        ("turnover_total", "second_opinion"),
    }
    assert {tuple(r["paths"]) for r in third["refused"]} == {(), ("/company_revenue",)}


@pytest.mark.usefixtures("_no_matcher")
def test_a_model_that_insists_leaves_the_decision_to_a_person() -> None:
    body, asking, progress = searched([RIGHT, OTHER, {"turnover_total": "/company_revenue"}], source=DOUBTED)
    assert body is None
    assert progress.refusals[-1].rule == "second_opinion"
    again, after, _ = searched([], progress=Progress.load(progress.dump()), source=DOUBTED)
    assert (again, after.requests, len(asking.requests)) == (None, [], ANSWERS)


@pytest.mark.usefixtures("_no_matcher")
def test_what_stays_in_dispute_may_be_left_empty_but_for_what_every_row_needs() -> None:
    body, _, _ = searched([RIGHT, OTHER, {}], source=DOUBTED)
    assert paths_of(body) == {"name": "/name"}
    nameless = {"revenue": "/company_revenue"}
    assert searched([RIGHT, nameless, {}], source=DOUBTED)[0] is None


@pytest.mark.usefixtures("_no_matcher")
def test_an_answer_that_was_refused_is_no_second_voice() -> None:
    """What the evidence refused of the small model leaves the large one alone: alone it binds nothing."""
    wrong = {"name": "/name", "revenue": "/nowhere"}
    assert searched([wrong, RIGHT, RIGHT], source=DOUBTED)[0] is None
    assert paths_of(searched([wrong, RIGHT, {}], source=DOUBTED)[0]) == {"name": "/name"}
    assert paths_of(searched([wrong, {"name": "/name"}], source=DOUBTED)[0]) == {"name": "/name"}


@pytest.mark.usefixtures("_no_matcher")
def test_a_model_that_said_nothing_that_stood_is_asked_again_before_the_other() -> None:
    nowhere = {"name": "/n", "revenue": "/r", "turnover_total": "/t"}
    body, asking, _ = searched([nowhere, RIGHT, RIGHT], source=DOUBTED)
    assert paths_of(body) == RIGHT
    assert models_asked(asking) == ["small", "small", "large"]


@pytest.mark.usefixtures("_no_matcher")
def test_a_restart_remembers_what_the_small_model_said() -> None:
    bindings = {n: bound(n, path) for n, path in RIGHT.items()}
    heard: dict[str, Any] = {**bindings, "turnover_total": Abstention(target="turnover_total", reason="absent")}
    progress = Progress.load(Progress(answered={"0": 1}, heard=heard).dump())
    body, asking, _ = searched([RIGHT], progress=progress, source=DOUBTED)
    assert (paths_of(body), models_asked(asking)) == (RIGHT, ["large"])


def test_the_matcher_and_what_stands_need_no_second_opinion() -> None:
    kept = {n: bound(n, path) for n, path in RIGHT.items()}
    body, asking, _ = searched([{}, {}], standing=Standing(kept=kept), source=DOUBTED)
    assert (paths_of(body), models_asked(asking)) == (RIGHT, ["small", "large"])
    matched, asking, _ = searched([{}, {}], source=DOUBTED)
    assert paths_of(matched) == RIGHT
    assert [f["name"] for f in asking.requests[0][1]["target"]["fields"]] == ["turnover_total"]


def test_one_model_is_no_second_opinion() -> None:
    question = Question(DOUBTED, target(), "1", sample_fields(RECORDS), RECORDS, Standing())
    with pytest.raises(ConfigurationError, match="second opinion") as caught:
        search(question, Progress(), Scripted([], Models("one", "one", "auditor")), WORK, save=lambda: None)
    assert "model.large" in caught.value.hint


@pytest.mark.usefixtures("_no_matcher")
def test_what_was_condemned_since_the_search_began_is_not_taken_over() -> None:
    """The search had taken the binding from the plan that fell, before this field of it was condemned as well."""
    progress = Progress(
        bindings={"name": bound("name", "/name"), "revenue": bound("revenue", "/crew")},
        refusals=[Refusal(target="turnover_total", paths=("/crew",), rule="condemned", message="found wrong")],
        abstained={"turnover_total": Abstention(target="turnover_total", reason="absent")},
    )
    standing = replacing("revenue")
    found = searched([{"revenue": "/company_revenue"}], standing=standing, progress=Progress.load(progress.dump()))
    body, asking, known = found
    assert paths_of(body) == {"name": "/name", "revenue": "/company_revenue"}
    assert [(r["target"], r["rule"]) for r in asking.requests[0][1]["refused"]] == [("revenue", "condemned")]
    assert {(r.target, r.rule) for r in known.refusals} == {("revenue", "condemned"), ("turnover_total", "condemned")}


@pytest.mark.usefixtures("_no_matcher")
def test_a_condemned_binding_of_which_nobody_was_told_is_refused_all_the_same() -> None:
    untold = replace(replacing("revenue"), refused=())
    body, asking, known = searched([{"revenue": "/crew"}, {}], standing=untold)
    assert paths_of(body) == {"name": "/name"}
    assert [(r.target, r.paths, r.rule) for r in known.refusals] == [("revenue", ("/crew",), "condemned")]
    assert len(asking.requests) == 2


def replacing(*lost: str) -> Standing:
    """A plan serves on that lost these fields, whose pointer was /crew."""
    names = [n for n, _ in (REVENUE, TURNOVER) if n not in lost]
    return Standing(
        kept={"name": bound("name", "/name")},
        settled={n: Abstention(target=n, reason="absent") for n in names},
        asked=frozenset(lost),
        refused=tuple(Refusal(target=n, paths=("/crew",), rule="condemned", message="found wrong") for n in lost),
        fallen={n: (bound(n, "/crew"),) for n in lost},
        lost=frozenset(lost),
    )


@pytest.mark.usefixtures("_no_matcher")
def test_what_is_refused_three_times_under_a_plan_in_force_keeps_back_nothing_else() -> None:
    answers = [{"revenue": "/company_revenue", "turnover_total": "/nowhere"}, *[{"turnover_total": "/nowhere"}] * 2]
    body, asking, progress = searched(answers, standing=replacing("revenue", "turnover_total"))
    assert paths_of(body) == {"name": "/name", "revenue": "/company_revenue"}
    assert body is not None
    assert [(a.target, a.reason) for a in body.abstained] == [("turnover_total", "unsupported")]
    assert progress.denied == {"turnover_total"}
    assert len(asking.requests) == ANSWERS
    again, after, known = searched(
        [], standing=replacing("revenue", "turnover_total"), progress=Progress.load(progress.dump())
    )
    assert (again, after.requests, known.denied) == (body, [], {"turnover_total"})


@pytest.mark.usefixtures("_no_matcher")
@pytest.mark.parametrize(
    ("answers", "denied"),
    [
        pytest.param([{"revenue": "/nowhere"}] * 3, {"revenue"}, id="refused"),
        pytest.param([{"revenue": "/crew"}, *[{"revenue": "/nowhere"}] * 2], {"revenue"}, id="refused at last"),
        pytest.param([{"revenue": "/crew"}] * 3, set(), id="the condemned one again"),
        pytest.param([{}], set(), id="abstained"),
        pytest.param([{"revenue": "/nowhere"}, {}], set(), id="abstained at last"),
        pytest.param(["no JSON"] * 3, {"revenue"}, id="nothing could be read"),
        pytest.param(["no JSON", {}], set(), id="abstained once it could be read"),
        pytest.param(
            ["no JSON", {"revenue": "/crew"}, "no JSON"], set(), id="the condemned one where it could be read"
        ),
    ],
)
def test_only_what_was_refused_or_not_understood_to_the_end_needs_a_person(
    answers: Sequence[dict[str, str] | str], denied: set[str]
) -> None:
    body, asking, progress = searched(answers, standing=replacing("revenue"))
    assert paths_of(body) == {"name": "/name"}
    assert (progress.denied, len(asking.requests)) == (denied, len(answers))
    if denied:
        _, after, known = searched([], standing=replacing("revenue"), progress=Progress.load(progress.dump()))
        assert (known.denied, after.requests) == (denied, []), "the same after a restart"


@pytest.mark.usefixtures("_no_matcher")
def test_a_search_remembers_what_it_bound_and_was_refused() -> None:
    """Also over a restart; what was left empty at once was never tried."""
    _, _, progress = searched([{"name": "/name", "revenue": "/nowhere"}, {}])
    assert progress.tried == {"revenue"}
    assert Progress.load(progress.dump()).tried == {"revenue"}


@pytest.mark.usefixtures("_no_matcher")
def test_what_the_column_settles_is_stored_with_a_model_s_binding() -> None:
    records: list[Record] = [{"name": f"Firm {n}", "mass": f"{n + 1}.{234 + n} kg"} for n in range(9)]
    records.append({"name": "Firm 9", "mass": "0.91 kg"})
    field = TargetField(name="mass", type="number", unit="kg")
    answer = {
        "bindings": [
            {
                "target": "mass",
                "alternatives": [{"paths": ["/mass"], "ops": [{"op": "parse_decimal", "args": []}]}],
            }
        ],
        "abstained": [],
    }
    question = Question(
        SOURCE,
        Target(name="firm", table="firm", fields=(TargetField(name="name", type="string", identity=True), field)),
        "s",
        sample_fields(records),
        records,
        Standing(kept={"name": bound("name", "/name")}),
    )
    asking = Scripted([json.dumps(answer)])
    body = search(question, Progress(), asking, WORK, save=lambda: None)  # type: ignore[arg-type]
    assert body is not None
    (binding,) = (one for one in body.bindings if one.target == "mass")
    assert [(a.name, a.value) for a in binding.alternatives[0].ops[0].args] == [("separators", ",.")]
