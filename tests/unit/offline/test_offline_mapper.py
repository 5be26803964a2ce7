"""The mapper on sources of several kinds, and what makes it abstain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.execution import compile_binding
from enrichment.offline.desk import LARGE, SMALL, answer
from enrichment.operations import ReadSettings, operation_offers
from schemas.plan import Binding

JSON_TYPES = {str: "string", int: "integer", list: "array", dict: "object", bool: "boolean", type(None): "null"}
FOUNDED = {"name": "founded_year", "type": "integer", "kind": "year"}
EMPLOYEES = {"name": "employee_count", "type": "integer", "kind": "count"}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}/{name}")
    elif isinstance(value, list):
        yield path, value
        if value:
            yield from leaves(value[0], f"{path}/0")
    else:
        yield path, value


def offered(records: Sequence[Any]) -> list[dict[str, Any]]:
    found: dict[str, list[Any]] = {}
    for record in records:
        for path, value in leaves(record):
            found.setdefault(path, []).append(value)
    return [
        {
            "path": path,
            "types": sorted({JSON_TYPES[type(value)] for value in values}),
            "fill": len(values) / len(records),
            "samples": values[:5],
        }
        for path, values in found.items()
    ]


def plan(
    fields: list[dict[str, Any]],
    records: Sequence[Any],
    *,
    model: str = SMALL,
    target: str = "company",
    refused: Sequence[dict[str, Any]] = (),
    ops: set[str] | None = None,
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    """Alternatives by field, and reasons by field."""
    document = {
        "task": "map_fields",
        "version": 1,
        "target": {"name": target, "description": "", "fields": fields},
        "source": {"name": "feed", "shape": "1", "part": {"index": 0, "of": 1}, "fields": offered(records)},
        "operations": [offer for offer in operation_offers() if ops is None or offer["op"] in ops],
        "refused": list(refused),
    }
    given_back: Any = answer(model, document)
    bound = {binding["target"]: binding["alternatives"] for binding in given_back["bindings"]}
    left = {abstention["target"]: abstention["reason"] for abstention in given_back["abstained"]}
    assert sorted([*bound, *left]) == sorted(field["name"] for field in fields), "each field exactly once"
    return bound, left


def paths(alternatives: list[dict[str, Any]]) -> list[list[str]]:
    return [alternative["paths"] for alternative in alternatives]


def ops(alternative: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(call["op"], *((arg["name"], arg["value"]) for arg in call["args"])) for call in alternative["ops"]]


def value(name: str, alternatives: list[dict[str, Any]], record: Any, **settings_: Any) -> Any:
    frozen = tuple(
        {"paths": tuple(a["paths"]), "ops": tuple({"op": o["op"], "args": tuple(o["args"])} for o in a["ops"])}
        for a in alternatives
    )
    binding = Binding.model_validate({"target": name, "alternatives": frozen})
    return compile_binding(binding, ReadSettings(**settings_))(record).value


COMPANIES = [
    {
        "name": "Grano",
        "country": "Germany",
        "isins": ["DE0005545503"],
        "metadata": {
            "founded": "1988 ; 38 years ago ( 1988 )",
            "employees": "3,167 (average, 2021)",
            "revenue": "€3.91 billion (2021)",
            "headquarters": "Montabaur , Germany",
            "website": "www.grano.example",
        },
    },
    {
        "name": "Orva",
        "country": "Houston, Texas",
        "isins": ["US0378331005"],
        "metadata": {
            "founded": "1901",
            "employees": "c. 162,000 (2025)",
            "revenue": "US$−621 million",
            "headquarters": "Houston , Texas , U.S.",
            "website": "orva.example",
        },
    },
]


def test_the_companies() -> None:
    fields = [
        {"name": "name", "type": "string", "kind": "name"},
        {"name": "isin", "type": "string", "kind": "code"},
        {"name": "country", "type": "string", "kind": "country"},
        FOUNDED,
        EMPLOYEES,
        {"name": "revenue_amount", "type": "number", "kind": "money", "currency_field": "revenue_currency"},
        {"name": "revenue_currency", "type": "string", "kind": "currency"},
        {"name": "website", "type": "string", "format": "uri"},
        {"name": "headquarters", "type": "string", "kind": "address"},
        {"name": "lei", "type": "string", "kind": "code"},
    ]
    bound, left = plan(fields, COMPANIES)
    assert left == {"lei": "absent"}
    assert paths(bound["country"]) == [["/country"], ["/metadata/headquarters"]]
    assert bound["revenue_currency"][0]["paths"] == bound["revenue_amount"][0]["paths"]
    read = {name: [value(name, bound[name], record) for record in COMPANIES] for name in bound}
    assert read["country"] == ["DE", "US"]
    assert read["founded_year"] == [1988, 1901]
    assert read["employee_count"] == [3167, 162000]
    assert read["revenue_amount"] == [3_910_000_000, -621_000_000]
    assert read["revenue_currency"] == ["EUR", "USD"]
    assert read["website"] == ["https://www.grano.example", "https://orva.example"]
    assert read["headquarters"] == ["Montabaur, Germany", "Houston, Texas, U.S."]
    assert read["isin"] == ["DE0005545503", "US0378331005"]


@pytest.mark.parametrize("model", [SMALL, LARGE])
def test_the_wrong_field_is_worse_than_none(model: str) -> None:
    records = [{"name": "A", "updated_year": 2021, "company_revenue": "5,000,000", "updated_at": "2024-01-01"}]
    bound, left = plan([FOUNDED, EMPLOYEES], records, model=model)
    assert bound == {}
    assert set(left) == {"founded_year", "employee_count"}


def test_two_that_fit_alike_are_ambiguous() -> None:
    records = [{"billing_email": "a@x.example", "support_email": "b@x.example"}]
    assert plan([{"name": "email", "type": "string", "format": "email"}], records) == ({}, {"email": "ambiguous"})


def test_a_name_that_cannot_be_read_is_unsupported() -> None:
    bound, left = plan([EMPLOYEES], [{"employees": "a few"}, {"employees": "many"}])
    assert (bound, left) == ({}, {"employee_count": "unsupported"})


@pytest.mark.parametrize("model", [SMALL, LARGE])
def test_a_refused_proposal_is_not_repeated(model: str) -> None:
    field = [{"name": "website", "type": "string", "format": "uri"}]
    records = [{"homepage": "https://a.example", "website": "b.example"}]
    refused = [{"target": "website", "paths": ["/website"], "rule": "rival_source", "message": ""}]
    first, _ = plan(field, records, model=model)
    again, left = plan(field, records, model=model, refused=refused)
    assert ["/website"] in paths(first["website"])
    assert ["/website"] not in paths(again.get("website", []))
    both = [*refused, {"target": "website", "paths": ["/homepage"], "rule": "kind_mismatch", "message": ""}]
    assert plan(field, records, model=model, refused=both)[0] == {}
    assert again or left


def test_a_refused_place_tells_no_country() -> None:
    field = [{"name": "country", "type": "string", "kind": "country"}]
    refused = [{"target": "country", "paths": ["/metadata/headquarters"], "rule": "kind_mismatch", "message": ""}]
    bound, _ = plan(field, COMPANIES, refused=refused)
    assert paths(bound["country"]) == [["/country"]]


def test_the_place_of_something_else_tells_no_country() -> None:
    field = [{"name": "country", "type": "string", "kind": "country"}]
    records = [{"name": "A", "birthplace": "Bonn, Germany"}, {"name": "B", "birthplace": "Wien, Austria"}]
    assert plan(field, records)[0] == {}


def test_the_name_or_number_of_another_thing_is_not_taken() -> None:
    fields = [{"name": "track_id", "type": "string", "kind": "identifier"}, {"name": "name", "type": "string"}]
    records = [{"artists": [{"id": "a1", "name": "Ada"}], "studio": {"name": "Blue"}}]
    assert plan(fields, records, target="track")[0] == {}


def test_a_gap_is_filled_only_from_a_field_of_the_same_name() -> None:
    website = [{"name": "website", "type": "string", "kind": "url"}]
    apart = [{"website": "a.example", "homepage": "b.example"}, {"website": "c.example", "homepage": "d.example"}]
    assert paths(plan(website, apart)[0]["website"]) == [["/website"]]


def test_only_offered_operations_are_used() -> None:
    every = {offer["op"] for offer in operation_offers()}
    bound, left = plan([FOUNDED], COMPANIES, ops=every - {"parse_year"})
    assert (bound, left) == ({}, {"founded_year": "unsupported"})


def test_lists_labels_names_and_tables() -> None:
    records = [
        {"first_name": "Ada", "last_name": "Quill", "mails": [{"type": "work", "value": "a@x.example"}], "sex": "F"},
        {"first_name": "Ben", "last_name": "Oda", "mails": [{"type": "work", "value": "b@x.example"}], "sex": "M"},
    ]
    fields = [
        {"name": "full_name", "type": "string"},
        {"name": "work_email", "type": "string", "format": "email"},
        {"name": "gender", "type": "string", "allowed": ["male", "female"]},
    ]
    bound, _ = plan(fields, records, target="contact")
    assert ops(bound["full_name"][0]) == [("join", ("separator", " "))]
    assert value("full_name", bound["full_name"], records[0]) == "Ada Quill"
    assert ops(bound["work_email"][0])[0] == ("select", ("key", "type"), ("equals", "work"), ("take", "value"))
    assert [value("gender", bound["gender"], r, allowed=("male", "female")) for r in records] == ["female", "male"]


def test_the_column_settles_separators_and_dates() -> None:
    records = [{"price": "1.234,50 €", "start_date": "25/12/1990"}, {"price": "2.000,00 €", "start_date": "03/04/1991"}]
    fields = [
        {"name": "price", "type": "number", "kind": "money"},
        {"name": "start_date", "type": "string", "format": "date"},
    ]
    bound, _ = plan(fields, records, target="offer")
    assert [value("price", bound["price"], record) for record in records] == [1234.5, 2000]
    assert [value("start_date", bound["start_date"], record) for record in records] == ["1990-12-25", "1991-04-03"]


def test_units_are_converted_and_magnitudes_in_names_are_not() -> None:
    weight = {"name": "weight", "type": "number", "kind": "quantity", "unit": "kg"}
    bound, _ = plan([weight], [{"weight": "1,250 grams"}, {"weight": "900 grams"}], target="parcel")
    assert str(value("weight", bound["weight"], {"weight": "1,250 grams"})) == "1.25"
    money = {"name": "revenue", "type": "number", "kind": "money"}
    assert plan([money], [{"revenue_millions": 12}, {"revenue_millions": 15}])[1] == {"revenue": "unsupported"}


def test_a_currency_beside_its_amount() -> None:
    records = [{"ticket": {"price": "25.00", "currency": "EUR"}}, {"ticket": {"price": "30.00", "currency": "CHF"}}]
    fields = [
        {"name": "ticket_price", "type": "number", "kind": "money", "currency_field": "ticket_currency"},
        {"name": "ticket_currency", "type": "string", "kind": "currency"},
    ]
    bound, _ = plan(fields, records, target="event")
    assert paths(bound["ticket_currency"]) == [["/ticket/currency"]]


def test_no_source_field_serves_two_fields_of_a_kind() -> None:
    fields = [
        {"name": "website", "type": "string", "kind": "url"},
        {"name": "homepage", "type": "string", "kind": "url"},
    ]
    bound, _ = plan(fields, COMPANIES)
    read = [path for alternatives in bound.values() for path in paths(alternatives)]
    assert len(read) == len({tuple(path) for path in read})


_NAMES = "name revenue employees founded country website email price status start_date isin headquarters weight_kg x"
FIELD_NAMES = _NAMES.split()
SAMPLES = st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.lists(st.text(max_size=8), max_size=3)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    records=st.lists(
        st.dictionaries(
            st.sampled_from(FIELD_NAMES) | st.text(alphabet="abc_", min_size=1, max_size=8), SAMPLES, max_size=6
        ),
        min_size=1,
        max_size=4,
    ),
    wanted=st.lists(st.sampled_from(FIELD_NAMES), min_size=1, max_size=5, unique=True),
    kind=st.sampled_from(["integer", "string", "number", "boolean"]),
    deep=st.booleans(),
)
def test_any_source_gets_a_plan_of_what_was_offered(records: Any, wanted: list[str], kind: str, deep: bool) -> None:
    fields = [{"name": name, "type": kind} for name in wanted]
    bound, _ = plan(fields, records, model=LARGE if deep else SMALL)
    known = {field["path"] for field in offered(records)}
    for alternatives in bound.values():
        assert 1 <= len(alternatives) <= 3
        assert all(set(alternative["paths"]) <= known for alternative in alternatives)


def test_the_very_name_decides_whatever_its_values_look_like() -> None:
    """Names of countries look like countries, official ones do not: `name` was read from `/official_name`."""
    land = ("Aruba", "Chile", "Ghana", "Nepal", "Samoa")
    records = [{"code": f"c{n}", "name": land[n], "official_name": f"Republic of {land[n]}"} for n in range(5)]
    fields = [{"name": name, "type": "string"} for name in ("name", "official_name")]
    bound, left = plan(fields, records, target="country")
    assert {name: [one["paths"] for one in made] for name, made in bound.items()} == {
        "name": [["/name"]],
        "official_name": [["/official_name"]],
    }
    assert left == {}
