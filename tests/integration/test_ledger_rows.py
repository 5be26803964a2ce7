"""The user's rows: what was there before Assay, what others edit, and tables of every make."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from fleet_ground import COMPANY, Fleet, company, ground
from ledger_ground import Said, land, refold, rows_of, void

from enrichment.store import baselines, dispatch, ledger, target_table
from enrichment.store import work as work_rows
from schemas.errors import ConfigurationError
from schemas.source import InlineSource
from schemas.target import Target, TargetField

A = InlineSource(name="a", connector="inline", key="/code")
B = InlineSource(name="b", connector="inline", key="/code", precedence=1)
REPLACING = company(name="replacing", table="replacing", existing="replace")

OWN_TABLE = """
    DROP TABLE IF EXISTS public.own;
    CREATE TABLE public.own (
        serial bigint GENERATED ALWAYS AS IDENTITY,
        code varchar(5) UNIQUE NOT NULL,
        name text,
        status text NOT NULL,
        employees integer CHECK (employees < 1000),
        email text UNIQUE,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        twice bigint GENERATED ALWAYS AS (employees * 2) STORED
    )
"""
OWN = Target(
    name="own",
    table="own",
    fields=(
        TargetField(name="code", type="string", identity=True),
        TargetField(name="name", type="string"),
        TargetField(name="status", type="string"),
        TargetField(name="employees", type="integer"),
        TargetField(name="email", type="string"),
    ),
    defaults={"status": "'new'", "made_by": "'assay'::text", "made_at": "now()"},
)


@pytest.fixture
def fleet(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[A, B], targets=[COMPANY, REPLACING])
    yield made
    made.close()


@pytest.fixture
def own(database: str) -> Iterator[Fleet]:
    made = ground(database, sources=[A, B])
    made.execute(OWN_TABLE)
    made.configure(targets={OWN.name: OWN})
    yield made
    made.close()


def put(fleet: Fleet, table: str = "company", **cells: Any) -> None:
    """Somebody else writes a row."""
    names = ", ".join(cells)
    values = ", ".join(f"%({name})s" for name in cells)
    fleet.execute(f"INSERT INTO public.{table} ({names}) VALUES ({values})", **cells)


def edit(fleet: Fleet, change: str, table: str = "company") -> None:
    assert fleet.execute(f"UPDATE public.{table} SET {change}") == 1


def said(source: str, **cells: Any) -> Said:
    number = cells.pop("observation", 1)
    return Said(source, {"code": "k", **cells}, observation=number)


def test_a_row_from_before_keeps_its_cells_and_gains_what_it_lacked(fleet: Fleet) -> None:
    put(fleet, code="k", name="before", city="old town")
    done = land(fleet, said("a", name="proposed", employees=5))
    assert done.baselines == 1
    assert fleet.table() == [{"code": "k", "name": "before", "employees": 5, "city": "old town"}]
    standing = fleet.rows("SELECT cells FROM assertion WHERE source = 'baseline' AND state = 'standing'")
    assert [r["cells"] for r in standing] == [{"code": "k", "name": "before", "city": "old town"}]
    assert fleet.one("SELECT cells ->> 'name' FROM assertion WHERE source = 'a'") == "proposed"


def test_a_row_from_before_is_replaced_cell_by_cell_where_the_target_says_so(fleet: Fleet) -> None:
    put(fleet, "replacing", code="k", name="before", city="old town")
    land(fleet, said("a", name="proposed"), target="replacing")
    assert fleet.table("replacing") == [{"code": "k", "name": "proposed", "employees": None, "city": "old town"}]
    void(fleet, "a", target="replacing")
    assert fleet.table("replacing") == [{"code": "k", "name": "before", "employees": None, "city": "old town"}]


def test_an_edit_by_hand_stays_whatever_sources_say_later(fleet: Fleet) -> None:
    land(fleet, said("a", name="first", employees=5))
    edit(fleet, "name = 'by hand'")
    land(fleet, said("a", name="second", employees=6, observation=2))
    land(fleet, said("b", name="third"))
    assert fleet.table() == [{"code": "k", "name": "by hand", "employees": 6, "city": None}]
    (baseline,) = fleet.rows("SELECT cells FROM assertion WHERE source = 'baseline' AND state = 'standing'")
    assert baseline["cells"] == {"code": "k", "name": "by hand"}


def test_an_edit_by_hand_gives_way_where_the_target_replaces(fleet: Fleet) -> None:
    land(fleet, said("a", name="first"), target="replacing")
    edit(fleet, "city = 'by hand', name = 'by hand'", "replacing")
    land(fleet, said("a", name="second", observation=2), target="replacing")
    assert fleet.table("replacing") == [{"code": "k", "name": "second", "employees": None, "city": "by hand"}]


def test_an_edit_to_null_stays_null(fleet: Fleet) -> None:
    land(fleet, said("a", name="first", employees=5))
    edit(fleet, "name = NULL")
    land(fleet, said("a", name="again", employees=6, observation=2))
    assert fleet.table() == [{"code": "k", "name": None, "employees": 6, "city": None}]


def test_a_newer_baseline_replaces_the_older(fleet: Fleet) -> None:
    land(fleet, said("a", name="first", employees=5))
    edit(fleet, "name = 'one'")
    refold(fleet, "k")
    edit(fleet, "name = 'two', city = 'here'")
    refold(fleet, "k")
    states = fleet.rows("SELECT observation, state, cells FROM assertion WHERE source = 'baseline' ORDER BY id")
    assert [s["state"] for s in states] == ["void", "standing"]
    assert states[1]["observation"] > states[0]["observation"]
    assert states[1]["cells"] == {"code": "k", "name": "two", "city": "here"}
    edit(fleet, "name = 'first', city = NULL")
    refold(fleet, "k")
    assert fleet.rows("SELECT 1 FROM assertion WHERE source = 'baseline' AND state = 'standing'") == []
    land(fleet, said("a", name="moves again", observation=2))
    assert fleet.table()[0]["name"] == "moves again"


def test_an_untouched_row_gets_no_baseline(fleet: Fleet) -> None:
    for number in range(1, 4):
        assert land(fleet, said("a", name=f"n{number}", observation=number)).baselines == 0
    refold(fleet, "k")
    assert fleet.rows("SELECT 1 FROM assertion WHERE source = 'baseline'") == []


@pytest.mark.parametrize("target", ["company", "replacing"])
def test_a_baseline_keeps_its_row_from_being_deleted(fleet: Fleet, target: str) -> None:
    put(fleet, target, code="k", name="before")
    land(fleet, said("a", name="a", employees=5), target=target)
    assert void(fleet, "a", target=target).deleted == 0
    assert fleet.table(target) == [{"code": "k", "name": "before", "employees": None, "city": None}]


def test_a_row_that_somebody_edited_is_not_deleted_with_its_sources(fleet: Fleet) -> None:
    land(fleet, said("a", name="a", employees=5))
    edit(fleet, "city = 'by hand'")
    assert void(fleet, "a").deleted == 0
    assert fleet.table() == [{"code": "k", "name": None, "employees": None, "city": "by hand"}]


def test_rows_that_nobody_names_are_never_touched(fleet: Fleet) -> None:
    put(fleet, code="other", name="theirs")
    before = rows_of(fleet)
    land(fleet, said("a", name="a"))
    void(fleet, "a")
    assert rows_of(fleet) == before


def test_columns_without_a_field_are_left_to_their_owner(fleet: Fleet) -> None:
    fleet.execute("ALTER TABLE public.company ADD COLUMN note text")
    land(fleet, said("a", name="one"))
    edit(fleet, "note = 'mine'")
    done = land(fleet, said("a", name="two", observation=2))
    assert done.baselines == 0
    assert fleet.table()[0]["note"] == "mine"
    assert fleet.table()[0]["name"] == "two"


def test_columns_that_take_no_null_get_their_defaults(own: Fleet) -> None:
    land(own, said("a", name="x"), target="own")
    (row,) = own.table("own")
    assert (row["status"], row["made_by"], row["serial"]) == ("new", "assay", 1)
    made = row["made_at"]
    land(own, said("a", name="y", status="known", observation=2), target="own")
    (row,) = own.table("own")
    assert (row["name"], row["status"], row["made_at"]) == ("y", "known", made)
    void_one = "UPDATE assertion SET state = 'void' WHERE observation = 2"
    own.execute(void_one)
    refold(own, "k", target="own")
    (row,) = own.table("own")
    assert (row["name"], row["status"]) == ("x", "new")


def test_a_default_is_no_edit_and_equal_content_writes_no_row(own: Fleet) -> None:
    land(own, said("a", name="x"), target="own")
    before = rows_of(own, "own")
    land(own, said("b", name="x"), target="own")
    refold(own, "k", target="own")
    assert rows_of(own, "own") == before
    edit(own, "email = 'e@x.org'", "own")
    refold(own, "k", target="own")
    (baseline,) = own.rows("SELECT cells FROM assertion WHERE source = 'baseline'")
    assert baseline["cells"] == {"code": "k", "email": "e@x.org"}
    land(own, said("a", name="x", status="told", observation=2), target="own")
    assert own.table("own")[0]["status"] == "told"


def test_a_key_longer_than_its_column_does_not_touch_another_row(own: Fleet) -> None:
    own.execute("INSERT INTO public.own (code, status, made_by, made_at) VALUES ('abcde', 's', 'm', now())")
    before = rows_of(own, "own")
    with pytest.raises(Exception, match="too long"):
        land(own, Said("a", {"code": "abcdef"}, key="abcdef"), target="own")
    with own.database.transaction() as tx:
        table = target_table.resolve(tx, OWN)
        ledger.lock_keys(tx, "own", ["abcdef"])
        assert baselines.foreign_keys(tx, table, ["abcdef"]) == []
    assert rows_of(own, "own") == before


def test_while_a_new_key_is_waited_for_no_later_one_is_kept_locked(own: Fleet) -> None:
    """Whoever made the new key may want the later one next: each would wait for the other."""
    with own.database.transaction() as tx:
        ledger.lock_keys(tx, "own", ["c"])
    with ThreadPoolExecutor(1) as pool, own.database.transaction() as first:
        first.execute("INSERT INTO target_key (target, key) VALUES ('own', 'b')")
        second = pool.submit(_lock, own, ["b", "c"])
        ends = time.monotonic() + 20
        while not own.one("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert time.monotonic() < ends
            time.sleep(0.02)
        first.execute("SELECT 1 FROM target_key WHERE target = 'own' AND key = 'c' FOR UPDATE NOWAIT")
        first.commit()
        second.result(20)


def test_keys_stay_locked_where_nothing_was_asked_before(own: Fleet) -> None:
    _lock(own, ["c"])
    with own.database.transaction() as first, own.database.transaction() as second:
        ledger.lock_keys(first, "own", ["c"])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute("SELECT 1 FROM target_key WHERE target = 'own' AND key = 'c' FOR UPDATE NOWAIT")
        second.rollback()


def _lock(fleet: Fleet, keys: list[str]) -> None:
    with fleet.database.transaction() as tx:
        ledger.lock_keys(tx, "own", keys)


NUMBERED = Target(
    name="numbered",
    table="numbered",
    create=True,
    fields=(TargetField(name="number", type="integer", identity=True), TargetField(name="name", type="string")),
)
DATED = Target(
    name="dated",
    table="dated",
    create=True,
    fields=(
        TargetField(name="day", type="string", format="date", identity=True),
        TargetField(name="rate", type="number", kind="percent"),
    ),
)
PAIRED = Target(
    name="paired",
    table="paired",
    create=True,
    fields=(
        TargetField(name="country", type="string", identity=True),
        TargetField(name="name", type="string"),
        TargetField(name="number", type="integer", identity=True),
        TargetField(name="seen", type="string", format="date-time"),
        TargetField(name="ok", type="boolean"),
    ),
)
NAMED = Target(
    name="select",
    table="Order",
    create=True,
    fields=(
        TargetField(name="select", type="string", identity=True),
        TargetField(name="from", type="string"),
        TargetField(name="camelCase", type="integer"),
        TargetField(name="$ref", type="string"),
        TargetField(name="_a$b", type="string"),
        TargetField(name="key", type="string"),
        TargetField(name="t", type="string"),
        TargetField(name="f", type="string"),
        TargetField(name="cells", type="string"),
    ),
)
WIDE = Target(
    name="wide",
    table="wide",
    create=True,
    fields=(
        TargetField(name="id", type="string", identity=True),
        *(TargetField(name=f"text_{n}", type="string") for n in range(110)),
        *(TargetField(name=f"number_{n}", type="number") for n in range(10)),
    ),
)
LONE = Target(name="lone", table="lone", create=True, fields=(TargetField(name="id", type="string", identity=True),))


def rowed(target: Target, key: str, first: dict[str, Any], second: dict[str, Any]) -> Any:
    return pytest.param(target, key, first, second, id=target.name)


@pytest.mark.parametrize(
    ("target", "key", "first", "second"),
    [
        rowed(NUMBERED, "42", {"number": 42, "name": "x"}, {"number": 42, "name": "y"}),
        rowed(
            DATED,
            "2024-02-29",
            {"day": "2024-02-29", "rate": Decimal("0.10")},
            {"day": "2024-02-29", "rate": Decimal("1E-20")},
        ),
        rowed(
            PAIRED,
            '["DE","7"]',
            {"country": "DE", "number": 7, "name": 'quo"ted', "seen": "2024-01-01T10:00:00Z", "ok": False},
            {"country": "DE", "number": 7, "name": None, "seen": "2025-01-01T10:00:00.5Z", "ok": True},
        ),
        rowed(
            NAMED,
            "a",
            {
                "select": "a",
                "from": "b",
                "camelCase": 1,
                "$ref": "r",
                "_a$b": "s",
                "key": "k",
                "t": "t",
                "f": "f",
                "cells": "c",
            },
            {
                "select": "a",
                "from": "c",
                "camelCase": 2,
                "$ref": "q",
                "_a$b": "%s",
                "key": "%(x)s",
                "t": "u",
                "f": "g",
                "cells": "{}",
            },
        ),
        rowed(
            WIDE,
            "w",
            {
                "id": "w",
                **{f"text_{n}": f"t{n}" for n in range(110)},
                **{f"number_{n}": Decimal(n) / 8 for n in range(10)},
            },
            {
                "id": "w",
                **{f"text_{n}": f"u{n}" for n in range(110)},
                **{f"number_{n}": Decimal(n) / 16 for n in range(10)},
            },
        ),
    ],
)
def test_tables_of_every_make_are_filled_edited_kept_and_emptied(
    database: str, target: Target, key: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    fleet = ground(database, sources=[A, B], targets=[target])
    assert land(fleet, Said("a", first, key=key), target=target.name).folded.inserted == 1
    (row,) = rows_of(fleet, target.table)
    for name, value in first.items():
        assert _plain(row[name]) == _plain(value), name
    before = rows_of(fleet, target.table)
    land(
        fleet,
        Said("b", {n: v for n, v in first.items() if n in {f.name for f in target.identity}}, key=key),
        target=target.name,
    )
    assert rows_of(fleet, target.table) == before
    land(fleet, Said("a", second, observation=2, key=key), target=target.name)
    (row,) = rows_of(fleet, target.table)
    for name, value in second.items():
        assert _plain(row[name]) == _plain(first[name] if value is None else value), name
    assert fleet.rows("SELECT 1 FROM assertion WHERE source = 'baseline'") == []
    void(fleet, "a", target=target.name)
    assert void(fleet, "b", target=target.name).deleted == 1
    assert rows_of(fleet, target.table) == []
    fleet.close()


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str) and "T10:00" in value:
        return dt.datetime.fromisoformat(value).isoformat()
    return value


def test_a_target_of_nothing_but_its_identity_works(database: str) -> None:
    fleet = ground(database, sources=[A, B], targets=[LONE])
    assert land(fleet, Said("a", {"id": "x"}, key="x"), target="lone").folded.inserted == 1
    assert land(fleet, Said("b", {"id": "x"}, key="x"), target="lone").folded.updated == 0
    fleet.close()


def test_new_fields_are_added_as_nullable_columns_and_other_changes_are_refused(fleet: Fleet) -> None:
    wider = company(*COMPANY.fields, TargetField(name="web", type="string", format="uri"))
    land(fleet, said("a", name="x"))
    with fleet.database.transaction() as tx:
        target_table.ensure(tx, wider)
    assert fleet.table()[0]["web"] is None
    fields = tuple(f if f.name != "employees" else f.model_copy(update={"type": "string"}) for f in COMPANY.fields)
    with pytest.raises(ConfigurationError, match="employees is bigint"), fleet.database.transaction() as tx:
        target_table.ensure(tx, company(*fields))


def test_another_identity_of_a_table_that_assay_made_is_refused(fleet: Fleet) -> None:
    city = COMPANY.by_name["city"].model_copy(update={"identity": True})
    code = COMPANY.by_name["code"].model_copy(update={"identity": False})
    others = (COMPANY.by_name["name"], COMPANY.by_name["employees"])
    land(fleet, said("a", name="x"))
    for fields in ((code, city, *others), (COMPANY.by_name["code"], city, *others)):
        with pytest.raises(ConfigurationError, match="unique by code"), fleet.database.transaction() as tx:
            target_table.ensure(tx, company(*fields))
    with fleet.database.transaction() as tx:
        target_table.ensure(tx, COMPANY)
        tx.execute("CREATE UNIQUE INDEX ON public.company (city) INCLUDE (name)")
        target_table.ensure(tx, company(code, city, *others))


def test_a_table_in_a_schema_that_is_not_there_is_refused_with_the_remedy(fleet: Fleet) -> None:
    with pytest.raises(ConfigurationError, match="no schema 'Far Away'") as caught, fleet.database.transaction() as tx:
        target_table.ensure(tx, company(table_schema="Far Away"))
    assert 'CREATE SCHEMA "Far Away"' in caught.value.hint


def test_a_users_own_table_is_never_altered(own: Fleet) -> None:
    wider = OWN.model_copy(update={"fields": (*OWN.fields, TargetField(name="extra", type="string"))})
    with pytest.raises(ConfigurationError, match="no column extra"), own.database.transaction() as tx:
        target_table.ensure(tx, wider)
    with pytest.raises(ConfigurationError, match="no table"), own.database.transaction() as tx:
        target_table.ensure(tx, OWN.model_copy(update={"table": "nowhere"}))


def test_a_refold_of_a_plan_that_lost_a_field_withdraws_its_cells(fleet: Fleet) -> None:
    land(fleet, said("a", name="wrong", employees=5), Said("a", {"code": "k2", "city": "x"}, "r2", key="k2"))
    with fleet.database.transaction() as tx:
        work_rows.file(
            tx,
            work_rows.NewWork(
                "refold", "refold", target="company", source="a", plan_id=1, args={"plan": 1, "fields": ["name"]}
            ),
        )
        due = dispatch.take_kinds(tx, dispatch.Windows(1, 1, {"refold": 1}))
    fleet.step(due[0])
    assert fleet.table() == [
        {"code": "k", "name": None, "employees": 5, "city": None},
        {"code": "k2", "name": None, "employees": None, "city": "x"},
    ]
    entries = fleet.rows("SELECT cells, reasons, state, void_reason FROM assertion WHERE key = 'k' ORDER BY id")
    assert [(e["state"], e["void_reason"]) for e in entries] == [("void", "condemned"), ("standing", None)]
    assert entries[1]["reasons"] == {"name": "condemned"}
    assert fleet.rows("SELECT 1 FROM assertion WHERE source = 'baseline'") == []
