"""What a text says of the unit or of the side of its figure, against what its field is in."""

from __future__ import annotations

from typing import Any

import pytest
from gating import binding, call, judge

from enrichment.evidence.units import unit_named
from enrichment.gate.compiled import compile_gate
from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.gate.reading import SourceReading
from enrichment.operations.units import differ_in_size
from enrichment.sampling import sample_fields
from schemas.json_types import Record
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpCall, PlanBody
from schemas.target import Target, TargetField

DURATIONS = frozenset({"minute", "hour", "day", "week", "month", "year", "days", "years"})


def reasons(text: str, unit: str, *ops: OpCall | str) -> dict[str, str]:
    kind = Kind.DURATION if unit in DURATIONS else Kind.QUANTITY
    field = TargetField(name="f", type="number", kind=kind, unit=unit)
    return judge(field, text, *(ops or ("parse_decimal",))).reasons


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        *(("44.8 \u00b0F", unit) for unit in ("degC", "\u00b0C", "celsius", "degree_Celsius")),
        *((f"54{sign}", "degC") for sign in ("\u00b0F", " deg F", " \u00baF", " \u2109", " degrees Fahrenheit")),
        *(("48 months", "year"), ("18 mo", "year"), ("2 weeks", "day"), ("3 mois", "day")),
        *(("2 heures", "minute"), ("2 jours", "hour"), ("2 years", "month"), ("90 min", "hour")),
        *(("3.8 knots", "km/h"), ("14 kn", "kmh"), ("14 kt", "km/h"), ("14 mph", "m/s"), ("14 km/h", "knot")),
        *(("14 km/h", "meter/second"), ("14 mps", "kilometer/hour")),
        *(("1196 kt", "metric_ton"), ("5 Mt", "tonne"), ("5 kilotonnes", "t"), ("12 stone", "kilogram")),
        *(("12 st", "kilogram"), ("12 cwt", "kilogram"), ("14 sm", "kilometer"), ("14 sm", "mile")),
        *(("12 \u00b5g", "mg"), ("12 \u03bcg", "milligram"), ("5 \u00b5g/l", "mg/l")),
        *(("14 nmi", "km"), ("14 nautical miles", "kilometer"), ("14 fathoms", "meter"), ("14 nm", "meter")),
        *(("14 ha", "meter**2"), ("14 sq ft", "square meter"), ("14 sq. mi", "hectare"), ("14 acres", "m\u00b2")),
        *(("29.9 inHg", "hPa"), ("760 mmHg", "hPa"), ("1 atm", "hPa"), ("14 hl", "liter"), ("14 bbl", "liter")),
        *(("1465 kJ", "kcal"), ("1.4 MJ", "kilocalorie")),
    ],
)
def test_a_figure_in_another_unit_of_its_measure_is_not_written(text: str, unit: str) -> None:
    assert reasons(text, unit) == {"f": "unit_mismatch"}


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        *(("44.8 \u00b0C", unit) for unit in ("degC", "\u00b0C", "celsius")),
        *(("44.8 C", "degC"), ("44.8 \u2103", "degC"), ("44.8", "degC"), ("54 \u00b0F", "degF")),
        *(("48 years", "year"), ("48 yrs", "years"), ("1 year", "year"), ("1 month", "month"), ("2 weeks", "week")),
        *(("3.8 knots", "knot"), ("14 kn", "knot"), ("14 kt", "knot"), ("14 kt", "kilotonne"), ("14 mph", "mile/hour")),
        *(("14 km/h", "km/h"), ("14 km/h", "kilometer / hour"), ("14 mps", "m/s"), ("14 mps", "meter/second")),
        *(
            ("1196 tonnes", "metric_ton"),
            ("12 \u00b5g", "microgram"),
            ("12 km", "kilometer"),
            ("14 nmi", "nautical_mile"),
        ),
        *(("14 m\u00b2", "meter**2"), ("14 sq m", "square meter"), ("14 hl", "hectoliter"), ("350 cal", "calorie")),
        *(("1013 mbar", "hPa"), ("5 GWh", "gigawatt_hour"), ("5 \u00b5g/l", "\u00b5g/l")),
        # what nobody knows, or is no unit where it stands
        *(("12 flasks", "km"), ("12 as of 2020", "second"), ("12 in 2020", "fathom"), ("12 at least", "year")),
        *(
            ("2.5 kg", "flasks"),
            ("12 of them", "km"),
            ("12 st", "second"),
            ("12 st", "stone"),
            ("14 sm", "nautical_mile"),
        ),
    ],
)
def test_a_figure_in_its_own_unit_or_in_none_is_written(text: str, unit: str) -> None:
    assert reasons(text, unit) == {}


def test_a_conversion_is_held_to_what_it_begins_with() -> None:
    from_yards = call("convert_unit", **{"from": "yard", "to": "meter"})
    assert reasons("14 nmi", "meter", "parse_decimal", from_yards) == {"f": "unit_mismatch"}
    assert reasons("14 yards", "meter", "parse_decimal", from_yards) == {}


def test_units_of_two_sizes_differ_where_both_are_known() -> None:
    assert differ_in_size("\u00b5g", "mg")
    assert not differ_in_size("milligram", "mg")
    assert not differ_in_size("kg", "km")
    assert not differ_in_size("flask", "mg")


@pytest.mark.parametrize("text", [None, "", "flask", "widgets/day"])
def test_an_unknown_unit_stays_unknown(text: str | None) -> None:
    assert unit_named(text) is None


def mixed(*texts: str) -> list[str]:
    key = TargetField(name="id", type="string", identity=True, kind=Kind.IDENTIFIER)
    field = TargetField(name="term", type="number", kind=Kind.DURATION)
    records = [{"id": f"A{n}", "term": texts[n % len(texts)]} for n in range(40)]
    bound = Binding(target="term", alternatives=(Alternative(paths=("/term",), ops=(OpCall(op="parse_decimal"),)),))
    target = Target(name="t", table="t", fields=(key, field))
    return [r.rule for r in check_plan_evidence(target, sample_fields(records), records, [bound])]


def test_a_column_in_months_and_years_is_none_without_a_unit() -> None:
    assert mixed("18 months", "1 year") == ["unit_mismatch"]
    assert mixed("2 years", "1 year") == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *((Kind.LATITUDE, text) for text in ("6.39 south", "51 S", "51\u00b0 S", "33.5 degrees south", "33,5 sud")),
        *((Kind.LATITUDE, text) for text in ("-6.39 N", "12.5 E", "33,5 po\u0142udnie")),
        *(
            (Kind.LONGITUDE, text)
            for text in ("170.02 W", "170.02\u00b0 W", "33,5 ouest", "12 O", "12,5 West", "W 12.5")
        ),
        *((Kind.LONGITUDE, text) for text in ("122 deg W", "-12.5 E", "12.5 Ost")),
    ],
)
def test_a_side_of_the_earth_that_the_sign_does_not_tell_empties_the_cell(kind: Kind, text: str) -> None:
    assert "f" in judge(TargetField(name="f", type="number", kind=kind), text, "parse_decimal").reasons


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        *((Kind.LATITUDE, text, "51.5") for text in ("51.5", "51.5 N", "51.5 north", "51.5 degrees N")),
        *((Kind.LATITUDE, text, "-6.39") for text in ("-6.39", "-6.39 south", "lat: -6.39")),
        *((Kind.LONGITUDE, text, "12.5") for text in ("12.5", "12.5\u00b0 E", "12.5 east", "lon: 12.5", "12.5 deg")),
        (Kind.LONGITUDE, "-170.02 west", "-170.02"),
        (Kind.QUANTITY, "51.5 south", "51.5"),
    ],
)
def test_a_side_that_agrees_with_the_sign_does_not(kind: Kind, text: str, wanted: str) -> None:
    given: Any = judge(TargetField(name="f", type="number", kind=kind), text, "parse_decimal")
    assert (given.reasons, str(given.cells.get("f"))) == ({}, wanted)


def test_each_element_that_is_taken_of_a_list_has_the_unit_that_it_states_itself() -> None:
    records: list[Record] = [
        {
            "no": f"N{n}",
            "dims": [{"type": "height", "value": f"{20 + n}.5 cm"}, {"type": "weight", "value": f"{3 + n}.4 kg"}],
        }
        for n in range(12)
    ]
    sizes = {"height_cm": ("height", "cm"), "weight_kg": ("weight", "kg")}
    fields = (
        TargetField(name="no", type="string", identity=True),
        *(TargetField(name=name, type="number", kind=Kind.QUANTITY, unit=unit) for name, (_, unit) in sizes.items()),
    )
    bindings = [
        Binding(
            target=name,
            alternatives=(
                Alternative(
                    paths=("/dims",),
                    ops=(call("select", key="type", equals=said, take="value"), call("parse_decimal")),
                ),
            ),
        )
        for name, (said, _) in sizes.items()
    ]
    offered = sample_fields(records)
    target = Target(name="t", table="t", fields=fields)
    assert check_plan_evidence(target, offered, records, bindings) == ()
    swapped = [
        one.model_copy(update={"target": other.target}) for one, other in zip(bindings, reversed(bindings), strict=True)
    ]
    refused = {one.target for one in check_plan_evidence(target, offered, records, swapped)}
    assert refused == {"height_cm", "weight_kg"}


def _by_turns(*alternatives: tuple[OpCall, ...]) -> Binding:
    return Binding(target="power", alternatives=tuple(Alternative(paths=("/power",), ops=ops) for ops in alternatives))


POWER = TargetField(name="power", type="number", kind=Kind.QUANTITY, unit="MW")
AS_IT_IS = (call("parse_decimal"),)
FROM_KW = (call("parse_decimal"), call("convert_unit", **{"from": "kW", "to": "MW"}))


@pytest.mark.parametrize("order", [(AS_IT_IS, FROM_KW), (FROM_KW, AS_IT_IS)])
def test_of_several_alternatives_the_one_counts_whose_unit_the_text_states(
    order: tuple[tuple[OpCall, ...], ...],
) -> None:
    key = TargetField(name="id", type="string", identity=True)
    plan = PlanBody(bindings=(binding("id", "/id"), _by_turns(*order)))
    gate = compile_gate(Target(name="t", table="t", fields=(key, POWER)), plan, SourceReading())
    read = {text: gate({"id": "a", "power": text}) for text in ("2.5 MW", "750 kW", "3 GW")}
    assert str(read["2.5 MW"].cells["power"]) == "2.5"
    assert str(read["750 kW"].cells["power"]) == "0.75"
    assert read["2.5 MW"].winners["power"] == order.index(AS_IT_IS)
    assert read["3 GW"].reasons["power"] == "unit_mismatch"


def test_alternatives_for_each_unit_of_a_source_are_right_and_one_for_none_is_not() -> None:
    key = TargetField(name="id", type="string", identity=True, kind=Kind.IDENTIFIER)
    target = Target(name="t", table="t", fields=(key, POWER))
    records: list[Record] = [
        {"id": f"A{n}", "power": f"{n + 100} kW" if n % 9 == 0 else f"{n + 1}.5 MW"} for n in range(60)
    ]

    def rules(bound: Binding) -> list[str]:
        return [one.rule for one in check_plan_evidence(target, sample_fields(records), records, [bound])]

    assert rules(_by_turns(FROM_KW, AS_IT_IS)) == []
    assert rules(_by_turns(FROM_KW)) == ["unit_mismatch"]
    from_gw = (call("parse_decimal"), call("convert_unit", **{"from": "GW", "to": "MW"}))
    assert "unit_mismatch" in rules(_by_turns(from_gw, AS_IT_IS))
