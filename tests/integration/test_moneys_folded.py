"""An amount stands in a row beside its own currency or not at all, whoever said either, and in whatever order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pytest
from fleet_ground import COMPANY, Fleet, company, ground
from ledger_ground import Said, land, on_paper, refold, void

from schemas.source import InlineSource
from schemas.target import TargetField

PRECEDENCE = {"a": 0, "b": 0, "c": 5}
MONEY = ("currency", "revenue", "profit")
FIELDS = (
    COMPANY.by_name["code"],
    TargetField(name="name", type="string"),
    TargetField(name="revenue", type="number", kind="money", currency_field="currency"),
    TargetField(name="profit", type="number", kind="money", currency_field="currency"),
    TargetField(name="currency", type="string", kind="currency"),
)


def made(database: str, existing: Literal["keep", "replace"] = "keep") -> Fleet:
    sources = [
        InlineSource(name=name, connector="inline", key="/code", precedence=number)
        for name, number in PRECEDENCE.items()
    ]
    return ground(database, sources=sources, targets=[company(*FIELDS, existing=existing)])


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    one = made(database)
    yield one
    one.close()


def said(source: str = "a", *, observation: int = 1, **filled: Any) -> Said:
    return Said(source, {"code": "k", **filled}, record=f"r {source}", observation=observation)


def money(fleet: Fleet, key: str = "k") -> dict[str, Any]:
    (row,) = fleet.rows("SELECT revenue, profit, currency FROM public.company WHERE code = %(key)s", key=key)
    return {name: value if value is None or isinstance(value, str) else int(value) for name, value in row.items()}


def test_of_two_sources_in_two_currencies_the_stronger_one_stands_alone(fleet: Fleet) -> None:
    weak = said("a", revenue="1001", currency="EUR")
    strong = said("c", profit="51", currency="USD")
    for one in (weak, strong):
        land(fleet, one)
    assert money(fleet) == {"revenue": None, "profit": 51, "currency": "USD"}
    # what was put aside stands once nothing in another currency lies above it
    void(fleet, "c")
    assert money(fleet) == {"revenue": 1001, "profit": None, "currency": "EUR"}
    land(fleet, replace(strong, plan=2))
    assert money(fleet) == {"revenue": None, "profit": 51, "currency": "USD"}


def test_of_two_sources_in_one_currency_both_stand(fleet: Fleet) -> None:
    land(fleet, said("c", profit="51", currency="EUR"))
    land(fleet, said("a", revenue="1001", currency="EUR"))
    assert money(fleet) == {"revenue": 1001, "profit": 51, "currency": "EUR"}


def test_an_observation_in_another_currency_leaves_no_older_amount_beside_it(fleet: Fleet) -> None:
    land(fleet, said(revenue="1001", profit="51", currency="EUR"))
    landed = land(fleet, said(profit="60", currency="USD", observation=2))
    assert landed.laid_over == 0
    assert money(fleet) == {"revenue": None, "profit": 60, "currency": "USD"}
    # one in the same currency is laid over the row as it stands
    assert land(fleet, said(revenue="70", currency="USD", observation=3)).laid_over == 1
    assert money(fleet) == {"revenue": 70, "profit": 60, "currency": "USD"}


@pytest.mark.parametrize(
    ("before", "stands"),
    [
        ({"currency": "GBP"}, {"revenue": None, "profit": None, "currency": "GBP"}),
        ({"revenue": 77}, {"revenue": 77, "profit": None, "currency": None}),
        ({"currency": "EUR"}, {"revenue": 1001, "profit": None, "currency": "EUR"}),
        ({"revenue": 77, "currency": "EUR"}, {"revenue": 77, "profit": None, "currency": "EUR"}),
    ],
    ids=["another currency", "an amount without one", "the same currency", "an amount with it"],
)
def test_a_row_of_before_keeps_its_money_and_gets_none_of_another_currency(
    fleet: Fleet, before: dict[str, Any], stands: dict[str, Any]
) -> None:
    names = {"code": "k", **before}
    fleet.execute(
        f"INSERT INTO public.company ({', '.join(names)}) VALUES ({', '.join(f'%({name})s' for name in names)})",
        **names,
    )
    land(fleet, said(name="x", revenue="1001", currency="EUR"))
    assert money(fleet) == stands
    assert fleet.one("SELECT name FROM public.company") == "x"
    assert refold(fleet, "k").updated == 0


def test_who_edits_a_currency_means_the_amounts_beside_it(fleet: Fleet) -> None:
    land(fleet, said(revenue="1001", profit="51", currency="EUR"))
    fleet.execute("UPDATE public.company SET currency = 'CHF'")
    land(fleet, said(revenue="2001", profit="52", currency="USD", observation=2))
    assert money(fleet) == {"revenue": 1001, "profit": 51, "currency": "CHF"}
    cells = fleet.one("SELECT cells FROM assertion WHERE source = 'baseline' AND state = 'standing'")
    assert cells == {"code": "k", "revenue": "1001", "profit": "51", "currency": "CHF"}


def test_who_edits_an_amount_means_it_in_the_currency_beside_it(fleet: Fleet) -> None:
    land(fleet, said(revenue="1001", profit="51", currency="EUR"))
    fleet.execute("UPDATE public.company SET revenue = 7")
    land(fleet, said(revenue="2001", profit="52", currency="USD", observation=2))
    assert money(fleet) == {"revenue": 7, "profit": 51, "currency": "EUR"}


def test_what_replaces_a_row_of_before_leaves_no_amount_of_it_in_another_currency(database: str) -> None:
    fleet = made(database, "replace")
    fleet.execute("INSERT INTO public.company (code, revenue, profit, currency) VALUES ('k', 77, 8, 'GBP')")
    land(fleet, said(profit="51", currency="USD"))
    assert money(fleet) == {"revenue": None, "profit": 51, "currency": "USD"}
    fleet.close()


def test_random_histories_of_money_are_their_fold(fleet: Fleet) -> None:
    seed = 20_261_201
    chance = random.Random(seed)
    laid = 0
    for number in range(25):
        key, history = f"k{number}", []
        for observation in range(1, 9):
            filled: dict[str, Any] = {n: f"{n} {observation}" for n in ("name",) if chance.random() < 0.6}
            amounts = {n: str(chance.randint(1, 99)) for n in ("revenue", "profit") if chance.random() < 0.5}
            if amounts:
                filled |= {**amounts, "currency": chance.choice(("EUR", "EUR", "USD"))}
            one = Said(
                chance.choice("aaaabc"),
                {"code": key, **filled},
                record=f"{key} {chance.choice('112')}",
                observation=observation,
                key=key,
                plan=100 * number + observation,
            )
            history.append(one)
            laid += land(fleet, one).laid_over
            expected = on_paper(history, PRECEDENCE, money=MONEY)
            found = money(fleet, key)
            told = {n: v if n == "currency" or v is None else int(v) for n in MONEY for v in [expected.get(n)]}
            assert found == told, f"seed {seed}, {key}: {history}"
        assert refold(fleet, key).updated == 0
    assert laid > 25
