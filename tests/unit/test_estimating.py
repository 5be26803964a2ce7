"""What a job would ask of a model, from a sample."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from enrichment.asking import Models, Price
from enrichment.connectors.inline import read_values
from enrichment.connectors.pages import Page
from enrichment.estimating import Bounds, Known, estimate
from enrichment.shapes import structure
from schemas.shape import ShapeView
from schemas.source import InlineSource
from schemas.target import Target, TargetField

TARGET = Target(
    name="firm",
    table="firm",
    fields=(
        TargetField(name="code", type="string", identity=True, kind="identifier"),
        TargetField(name="staff", type="integer", kind="count"),
    ),
)
SOURCE = InlineSource(name="crm", connector="inline", key="/k")
MODELS = Models(
    "s", "l", "a", prices={"s": Price(Decimal(1), Decimal(2)), "l": Price(Decimal(5), Decimal(9)), "a": Price(
        Decimal(1), Decimal(1))}, max_output_tokens=1_000
)  # fmt: skip


def page(numbers: range, *, more: bool = False, odd: bool = False) -> Page:
    """Records of one shape, or of another that shares nothing with it but its key."""
    values = [
        {"k": str(n), "alpha": {"x": n, "y": n, "z": n}} if odd else {"k": str(n), "b": n, "c": "text", "d": n}
        for n in numbers
    ]
    found, refused = read_values(values, SOURCE)
    return Page(found, refused, {"at": 1} if more else None)


def test_calls_grow_with_shapes_and_not_with_records() -> None:
    few = estimate(SOURCE, TARGET, [page(range(200))], MODELS, bounds=Bounds())
    many = estimate(SOURCE, TARGET, [page(range(1_000))], MODELS, bounds=Bounds())
    two = estimate(
        SOURCE, TARGET, [page(range(200), more=True), page(range(200, 400), odd=True)], MODELS, bounds=Bounds()
    )
    assert (few["shapes"], many["shapes"], two["shapes"]) == (1, 1, 2)
    assert few["calls"] == many["calls"]
    assert few["calls"] == {"planning": {"expected": 1, "most": 3}, "audit": {"expected": 6, "most": 12}}
    assert two["calls"]["planning"]["expected"] == 2
    assert two["sampled"] == {"records": 400, "complete": True}


def test_a_second_opinion_asks_two_models_and_no_more_than_three_times() -> None:
    twice = SOURCE.model_copy(update={"second_opinion": True})
    pages = [page(range(200))]
    once, both = (estimate(source, TARGET, pages, MODELS, bounds=Bounds()) for source in (SOURCE, twice))
    assert both["calls"]["planning"] == {"expected": 2, "most": 3}
    assert Decimal(both["cost"]["expected"]) > Decimal(once["cost"]["expected"]), "the large model is paid for"
    same = Models("s", "s", "a", max_output_tokens=1_000)
    assert estimate(SOURCE, TARGET, pages, same, bounds=Bounds())["calls"] == once["calls"]


def test_a_small_source_needs_no_more_audits_than_it_has_rows() -> None:
    found = estimate(SOURCE, TARGET, [page(range(25))], MODELS, bounds=Bounds())
    assert found["calls"]["audit"]["expected"] == 2
    cut = estimate(SOURCE, TARGET, [page(range(500), more=True)], MODELS, bounds=Bounds(limit=25))
    assert cut["calls"]["audit"]["expected"] == 2
    assert cut["sampled"] == {"records": 25, "complete": True}


def test_the_price_is_that_of_the_models_and_unknown_where_one_has_none() -> None:
    found = estimate(SOURCE, TARGET, [page(range(200))], MODELS, bounds=Bounds())
    assert Decimal(0) < Decimal(found["cost"]["expected"]) < Decimal(found["cost"]["most"])
    unpriced = Models("s", "l", "a", prices={})
    assert estimate(SOURCE, TARGET, [page(range(9))], unpriced, bounds=Bounds())["cost"] == {
        "expected": None,
        "most": None,
    }
    offline = Models("s", "l", "a", offline=True)
    assert estimate(SOURCE, TARGET, [page(range(9))], offline, bounds=Bounds())["cost"]["most"] == "0"


def test_an_empty_source_costs_nothing() -> None:
    found = estimate(SOURCE, TARGET, [Page((), ())], MODELS, bounds=Bounds())
    assert (found["shapes"], found["cost"]["most"]) == (0, "0.0000")


def test_an_endless_source_is_read_to_the_bounds_only() -> None:
    read: list[int] = []

    def endless() -> Iterator[Page]:
        for number in range(10_000):
            read.append(number)
            yield page(range(number * 10, number * 10 + 10), more=True)

    found = estimate(SOURCE, TARGET, endless(), MODELS, bounds=Bounds(records=200, pages=5))
    assert (len(read), found["sampled"]) == (5, {"records": 50, "complete": False})
    estimate(SOURCE, TARGET, endless(), MODELS, bounds=Bounds(records=20, pages=5))
    assert len(read) == 5 + 2


def test_shapes_that_a_plan_serves_need_no_planning_and_released_ones_no_audit() -> None:
    both = [page(range(200), more=True), page(range(200, 400), odd=True)]
    unknown = estimate(SOURCE, TARGET, both, MODELS, bounds=Bounds())
    stored = ShapeView(7, 3, dict(structure({"k": "1", "b": 1, "c": "text", "d": 1}).types))
    probation = Known([stored], frozenset({7}))
    released = Known([stored], frozenset({7}), frozenset({7}))
    found = [estimate(SOURCE, TARGET, both, MODELS, bounds=Bounds(), known=one) for one in (probation, released)]
    assert [one["planned"] for one in (unknown, *found)] == [None, 1, 1]
    assert [one["calls"]["planning"]["expected"] for one in (unknown, *found)] == [2, 1, 1]
    assert [one["calls"]["audit"]["expected"] for one in (unknown, *found)] == [12, 12, 6]
    assert [one["shapes"] for one in found] == [2, 2]


def test_a_shape_that_the_sample_widens_is_planned_anew() -> None:
    stored = ShapeView(7, 3, dict(structure({"k": "1", "b": 1, "c": "text"}).types))
    known = Known([stored], frozenset({7}), frozenset({7}))
    found = estimate(SOURCE, TARGET, [page(range(200))], MODELS, bounds=Bounds(), known=known)
    assert (found["shapes"], found["planned"], found["calls"]["planning"]["expected"]) == (1, 0, 1)
