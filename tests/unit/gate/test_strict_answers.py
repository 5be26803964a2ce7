import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.gate.answer_text import AnswerText
from enrichment.gate.answers import parse_audit_answer, parse_plan_answer
from enrichment.gate.offer import Offer
from enrichment.gate.repetition import repeats_itself
from enrichment.operations import ReadSettings
from schemas.plan import Origin

OFFER = Offer(
    ("a", "b"), frozenset({"/x", "/y"}), frozenset({"copy", "first", "join", "part", "element", "map_values"})
)
ABSENT_B = {"target": "b", "reason": "absent"}


def bind(field: str = "a", path: str = "/x", *ops: Any) -> dict[str, Any]:
    return {"target": field, "alternatives": [{"paths": [path], "ops": list(ops)}]}


def answer(bindings: list[Any], abstained: list[Any], **more: Any) -> AnswerText:
    return AnswerText(json.dumps({"bindings": bindings, "abstained": abstained, **more}))


def test_an_answer_is_read_in_the_order_of_the_target() -> None:
    read = parse_plan_answer(answer([bind("b", "/y"), bind()], []), OFFER, Origin.LARGE)
    assert [(b.target, b.origin) for b in read.bindings] == [("a", Origin.LARGE), ("b", Origin.LARGE)]
    assert (read.abstained, read.refusals) == ((), ())


def test_white_space_around_the_object_is_json() -> None:
    text = answer([bind()], [ABSENT_B]).text
    assert not parse_plan_answer(AnswerText(f"\n {text}\n"), OFFER).refusals


GOOD = answer([bind()], [ABSENT_B]).text
WHOLE = {
    "empty": "",
    "blank": " \n ",
    "prose": "I cannot help with that.",
    "prose before": "Here it is: " + GOOD,
    "prose after": GOOD + " Hope this helps!",
    "fence": f"```json\n{GOOD}\n```",
    "two objects": GOOD + GOOD,
    "array": f"[{GOOD}]",
    "cut": GOOD[:-5],
    "duplicate key": GOOD[:-1] + ', "bindings": []}',
    "nan": '{"bindings": [], "abstained": [], "x": NaN}',
    "deep": '{"bindings":' + "[" * 450 + "]" * 450 + "}",
    "surrogate": GOOD.replace("/x", "\\ud800"),
    "NUL": GOOD.replace("/x", "/x\\u0000"),
    "NUL in a name": GOOD.replace('"paths"', '"paths\\u0000"'),
    "raw surrogate": GOOD.replace("/x", "\ud800"),
    "verified": answer([bind()], [ABSENT_B], verified=True).text,
    "confidence": answer([bind() | {"confidence": 0.99}], [ABSENT_B]).text,
    "value": answer([{"target": "a", "value": 5}], [ABSENT_B]).text,
    "missing list": '{"bindings": []}',
    "null list": '{"bindings": null, "abstained": []}',
    "unknown reason": answer([bind()], [{"target": "b", "reason": "lazy"}]).text,
    "unknown field": answer([bind(), bind("c")], [ABSENT_B]).text,
    "number for text": answer([bind("a", 5)], [ABSENT_B]).text,  # type: ignore[arg-type]  # the fault under test
    "argument as number": answer(
        [bind("a", "/x", {"op": "element", "args": [{"name": "index", "value": 1}]})], []
    ).text,
    "arguments as object": answer([bind("a", "/x", {"op": "element", "args": {"index": "1"}})], []).text,
    "ops missing": answer([{"target": "a", "alternatives": [{"paths": ["/x"]}]}], [ABSENT_B]).text,
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
def test_a_broken_form_refuses_the_whole_answer(text: str) -> None:
    read = parse_plan_answer(AnswerText(text), OFFER)
    assert (read.bindings, read.abstained) == ((), ())
    assert [(r.target, r.paths, r.rule) for r in read.refusals] == [(None, (), "malformed")]


FIELD = {
    "pointer": bind("a", "/invented"),
    "operation": bind("a", "/x", {"op": "guess", "args": []}),
    "argument missing": bind("a", "/x", {"op": "element", "args": []}),
    "argument unknown": bind("a", "/x", {"op": "copy", "args": [{"name": "x", "value": "1"}]}),
    "argument twice": bind("a", "/x", {"op": "element", "args": [{"name": "index", "value": "1"}] * 2}),
    "argument no integer": bind("a", "/x", {"op": "element", "args": [{"name": "index", "value": "one"}]}),
    "empty table": bind("a", "/x", {"op": "map_values", "args": []}),
    "words between": bind("a", "/x", {"op": "join", "args": [{"name": "separator", "value": ", owned by "}]}),
    "figures between": bind("a", "/x", {"op": "join", "args": [{"name": "separator", "value": "0"}]}),
    "values of its own": bind("a", "/x", {"op": "map_values", "args": [{"name": "J", "value": "Atlantis"}]}),
    "no alternative": {"target": "a", "alternatives": []},
    "four alternatives": {"target": "a", "alternatives": [{"paths": ["/x"], "ops": []}] * 4},
    "no path": {"target": "a", "alternatives": [{"paths": [], "ops": []}]},
    "two paths": {"target": "a", "alternatives": [{"paths": ["/x", "/y"], "ops": []}]},
    "late first": bind("a", "/x", {"op": "copy", "args": []}, {"op": "first", "args": []}),
    "five operations": bind("a", "/x", *[{"op": "copy", "args": []}] * 5),
}


@pytest.mark.parametrize("wrong", FIELD.values(), ids=FIELD)
def test_a_wrong_binding_refuses_its_field_alone(wrong: dict[str, Any]) -> None:
    read = parse_plan_answer(answer([wrong], [ABSENT_B]), OFFER)
    assert [a.target for a in read.abstained] == ["b"]
    assert read.bindings == ()
    assert [(r.target, r.rule) for r in read.refusals] == [("a", "malformed")]


def test_an_answer_nested_too_deep_to_be_read_is_refused() -> None:
    # Every level differs, or the answer would be refused for repeating itself before it is read.
    deep = "".join(f'{{"{i:x}":' for i in range(5_000)) + "1" + "}" * 5_000
    assert [r.rule for r in parse_plan_answer(AnswerText(deep), OFFER).refusals] == ["malformed"]


def test_a_missing_field_and_one_named_twice_are_refused_alone() -> None:
    missing = parse_plan_answer(answer([bind()], []), OFFER)
    assert [b.target for b in missing.bindings] == ["a"]
    assert [r.target for r in missing.refusals] == ["b"]
    twice = parse_plan_answer(answer([bind(), bind("a", "/y")], [ABSENT_B]), OFFER)
    assert (twice.bindings, [r.target for r in twice.refusals]) == ((), ["a"])
    both = parse_plan_answer(answer([bind(), bind("b")], [ABSENT_B]), OFFER)
    assert ([b.target for b in both.bindings], [r.target for r in both.refusals]) == (["a"], ["b"])


def test_a_table_of_values_may_only_hold_what_the_target_allows() -> None:
    offer = Offer(("a",), OFFER.paths, OFFER.operations, {"a": ReadSettings(allowed=("yes",))})
    table = {"op": "map_values", "args": [{"name": "J", "value": "yes"}]}
    assert not parse_plan_answer(answer([bind("a", "/x", table)], []), offer).refusals
    table["args"] = [{"name": "J", "value": "perhaps"}]
    assert parse_plan_answer(answer([bind("a", "/x", table)], []), offer).refusals


def test_a_table_may_hold_truth_values_and_codes_without_a_list() -> None:
    offer = Offer(("a",), OFFER.paths, OFFER.operations | {"parse_boolean"}, coded=frozenset({"a"}))
    table: dict[str, Any] = {"op": "map_values", "args": [{"name": "Deutsch", "value": "de"}]}
    assert not parse_plan_answer(answer([bind("a", "/x", table)], []), offer).refusals
    table["args"] = [{"name": "Deutsch", "value": "German of Germany"}]
    assert parse_plan_answer(answer([bind("a", "/x", table)], []), offer).refusals
    truth = {"op": "map_values", "args": [{"name": "oui", "value": "true"}]}
    plain = Offer(("a",), OFFER.paths, offer.operations)
    read = bind("a", "/x", truth, {"op": "parse_boolean", "args": []})
    assert not parse_plan_answer(answer([read], []), plain).refusals


def test_marks_may_stand_between_pieces() -> None:
    for separator in ("", " ", ", ", " – ", "/", "・"):
        joined = bind("a", "/x", {"op": "join", "args": [{"name": "separator", "value": separator}]})
        assert not parse_plan_answer(answer([joined], [ABSENT_B]), OFFER).refusals


@pytest.mark.parametrize(
    ("given_answer", "rule"),
    [
        (AnswerText(GOOD, refusal="no"), "refusal"),
        (AnswerText("", finish_reason="content_filter"), "refusal"),
        (AnswerText(GOOD[:20], finish_reason="length"), "oversize"),
        (AnswerText("{" + ",".join(f'"{i:06x}{i * 7919 % 65521}": {i * i}' for i in range(20_000)) + "}"), "oversize"),
        (AnswerText("The revenue is large. " * 32_228, finish_reason="length"), "repetition"),
        (AnswerText('{"bindings": [' + " " * 700_000), "repetition"),
    ],
)
def test_what_is_no_answer_is_refused_by_its_own_rule(given_answer: AnswerText, rule: str) -> None:
    assert [(r.target, r.rule) for r in parse_plan_answer(given_answer, OFFER).refusals] == [(None, rule)]
    refusal = parse_audit_answer(given_answer, ["r1.a"]).refusal
    assert refusal is not None
    assert refusal.rule == rule


@pytest.mark.parametrize("indent", [None, 2, 8])
@pytest.mark.parametrize("fields", [20, 600])
def test_a_regular_answer_does_not_repeat_itself(indent: int | None, fields: int) -> None:
    names = [f"f{i}" for i in range(fields)]
    operation = {"op": "parse_integer", "args": [{"name": "separators", "value": ",."}]}
    bound = {"bindings": [bind(n, f"/m/{n}", operation) for n in names], "abstained": []}
    left = {"bindings": [], "abstained": [{"target": n, "reason": "absent"} for n in names]}
    judged = {"verdicts": [{"id": f"r{i}.{n}", "verdict": "supported"} for i in range(3) for n in names]}
    assert not any(repeats_itself(json.dumps(d, indent=indent)) for d in (bound, left, judged))


@settings(derandomize=True, max_examples=200, deadline=None)
@given(text=st.text(max_size=60) | st.text('{}[]",:abindgstre0 ', max_size=60))
def test_reading_is_total(text: str) -> None:
    assert parse_plan_answer(AnswerText(text), OFFER).refusals
    assert parse_audit_answer(AnswerText(text), ["x"]).refusal is not None


def verdicts(*pairs: tuple[str, str], **more: Any) -> AnswerText:
    return AnswerText(json.dumps({"verdicts": [{"id": i, "verdict": v} for i, v in pairs], **more}))


def test_a_missing_verdict_is_unsure() -> None:
    read = parse_audit_answer(verdicts(("r1.a", "supported")), ["r1.a", "r1.b"])
    assert read.verdicts == {"r1.a": "supported", "r1.b": "unsure"}
    assert read.refusal is None


@pytest.mark.parametrize(
    "given_answer",
    [
        verdicts(("r9.a", "supported")),
        verdicts(("r1.a", "supported"), ("r1.a", "supported")),
        verdicts(("r1.a", "maybe")),
        verdicts(("r1.a", "supported"), confidence=1),
        AnswerText("[]"),
    ],
)
def test_a_malformed_audit_says_nothing(given_answer: AnswerText) -> None:
    read = parse_audit_answer(given_answer, ["r1.a"])
    assert read.verdicts == {}
    assert read.refusal is not None
    assert read.refusal.rule == "malformed"
