"""Plans with the probation of their fields, once they are stored (`new_plans`)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal, LiteralString, TypeAlias

from psycopg.types.json import Jsonb

from enrichment.store import plan_fields
from enrichment.store.database import Tx
from enrichment.store.plan_fields import FieldRow
from schemas import FORMAT
from schemas.errors import NotFoundError, WaitingError
from schemas.plan import FieldState, Origin, PlanBody, PlanState

#: How strongly a plan's row is locked. Whoever relies on its state shares it (`KEY SHARE`) until the commit, and only a
#: decision (`UPDATE`) waits for them. Who counts what may lead to one (`NO KEY UPDATE`) does so alone, beside them.
Lock: TypeAlias = Literal["KEY SHARE", "NO KEY UPDATE", "UPDATE"]

#: Seconds until work that met a plan of a newer release is given to somebody again.
_NEWER_WAIT: Final = 5.0


@dataclass(frozen=True, slots=True)
class PlanRow:
    id: int
    source: str
    target: str
    target_version: str
    shape_id: int
    shape_revision: int
    try_number: int
    state: str
    body: PlanBody
    refusals: Sequence[Mapping[str, Any]]
    evidence: Mapping[str, Any]
    model: str | None
    prompt_version: str | None
    predecessor: int | None
    created_at: datetime
    fields: tuple[FieldRow, ...] = field(default=())

    def field_states(self) -> dict[str, str]:
        return {f.name: f.state for f in self.fields}

    @property
    def condemned(self) -> frozenset[str]:
        return frozenset(f.name for f in self.fields if f.state == FieldState.CONDEMNED)

    @property
    def released(self) -> frozenset[str]:
        return frozenset(f.name for f in self.fields if f.state == FieldState.RELEASED)

    @property
    def undecided(self) -> tuple[FieldRow, ...]:
        return tuple(f for f in self.fields if f.state == FieldState.PROBATION)


_COLUMNS = (
    'id, source, target, target_version, shape_id, shape_revision, "try" AS try_number, state, body::text AS body,'
    " refusals::text AS refusals, evidence::text AS evidence, model, prompt_version, predecessor, created_at"
)


#: A plan `p` for the version of its target in force that is the last successor of the plan in force, which serves until
#: this one is released or takes over.
BESIDE = """
    p.state = 'probation' AND p.target_version = (SELECT version FROM target WHERE name = p.target)
    AND EXISTS (SELECT 1 FROM plan b WHERE b.id = p.predecessor AND b.state IN ('probation', 'released'))
    AND NOT EXISTS (
        SELECT 1 FROM plan n WHERE n.source = p.source AND n.target = p.target
          AND n.target_version = p.target_version AND n.shape_id = p.shape_id AND n.id > p.id
          AND n.state IN ('probation', 'released'))
"""


def is_beside(tx: Tx, plan_id: int) -> bool:
    """Whether a plan is on probation beside the one that serves its shape."""
    return tx.execute(f"SELECT 1 FROM plan p WHERE p.id = %s AND {BESIDE}", (plan_id,)).fetchone() is not None


#: The plan in force of a shape comes first: the latest released one, else the earliest on probation. A successor on
#: probation does not take over before it is released, or has had all that there is for it.
PREFERRED = "(state = 'released') DESC, CASE WHEN state = 'released' THEN -id ELSE id END"


def in_force(tx: Tx, *, source: str, target: str, target_version: str, shape_ids: Sequence[int]) -> dict[int, int]:
    """Shape id -> plan id."""
    rows = tx.execute(
        f"""
        SELECT DISTINCT ON (shape_id) shape_id, id FROM plan
        WHERE source = %s AND target = %s AND target_version = %s AND shape_id = ANY(%s)
          AND state IN ('probation', 'released')
        ORDER BY shape_id, {PREFERRED}
        """,
        (source, target, target_version, list(shape_ids)),
    ).fetchall()
    return {row["shape_id"]: row["id"] for row in rows}


def latest(tx: Tx, *, source: str, target: str, target_version: str, shape_id: int) -> PlanRow | None:
    return _newest(tx, "target_version = %s", (source, target, shape_id, target_version))


def latest_of_others(tx: Tx, *, source: str, target: str, target_version: str, shape_id: int) -> PlanRow | None:
    """The newest plan that served a shape while its target was declared otherwise."""
    params = (source, target, shape_id, target_version)
    return _newest(tx, "target_version <> %s AND state <> 'refused'", params)


def _newest(tx: Tx, which: LiteralString, params: tuple[str, str, int, str]) -> PlanRow | None:
    """Of the plans of a source, target and shape that are of or not of a version, as `which` says."""
    row = tx.execute(
        f"SELECT {_COLUMNS} FROM plan WHERE source = %s AND target = %s AND shape_id = %s AND {which}"
        " ORDER BY id DESC LIMIT 1",
        params,
    ).fetchone()
    return None if row is None else _read(tx, [row])[0]


def get(tx: Tx, plan_id: int, *, lock: Lock | None = None) -> PlanRow:
    """Read a plan with its fields; `lock` as `Lock` says.

    Raises:
        NotFoundError: there is no such plan.
    """
    return get_many(tx, [plan_id], lock=lock)[plan_id]


def get_many(tx: Tx, plan_ids: Collection[int], *, lock: Lock | None = None) -> dict[int, PlanRow]:
    """Read plans with their fields, locked in the order of their ids; `lock` as for `get`.

    Raises:
        NotFoundError: one of them does not exist.
        WaitingError: one of them was made by a newer release, which has to read it.
    """
    wanted = sorted(set(plan_ids))
    if not wanted:
        return {}
    rows = tx.execute(
        f"SELECT {_COLUMNS}, format FROM plan WHERE id = ANY(%s) ORDER BY id{f' FOR {lock}' if lock else ''}", (wanted,)
    ).fetchall()
    if missing := sorted(set(wanted) - {row["id"] for row in rows}):
        raise NotFoundError(f"there is no plan {missing[0]}", hint="list them with: assay plans list")
    if newer := [row["id"] for row in rows if row.pop("format") > FORMAT]:
        raise WaitingError(
            f"plan {newer[0]} was made by a newer release",
            waits_on="newer_release",
            seconds=_NEWER_WAIT,
            hint="start this worker anew with the release that the others have",
        )
    fields = plan_fields.of_plans(tx, wanted)
    return {row["id"]: _plan(row, fields.get(row["id"], ())) for row in rows}


def listing(
    tx: Tx,
    *,
    source: str | None = None,
    target: str | None = None,
    state: str | None = None,
    shape_id: int | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[PlanRow]:
    """Newest first; `after` is the id of the last one seen."""
    rows = tx.execute(
        f"""
        SELECT {_COLUMNS} FROM plan
        WHERE (%(source)s::text IS NULL OR source = %(source)s) AND (%(target)s::text IS NULL OR target = %(target)s)
          AND (%(state)s::text IS NULL OR state = %(state)s) AND (%(shape)s::bigint IS NULL OR shape_id = %(shape)s)
          AND (%(after)s::bigint IS NULL OR id < %(after)s) ORDER BY id DESC LIMIT %(limit)s
        """,
        {"source": source, "target": target, "state": state, "shape": shape_id, "after": after, "limit": limit},
    ).fetchall()
    return _read(tx, rows)


def successors(tx: Tx, plan_id: int) -> list[PlanRow]:
    """Plans that took bindings over from this one and may write, locked in the order of their ids."""
    rows = tx.execute(
        "SELECT id FROM plan WHERE predecessor = %s AND state IN ('probation', 'released') ORDER BY id", (plan_id,)
    ).fetchall()
    found = get_many(tx, [row["id"] for row in rows], lock="UPDATE")
    return [plan for _, plan in sorted(found.items()) if plan.state in {PlanState.PROBATION, PlanState.RELEASED}]


def released(tx: Tx) -> list[int]:
    rows = tx.execute("SELECT id FROM plan WHERE state = 'released' ORDER BY id").fetchall()
    return [row["id"] for row in rows]


def set_state(tx: Tx, plan_id: int, state: str) -> None:
    # An UPDATE by itself would not wait for those who rely on the state.
    tx.execute(
        "UPDATE plan SET state = %s, decided_at = now() WHERE id = (SELECT id FROM plan WHERE id = %s FOR UPDATE)",
        (state, plan_id),
    )


def supersede_older(tx: Tx, plan: PlanRow) -> None:
    """A successor takes over from the shape's earlier plans: it was released, or nothing else can decide it."""
    tx.execute(
        """
        UPDATE plan SET state = 'superseded', decided_at = now() WHERE id IN (
            SELECT id FROM plan
            WHERE source = %s AND target = %s AND target_version = %s AND shape_id = %s AND id < %s
              AND state IN ('probation', 'released')
            ORDER BY id FOR UPDATE)
        """,
        (plan.source, plan.target, plan.target_version, plan.shape_id, plan.id),
    )


def approve_bindings(tx: Tx, plan: PlanRow, names: Collection[str]) -> None:
    """Bindings that a person let pass are a person's: a successor keeps them, and says so."""
    bindings = [b.model_copy(update={"origin": Origin.PERSON}) if b.target in names else b for b in plan.body.bindings]
    body = PlanBody(bindings=tuple(bindings), abstained=plan.body.abstained)
    tx.execute("UPDATE plan SET body = %s WHERE id = %s", (Jsonb(body.model_dump(mode="json")), plan.id))


def newest_job(tx: Tx, plan_id: int) -> int | None:
    """The job on whose account late work of a plan is done."""
    row = tx.execute(
        "SELECT max(job_id) AS id FROM staged WHERE plan_id = %s AND state = 'staged' AND job_id <> 0", (plan_id,)
    ).fetchone()
    return None if row is None else row["id"]


def _read(tx: Tx, rows: Sequence[dict[str, Any]]) -> list[PlanRow]:
    fields = plan_fields.of_plans(tx, [row["id"] for row in rows])
    return [_plan(row, fields.get(row["id"], ())) for row in rows]


def _plan(row: dict[str, Any], fields: tuple[FieldRow, ...]) -> PlanRow:
    body, refusals, evidence = _body(row.pop("body")), _document(row.pop("refusals")), _document(row.pop("evidence"))
    return PlanRow(**row, body=body, refusals=refusals, evidence=evidence, fields=fields)


# Every chunk reads its plans at each of its stages, and they hardly ever change. Nobody writes into what is read.
@lru_cache(maxsize=512)
def _body(text: str) -> PlanBody:
    return PlanBody.model_validate_json(text, strict=False)


@lru_cache(maxsize=1024)
def _document(text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    return json.loads(text)
