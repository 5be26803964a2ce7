"""Every empty cell of a written row has a reason in its lineage, whatever emptied it, and whenever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet_ground import CRM, Script, companies, company, ground

from enrichment import deciding, explaining
from enrichment.deciding import Approval
from enrichment.producing import Producer
from schemas.source import InlineSource
from schemas.target import TargetField

LATER = InlineSource(name="later", connector="inline", key="/code", precedence=5)
WIDE = company(
    TargetField(name="code", type="string", identity=True, kind="identifier"),
    TargetField(name="name", type="string", kind="name"),
    TargetField(name="employees", type="integer", kind="count", unit="people", maximum=1_000_000),
    TargetField(name="city", type="string", kind="text"),
    TargetField(name="note", type="string", kind="text"),
    TargetField(name="motto", type="string", kind="text"),
    TargetField(name="revenue", type="number", kind="money", currency_field="currency"),
    TargetField(name="currency", type="string", kind="currency"),
    TargetField(name="founded", type="integer", kind="year"),
)
PLAIN = {
    "code": ("/code", ()),
    "name": ("/name", ()),
    "employees": ("/employees", ("parse_integer",)),
    "city": ("/city", ()),
    "note": ("/note", ()),
    "revenue": ("/revenue", ("parse_money",)),
    "currency": ("/revenue", ("currency_of",)),
    "founded": ("/founded", ("parse_year",)),
}
#: number of the record -> what is wrong with it
FAULTS: Mapping[int, Mapping[str, Any]] = {
    1: {"employees": "between 1 and 2"},
    2: {"employees": "5,000,000"},
    3: {"city": None},
    4: {"founded": "12/13"},
    5: {"revenue": "$ 5 million"},
    6: {"name": None, "city": ""},
    7: {"revenue": None},
}


def records(numbers: range) -> list[dict[str, Any]]:
    made = companies(
        numbers,
        employees=lambda n: str(10 + n),
        note=lambda n: f"note {n}",
        revenue=lambda n: f"EUR {n + 1} million",
        founded=lambda n: str(1950 + n),
    )
    return [
        {k: v for k, v in {**record, **FAULTS.get(n, {})}.items() if v is not None}
        for n, record in zip(numbers, made, strict=True)
    ]


def audit(field: str, *_: Any) -> str:
    """`note` is wrong everywhere; nobody can tell about `founded`."""
    return {"note": "unsupported", "founded": "unsure"}.get(field, "supported")


def test_no_empty_cell_is_without_a_reason(database: str) -> None:
    fleet = ground(database, sources=[CRM, LATER], targets=[WIDE], asking=Script(PLAIN, audit=audit))
    fleet.enrich(records(range(40)))
    fleet.enrich([{"code": f"C-{n:05d}", "name": f"Later {n}"} for n in range(20, 24)], source="later")
    producer = Producer(fleet.database, fleet.context.sources, fleet.context.targets)

    def reasons() -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        with fleet.database.transaction() as tx:
            for row in fleet.table():
                for cell in explaining.explain(producer, tx, "company", row["code"], None):
                    if row[cell["field"]] is None:
                        found[row["code"], cell["field"]] = cell["reason"]
        return found

    first = reasons()
    vague = {None, "", "not_asserted"}
    assert {place: why for place, why in first.items() if why in vague} == {}
    assert {
        "C-00001": first["C-00001", "employees"],
        "C-00002": first["C-00002", "employees"],
        "C-00003": first["C-00003", "city"],
        "C-00005": first["C-00005", "revenue"],
        "C-00007": first["C-00007", "currency"],
        "note": first["C-00010", "note"],
        "motto": first["C-00010", "motto"],
        "founded": first["C-00010", "founded"],
    } == {
        "C-00001": "ambiguous",
        "C-00002": "out_of_range",
        "C-00003": "absent",
        "C-00005": "ambiguous",
        "C-00007": "absent",
        "note": "condemned",
        "motto": "abstained",
        "founded": "not_released",
    }
    with fleet.database.transaction() as tx:
        (motto,) = explaining.explain(producer, tx, "company", "C-00010", "motto")
    assert motto["abstention"] == "absent"
    # a person condemns the companion of the amount; later the whole plan falls, and rows of another source remain
    plan = int(fleet.one("SELECT max(id) FROM plan WHERE source = 'crm'"))
    with fleet.acting("api").transaction() as tx:
        deciding.condemn(fleet.context, tx, plan, fields=["currency"], by="anna", reason="guessed")
    fleet.run()
    second = reasons()
    assert {place: why for place, why in second.items() if why in vague} == {}
    assert (second["C-00010", "revenue"], second["C-00010", "currency"]) == ("condemned", "condemned")
    fleet.execute('UPDATE plan SET "try" = 9')
    approval = Approval("anna", "", b"s" * 32, 1_000.0)
    with fleet.acting("api").transaction() as tx:
        token = deciding.rollback_plan(fleet.context, tx, plan, approval)[1].confirm
    with fleet.acting("api").transaction() as tx:
        deciding.rollback_plan(fleet.context, tx, plan, Approval("anna", "", b"s" * 32, 1_000.0, token))
    fleet.run()
    assert [row["code"] for row in fleet.table()] == [f"C-{n:05d}" for n in range(20, 24)]
    third = reasons()
    assert {place: why for place, why in third.items() if why in vague} == {}
    fleet.close()
