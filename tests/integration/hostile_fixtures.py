"""Invented firms, a fleet in one thread and a model that may err, over a database of their own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from enrichment.account import Account
from enrichment.asking import Asking, Models
from enrichment.context import Tuning
from enrichment.model.client import Model
from enrichment.store import migration
from enrichment.store.database import Database
from schemas.budget import Caps
from schemas.kinds import Kind
from schemas.source import FileSource, Source
from schemas.target import Target, TargetField
from tests.hostile_model import HostileModel, reads
from tests.inline_fleet import InlineFleet
from workers.offline_names import AUDITOR, LARGE, SECOND, SMALL

#: Cells that are right, for every firm: what the table may hold, and nothing else.
PLACES = [("Bern", "Switzerland", "CH"), ("Oslo", "Norway", "NO"), ("Lima", "Peru", "PE"), ("Rome", "Italy", "IT")]


def firm(n: int) -> dict[str, Any]:
    city, country, _ = PLACES[n % 4]
    return {
        "name": f"Firm {n}",
        "company_revenue": f"€{3 + n % 90}.5 million (2021)",
        "people": f"{1_000 + 13 * n:,} (average, 2021)",
        "office_count": 3 + n % 40,
        "since": str(1900 + n % 99),
        "updated_year": 2015 + n % 9,
        "seat": f"{city} , {country}",
        "page": f"www.firm{n}.example.com",
    }


def truth(record: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a firm's record, whichever it is."""
    return right(int(record["name"].split()[-1]))


def right(n: int) -> dict[str, Any]:
    """The row of a firm as a careful person would write it."""
    return {
        "name": f"Firm {n}",
        "employee_count": 1_000 + 13 * n,
        "founded_year": 1900 + n % 99,
        "country": PLACES[n % 4][2],
        "website": f"https://www.firm{n}.example.com",
        "lei": None,
    }


TARGET = Target(
    name="firm",
    table="firm",
    create=True,
    fields=(
        TargetField(name="name", type="string", kind=Kind.NAME, identity=True),
        TargetField(
            name="employee_count",
            type="integer",
            kind=Kind.COUNT,
            unit="people",
            description="Number of people employed",
            minimum=Decimal(0),
        ),
        TargetField(name="founded_year", type="integer", kind=Kind.YEAR, description="Year of the foundation"),
        TargetField(name="country", type="string", kind=Kind.COUNTRY, description="Country of the head office"),
        TargetField(name="website", type="string", format="uri", kind=Kind.URL),
        TargetField(name="lei", type="string", kind=Kind.CODE, description="Legal entity identifier"),
    ),
)


#: What a good model finds out of these records; the offline one abstains, since their names say little.
KNOWN = {
    "employee_count": reads("/people", "parse_integer"),
    "founded_year": reads("/since", "parse_year"),
    "country": reads("/seat", "parse_country"),
    "website": reads("/page", "parse_url"),
}


def written(path: Path, records: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    return path


class Run:
    """One fleet, its model, and questions about how it ended."""

    def __init__(self, fleet: InlineFleet, model: HostileModel) -> None:
        self.fleet = fleet
        self.model = model
        self.job = 0

    def enrich(self, source: str = "firms", target: str = "firm", *, turns: int = 200) -> None:
        self.job = self.fleet.submit(source, target)
        self.fleet.run(turns=turns)

    def table(self, name: str = "firm") -> list[dict[str, Any]]:
        return self.fleet.rows(f'SELECT * FROM public."{name}" ORDER BY 1')

    def wrong_cells(self) -> list[tuple[str, str, Any]]:
        """(name, field, value) of every cell that says anything but what its firm says; null says nothing."""
        return [
            (row["name"], field, value)
            for row in self.table()
            for field, value in row.items()
            if value is not None and value != right(int(row["name"].split()[-1])).get(field)
        ]

    @property
    def counts(self) -> dict[str, int]:
        return self.fleet.counts(self.job)

    @property
    def state(self) -> str:
        return self.fleet.state(self.job)

    def refusals(self) -> list[tuple[str | None, str]]:
        """(target field, rule) of everything refused, newest plan last."""
        found = self.fleet.rows("SELECT refusals FROM plan ORDER BY id")
        return [(r["target"], r["rule"]) for row in found for r in row["refusals"]]

    def reviews(self) -> list[str]:
        return [row["rule"] for row in self.fleet.rows("SELECT rule FROM review WHERE state = 'open' ORDER BY id")]

    def letters(self) -> dict[str, str]:
        return {
            row["record_id"]: row["code"]
            for row in self.fleet.rows("SELECT record_id, code FROM dead_letter ORDER BY id")
        }

    def error(self) -> dict[str, Any] | None:
        """What the job shows of its failure."""
        (row,) = self.fleet.rows("SELECT error FROM job WHERE id = %(id)s", id=self.job)
        found: dict[str, Any] | None = row["error"]
        return found

    def message(self, code: str) -> str:
        """The first issue of the first letter of this code."""
        found = self.fleet.rows("SELECT issues FROM dead_letter WHERE code = %(code)s ORDER BY id LIMIT 1", code=code)
        return str(found[0]["issues"][0]["message"])


def models(**changes: Any) -> Models:
    """These models, and no others, are configured."""
    does = {"small": SMALL, "large": LARGE, "auditor": AUDITOR, "second": SECOND, **changes}
    names = tuple(does[part] for part in ("small", "large", "auditor", "second") if does[part])
    return Models(**{"timeout": 20.0, "names": names, **does})


@contextmanager
def running(
    url: str,
    model: HostileModel,
    *,
    sources: Sequence[Source],
    roots: Sequence[Path] = (),
    targets: Sequence[Target] = (TARGET,),
    tuning: Tuning | None = None,
    key: str = "a key",
    **changes: Any,
) -> Iterator[Run]:
    migration.migrate(url)
    fleet = InlineFleet(url, sources=sources, targets=targets, tuning=tuning)
    door = Model(model.url, key)
    fleet.configure(
        asking=Asking(door, models(**changes), [Account(fleet.acting("model"), Caps(), {})]), roots=tuple(roots)
    )
    try:
        yield Run(fleet, model)
    finally:
        door.close()
        fleet.close()


def emptied(url: str) -> None:
    """Drop everything that an earlier test of the same database left."""
    database = Database(url, application="emptying", size=1)
    with database.transaction() as tx:
        tx.execute("DROP SCHEMA IF EXISTS assay CASCADE")
        tx.execute("DROP SCHEMA public CASCADE")
        tx.execute("CREATE SCHEMA public")
    database.close()


Answer: TypeAlias = tuple[int, bytes]


@contextmanager
def pages(answer: Callable[[str, dict[str, str]], Answer]) -> Iterator[str]:
    """A loopback source: from a path and its query to a status and a body. Gives its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, body = answer(unquote(parts.path), {k: v[-1] for k, v in parse_qs(parts.query).items()})
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests have no use for it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def firms_file(folder: Path, numbers: Sequence[int]) -> tuple[FileSource, Path]:
    written(folder / "firms.jsonl", [firm(n) for n in numbers])
    return FileSource(name="firms", connector="file", path="firms.jsonl", key="/name"), folder
