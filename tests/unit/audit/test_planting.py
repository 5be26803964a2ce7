"""Known-bad rows: each of its fault, none that could be true, the same each time, and general over targets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from enrichment.audit.faults import FAULTS
from enrichment.audit.planting import ENOUGH, FIRST, Base, Plant, plant, share
from enrichment.audit.stated import as_number, leaves, same, stating
from enrichment.audit.statistics import cells_needed, recall_limits
from schemas.kinds import Kind
from schemas.target import Target, TargetField

KEY = b"a fixed key for tests"


def field(name: str, kind: Kind | None = None, type_: str = "string", **more: Any) -> TargetField:
    return TargetField(name=name, kind=kind, type=type_, **more)  # type: ignore[arg-type]


FIRM = Target(
    name="firm",
    table="firm",
    fields=(
        field("code", Kind.IDENTIFIER, identity=True),
        field("name", Kind.NAME),
        field("revenue", Kind.MONEY, "number", currency_field="revenue_currency"),
        field("revenue_currency", Kind.CURRENCY),
        field("profit", Kind.MONEY, "number"),
        field("staff", Kind.COUNT, "integer", minimum=Decimal(1)),
        field("founded", Kind.YEAR, "integer"),
        field("country", Kind.COUNTRY),
        field("opened", Kind.DATE, format="date"),
        field("active", Kind.BOOLEAN, "boolean"),
    ),
)


def firm(n: int) -> Base:
    record = {
        "code": f"F-{n:04d}",
        "name": f"{('Norden', 'Amsel', 'Linden', 'Quell')[n % 4]}werke Nummer {n}",
        "revenue": f"€{3 + n}.91 billion (2021)",
        "profit": f"€{210 + n} million",
        "staff": 5210 + 7 * n,
        "founded": 1900 + n,
        "country": ("Germany", "France", "Italy")[n % 3],
        "opened": f"{1950 + n}-03-17",
        "active": True,
    }
    cells = {
        "code": record["code"],
        "name": record["name"],
        "revenue": (3 + n) * 10**9 + 910_000_000,
        "revenue_currency": "EUR",
        "profit": (210 + n) * 10**6,
        "staff": record["staff"],
        "founded": record["founded"],
        "country": ("DE", "FR", "IT")[n % 3],
        "opened": record["opened"],
        "active": True,
    }
    return Base(n, record, cells, frozenset(cells))


def made(bases: list[Base], target: Target = FIRM, **more: Any) -> list[Plant]:
    return plant(bases, target, key=KEY, count=more.pop("count", len(bases)), **more)


FIRMS = [firm(n) for n in range(24)]


def test_every_fault_is_planted_equally_often_but_swaps_twice_and_each_row_once() -> None:
    plants = made(FIRMS)
    assert len(plants) == len({one.base for one in plants}) == 24
    times = {fault: sum(one.fault == fault for one in plants) for fault in FAULTS}
    assert times.pop("swap") == 8
    assert set(times.values()) == {3, 4}


def test_the_first_ones_are_swaps() -> None:
    """Whoever overlooks both may only look whether the record has the value."""
    assert [one.fault for one in made(FIRMS, count=2)] == ["swap", "swap"]
    assert [one.fault for one in made(FIRMS, count=8)].count("swap") == 3


def test_where_rows_are_few_each_yields_several_different_ones() -> None:
    for rows in (1, 2):
        plants = made(FIRMS[:rows], count=3)
        assert len({(one.base, one.fault) for one in plants}) == 3
    assert len(made(FIRMS[:1], count=50)) == len({one.fault for one in made(FIRMS[:1], count=50)}) > 3


def test_a_row_that_yields_nothing_does_not_keep_others_from_yielding_more() -> None:
    barren = Base(99, {}, {}, frozenset())
    assert len(made([FIRMS[0], barren], count=3)) == 3


def test_faults_that_were_planted_least_come_first() -> None:
    before = dict.fromkeys(FAULTS, 3) | {"factor": 1, "swap": 2}
    assert sorted(one.fault for one in made(FIRMS, count=3, before=before)) == ["factor", "swap", "swap"]


def test_the_same_key_makes_the_same_plants_and_another_key_others() -> None:
    assert made(FIRMS, count=12) == made(list(reversed(FIRMS)), count=12)
    assert made(FIRMS, count=12) == made(FIRMS, count=12)
    assert made(FIRMS, count=12) != plant(FIRMS, FIRM, key=b"other", count=12)


@pytest.mark.parametrize("one", made(FIRMS), ids=lambda one: f"{one.fault}-{one.field}-{one.base}")
def test_a_plant_is_wrong_in_the_way_of_its_fault(one: Plant) -> None:
    base = FIRMS[one.base]
    right, wrong = base.cells.get(one.field), one.cells[one.field]
    changed = {name for name in base.cells if one.cells.get(name) != base.cells[name]}
    assert one.field in changed
    assert not same(wrong, right)
    match one.fault:
        case "swap":
            (other,) = changed - {one.field}
            assert (wrong, one.cells[other]) == (base.cells[other], right)
            assert FIRM.by_name[one.field].kind == FIRM.by_name[other].kind
        case "factor":
            size, was = as_number(wrong), as_number(right)
            assert size is not None
            assert was is not None
            assert size / was in {Decimal(1000), Decimal("0.001")}
        case "shifted":
            assert any(one.cells == other.cells for other in FIRMS if other.id != one.base)
        case "currency":
            assert one.field == "revenue_currency"
        case "truncated":
            assert str(right).startswith(str(wrong))
        case "invented":
            assert changed == {one.field}
    if one.fault not in {"swap", "truncated"}:
        assert stating(base.leaves, wrong, FIRM.by_name[one.field].kind) == []


def base_of(record: Mapping[str, Any], sound: set[str] | None = None, **cells: Any) -> Base:
    return Base(1, record, cells, frozenset(cells if sound is None else sound))


PAIR = Target(name="t", table="t", fields=(field("a", Kind.CODE, identity=True), field("b", Kind.CODE)))


@pytest.mark.parametrize(
    "record",
    [
        {"x": "QX71", "y": "QX71"},
        {"x": "QX71", "y": "ZP88", "also": "ZP88"},
        {"x": "QX71", "y": "ZP88", "note": "QX71 (before: ZP88)"},
        {"list": ["QX71", "ZP88"]},
        {"list": [{"code": "QX71"}, {"code": "ZP88"}]},
        {"x": "qx 71", "y": "QX-71"},
    ],
)
def test_nothing_is_swapped_that_could_be_true(record: dict[str, Any]) -> None:
    values = ("QX71", "qx-71") if "ZP88" not in str(record) else ("QX71", "ZP88")
    base = base_of(record, a=values[0], b=values[1])
    assert [one.fault for one in made([base], PAIR) if one.fault == "swap"] == []


INCIDENT = Target(
    name="t",
    table="t",
    fields=(
        field("id", Kind.IDENTIFIER, identity=True),
        field("staff", Kind.COUNT, "integer"),
        field("revenue", Kind.MONEY, "number"),
        field("founded", Kind.YEAR, "integer"),
        field("site", Kind.URL),
    ),
)
SWAPS = dict.fromkeys(FAULTS, 1) | {"swap": 0}


def swapped(record: dict[str, Any], **cells: Any) -> set[tuple[str, Any]]:
    plants = [
        one
        for key in range(40)
        for one in plant([base_of(record, **cells)], INCIDENT, key=bytes([key]), count=1, before=SWAPS)
    ]
    return {(one.field, one.cells[one.field]) for one in plants if one.fault == "swap"}


def test_where_no_two_fields_are_of_one_kind_a_field_has_the_value_of_another_kind() -> None:
    record = {"id": "A7", "people": 162, "turnover": "€3.91 billion", "since": 1988, "web": "a7.example"}
    cells = {"id": "A7", "staff": 162, "revenue": 3_910_000_000, "founded": 1988, "site": "https://a7.example"}
    # revenue as a count is the incident; 162 is no year, and a web address is seen for what it is
    assert swapped(record, **cells) == {
        *(("staff", 3_910_000_000), ("staff", 1988), ("revenue", 162), ("revenue", 1988)),
    }


def test_what_a_record_goes_by_may_be_its_name_as_well() -> None:
    target = Target(
        name="t",
        table="t",
        fields=(field("name", Kind.NAME, identity=True), field("ticker", Kind.CODE), field("seat", Kind.ADDRESS)),
    )
    base = base_of(
        {"n": "Bayerische Werke", "t": "BMW", "s": "Munich"}, name="Bayerische Werke", ticker="BMW", seat="Munich"
    )
    plants = [one for key in range(40) for one in plant([base], target, key=bytes([key]), count=1, before=SWAPS)]
    found = {(one.field, one.cells[one.field]) for one in plants if one.fault == "swap"}
    assert found == {("name", "Munich"), ("ticker", "Munich"), ("seat", "BMW"), ("seat", "Bayerische Werke")}


def test_a_value_of_another_kind_that_could_be_true_is_not_planted() -> None:
    record = {"id": "A7", "people": 162, "turnover": "€3.91 billion (162 people)", "since": 1988}
    assert ("revenue", 162) not in swapped(record, id="A7", staff=162, revenue=3_910_000_000, founded=1988)


#: Another fault than a factor has had its turn.
OTHERS = dict.fromkeys(FAULTS, 1) | {"factor": 0}
NUMBER = Target(
    name="t", table="t", fields=(field("id", identity=True), field("size", Kind.QUANTITY, "number", maximum=Decimal(9)))
)


@pytest.mark.parametrize(
    ("record", "size", "planted"),
    [
        # a thousandth of it is what the record says, in some reading
        ({"size": "3,910 (thousands)"}, 3_910_000, {3_910_000_000}),
        ({"size": "14.046"}, 14_046, {14_046_000}),
        ({"size": 5000, "km": 5}, 5000, {5_000_000}),
        ({"size": 7, "grams": 7000}, 7, {"0.007"}),
        ({"size": 7, "grams": "7.000 g", "tons": "0,007"}, 7, set()),
    ],
)
def test_a_factor_never_gives_what_the_record_may_say(record: dict[str, Any], size: int, planted: set[Any]) -> None:
    target = NUMBER.model_copy(
        update={"fields": (NUMBER.fields[0], NUMBER.fields[1].model_copy(update={"maximum": None}))}
    )
    found = {
        one.cells["size"]
        for key in (b"1", b"2", b"3", b"4", b"5", b"6")
        for one in plant([base_of(record, size=size)], target, key=key, count=1, before=OTHERS)
        if one.fault == "factor"
    }
    assert found <= planted
    assert bool(found) == bool(planted)


def test_nothing_is_planted_that_the_gate_would_have_stopped() -> None:
    plants = [
        one
        for key in range(20)
        for one in plant([base_of({"size": 5}, size=5)], NUMBER, key=bytes([key]), count=1, before=OTHERS)
        if one.fault == "factor"
    ]
    assert {one.cells["size"] for one in plants} == {"0.005"}


COUNTRIES = Target(
    name="t", table="t", fields=(field("id", Kind.IDENTIFIER, identity=True), field("country", Kind.COUNTRY))
)


def test_a_country_that_some_text_of_the_record_names_is_not_invented() -> None:
    paris = Base(1, {"id": "1", "hq": "Paris, Frankreich"}, {"id": "1"}, {"country"})
    rome = Base(2, {"id": "2", "hq": "Roma, Italia"}, {"id": "2", "country": "IT"}, frozenset())
    lyon = Base(3, {"id": "3", "hq": "Lyon, France"}, {"id": "3", "country": "FR"}, frozenset())
    (one,) = plant([paris, rome, lyon], COUNTRIES, key=KEY, count=1)
    assert (one.base, one.fault, one.cells["country"]) == (1, "invented", "IT")


def test_only_sound_cells_are_made_wrong() -> None:
    bases = [Base(b.id, b.record, b.cells, {"staff"}) for b in FIRMS]
    assert {one.field for one in made(bases)} == {"staff"}
    assert made([Base(b.id, b.record, b.cells, frozenset()) for b in FIRMS]) == []


def test_a_target_without_kinds_or_descriptions_yields_plants_too() -> None:
    bare = Target(
        name="t",
        table="t",
        fields=tuple(TargetField(name=f.name, type=f.type, identity=f.identity) for f in FIRM.fields),
    )
    assert {one.fault for one in made(FIRMS, bare)} >= {"swap", "shifted", "invented", "factor", "truncated"}


def test_one_row_alone_yields_what_needs_no_other() -> None:
    (one,) = made([FIRMS[0]])
    assert one.fault != "shifted"


@pytest.mark.parametrize("size", [1, 5, 20, 24, 33, 100])
def test_plants_suffice_for_a_recall_and_cost_no_request(size: int) -> None:
    needed = cells_needed(0)
    looked = sent = most = 0
    while looked < needed:
        rows = min(size, needed - looked)
        looked += rows
        plants = share(looked, before=sent, missed=0, of=rows)
        sent += plants
        most = max(most, rows + plants)
    assert sent == ENOUGH
    assert recall_limits(ENOUGH - 1, ENOUGH - 1)[0] >= 0.8
    if size >= 20:
        assert math.ceil(needed / most) == math.ceil(needed / size)


def test_a_few_ride_along_with_the_first_rows_however_few_these_are() -> None:
    assert [share(rows, before=0, missed=0, of=rows) for rows in (1, 5, 19, 20)] == [FIRST] * 4
    assert share(2, before=FIRST, missed=0, of=1) == 0
    assert share(40, before=FIRST, missed=0, of=1) == 1, "only the first ones may be more than the rows"


def test_after_a_miss_more_is_planted() -> None:
    assert share(40, before=3, missed=1, of=20) > share(40, before=3, missed=0, of=20)
    assert share(116, before=3, missed=1, of=20) == 20


@pytest.mark.parametrize(
    ("record", "value", "kind"),
    [
        ({"a": "€3.91 billion"}, "3910000000", Kind.MONEY),
        ({"a": ["x", {"b": "1 234,5"}]}, "1234.5", Kind.QUANTITY),
        ({"a": "12 %"}, "0.12", Kind.PERCENT),
        ({"a": "paid in US$"}, "USD", Kind.CURRENCY),
        ({"a": "$ 5"}, "CAD", Kind.CURRENCY),
        ({"a": "Österreich"}, "AT", Kind.COUNTRY),
        ({"a": "17/03/98"}, "1998-03-17", Kind.DATE),
        ({"a": 890092800}, "1998-03-17", Kind.DATE),
        ({"a": "19980317"}, "1998-03-17", Kind.DATE),
        ({"a": "the ACME  gmbh of"}, "Acme GmbH", Kind.NAME),
        ({"a": "+49 (89) 1234-56"}, "+4989123456", Kind.PHONE),
        ({"a": "https://www.x-firm.example/"}, "https://www.x-firm.example", Kind.URL),
        ({"a": "yes"}, False, Kind.BOOLEAN),
    ],
)
def test_what_somebody_could_read_out_of_a_record_counts_as_stated(record: Any, value: Any, kind: Kind) -> None:
    assert stating(leaves(record), value, kind)


@pytest.mark.parametrize(
    ("record", "value", "kind"),
    [
        ({"a": "€3.91 billion"}, "3910000", Kind.MONEY),
        ({"a": "€5"}, "USD", Kind.CURRENCY),
        ({"a": "Berlin, Germany"}, "FR", Kind.COUNTRY),
        ({"a": "1998-03-17"}, "1998-04-18", Kind.DATE),
        ({"a": "Acme Ltd"}, "Acme GmbH", Kind.NAME),
        ({"a": None, "b": ""}, "x", Kind.TEXT),
    ],
)
def test_what_nobody_could_read_out_of_a_record_does_not(record: Any, value: Any, kind: Kind) -> None:
    assert stating(leaves(record), value, kind) == []
