"""A text that one look knows as ordinary is one that no rule would have objected to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_quick_looks import PIECES

from enrichment.gate.cells import CELL_RULES
from enrichment.gate.compiled import compile_gate
from enrichment.gate.ordinary import _ADDRESS, _MAILBOX, _WORDS, compile_ordinary
from enrichment.gate.reading import SourceReading
from enrichment.gate.rule import FieldContext
from enrichment.operations import ReadSettings
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, PlanBody
from schemas.target import Target, TargetField

#: What keys, orders, amounts, addresses and numbers are made of, beside words.
_PARTS = (
    *PIECES,
    "USD",
    "eur 5",
    "5 million",
    "12 pct",
    "www.a.com",
    "wWw.a.b",
    "a@b.de",
    "SG.",
    "eyJabcdefgh",
    "A" * 16,
)
_MORE = (
    "ya29.",
    "xoxb",
    "1234567890",
    "bearer",
    "Alpha",
    "Orion 7",
    "SAP SE",
    "O'Neil & Co.",
    "M\u00fcnchen",
    "\u017fkip",
)
_texts = st.lists(st.sampled_from((*_PARTS, *_MORE)), min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from(["", " ", ", ", "."]).map(lambda glue: glue.join(parts))
)
_looked_at = st.one_of(_texts, *(st.from_regex(p, fullmatch=True) for p in (_WORDS, _ADDRESS, _MAILBOX)))
_kinds = [None, *Kind]
_formats = [None, "uri", "email", "date", "date-time"]


def _contexts() -> list[FieldContext]:
    fields = [TargetField(name="f", type="string", kind=k, format=f) for k in _kinds for f in _formats]  # type: ignore[arg-type]
    binding = Binding(target="f", alternatives=(Alternative(paths=("/v",)),))
    return [FieldContext(f, f.kind, binding, ReadSettings(), 1) for f in fields]


_LOOKS = [
    (context, look, [check for rule in CELL_RULES if rule.passes_ordinary and (check := rule.compile(context))])
    for context in _contexts()
    if (look := compile_ordinary(context)) is not None
]


@settings(max_examples=1_500, derandomize=True, deadline=None)
@given(text=_looked_at)
def test_what_an_ordinary_text_is_spared_would_not_have_spoken(text: str) -> None:
    for context, look, spared in _LOOKS:
        if look(text):
            assert [check(text, {"v": text}, 0) for check in spared] == [None] * len(spared), context.field


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (TargetField(name="f", type="string", kind=Kind.NAME), "Alpha Orion 1234"),
        (TargetField(name="f", type="string"), "M\u00fcnchen, Germany"),
        (TargetField(name="f", type="string", format="uri"), "https://www.alpha1.com"),
        (TargetField(name="f", type="string", format="email"), "Info@alpha1.com"),
    ],
)
def test_the_usual_texts_are_ordinary(field: TargetField, text: str) -> None:
    look = compile_ordinary(FieldContext(field, field.kind, None, ReadSettings(), 1))
    assert look is not None
    assert look(text)


def test_the_other_rules_are_asked_of_an_ordinary_text_as_well() -> None:
    fields = (
        TargetField(name="id", type="string", identity=True, max_length=3),
        TargetField(name="code", type="string", pattern="^[0-9]+$"),
        TargetField(name="size", type="string", allowed=("small", "large")),
    )
    plan = PlanBody(bindings=tuple(Binding(target=f.name, alternatives=(Alternative(paths=("/v",)),)) for f in fields))
    verdict = compile_gate(Target(name="t", table="t", fields=fields), plan, SourceReading())({"v": "Alpha"})
    assert verdict.reasons == {"id": "out_of_range", "code": "pattern", "size": "not_allowed"}
