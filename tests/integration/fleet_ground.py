"""A fleet in one thread over an empty database, a model that answers by script, and hands to reach into its tables."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inline_fleet import InlineFleet

from enrichment import intake
from enrichment.asking import Models
from enrichment.chunks import file_chunks
from enrichment.connectors.inline import read_values
from enrichment.connectors.pages import FetchedRecord
from enrichment.context import Tuning
from enrichment.model.answer import Answer
from enrichment.store import jobs, migration
from enrichment.store.database import Database
from enrichment.store.dispatch import Due
from enrichment.store.jobs import NewJob
from schemas.source import InlineSource, Source
from schemas.tables import metadata
from schemas.target import Target, TargetField

COMPANY = Target(
    name="company",
    table="company",
    create=True,
    fields=(
        TargetField(name="code", type="string", identity=True, kind="identifier"),
        TargetField(name="name", type="string", kind="name"),
        TargetField(name="employees", type="integer", kind="count", unit="people"),
        TargetField(name="city", type="string", kind="text"),
    ),
)


def company(*fields: TargetField, **changes: Any) -> Target:
    """COMPANY with other fields or settings; not a copy, which would keep what was computed of the first one."""
    same = {name: getattr(COMPANY, name) for name in Target.model_fields}
    return Target(**{**same, "fields": fields or COMPANY.fields, **changes})


def required(name: str) -> Target:
    """COMPANY that cannot do without this field."""
    return company(*(f.model_copy(update={"required": True}) if f.name == name else f for f in COMPANY.fields))


CRM = InlineSource(name="crm", connector="inline", key="/code", version="/rev")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that the scripted model was asked."""

    purpose: str
    model: str
    document: Mapping[str, Any]


def _states(text: str, value: Any, ops: Sequence[str]) -> bool:
    """Whether a cell is what a text says, as far as it can be told without executing the operations."""
    if not ops:
        return text == ("" if value is None else str(value))
    if value is None or not set(ops) <= {"parse_integer", "parse_year"}:
        return True
    return re.sub(r"\D", "", str(value)) in re.sub(r"\D", "", text)


class Script:
    """A model by script.

    bindings: target field -> (pointer, operations) proposed wherever the pointer is offered; else it abstains
    audit:    (field, value, record, model) -> verdict
    reason:   of its abstentions
    sees:     it calls unsupported what is not copied from the bound place, before `audit` is asked
    """

    def __init__(
        self,
        bindings: Mapping[str, tuple[str, Sequence[str]]] | None = None,
        *,
        audit: Callable[[str, Any, Mapping[str, Any], str], str] = lambda *_: "supported",
        second: str | None = "second",
        sees: bool = True,
        reason: str = "absent",
    ) -> None:
        self.models = Models("small", "large" if second else "auditor", "auditor", second)
        self.bindings = dict(bindings or {})
        self.audit = audit
        self.sees = sees
        self.reason = reason
        self.asked: list[Asked] = []

    def ask(self, _: Any, request: Any, *, purpose: str, model: str) -> Answer:
        document = json.loads(request.user_json)
        self.asked.append(Asked(purpose, model, document))
        answer = self._plan(document) if document["task"] == "map_fields" else self._audit(document, model)
        return Answer(json.dumps(answer), "stop", None, model, 1, 1, 0.0)

    def _plan(self, document: Mapping[str, Any]) -> dict[str, Any]:
        offered = {f["path"] for f in document["source"]["fields"]}
        bindings, abstained = [], []
        for name in (f["name"] for f in document["target"]["fields"]):
            path, ops = self.bindings.get(name, ("", ()))
            if path in offered:
                called = [{"op": op, "args": []} for op in ops]
                bindings.append({"target": name, "alternatives": [{"paths": [path], "ops": called}]})
            else:
                abstained.append({"target": name, "reason": self.reason})
        return {"bindings": bindings, "abstained": abstained}

    def _audit(self, document: Mapping[str, Any], model: str) -> dict[str, Any]:
        return {
            "verdicts": [
                {"id": cell["id"], "verdict": self._verdict(cell["field"], cell["value"], record["source"], model)}
                for record in document["records"]
                for cell in record["cells"]
            ]
        }

    def _verdict(self, field: str, value: Any, record: Mapping[str, Any], model: str) -> str:
        path, ops = self.bindings.get(field, ("", ()))
        if self.sees and path and not _states(str(record.get(path[1:], "")), value, ops):
            return "unsupported"
        return self.audit(field, value, record, model)

    def count(self, purpose: str) -> int:
        return sum(one.purpose == purpose for one in self.asked)


#: Plans for the records of `companies` where the matcher is not sure enough.
PLAIN = {name: (f"/{name}", ()) for name in ("code", "name", "employees", "city")}


def companies(numbers: Iterable[int], **changes: Any) -> list[dict[str, Any]]:
    """Records that fill COMPANY; a change may be a value, or a function of the number."""
    made = []
    for n in numbers:
        record = {"code": f"C-{n:05d}", "name": f"Company {n}", "employees": 10 + n, "city": f"Town {n % 7}"}
        record |= {key: value(n) if callable(value) else value for key, value in changes.items()}
        made.append({key: value for key, value in record.items() if value is not None})
    return made


class Fleet(InlineFleet):
    """`only` names the stages that may run: a chain stops before any other, its work left published."""

    only: frozenset[str] | None = None

    def step(self, due: Due) -> None:
        if self.only is None:
            super().step(due)
            return
        stage: str | None = due.stage
        while stage is not None and stage in self.only and self.stage(due.id, due.fence, stage):
            (row,) = self.rows("SELECT stage, status FROM work WHERE id = %(id)s", id=due.id)
            stage = row["stage"] if row["status"] == "published" else None

    def send(
        self,
        values: Sequence[Any],
        *,
        source: str = "crm",
        target: str = "company",
        dry_run: bool = False,
        **scope: Any,
    ) -> int:
        """A job over records that come with it, as the producer files it."""
        found, _ = read_values(values, self.context.source(source))
        with self.acting("api").transaction() as tx:
            job, _ = jobs.create(
                tx,
                NewJob(source, target, self.context.target(target).version, "running", scope, dry_run=dry_run),
            )
            size = self.context.tuning.chunk_size
            for start in range(0, len(found), size):
                part: list[FetchedRecord] = list(found[start : start + size])
                members = intake.take_in(tx, job, part, work_id=None)
                file_chunks(tx, members, source=source, target=target, job_id=job.id, size=size)
        return job.id

    def enrich(self, values: Sequence[Any], **more: Any) -> int:
        """Send records and work until nothing is due."""
        job = self.send(values, **more)
        self.run()
        return job

    def stage_only(self, values: Sequence[Any], **more: Any) -> list[int]:
        """Send records and gate them; gives the ids of what is newly staged."""
        before = {row["id"] for row in self.rows("SELECT id FROM staged WHERE state = 'staged'")}
        self.only, kept = frozenset({"plan", "map", "gate"}), self.only
        self.enrich(values, **more)
        self.only = kept
        self.execute("UPDATE work SET status = 'done' WHERE status IN ('published', 'ready') AND kind = 'chunk'")
        return [
            r["id"]
            for r in self.rows("SELECT id FROM staged WHERE state = 'staged' ORDER BY id")
            if r["id"] not in before
        ]

    def execute(self, sql: str, **params: Any) -> int:
        with self.database.transaction() as tx:
            return tx.execute(sql, params).rowcount

    def one(self, sql: str, **params: Any) -> Any:
        """The only value of the only row."""
        (row,) = self.rows(sql, **params)
        (value,) = row.values()
        return value

    def table(self, name: str = "company", order: str = "code") -> list[dict[str, Any]]:
        return self.rows(f'SELECT * FROM public."{name}" ORDER BY "{order}"')

    def release_all(self) -> None:
        """As if every plan had passed its probation."""
        self.execute("UPDATE plan_field SET state = 'released', drawn = 116, audited = 116")
        self.execute("UPDATE plan SET state = 'released'")

    def letters(self, job: int | None = None) -> list[dict[str, Any]]:
        return self.rows(
            "SELECT * FROM dead_letter WHERE %(job)s::bigint IS NULL OR job_id = %(job)s ORDER BY id", job=job
        )

    def balanced(self, job: int) -> None:
        """Accepted is the sum of all states, and each record id is counted once."""
        counts = self.counts(job)
        accepted = self.one("SELECT count(DISTINCT record_id) FROM item WHERE job_id = %(job)s", job=job)
        assert sum(counts.values()) == accepted, counts


def ground(
    url: str,
    *,
    sources: Sequence[Source] = (CRM,),
    targets: Sequence[Target] = (COMPANY,),
    asking: Any = None,
    tuning: Tuning | None = None,
) -> Fleet:
    """A fleet over Assay's tables, emptied; tables of targets that Assay creates are made anew."""
    database = Database(url, application="ground", size=1)
    with database.transaction() as tx:
        made = tx.execute("SELECT to_regclass('assay.work') IS NOT NULL AS made").fetchone()
        if made is None or not made["made"]:
            migration.migrate(url)
            # What a power cut would lose is of no interest here, and waiting for the disk takes most of the time.
            name = tx.execute("SELECT current_database() AS name").fetchone() or {}
            tx.execute(f'ALTER DATABASE "{name["name"]}" SET synchronous_commit = off')
        for table in reversed(metadata.sorted_tables):
            tx.execute(f'DELETE FROM assay."{table.name}"')
        for target in targets:
            if target.create:
                tx.execute(f'DROP TABLE IF EXISTS "{target.table_schema or "public"}"."{target.table}"')
    database.close()
    return Fleet(
        url,
        sources=sources,
        targets=targets,
        asking=asking or Script(PLAIN),
        tuning=tuning or Tuning(plan_wait_seconds=0.0),
    )


def waits(fleet: Fleet, thread: threading.Thread) -> bool:
    """Whether the thread comes to wait for a lock before it ends."""
    asked = (
        "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
        " WHERE NOT l.granted AND a.datname = current_database()"
    )
    for _ in range(20_000):
        if fleet.one(asked):
            return True
        if not thread.is_alive():
            return False
    return False
