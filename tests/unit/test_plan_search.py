"""The search for a plan with a scripted model: what is asked, how often, and what stands beside what."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from enrichment import plan_search
from enrichment.asking import Models
from enrichment.matcher import MatcherResult
from enrichment.model.answer import Answer
from enrichment.model.parts import Part
from enrichment.plan_search import ANSWERS, Progress, Question, Standing, search
from enrichment.sampling import sample_fields
from enrichment.store.work import Claimed
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
    """Answers in turn; every request is kept."""

    answers: list[dict[str, str]]
    models: Models = field(default_factory=lambda: Models("small", "large", "auditor"))
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def ask(self, _work: Claimed, request: Any, *, purpose: str, model: str) -> Answer:
        assert purpose == "planning"
        document = json.loads(request.user_json)
        self.requests.append((model, document))
        asked = [f["name"] for f in document["target"]["fields"]]
        paths = self.answers[len(self.requests) - 1]
        given = {
            "bindings": [
                {"target": n, "alternatives": [{"paths": [paths[n]], "ops": []}]} for n in asked if n in paths
            ],
            "abstained": [{"target": n, "reason": "absent"} for n in asked if n not in paths],
        }
        return Answer(json.dumps(given), "stop", None, model, 1, 1, 0.1)


def searched(
    answers: list[dict[str, str]], *, standing: Standing | None = None, progress: Progress | None = None
) -> tuple[PlanBody | None, Scripted, Progress]:
    asking, known = Scripted(answers), progress or Progress()
    question = Question(SOURCE, target(), "1", sample_fields(RECORDS), RECORDS, standing or Standing())
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
