"""Two names that mean the same but for a word that means nothing by itself are told apart by how they are spelt."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from enrichment.evidence.signals import Heard, Weighed
from enrichment.gate.claims import possible
from enrichment.gate.exchanges import by_spelling
from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.sampling import sample_fields
from schemas.codes import Code
from schemas.json_types import Record
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding
from schemas.target import Target, TargetField

PLACES = ("Aruba", "Chile", "Ghana", "Nepal", "Samoa")
PAIRS = pytest.mark.parametrize(
    ("short", "long"), [("name", "official_name"), ("name", "main_name"), ("address", "primary_address")]
)


def records(*names: str) -> list[Record]:
    return [{"code": f"c{n}", **{name: f"{PLACES[n % 5]} {name} {n}" for name in names}} for n in range(30)]


def refused(found: list[Record], bound: Mapping[str, str], *, fields: tuple[str, ...]) -> set[str]:
    listed = tuple(TargetField(name=name, type="string") for name in fields)
    identity = TargetField(name="code", type="string", identity=True)
    paths = {"code": "/code", **bound}
    bindings = [Binding(target=name, alternatives=(Alternative(paths=(path,)),)) for name, path in paths.items()]
    target = Target(name="place", table="place", fields=(identity, *listed))
    told = check_plan_evidence(target, sample_fields(found), found, bindings)
    return {refusal.target or "" for refusal in told if refusal.rule == Code.RIVAL_SOURCE}


@PAIRS
def test_each_in_place_of_the_other_is_refused(short: str, long: str) -> None:
    """No audit by names sees it: `official` tells nothing of what a name names."""
    bound = {short: f"/{long}", long: f"/{short}"}
    assert refused(records(short, long), bound, fields=(short, long)) == {short, long}


@pytest.mark.parametrize(
    ("fields", "sources"),
    [
        (("name", "official_name"), ("label", "official_label")),
        (("address", "full_address"), ("addr", "addrFull")),
        (("price", "base_price"), ("cost", "base_cost")),
    ],
)
def test_the_same_in_other_words(fields: tuple[str, str], sources: tuple[str, str]) -> None:
    found = records(*sources)
    (short, long), (near, far) = fields, sources
    assert refused(found, {short: f"/{far}", long: f"/{near}"}, fields=fields) == set(fields)
    assert refused(found, {short: f"/{near}", long: f"/{far}"}, fields=fields) == set()


@PAIRS
def test_one_in_place_of_an_other_that_is_left_empty_is_refused(short: str, long: str) -> None:
    assert refused(records(short, long), {short: f"/{long}"}, fields=(short, long)) == {short}
    assert refused(records(short, long), {long: f"/{short}"}, fields=(short, long)) == {long}


@PAIRS
def test_each_in_its_own_place_stands(short: str, long: str) -> None:
    bound = {short: f"/{short}", long: f"/{long}"}
    assert refused(records(short, long), bound, fields=(short, long)) == set()


@PAIRS
def test_where_only_one_is_asked_for_the_choice_is_the_planners(short: str, long: str) -> None:
    """A description may say which of two names is meant; nobody else would have the one that is bound."""
    assert refused(records(short, long), {short: f"/{long}"}, fields=(short,)) == set()


@PAIRS
def test_where_one_is_not_there_the_other_may_stand_for_it(short: str, long: str) -> None:
    assert refused(records(long), {short: f"/{long}"}, fields=(short,)) == set()


def seen(weight: float, spelt: float, *, meant: float = 1.0) -> Weighed:
    return Weighed(weight, (Heard("name", meant, ""), Heard("spelling", spelt, "")))


def test_spelling_decides_between_names_that_mean_the_same_and_against_nothing_else() -> None:
    now, then = [seen(4.5, 0.7), seen(4.5, 0.7)], [seen(4.6, 0.9), seen(4.6, 0.9)]
    assert by_spelling(now, then)
    assert not by_spelling(then, now)
    # of one side something else says more than its spelling
    assert not by_spelling([seen(4.7, 0.7), now[1]], then)
    # on one side both are spelt alike
    assert not by_spelling([seen(4.5, 0.85), now[1]], then)
    # what does not mean the same is weighed
    assert not by_spelling([seen(4.5, 0.7, meant=0.6), now[1]], then)


def test_the_very_names_decide_unless_all_else_says_more() -> None:
    now, then = [seen(4.5, 0.5, meant=0.6), seen(5.0, 0.5, meant=0.6)], [seen(5.3, 1.0), seen(4.7, 1.0)]
    assert by_spelling(now, then)
    assert not by_spelling(then, now)
    # one of them bears its name by the plan at hand too
    assert not by_spelling([seen(4.5, 1.0, meant=0.6), now[1]], then)
    assert not by_spelling(now, [seen(4.6, 1.0), seen(4.7, 1.0)])


def test_codes_and_names_of_one_thing_are_not_exchanged() -> None:
    """Codes look like what both are, and so weigh for both fields."""
    codes = ("EUR", "USD", "XCD", "AMD", "ALL")
    words = ("Euro", "Dollar", "Dollar", "Dram", "Lek")
    found = [{"code": f"c{n}", "currencycode": codes[n % 5], "currencyname": words[n % 5]} for n in range(30)]
    fields = ("currencycode", "currencyname")
    crossed = {"currencycode": "/currencyname", "currencyname": "/currencycode"}
    assert refused(found, crossed, fields=fields) == set(fields)
    assert refused(found, {name: f"/{name}" for name in fields}, fields=fields) == set()


def test_a_wrong_guess_of_a_kind_rules_no_very_name_out() -> None:
    """`capital` may be money or a city; which one it is its values say, and a phone it is not."""
    found = [{"code": f"c{n}", "capital": PLACES[n % 5], "motto": f"Be {PLACES[n % 5]} {n}"} for n in range(30)]
    assert refused(found, {"capital": "/motto"}, fields=("capital",)) == {"capital"}
    assert refused(found, {"capital": "/motto", "motto": "/capital"}, fields=("capital", "motto")) == {
        "capital",
        "motto",
    }
    assert refused(found, {"capital": "/capital", "motto": "/motto"}, fields=("capital", "motto")) == set()


def test_a_declared_kind_is_no_guess() -> None:
    heard = Weighed(1.0, (Heard("spelling", 1.0, ""), Heard("kind_by_values", -1.0, "")))
    assert possible(heard, TargetField(name="capital", type="string"))
    assert not possible(heard, TargetField(name="capital", type="string", kind=Kind.MONEY))
