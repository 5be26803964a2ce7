"""Bad input of every sort, through the whole pipeline: an error that names place and remedy, or a dead letter with its
code; and nothing else of the batch is lost.
"""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hostile_fixtures import KNOWN, TARGET, Run, emptied, firm, models, pages, right, running, truth, written
from sqlalchemy import create_engine, text

from enrichment.account import Account
from enrichment.asking import Asking
from enrichment.model.client import Model
from enrichment.store import migration
from schemas.budget import Caps
from schemas.errors import ConfigurationError, UsageError
from schemas.source import FileSource, HttpSource, Pagination, PythonSource, Source
from schemas.target_json_schema import target_from_json_schema
from tests.hostile_model import HostileModel, reads

FIRMS = 30
FILE = FileSource(name="firms", connector="file", path="firms.jsonl", key="/name")
CURSOR = Pagination(style="cursor", next="/next", param="after")
Begin = Callable[..., AbstractContextManager[Run]]


@pytest.fixture
def begin(database: str, tmp_path: Path) -> Iterator[Begin]:
    """A fleet with a good model over an empty database."""
    emptied(database)
    with HostileModel(KNOWN, truth) as model:
        yield partial(running, database, model, roots=[tmp_path])


def listing(url: str, **settings: Any) -> HttpSource:
    return HttpSource(
        name="firms",
        connector="http",
        url=f"{url}/list",
        item_url=f"{url}/item/{{id}}",
        key="/name",
        records="/data",
        **{"pagination": CURSOR, "allow_private": True, **settings},
    )


def page(numbers: range, following: str | None) -> tuple[int, bytes]:
    return 200, json.dumps({"data": [firm(n) for n in numbers], "next": following}).encode()


def good(run: Run, numbers: range = range(FIRMS)) -> bool:
    """All good firms are written, rightly and once."""
    return sorted(run.table(), key=lambda r: r["name"]) == sorted((right(n) for n in numbers), key=lambda r: r["name"])


# Records

#: line of a file -> the code that it ends with
LINES: dict[str, tuple[bytes, str]] = {
    "half an object": (b'{"name": "Firm 9000', "record_malformed"),
    "a list": (b'["Firm 9000"]', "record_malformed"),
    "words": (b"Firm 9000, Bern", "record_malformed"),
    "NaN": (b'{"name": "Firm 9000", "people": NaN}', "record_malformed"),
    "infinity": (b'{"name": "Firm 9000", "people": -Infinity}', "record_malformed"),
    "half a surrogate pair": (b'{"name": "Firm 9000", "seat": "\\ud800"}', "record_malformed"),
    "a null byte": (b'{"name": "Firm 9000", "seat": "Bern\\u0000"}', "record_malformed"),
    "no UTF-8": (b'{"name": "Firm 9000", "seat": "\xff\xfe"}', "record_malformed"),
    "an endless number": (b'{"name": "Firm 9000", "people": 1e9999999999999999999}', "record_malformed"),
    "no key": (b'{"seat": "Bern"}', "key_missing"),
    "an empty key": (b'{"name": "  "}', "key_missing"),
    "a key that is no name": (b'{"name": true}', "key_missing"),
    "an endless key": (b'{"name": "' + b"F" * 600 + b'"}', "key_missing"),
    "10,000 levels": (b'{"name": "Firm 9000", "a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "record_too_deep"),
    "100 levels": (b'{"name": "Firm 9000", "a": ' + b"[" * 100 + b"]" * 100 + b"}", "record_too_deep"),
    "30 MB": (b'{"name": "Firm 9000", "a": "' + b"x" * 30_000_000 + b'"}', "record_too_large"),
}


def test_a_bad_line_costs_itself_only(begin: Begin, tmp_path: Path) -> None:
    """Every kind of bad line between good ones; also the same key twice, with other content."""
    lines = [json.dumps(firm(n)).encode() for n in range(FIRMS)]
    bad = [line for line, _ in LINES.values()]
    twice = json.dumps({**firm(3), "people": "7"}).encode()
    mixed = [*lines[:10], *bad[:8], *lines[10:20], *bad[8:], *lines[20:], twice, lines[4]]
    (tmp_path / "firms.jsonl").write_bytes(b"\n".join(mixed) + b"\n")
    with begin(sources=[FILE]) as run:
        run.enrich()
        assert good(run)
        codes = sorted([code for _, code in LINES.values()] + ["duplicate_key"])
        assert sorted(run.letters().values()) == codes
        assert (run.state, run.counts) == ("partial", {"written": FIRMS, "dead": len(codes)})
        assert all(run.message(code) for code in set(codes))


def test_a_csv_with_a_broken_row(begin: Begin, tmp_path: Path) -> None:
    names = list(firm(0))
    rows = [",".join(f'"{firm(n)[name]}"' for name in names) for n in range(FIRMS)]
    rows.insert(7, '"Firm 9000","too few"')
    rows.insert(12, ",".join(['"x"'] * (len(names) + 3)))
    (tmp_path / "firms.csv").write_text("\n".join([",".join(names), *rows]) + "\n")
    source = FileSource(name="firms", connector="file", path="firms.csv", key="/name")
    with begin(sources=[source]) as run:
        run.enrich()
        assert good(run)
        assert list(run.letters().values()) == ["record_malformed"] * 2
        assert "line 9" in run.message("record_malformed")
        assert (run.state, run.counts) == ("partial", {"written": FIRMS, "dead": 2})


@pytest.mark.parametrize("people", ["99999999999999999999999", "9" * 400, "-5", "1.5 people"])
def test_a_number_that_no_column_holds_empties_its_cell(people: str, begin: Begin, tmp_path: Path) -> None:
    written(tmp_path / "firms.jsonl", [*(firm(n) for n in range(FIRMS)), {**firm(500), "people": people}])
    with begin(sources=[FILE]) as run:
        run.enrich()
        (row,) = [row for row in run.table() if row["name"] == "Firm 500"]
        assert row == {**right(500), "employee_count": None}
        assert run.wrong_cells() == []
        assert (run.state, run.counts) == ("done", {"written": FIRMS + 1})


def test_a_row_that_the_table_itself_refuses(begin: Begin, tmp_path: Path) -> None:
    """The user's column is narrower than the target says: that row is a dead letter, all others are written."""
    written(tmp_path / "firms.jsonl", [firm(n) for n in (*range(FIRMS), 3_000)])  # 40,000 people
    with begin(sources=[FILE]) as run:
        with run.fleet.database.transaction() as tx:
            tx.execute("ALTER TABLE public.firm ALTER COLUMN employee_count TYPE smallint")
        run.enrich()
        assert good(run)
        assert run.letters() == {"Firm 3000": "target_refused"}
        assert (run.state, run.counts) == ("partial", {"written": FIRMS, "dead": 1})


# Pages


def test_a_page_that_is_no_json_is_a_letter_and_the_pages_before_it_stand(begin: Begin) -> None:
    def answer(_: str, query: dict[str, str]) -> tuple[int, bytes]:
        return (200, b"<html>Maintenance</html>") if "after" in query else page(range(FIRMS), "2")

    with pages(answer) as url, begin(sources=[listing(url)]) as run:
        run.enrich()
        assert good(run)
        assert list(run.letters().values()) == ["page_malformed"]
        assert (run.state, run.counts) == ("partial", {"written": FIRMS, "dead": 1})


def test_a_cursor_that_repeats_ends(begin: Begin) -> None:
    def answer(_: str, query: dict[str, str]) -> tuple[int, bytes]:
        return page(range(15, FIRMS), "a") if query.get("after") == "b" else page(range(15), "b")

    with pages(answer) as url, begin(sources=[listing(url)]) as run:
        run.enrich()
        assert good(run)
        assert list(run.letters().values()) == ["pagination_loop"]
        assert (run.state, run.counts) == ("partial", {"written": FIRMS, "dead": 1})


def test_what_was_read_before_a_failure_stands(begin: Begin) -> None:
    """The second page fails once: the first one is not read again, and nothing is lost."""
    asked: list[str] = []

    def answer(_: str, query: dict[str, str]) -> tuple[int, bytes]:
        after = query.get("after", "")
        asked.append(after)
        if after == "2" and asked.count("2") == 1:
            return 503, b""
        return page(range(15, FIRMS), None) if after == "2" else page(range(15), "2")

    with pages(answer) as url, begin(sources=[listing(url)]) as run:
        run.enrich()
        assert good(run)
        assert asked == ["", "2", "2"]
        assert (run.state, run.counts, run.letters()) == ("done", {"written": FIRMS}, {})


def test_a_host_that_is_down_stops_being_asked_and_goes_on_when_a_probe_passes(begin: Begin) -> None:
    """Three failures open the breaker of the host; a probe that fails keeps it open, and one that passes closes it."""
    asked: list[str] = []

    def answer(path: str, _: dict[str, str]) -> tuple[int, bytes]:
        asked.append(path)
        return (503, b"") if len(asked) <= 4 else page(range(FIRMS), None)

    with pages(answer) as url, begin(sources=[listing(url)]) as run:
        run.enrich()
        assert good(run)
        assert (run.state, run.counts, run.letters()) == ("done", {"written": FIRMS}, {})
        (key,) = [row["key"] for row in run.fleet.rows("SELECT key FROM breaker WHERE kind = 'source'")]
        assert key == f"infra:source:{url.removeprefix('http://')}"
        moves = run.fleet.rows(
            "SELECT e.after FROM breaker_event e JOIN breaker b ON b.id = e.breaker_id WHERE b.kind = 'source'"
            " ORDER BY e.id"
        )
        assert [one["after"] for one in moves] == ["open", "half_open", "open", "half_open", "closed"]
        assert len(asked) == 5
        assert run.fleet.rows("SELECT 1 FROM breaker WHERE kind = 'quality' AND windows <> '{}'") == []


def test_a_page_that_never_comes_is_a_letter_with_its_place(begin: Begin) -> None:
    def answer(_: str, query: dict[str, str]) -> tuple[int, bytes]:
        return (503, b"") if "after" in query else page(range(FIRMS), "2")

    with pages(answer) as url, begin(sources=[listing(url)]) as run:
        run.enrich()
        assert good(run)
        assert run.letters() == {"#page:1": "source_unreachable"}
        assert (run.state, run.counts) == ("partial", {"written": FIRMS, "dead": 1})


def by_ids(run: Run, ids: list[str]) -> None:
    from enrichment.store import job_scope

    run.job = run.fleet.submit("firms", "firm", scope={"scoped": True})
    with run.fleet.database.transaction() as tx:
        job_scope.add(tx, run.job, ids)
    run.fleet.run()


def test_ids_that_were_read_before_a_failure_are_not_lost(begin: Begin) -> None:
    """Of 30 ids the 12th fails once, the 20th is refused and the 25th does not exist."""
    asked: list[str] = []

    def answer(path: str, _: dict[str, str]) -> tuple[int, bytes]:
        n = int(path.rpartition("Firm ")[2])
        asked.append(path)
        if n == 12 and asked.count(path) == 1:
            return 503, b""
        if n in {20, 25}:
            return 400 if n == 20 else 404, b""
        return 200, json.dumps({"data": firm(n)}).encode()

    with pages(answer) as url, begin(sources=[listing(url)]) as run:
        by_ids(run, [f"Firm {n}" for n in range(FIRMS)])
        assert run.wrong_cells() == []
        assert run.letters() == {"Firm 20": "source_refused", "Firm 25": "not_found"}
        assert (run.state, run.counts) == ("partial", {"written": FIRMS - 2, "dead": 2})
        assert len(asked) == FIRMS + 1


def test_an_id_that_looks_like_a_place_is_told_like_any_other(begin: Begin) -> None:
    with pages(lambda *_: (404, b"")) as url, begin(sources=[listing(url)]) as run:
        by_ids(run, ["#2", "#p1/0", "Firm 3"])
        assert run.letters() == {"#2": "not_found", "#p1/0": "not_found", "Firm 3": "not_found"}
        assert (run.state, run.counts) == ("partial", {"dead": 3})


def test_an_id_that_never_comes_is_a_letter_of_its_own(begin: Begin) -> None:
    """The 12th and 13th and the last of 30 ids fail whenever they are asked for."""

    def answer(path: str, _: dict[str, str]) -> tuple[int, bytes]:
        n = int(path.rpartition("Firm ")[2])
        return (500, b"") if n in {12, 13, FIRMS - 1} else (200, json.dumps({"data": firm(n)}).encode())

    with pages(answer) as url, begin(sources=[listing(url)]) as run:
        by_ids(run, [f"Firm {n}" for n in range(FIRMS)])
        assert run.wrong_cells() == []
        assert run.letters() == {f"Firm {n}": "source_unreachable" for n in (12, 13, FIRMS - 1)}
        assert (run.state, run.counts) == ("partial", {"written": FIRMS - 3, "dead": 3})


def test_a_source_that_is_away_is_not_asked_for_every_id(begin: Begin) -> None:
    with pages(lambda *_: (500, b"")) as url, begin(sources=[listing(url)]) as run:
        by_ids(run, [f"Firm {n}" for n in range(FIRMS)])
        assert list(run.letters().values()) == ["source_unreachable"] * 5
        assert list(run.letters())[:4] == [f"Firm {n}" for n in range(4)]
        assert list(run.letters())[4].startswith("#page:")
        assert (run.state, run.counts) == ("failed", {"dead": 5})


# Sources that cannot be read at all


def broken_half_way() -> Iterator[dict[str, Any]]:
    yield from (firm(n) for n in range(FIRMS))
    raise RuntimeError("the export ended early")


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> str:
    name = "a_users_module"
    made = types.ModuleType(name)
    made.__dict__["broken_half_way"] = broken_half_way
    monkeypatch.setitem(sys.modules, name, made)
    return name


UNREADABLE: dict[str, tuple[Source, str, str]] = {
    "no such file": (FileSource(name="firms", connector="file", path="gone.jsonl"), "not_found", "gone.jsonl"),
    "a file elsewhere": (
        FileSource(name="firms", connector="file", path="/etc/passwd", format="jsonl"),
        "source_refused",
        "root",
    ),
    "a file of no known format": (
        FileSource(name="firms", connector="file", path="firms.xls"),
        "source_refused",
        "format",
    ),
    "nobody listens": (listing("http://127.0.0.1:1"), "source_unreachable", "127.0.0.1"),
    "a private address": (listing("http://127.0.0.1:1", allow_private=False), "source_refused", "allow_private"),
    "no such module": (
        PythonSource(name="firms", connector="python", callable="nowhere.at:all"),
        "source_refused",
        "importable",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_source_that_cannot_be_read_fails_its_job(name: str, begin: Begin) -> None:
    """And the job shows place and remedy; the next job is not held up by it."""
    source, code, said = UNREADABLE[name]
    with begin(sources=[source]) as run:
        run.enrich()
        assert (run.state, run.counts) == ("failed", {"dead": 1})
        error = run.error()
        assert error is not None
        assert error["code"] == code
        assert said in error["message"]
        assert ";" in error["message"], "what would mend it follows what is wrong"
        assert run.letters() == {"#page:0": code}


@pytest.mark.parametrize(("status", "code"), [(401, "source_refused"), (404, "not_found"), (500, "source_unreachable")])
def test_a_source_that_says_no_fails_its_job(status: int, code: str, begin: Begin) -> None:
    with pages(lambda _, __: (status, b"")) as url, begin(sources=[listing(url)]) as run:
        run.enrich()
        assert (run.state, run.counts, run.letters()) == ("failed", {"dead": 1}, {"#page:0": code})
        error = run.error()
        assert error is not None
        assert str(status) in error["message"]


def test_a_callable_that_breaks_half_way_loses_nothing_before(begin: Begin, module: str) -> None:
    source = PythonSource(name="firms", connector="python", callable=f"{module}:broken_half_way", key="/name")
    with begin(sources=[source]) as run:
        run.enrich()
        assert good(run)
        assert run.letters() == {"#page:0": "source_unreachable"}
        assert (run.state, run.counts) == ("partial", {"written": FIRMS, "dead": 1})
        error = run.error()
        assert error is not None
        assert "the export ended early" in error["message"]


# Configuration


def test_a_source_that_nobody_knows_any_more(begin: Begin, tmp_path: Path) -> None:
    written(tmp_path / "firms.jsonl", [firm(0)])
    with begin(sources=[FILE]) as run:
        run.job = run.fleet.submit("firms", "firm")
        run.fleet.configure(sources={})
        run.fleet.run()
        error = run.error()
        assert error is not None
        assert (run.state, error["message"]) == (
            "failed",
            "unknown source 'firms'; add it to assay.toml, or cancel the job",
        )


def test_an_unknown_target_is_refused_with_its_remedy(begin: Begin) -> None:
    with begin(sources=[FILE]) as run, pytest.raises(ConfigurationError) as caught:
        run.fleet.submit("firms", "frim")
    assert (caught.value.message, caught.value.hint) == (
        "unknown target 'frim'",
        "add it to assay.toml, or cancel the job",
    )


def test_a_database_of_a_newer_version_is_refused(database: str) -> None:
    emptied(database)
    migration.migrate(database)
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE assay.alembic_version SET version_num = 'r9999'"))
    engine.dispose()
    with pytest.raises(ConfigurationError) as caught:
        migration.migrate(database)
    assert caught.value.code == "database_newer"
    assert "r9999" in caught.value.message
    assert "newer Assay" in caught.value.hint


def test_a_table_that_lacks_a_column_is_named(begin: Begin) -> None:
    with begin(sources=[FILE]) as run:
        with run.fleet.database.transaction() as tx:
            tx.execute("ALTER TABLE public.firm DROP COLUMN website")
        theirs = TARGET.model_copy(update={"create": False})
        with pytest.raises(ConfigurationError) as caught, begin(sources=[FILE], targets=[theirs]):
            pass
    assert "public.firm has no column website" in caught.value.message
    assert "add it to the table" in caught.value.hint


def test_a_model_that_cannot_be_reached_holds_and_says_so(begin: Begin, tmp_path: Path) -> None:
    written(tmp_path / "firms.jsonl", [firm(n) for n in range(FIRMS)])
    with begin(sources=[FILE]) as run:
        nowhere = Model("http://127.0.0.1:1/v1", "")
        run.fleet.configure(asking=Asking(nowhere, models(), [Account(run.fleet.acting("model"), Caps(), {})]))
        run.job = run.fleet.submit("firms", "firm")
        for _ in range(6):
            for due in run.fleet.turn():
                run.fleet.step(due)
        nowhere.close()
        assert (run.state, run.counts, run.reviews(), run.letters()) == ("running", {"held": FIRMS}, [], {})
        (work,) = run.fleet.rows("SELECT status, error FROM work WHERE kind = 'plan'")
        said = "the model server cannot be reached; check base_url under [model], and the network"
        assert (work["status"], work["error"]["message"]) == ("waiting", said)


# Names

SCHEMA = {
    "type": "object",
    "title": "select",
    "properties": {
        "order": {"type": "string", "x-kind": "name", "x-identity": True},
        "employeeCount": {"type": "integer", "x-kind": "count"},
        "$ref1": {"type": "string", "x-kind": "country"},
        "user": {"type": "string", "format": "uri", "x-kind": "url"},
        "Since": {"type": "integer", "x-kind": "year"},
        "sincE": {"type": "string", "x-kind": "code"},
    },
}


def test_names_that_must_be_quoted_are_kept(database: str, tmp_path: Path) -> None:
    """camelCase, reserved words, `$` and names that differ in case alone, as fields and as a table."""
    emptied(database)
    target = target_from_json_schema("firm", SCHEMA, table="Select")
    knows = {
        "order": reads("/name"),
        "employeeCount": reads("/people", "parse_integer"),
        "$ref1": reads("/seat", "parse_country"),
        "user": reads("/page", "parse_url"),
        "Since": reads("/since", "parse_year"),
    }
    names = {
        "order": "name",
        "employeeCount": "employee_count",
        "$ref1": "country",
        "user": "website",
        "Since": "founded_year",
    }

    def row(record: dict[str, Any]) -> dict[str, Any]:
        plain = truth(record)
        return {field: plain[names[field]] if field in names else None for field in SCHEMA["properties"]}

    written(tmp_path / "firms.jsonl", [firm(n) for n in range(FIRMS)])
    with (
        HostileModel(knows, row) as model,
        running(database, model, sources=[FILE], roots=[tmp_path], targets=[target]) as run,
    ):
        run.enrich()
        assert (run.refusals(), run.state, run.counts) == ([], "done", {"written": FIRMS})
        assert sorted(run.table("Select"), key=lambda r: r["order"]) == sorted(
            (row(firm(n)) for n in range(FIRMS)), key=lambda r: r["order"]
        )


@pytest.mark.parametrize("name", ["a-b", "1a", "ä", "", "a" * 64])
def test_names_that_no_table_holds_refuse_to_start(name: str) -> None:
    with pytest.raises((ConfigurationError, UsageError, ValueError)) as caught:
        target_from_json_schema("firm", {**SCHEMA, "properties": {**SCHEMA["properties"], name: {"type": "string"}}})
    assert name in str(caught.value)
