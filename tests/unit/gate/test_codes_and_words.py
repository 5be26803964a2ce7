"""Words are no rival for what holds codes, however well they are named; another column of codes is one."""

from __future__ import annotations

import pytest

from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.sampling import sample_fields
from schemas.codes import Code
from schemas.json_types import Record
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding
from schemas.target import Target, TargetField

WORDS = ("Blue chair", "Oak table", "Lamp, tall", "Rug 120 by 80", "Shelf")


def records(**more: str) -> list[Record]:
    """`id` is a code and `item` what is sold; `more`: further members, each a form for a number."""
    return [
        {"id": f"p{n}", "item": WORDS[n % 5], **{name: form.format(n=n) for name, form in more.items()}}
        for n in range(30)
    ]


def refused(found: list[Record], bound: dict[str, str], *, declared: bool, empty: tuple[str, ...] = ()) -> set[str]:
    kinds = {"sku": Kind.IDENTIFIER, "title": Kind.NAME, "label": Kind.NAME} if declared else {}
    names = (*bound, *empty)
    fields = tuple(TargetField(name=name, type="string", kind=kinds.get(name)) for name in names if name != "sku")
    identity = TargetField(name="sku", type="string", kind=kinds.get("sku"), identity=True)
    bindings = [Binding(target=name, alternatives=(Alternative(paths=(path,)),)) for name, path in bound.items()]
    target = Target(name="catalogue", table="catalogue", fields=(identity, *fields))
    told = check_plan_evidence(target, sample_fields(found), found, bindings)
    return {refusal.target or "" for refusal in told if refusal.rule == Code.RIVAL_SOURCE}


@pytest.mark.parametrize("declared", [True, False])
def test_what_is_sold_is_no_rival_for_its_code(*, declared: bool) -> None:
    assert refused(records(), {"sku": "/id", "title": "/item"}, declared=declared) == set()
    assert refused(records(), {"sku": "/id", "label": "/item"}, declared=declared) == set()


@pytest.mark.parametrize("declared", [True, False])
def test_what_is_sold_may_be_left_out(*, declared: bool) -> None:
    assert refused(records(), {"sku": "/id"}, declared=declared) == set()


@pytest.mark.parametrize("declared", [True, False])
def test_words_are_not_claimed_by_a_code_that_is_left_empty(*, declared: bool) -> None:
    assert refused(records(), {"title": "/item"}, declared=declared, empty=("sku",)) == set()


@pytest.mark.parametrize("declared", [True, False])
def test_codes_that_are_named_better_are_a_rival(*, declared: bool) -> None:
    found = records(item_number="A-{n}001")
    assert refused(found, {"sku": "/id", "title": "/item"}, declared=declared) == {"sku"}


@pytest.mark.parametrize("declared", [True, False])
def test_codes_are_a_rival_of_words(*, declared: bool) -> None:
    found = records(c7="said of {n} things", sku="A-{n}001")
    assert refused(found, {"sku": "/c7"}, declared=declared) == {"sku"}
