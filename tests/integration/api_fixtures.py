"""An API over a fresh database, asked through its ASGI application."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.testclient import TestClient

from enrichment.counting import Counter
from enrichment.gate.version import gate_version
from enrichment.producing import Producer
from enrichment.store import grants, migration, registry, target_table
from enrichment.store.database import Database
from schemas.source import FileSource, HttpSource, InlineSource, Source
from schemas.target import Target, TargetField
from workers.api import ApiContext, create_app
from workers.keys import make_key

TARGET = Target(
    name="company",
    table="company",
    create=True,
    fields=(
        TargetField(name="name", type="string", identity=True, kind="name"),
        TargetField(name="employee_count", type="integer", kind="count"),
        TargetField(name="country", type="string", kind="country"),
    ),
)
SOURCES: tuple[Source, ...] = (
    InlineSource(name="pushed", connector="inline", key="/name"),
    HttpSource(
        name="crm", connector="http", url="https://example.com/v1/companies", item_url="https://example.com/{id}"
    ),
    FileSource(name="dump", connector="file", path="companies.jsonl", key="/name"),
)


class Api:
    """The application, its database, and a caller for each role.

    The application logs in as the API's own role (`role_url`), the tests' own statements as the owner.
    """

    def __init__(
        self, url: str, role_url: str, *, queue_limit: int = 10_000, chunk_size: int = 10, **settings: Any
    ) -> None:
        migration.migrate(url)
        self.urls = (url, role_url)
        self.database = Database(url, application="test", size=3)
        self.serving = Database(role_url, application="test api", size=8)
        sources = {s.name: s for s in SOURCES}
        with self.database.transaction() as tx:
            target_table.ensure(tx, TARGET)
            registry.sync(tx, SOURCES, [TARGET], gate_version=gate_version())
            grants.issue(tx, [TARGET])
            self.keys = {role: make_key(tx, name=role, role=role).text for role in ("admin", "producer", "reader")}
        self.producer = Producer(
            self.serving, sources, {TARGET.name: TARGET}, chunk_size=chunk_size, queue_limit=queue_limit
        )
        self.app = create_app(ApiContext(self.producer, **{"counter": _exact(), **settings}))
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: str | None = "producer",
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        sent = dict(headers or {})
        if role is not None:
            sent["Authorization"] = f"Bearer {self.keys[role]}"
        if body is not None:
            content = json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        return self.client.request(method, path, content=content, headers=sent)

    def rows(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        with self.database.transaction() as tx:
            return tx.execute(sql, params).fetchall()

    def clear(self, *tables: str) -> None:
        """Empty everything but the keys, and drop these tables of targets."""
        kept = {"api_key", "alembic_version"}
        with self.database.transaction() as tx:
            found = tx.execute("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'assay'").fetchall()
            tx.execute(f"TRUNCATE {', '.join(row['name'] for row in found if row['name'] not in kept)} CASCADE")
            for table in tables:
                tx.execute(f"DROP TABLE IF EXISTS public.{table}")

    def configure(self, sources: Sequence[Source], targets: Sequence[Target], **settings: Any) -> None:
        """Serve other sources and targets, whose tables exist."""
        with self.database.transaction() as tx:
            grants.issue(tx, targets)
        self.producer = dataclasses.replace(
            self.producer, sources={s.name: s for s in sources}, targets={t.name: t for t in targets}
        )
        self.app.state.context = ApiContext(self.producer, **{"counter": _exact(), **settings})

    def close(self) -> None:
        self.client.close()
        self.database.close()
        self.serving.close()


def _exact() -> Counter:
    """Counts that are never kept, however long they take on a busy machine: its clock stands still."""
    return Counter(lambda: 0.0)


def records(count: int, *, first: int = 0) -> list[dict[str, Any]]:
    return [{"name": f"company {i}", "employees": i} for i in range(first, first + count)]


def total(counts: Mapping[str, int]) -> int:
    return sum(number for name, number in counts.items() if name != "accepted")


def ids(items: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [item["id"] for item in items]
