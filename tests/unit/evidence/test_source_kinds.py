from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pytest
from babel.dates import get_month_names

from enrichment.evidence import infer_source_kind, infer_target_kind, plausible_target_kinds
from enrichment.operations import ReadSettings, compile_operation
from enrichment.operations.moments import LOCALES
from schemas.json_types import Json
from schemas.kinds import Kind
from schemas.plan import OpCall
from schemas.target import TargetField


@pytest.mark.parametrize(
    ("path", "values", "kind"),
    [
        ("/company_revenue", [5200000, 31000000], Kind.MONEY),
        ("/employees", [3167, 783], Kind.COUNT),
        ("/metadata/employees", ["3,167 (average, 2021)", 783], Kind.COUNT),
        ("/metadata/revenue", ["€3.91 billion (2021)"], Kind.MONEY),
        ("/revenue_growth", ["4.5", "12"], Kind.PERCENT),
        ("/revenue/currency", ["EUR", "USD"], Kind.CURRENCY),
        ("/updated_year", [2023, 2024], Kind.YEAR),
        ("/yearFounded", [1988], Kind.YEAR),
        ("/billing_email", ["a@example.com"], Kind.EMAIL),
        ("/income_tax", [12000], Kind.MONEY),
        ("/number_of_stores", [12], Kind.COUNT),
        ("/employee_number", ["E1044", "E2201"], Kind.IDENTIFIER),
        ("/employees_updated_at", ["2024-01-01T00:00:00Z"], Kind.DATETIME),
        ("/country/name", ["Norway", "Peru"], Kind.COUNTRY),
        ("/ceo/name", ["Ida Holt"], Kind.NAME),
        ("/has_website", [True, False], Kind.BOOLEAN),
        ("/website", ["www.example.com"], Kind.URL),
        ("/geo/lat", [Decimal("47.1")], Kind.LATITUDE),
        ("/x7", ["€ 12", "$ 15.50"], Kind.MONEY),
        ("/x7", ["a@example.com", "b@example.com"], Kind.EMAIL),
        ("/x7", ["12 %", "3.5 %"], Kind.PERCENT),
        ("/x7", ["DE0005545503"], Kind.CODE),
        ("/widgets", [4, 9, 12], Kind.COUNT),
        ("/employee_satisfaction", [4, 3], None),
        ("/x7", [4, 3], None),
        ("/size", [4, 3], None),
        ("/employees", [{"name": "Ida"}], None),
    ],
)
def test_what_a_source_field_is_known_to_be(path: str, values: list[Json], kind: Kind | None) -> None:
    types = ("object",) if isinstance(values[0], dict) else ()
    assert infer_source_kind(path, values, types).known == kind


def test_values_outweigh_a_name_that_they_contradict() -> None:
    view = infer_source_kind("/employees", ["€3.91 billion (2021)", "€2 million"])
    assert view.known is Kind.MONEY
    assert infer_source_kind("/revenue", ["yes", "no"]).known is not Kind.MONEY


def test_units_come_from_names_and_values() -> None:
    assert infer_source_kind("/weight_kg", [12]).unit == "kg"
    assert infer_source_kind("/weight", ["12 kg", "9 kg"]).unit == "kg"
    assert infer_source_kind("/price_usd", [12]).unit == "USD"
    assert infer_source_kind("/revenue", ["€ 12", "€ 13"]).unit == "EUR"
    assert infer_source_kind("/revenue", ["€ 12", "£ 13"]).unit is None


def test_candidates_never_exceed_certainty() -> None:
    for path in ("/founded", "/size", "/employee_count", "/x"):
        view = infer_source_kind(path, ["1988 ; 38 years ago ( 1988 )", "1990"])
        assert sum(view.candidates.values()) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (TargetField(name="anything", type="string", kind=Kind.CODE), Kind.CODE),
        (TargetField(name="at", type="string", format="date"), Kind.DATE),
        (TargetField(name="link", type="string", format="uri"), Kind.URL),
        (TargetField(name="ok", type="boolean"), Kind.BOOLEAN),
        (TargetField(name="revenueAmount", type="number"), Kind.MONEY),
        (TargetField(name="revenue_currency", type="string"), Kind.CURRENCY),
        (TargetField(name="founded_year", type="integer"), Kind.YEAR),
        (TargetField(name="founded", type="integer"), Kind.YEAR),
        (TargetField(name="f12", type="integer", description="Number of employees, not revenue."), Kind.COUNT),
        (TargetField(name="hq", type="string"), Kind.ADDRESS),
        (TargetField(name="f12", type="string"), None),
    ],
)
def test_what_a_target_field_is_known_to_be(field: TargetField, kind: Kind | None) -> None:
    assert infer_target_kind(field) == kind


def test_a_typed_target_cannot_be_everything() -> None:
    assert Kind.URL not in plausible_target_kinds(TargetField(name="f12", type="integer"))
    assert plausible_target_kinds(TargetField(name="f12", type="string")) == frozenset()


@pytest.mark.parametrize("what", ["country", "currency", "language"])
def test_the_name_of_what_has_a_code_is_no_code(what: str) -> None:
    named = TargetField(name=f"{what}_name", type="string")
    assert infer_target_kind(named) is Kind.NAME
    assert plausible_target_kinds(named) == {Kind.NAME, Kind(what)}
    assert infer_target_kind(TargetField(name=what, type="string")) is Kind(what)
    assert infer_target_kind(TargetField(name=f"{what}_name", type="string", kind=Kind(what))) is Kind(what)


_DATE_FORMS = ("{day}. {month} {year}", "{day} {month} {year}", "{day} de {month} de {year}", "{month} {day}, {year}")


@pytest.mark.parametrize("width", ["wide", "abbreviated"])
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("number", range(1, 13))
def test_days_of_one_month_are_dates_in_every_language_that_dates_are_read_in(
    locale: str, width: Literal["wide", "abbreviated"], number: int
) -> None:
    """What all values have in common besides their numbers is the month, and no unit."""
    read = compile_operation(OpCall(op="parse_date"), ReadSettings())
    name = get_month_names(width, "format", locale)[number]
    tried = 0
    for form in _DATE_FORMS:
        for month in (name, name.rstrip("."), name.capitalize(), name.upper()):
            days = [(day, day + 1980) for day in range(1, 28, 3)]
            values: list[Json] = [form.format(day=day, month=month, year=year) for day, year in days]
            if [read(value) for value in values] != [f"{year}-{number:02}-{day:02}" for day, year in days]:
                continue
            tried += 1
            for path in ("/x1", "/gegr"):
                view = infer_source_kind(path, values)
                assert (view.known, view.unit) == (Kind.DATE, None), values[0]
    assert tried or width == "abbreviated"


@pytest.mark.parametrize(
    ("values", "kind", "unit"),
    [
        (["12 Teile", "3 Teile"], None, None),
        (["12 Tage", "3 Tage"], Kind.DURATION, "d"),
        (["3 Mai-Bäume", "12 Mai-Bäume"], None, None),
        (["5 mars bars", "12 mars bars"], None, None),
        (["5 mars", "12 mars"], None, None),
        (["5 März", "12 März"], None, None),
        (["12 days", "3 days"], Kind.DURATION, "d"),
        (["12 min", "90 min"], Kind.DURATION, "min"),
        (["12 m", "3 m"], Kind.QUANTITY, "m"),
        (["12 m²", "3 m²"], Kind.QUANTITY, "sqm"),
        (["12 km/h", "3 km/h"], Kind.QUANTITY, "kmh"),
        (["1999 m", "2003 m"], Kind.QUANTITY, "m"),
        (["12 Mann", "90 Mann"], None, None),
        (["12 employees", "3 employees"], Kind.COUNT, "people"),
    ],
)
def test_numbers_with_a_constant_word_keep_their_kind(values: list[Json], kind: Kind | None, unit: str | None) -> None:
    view = infer_source_kind("/x1", values)
    assert (view.known, view.unit) == (kind, unit)


def test_a_day_with_its_hour_is_a_moment() -> None:
    assert infer_source_kind("/x1", ["3. März 1999, 14:30", "9. März 2003 07:05 Uhr"]).known is Kind.DATETIME
