from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.evidence import entity_words, fit
from schemas.json_types import Json
from schemas.shape import SampledField
from schemas.target import TargetField


def source(path: str, *samples: Json) -> SampledField:
    return SampledField(path, ("string",), 1.0, samples)


def target(name: str, type_: str = "string", description: str = "") -> TargetField:
    return TargetField.model_validate({"name": name, "type": type_, "description": description})


@pytest.mark.parametrize(
    ("name", "better", "worse"),
    [
        ("email", source("/email", "a@example.com"), source("/billing_email", "b@example.com")),
        ("founded_year", source("/established", "1988"), source("/updated_year", "2023")),
        ("net_income", source("/net_profit", "€ 5"), source("/income_tax", "€ 2")),
        ("employee_count", source("/staff", "12"), source("/store_count", "12")),
        ("website", source("/homepage", "www.a.com"), source("/logo_url", "https://a.com/x.png")),
        ("headquarters", source("/head_office", "Bern"), source("/founder", "Ida")),
        ("symbol", source("/ticker", "ABC"), source("/symbols/0/currency", "EUR")),
        ("name", source("/company_name", "Blue Yard"), source("/ceo/name", "Ida Holt")),
        ("ceo_name", source("/ceo/name", "Ida Holt"), source("/name", "Blue Yard")),
        ("price", source("/unit_price", "€ 5"), source("/price_updated_at", "2024-01-01")),
    ],
)
def test_the_better_field_scores_higher(name: str, better: SampledField, worse: SampledField) -> None:
    entity = entity_words("company")
    wanted = target(name)
    assert fit(better, wanted, entity=entity).score > fit(worse, wanted, entity=entity).score + 0.2


def test_signals_are_visible_and_apart() -> None:
    got = fit(source("/revenue", "€ 5"), target("revenue_currency"))
    assert got.signals["name"] == 1
    assert got.signals["kind"] < 1
    assert fit(source("/revenue", "€ 5"), target("employee_count", "integer")).score == 0


def test_a_cryptic_name_is_read_by_its_description() -> None:
    wanted = target("f12", "integer", "Number of employees, not revenue")
    assert fit(source("/headcount", "12"), wanted).score > 0.7
    assert fit(source("/revenue", "€ 5"), wanted).score == 0


def test_what_is_never_filled_fits_worse() -> None:
    empty = SampledField("/email", ("null",), 0.0, ())
    assert fit(empty, target("email")).score < fit(source("/mail", "a@example.com"), target("email")).score


@settings(derandomize=True, max_examples=150)
@given(st.text(max_size=12), st.text(max_size=30), st.lists(st.text(max_size=20) | st.integers(), max_size=4))
def test_any_name_and_value_can_be_scored(name: str, description: str, samples: list[Json]) -> None:
    path = "/" + name.replace("~", "~0").replace("/", "~1")
    got = fit(SampledField(path, ("string",), 0.5, tuple(samples)), target("employee_count", "integer", description))
    assert 0 <= got.score <= 1
