"""What a person is asked, with everything that an answer needs: the record, the plan, what else it could be, the row.

The content of a question is what it is bound to: an answer counts for exactly that. What is shown beside it (the raw
record, texts, rivals) follows from the content and is not bound a second time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, Final

from enrichment import shown_records
from enrichment.audit import unread
from enrichment.context import Context
from enrichment.members import Member
from enrichment.shown_records import cut, texts_of
from enrichment.store import plans, records, samples, staging, target_table
from enrichment.store.database import Tx
from enrichment.store.plan_fields import FieldRow
from enrichment.store.plans import PlanRow
from enrichment.store.reviews import Question, ReviewRow
from enrichment.store.staging import StagedRow
from schemas.codes import Code
from schemas.json_types import Json
from schemas.plan import Binding
from schemas.target import Target

#: Doubted cells, records of a shape, and rivals of a field that are shown.
_FEW: Final = 5
#: Rows asked about at once of which rivals are looked for: those of one take some 10 ms, and keys are locked meanwhile.
_LOOKED_FOR: Final = 20

#: A field that only a person releases; one answer is for all rows that wait for it.
HIGH_RISK: Final = "high_risk"

#: A field of which audits do not say enough; one answer is for the field, whatever its rows.
UNDECIDED: Final = "audit_undecided"

#: A first plan that changes many rows of before.
EXISTING_ROWS: Final = "existing_rows"
#: A successor that does otherwise what it was to leave as it is.
SUCCESSOR_DIFFERS: Final = "successor_differs"
#: Fields that fell, and of which whatever was proposed in their place was refused.
REPLACEMENT_REFUSED: Final = "replacement_refused"
BLIND_AUDITOR: Final = "blind_auditor"

#: What each rule found, for whoever has to answer.
MEANING: Final[Mapping[str, str]] = {
    "unsupported": "the auditor does not find a value of this row in its record",
    "not_released": "nobody could decide whether the fields named here are mapped right, and the row needs them; or a"
    " look at this row doubts them, and no second one agreed",
    "identity_conflict": "this record was written under another key before; approving takes it away from there",
    "jump": "a value is far from what the row or its column held so far",
    UNDECIDED: "audits of this field stay in doubt",
    HIGH_RISK: "the target marks this field as risky: audits alone do not release it",
    BLIND_AUDITOR: "the auditor overlooks too many planted mistakes for its word to count",
    "plan_refused": "no plan was found that can be put in force",
    SUCCESSOR_DIFFERS: "over stored records this successor does more than fill what the plan in force leaves empty",
    REPLACEMENT_REFUSED: "condemned fields stay empty: what was proposed instead was refused or could not be read",
    EXISTING_ROWS: "the first plan of a source would change more rows that stood before than the target lets it",
    "shape_keeps_widening": "records of this shape keep bringing new fields",
    "target_refused": "the table does not let this row be what stands in the ledger; it stays as it is",
    "attempts_exhausted": "this work failed for good",
    "poison": "this work ended every worker that began it",
}


def about_rows(
    context: Context,
    tx: Tx,
    plan: PlanRow,
    rows: Sequence[StagedRow],
    *,
    rule: str,
    fields: Mapping[int, Iterable[str]],
    whole: bool = False,
) -> list[Question]:
    """One question for each staged row. fields: staged id -> the fields that it is about.

    whole: none leaves out what else its fields could be, as all but the first few do until one is shown (`with_rivals`)
    """
    target = context.target(plan.target)
    there = target_table.cells_by_key(tx, target_table.resolve(tx, target), [row.key for row in rows])
    raw = shown_records.stored(
        tx, {row.id: Member(row.record_id, row.observation, row.payload_id, row.ordinal) for row in rows}
    )
    return [
        _about_row(
            target,
            plan,
            row,
            rule,
            sorted(fields.get(row.id, ())),
            there.get(row.key),
            raw.get(row.id),
            looks=whole or number < _LOOKED_FOR,
        )
        for number, row in enumerate(rows)
    ]


def with_rivals(context: Context, tx: Tx, review: ReviewRow) -> ReviewRow:
    """A review with what else the fields of its row could be, where that was left out as it was asked."""
    rows = [] if "rivals" in review.question else staging.read(tx, [review.staged_id or 0])
    if not rows:
        return review
    (row,) = rows
    plan, fields = plans.get(tx, row.plan_id), {row.id: review.question["fields"]}
    (asked,) = about_rows(context, tx, plan, [row], rule=review.rule, fields=fields, whole=True)
    return replace(review, question={**review.question, "rivals": asked.shown["rivals"]})


def _about_row(
    target: Target,
    plan: PlanRow,
    row: StagedRow,
    rule: str,
    fields: Sequence[str],
    there: Mapping[str, Any] | None,
    record: Json,
    *,
    looks: bool,
) -> Question:
    bindings = {b.target: b for b in plan.body.bindings if b.target in (fields or row.cells)}
    differs = {
        name: {"now": (there or {}).get(name), "new": value}
        for name, value in row.cells.items()
        if (there or {}).get(name) != value
    }
    same = (
        [rule, plan.id, fields]
        if rule in {Code.NOT_RELEASED, HIGH_RISK}
        else [rule, plan.id, row.key, row.cells, there]
    )
    return Question(
        subject=f"row:{row.id}",
        rule=rule,
        source=plan.source,
        target=plan.target,
        question={
            "meaning": MEANING.get(rule, rule),
            "record_id": row.record_id,
            "observation": row.observation,
            "key": row.key,
            "fields": list(fields),
            "cells": dict(row.cells),
            "row": there,
            "diff": differs,
            "bindings": {name: b.model_dump(mode="json") for name, b in bindings.items()},
        },
        shown={
            **(unread.told(plan.evidence) if rule == Code.NOT_RELEASED else {}),
            "record": cut(record),
            "source_text": {name: texts_of(record, b) for name, b in bindings.items()},
            **({"rivals": _rivals_of(target, bindings, fields, record)} if looks or not fields else {}),
        },
        asks=_digest(same),
        job_id=row.job_id,
        shape_id=plan.shape_id,
        plan_id=plan.id,
        staged_id=row.id,
    )


def _rivals_of(
    target: Target, bindings: Mapping[str, Binding], fields: Sequence[str], record: Json
) -> dict[str, list[dict[str, Any]]]:
    return {name: rivals(target, binding, [record]) for name, binding in bindings.items() if name in fields}


def about_field(context: Context, tx: Tx, plan: PlanRow, field: FieldRow, *, rule: str, job_id: int | None) -> Question:
    """Whether a field of a plan is mapped right, with cells that were doubted."""
    target = context.target(plan.target)
    binding = plan.body.binding_of(field.name)
    doubted = samples.doubted(tx, plan.id, field.name, limit=_FEW)
    rows = {row.id: row for row in staging.read(tx, list(doubted))}
    raw = shown_records.stored(
        tx, {i: Member(r.record_id, r.observation, r.payload_id, r.ordinal) for i, r in rows.items()}
    )
    return Question(
        subject=f"field:{plan.id}:{field.name}",
        rule=rule,
        source=plan.source,
        target=plan.target,
        question={
            "meaning": MEANING.get(rule, rule),
            "field": field.name,
            "binding": None if binding is None else binding.model_dump(mode="json"),
        },
        shown={
            **unread.told(plan.evidence),
            "audited": field.audited,
            "defects": field.defects,
            "unconfirmed": field.unconfirmed,
            "unsure": field.unsure,
            "cells": [
                {
                    "record_id": row.record_id,
                    "value": row.cells.get(field.name),
                    "verdict": doubted[row.id],
                    "source_text": None if binding is None else texts_of(raw.get(row.id), binding),
                    "record": cut(raw.get(row.id)),
                }
                for row in rows.values()
            ],
            "rivals": [] if binding is None else rivals(target, binding, list(raw.values())),
        },
        job_id=job_id,
        shape_id=plan.shape_id,
        plan_id=plan.id,
    )


def about_plan(tx: Tx, plan: PlanRow, *, rule: str, job_id: int | None) -> Question:
    """What becomes of records for which no plan is found, with some of them."""
    found = records.of_shape(tx, source=plan.source, shape_id=plan.shape_id, since_revision=0, limit=_FEW)
    raw = shown_records.stored(
        tx, {n: Member(m.record_id, m.observation, m.payload_id, m.ordinal) for n, m in enumerate(found)}
    )
    return Question(
        subject=f"plan:{plan.id}",
        rule=rule,
        source=plan.source,
        target=plan.target,
        question={
            "meaning": MEANING.get(rule, rule),
            "refusals": [dict(refusal) for refusal in plan.refusals],
            "plan": plan.body.model_dump(mode="json"),
            "try": plan.try_number,
        },
        shown={"records": [cut(record) for record in raw.values()]},
        job_id=job_id,
        shape_id=plan.shape_id,
        plan_id=plan.id,
    )


def about_successor(tx: Tx, plan: PlanRow, *, job_id: int | None) -> Question:
    """Whether a successor may be tried that differs from the plan in force where nobody asked it to."""
    asked = about_plan(tx, plan, rule=SUCCESSOR_DIFFERS, job_id=job_id)
    question = {**asked.question, "shadow": plan.evidence["shadow"], "in_force": plan.predecessor}
    return replace(asked, subject=f"successor:{plan.id}", question=question)


def about_replacement(tx: Tx, plan: PlanRow, *, fields: Sequence[str], in_force: int, job_id: int | None) -> Question:
    """What becomes of condemned fields for which a search found nothing that was not refused. `plan` is what it led to;
    the plan in force serves meanwhile, and no record waits.
    """
    asked = about_plan(tx, plan, rule=REPLACEMENT_REFUSED, job_id=job_id)
    question = {**asked.question, "fields": list(fields), "in_force": in_force}
    return replace(asked, subject=f"replacement:{plan.id}", question=question)


def about_existing_rows(plan: PlanRow, subject: str, *, limit: int, some: Sequence[Mapping[str, Any]]) -> Question:
    """Whether a first plan may change many rows that stood before it; some of them as they are and would be."""
    return Question(
        subject=subject,
        rule=EXISTING_ROWS,
        source=plan.source,
        target=plan.target,
        question={
            "meaning": MEANING[EXISTING_ROWS],
            "plan": plan.body.model_dump(mode="json"),
            "limit": limit,
        },
        shown={"rows": [dict(one) for one in some]},
        shape_id=plan.shape_id,
        plan_id=plan.id,
    )


def rivals(target: Target, binding: Binding, found: Sequence[Json]) -> list[dict[str, Any]]:
    """Other pointers of these records that could be meant by the field, the best first, with samples."""
    # Evidence reads a lexicon that only those should spend time on who ask.
    return list(import_module("enrichment.rivals").of(target, binding, found))


def current(context: Context, tx: Tx, review: ReviewRow) -> Question | None:
    """The question about a row as it would be asked now; null where nobody needs to be asked any more."""
    rows = [row for row in staging.read(tx, [review.staged_id or 0]) if row.state == "review"]
    if not rows:
        return None
    (row,) = rows
    plan = plans.get(tx, row.plan_id)
    fields = review.question.get("fields", ())
    (question,) = about_rows(context, tx, plan, [row], rule=review.rule, fields={row.id: fields})
    return question


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:32]
