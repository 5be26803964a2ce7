"""Each plan rule that rests on evidence: what it refuses, what it lets pass, and that nothing else refuses the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from enrichment.gate.plan_rules import PLAN_RULES, check_plan_evidence
from enrichment.sampling import sample_fields
from schemas.codes import Code
from schemas.json_types import Record
from schemas.plan import Alternative, Binding, OpArg, OpCall
from schemas.target import Target, TargetField

RECORDS: list[Record] = [
    {
        "name": f"Firm {n}",
        "company_revenue": 5_200_000 + n,
        "headcount": 120 + n,
        "net_profit": 410_000 + n,
        "pay": f"€ {n}00",
        "bonus": f"{'€' if n % 4 else 'US$'}{n + 1} million",
        "price_usd": 12 + n,
        "sum_eur_millions": 12 + n,
        "weight_lb": 3 + n,
        "store_count": 7 + n,
        "due": f"0{1 + n}/25/2024" if n < 4 else f"25/0{n - 3}/2024",
        "span": f"{12 + n} {'cm' if n % 3 else 'km'}",
        "rate": Decimal("12.5") + n,
        "seen": 1_712_000_000_000 + n,
        "day": 20_240_301 + n,
        "met": f"{1_712_000_000 + n}",
        "hq": f"{city}, {country}",
        "land": country,
        "updated_year": 2020 + n % 3,
        "est": 1950 + n,
        "cents": 100 * n,
        "contacts": [{"kind": "email", "value": f"x{n}@example.com"}],
        "person": f"Ida Holt {n}",
        "nothing": None,
    }
    for n, (city, country) in enumerate(
        [("Bern", "Switzerland"), ("Oslo", "Norway"), ("Lima", "Peru"), ("Rome", "Italy"), ("Graz", "Austria")] * 2
    )
]
OFFERED = sample_fields(RECORDS)


def field(name: str, type_: str = "number", **more: Any) -> TargetField:
    return TargetField.model_validate({"name": name, "type": type_, **more})


def call(op: str, **args: str) -> OpCall:
    return OpCall(op=op, args=tuple(OpArg(name=k, value=v) for k, v in args.items()))


def bind(name: str, *alternatives: tuple[str | tuple[str, ...], tuple[OpCall, ...]]) -> Binding:
    return Binding(
        target=name,
        alternatives=tuple(
            Alternative(paths=(paths,) if isinstance(paths, str) else paths, ops=ops) for paths, ops in alternatives
        ),
    )


def target(*fields: TargetField) -> Target:
    return Target(name="company", table="company", fields=(field("name", "string", identity=True), *fields))


def codes(fields: list[TargetField], *bindings: Binding, without: Code | None = None) -> list[str]:
    rules = [rule for rule in PLAN_RULES if rule.code is not without]
    found = check_plan_evidence(target(*fields), OFFERED, RECORDS, bindings, rules=rules)
    assert all(refusal.message and refusal.paths for refusal in found)
    return [refusal.rule for refusal in found]


#: Cases that one rule alone refuses.
REFUSED = {
    "a pointer that exists nowhere": (Code.INVENTED, [field("x7", "string")], [bind("x7", ("/made_up", ()))]),
    "money as a count": (
        Code.KIND_MISMATCH,
        [field("x7", "integer", kind="count")],
        [bind("x7", ("/company_revenue", ()))],
    ),
    "a date as an identifier": (
        Code.KIND_MISMATCH,
        [field("key", "string", kind="identifier")],
        [bind("key", ("/updated_year", (call("to_text"),)))],
    ),
    "a count read as money by an operation": (
        Code.KIND_MISMATCH,
        [field("x7", "number")],
        [bind("x7", ("/headcount", (call("parse_money"),)))],
    ),
    "a later alternative of another kind": (
        Code.KIND_MISMATCH,
        [field("employee_count", "integer")],
        [bind("employee_count", ("/headcount", ()), ("/company_revenue", ()))],
    ),
    "one of several pointers of another kind": (
        Code.KIND_MISMATCH,
        [field("employee_count", "integer")],
        [bind("employee_count", (("/headcount", "/company_revenue"), (call("first"),)))],
    ),
    "a currency that is not the fixed one": (
        Code.UNIT_MISMATCH,
        [field("price", unit="EUR")],
        [bind("price", ("/price_usd", ()))],
    ),
    "amounts whose texts are in another currency": (
        Code.UNIT_MISMATCH,
        [field("pay", kind="money", unit="USD")],
        [bind("pay", ("/pay", (call("parse_money"),)))],
    ),
    "millions for full units": (
        Code.UNIT_MISMATCH,
        [field("total_sum", kind="money")],
        [bind("total_sum", ("/sum_eur_millions", ()))],
    ),
    "pounds for kilograms": (Code.UNIT_MISMATCH, [field("weight_kg")], [bind("weight_kg", ("/weight_lb", ()))]),
    "a conversion from another unit than the field has": (
        Code.UNIT_MISMATCH,
        [field("weight_kg")],
        [bind("weight_kg", ("/weight_lb", (call("convert_unit", **{"from": "g", "to": "kg"}),)))],
    ),
    "lengths in two units where the field has none": (
        Code.UNIT_MISMATCH,
        [field("span")],
        [bind("span", ("/span", (call("parse_decimal"),)))],
    ),
    "amounts in two currencies where nothing names one": (
        Code.UNIT_MISMATCH,
        [field("bonus", kind="money")],
        [bind("bonus", ("/bonus", (call("parse_money"),)))],
    ),
    "dates in both orders": (
        Code.AMBIGUOUS,
        [field("due", "string", format="date")],
        [bind("due", ("/due", (call("parse_date", format="%d/%m/%Y"),)))],
    ),
    "stores counted for people": (
        Code.UNIT_MISMATCH,
        [field("x7", "integer", kind="count", unit="people")],
        [bind("x7", ("/store_count", ()))],
    ),
    "hundredths for a fraction": (
        Code.UNIT_MISMATCH,
        [field("rate", kind="percent", maximum="1")],
        [bind("rate", ("/rate", ()))],
    ),
    "milliseconds read as seconds": (
        Code.UNIT_MISMATCH,
        [field("seen", "string", format="date-time")],
        [bind("seen", ("/seen", (call("parse_epoch", unit="s"),)))],
    ),
    "dates written as numbers read as seconds": (
        Code.UNIT_MISMATCH,
        [field("day", "string", format="date-time")],
        [bind("day", ("/day", (call("parse_epoch", unit="s"),)))],
    ),
    "seconds as texts read as milliseconds": (
        Code.UNIT_MISMATCH,
        [field("met", "string", format="date-time")],
        [bind("met", ("/met", (call("parse_epoch", unit="ms"),)))],
    ),
    "profit where revenue stands beside it": (
        Code.RIVAL_SOURCE,
        [field("revenue")],
        [bind("revenue", ("/net_profit", ()))],
    ),
    "the year of a change where the year of founding stands beside it": (
        Code.RIVAL_SOURCE,
        [field("founded_year", "integer")],
        [bind("founded_year", ("/updated_year", ()))],
    ),
    "the wrong one first and the right one second": (
        Code.RIVAL_SOURCE,
        [field("revenue")],
        [bind("revenue", ("/net_profit", ()), ("/company_revenue", ()))],
    ),
    "one source for two amounts": (
        Code.SOURCE_REUSED,
        [field("revenue"), field("turnover_total", kind="money")],
        [bind("revenue", ("/company_revenue", ())), bind("turnover_total", ("/company_revenue", ()))],
    ),
    "numbers for a text that nothing makes of them": (
        Code.TYPE,
        [field("x7", "string")],
        [bind("x7", ("/headcount", ()))],
    ),
    "names where a pattern wants codes": (
        Code.PATTERN,
        [field("x7", "string", kind="country", pattern="^[A-Z]{2}$")],
        [bind("x7", ("/land", ()))],
    ),
    "a column of which no value is one of those allowed": (
        Code.NOT_ALLOWED,
        [field("x7", "string", kind="country", allowed=("CH", "NO", "PE"))],
        [bind("x7", ("/land", ()))],
    ),
    "a later alternative that feeds another field": (
        Code.SOURCE_REUSED,
        [field("person", "string"), field("person_in_charge", "string", kind="name")],
        [bind("person", ("/person", ())), bind("person_in_charge", ("/nothing", ()), ("/person", ()))],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_by_its_rule_and_by_no_other(case: str) -> None:
    code, fields, bindings = REFUSED[case]
    assert code.value in codes(fields, *bindings)
    assert codes(fields, *bindings, without=code) == []


def test_every_rule_is_tested() -> None:
    assert {code for code, _, _ in REFUSED.values()} == {rule.code for rule in PLAN_RULES}


@pytest.mark.parametrize(
    ("fields", "bindings"),
    [
        ([field("revenue")], [bind("revenue", ("/company_revenue", ()))]),
        ([field("employee_count", "integer", unit="people")], [bind("employee_count", ("/headcount", ()))]),
        ([field("country", "string")], [bind("country", ("/land", (call("parse_country"),)))]),
        (
            [field("country", "string")],
            [bind("country", ("/hq", (call("parse_country"),)), ("/land", (call("parse_country"),)))],
        ),
        (
            [field("fee"), field("fee_currency", "string")],
            [bind("fee", ("/pay", (call("parse_money"),))), bind("fee_currency", ("/pay", (call("currency_of"),)))],
        ),
        (
            [field("bonus"), field("currency", "string")],
            [bind("bonus", ("/bonus", (call("parse_money"),))), bind("currency", ("/bonus", (call("currency_of"),)))],
        ),
        (
            [field("bonus", currency_field="paid_in"), field("paid_in", "string")],
            [bind("bonus", ("/bonus", (call("parse_money"),)))],
        ),
        ([field("bonus", unit="EUR")], [bind("bonus", ("/bonus", (call("parse_money"),)))]),
        ([field("bonus_eur")], [bind("bonus_eur", ("/bonus", (call("parse_money"),)))]),
        ([field("pay", kind="money")], [bind("pay", ("/pay", (call("parse_money"),)))]),
        (
            [field("headquarters", "string"), field("country", "string")],
            [bind("headquarters", ("/hq", ())), bind("country", ("/land", (call("parse_country"),)))],
        ),
        (
            [field("weight_kg")],
            [bind("weight_kg", ("/weight_lb", (call("convert_unit", **{"from": "lb", "to": "kg"}),)))],
        ),
        (
            [field("email", "string", format="email")],
            [bind("email", ("/contacts", (call("select", key="kind", equals="email", take="value"),)))],
        ),
        (
            [field("first_name", "string"), field("last_name", "string")],
            [
                bind("first_name", ("/person", (call("part", separator=" ", index="0"),))),
                bind("last_name", ("/person", (call("part", separator=" ", index="1"),))),
            ],
        ),
        ([field("f12", "string")], [bind("f12", ("/nothing", ()))]),
        ([field("seen", "string", format="date-time")], [bind("seen", ("/seen", (call("parse_epoch", unit="ms"),)))]),
    ],
)
def test_what_is_right_passes(fields: list[TargetField], bindings: list[Binding]) -> None:
    assert codes(fields, *bindings) == []


def test_the_field_that_fits_best_keeps_the_source() -> None:
    fields = [field("revenue"), field("net_result_total", kind="money")]
    bindings = [bind("net_result_total", ("/company_revenue", ())), bind("revenue", ("/company_revenue", ()))]
    found = check_plan_evidence(target(*fields), OFFERED, RECORDS, bindings)
    assert {r.target for r in found if r.rule == Code.SOURCE_REUSED.value} == {"net_result_total"}


def test_messages_quote_no_record() -> None:
    found = check_plan_evidence(
        target(field("employee_count", "integer")), OFFERED, RECORDS, [bind("employee_count", ("/pay", ()))]
    )
    assert found
    assert not any("€" in refusal.message for refusal in found)


@pytest.mark.parametrize(("kind", "said"), [(None, "country is country (by its name)"), ("country", "is country")])
def test_a_kind_that_only_the_name_tells_is_said_to_be_one(kind: str | None, said: str) -> None:
    wanted = target(field("country", "string", kind=kind))
    (found,) = check_plan_evidence(wanted, OFFERED, RECORDS, [bind("country", ("/person", ()))], rules=PLAN_RULES)
    assert found.rule == "kind_mismatch"
    assert f"{said}; bind another" in found.message


@pytest.mark.parametrize(
    ("values", "ops"),
    [
        pytest.param(["n/a"] * 9, ("parse_integer",), id="a placeholder"),
        pytest.param(["see web", "on request", "varies"] * 3, ("parse_integer",), id="what nothing reads"),
        pytest.param(["n/a", "-"] * 9, ("parse_integer",), id="two placeholders"),
        pytest.param(["$ 5", "$ 6", "$ 7"], ("parse_money",), id="what a hint would tell apart"),
        pytest.param(["n/a", "none", "12"], ("parse_integer",), id="one value"),
        pytest.param(["n/a", "none", None], ("parse_integer",), id="too few records"),
    ],
)
def test_a_column_that_says_too_little_is_left_to_the_cells(values: list[Any], ops: tuple[str, ...]) -> None:
    records: list[Record] = [{"name": f"Firm {n}", "figure": value} for n, value in enumerate(values)]
    bindings = [bind("figure", ("/figure", tuple(call(op) for op in ops)))]
    wanted = target(field("figure", "integer" if ops == ("parse_integer",) else "number"))
    assert check_plan_evidence(wanted, sample_fields(records), records, bindings) == ()


def test_an_alternative_that_reads_is_enough() -> None:
    records: list[Record] = [{"name": f"Firm {n}", "old": f"about {n}?", "staff": str(40 + n)} for n in range(9)]
    bindings = [bind("staff", ("/old", (call("parse_boolean"),)), ("/staff", (call("parse_integer"),)))]
    found = check_plan_evidence(target(field("staff", "integer")), sample_fields(records), records, bindings)
    assert "type" not in [one.rule for one in found]
