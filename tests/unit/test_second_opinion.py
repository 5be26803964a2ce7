"""When two models agree on a binding."""

from __future__ import annotations

import pytest

from enrichment.second_opinion import Word, compare
from schemas.plan import Abstention, Alternative, Binding, OpArg, OpCall

A, B = Alternative(paths=("/a",)), Alternative(paths=("/b",))
COPIED = Alternative(paths=("/a",), ops=(OpCall(op="copy"),))
READ = Alternative(paths=("/a",), ops=(OpCall(op="parse_integer"),))


def _part(*args: tuple[str, str]) -> Alternative:
    given = tuple(OpArg(name=name, value=value) for name, value in args)
    return Alternative(paths=("/a",), ops=(OpCall(op="part", args=given),))


def bound(*alternatives: Alternative) -> Binding:
    return Binding(target="x", alternatives=alternatives)


EMPTY = Abstention(target="x", reason="absent")
UNSURE = Abstention(target="x", reason="ambiguous")


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        (bound(A), bound(A), bound(A)),
        (bound(A), bound(COPIED), bound(COPIED)),
        (
            bound(_part(("separator", ";"), ("index", "1"))),
            bound(_part(("index", "1"), ("separator", ";"))),
            bound(_part(("index", "1"), ("separator", ";"))),
        ),
        (bound(A, B), bound(A, READ, B), bound(A, B)),
        (bound(A, B), bound(A), bound(A)),
        (EMPTY, UNSURE, UNSURE),
        (None, EMPTY, EMPTY),
    ],
)
def test_agreement(first: Word | None, second: Word, stands: Word) -> None:
    compared = compare({} if first is None else {"x": first}, [second], last=False, needed=frozenset({"x"}))
    assert (compared.agreed, compared.refusals) == ((stands,), ())


@pytest.mark.parametrize(
    ("first", "second", "paths", "told"),
    [
        (bound(A), bound(B), ("/b",), "one binds /a by copy, the other binds /b by copy"),
        (bound(A), bound(READ), (), "one binds /a by copy, the other binds /a by parse_integer"),
        (bound(A, B), bound(B, A), ("/b",), "binds /b"),
        (bound(_part(("index", "1"))), bound(_part(("index", "2"))), (), "by part(index=2)"),
        (bound(A), UNSURE, (), "leaves it empty as ambiguous"),
        (EMPTY, bound(B), ("/b",), "one leaves it empty as absent"),
        (None, bound(B), ("/b",), "no answer that passed"),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_disagreement(first: Word | None, second: Word, paths: tuple[str, ...], told: str, *, last: bool) -> None:
    """The last answer, too, is refused where only one model binds, or where a row cannot do without the field."""
    compared = compare({} if first is None else {"x": first}, [second], last=last, needed=frozenset({"x"}))
    assert compared.agreed == ()
    (refusal,) = compared.refusals
    assert (refusal.target, refusal.paths, refusal.rule) == ("x", paths, "second_opinion")
    assert told in refusal.message


def test_only_the_last_answer_leaves_a_disputed_field_empty() -> None:
    first: dict[str, Word] = {"x": bound(A)}
    assert compare(first, [EMPTY], last=True, needed=frozenset()).agreed == (EMPTY,)
    assert compare(first, [EMPTY], last=False, needed=frozenset()).agreed == ()
