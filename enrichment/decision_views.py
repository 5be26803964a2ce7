"""Plans and reviews as they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from enrichment.audit.statistics import recall_limits
from enrichment.deciding import RolledBack, answers_to
from enrichment.gate_shadow import Replayed
from enrichment.store.plans import PlanRow
from enrichment.store.planted import FaultCounts
from enrichment.store.reviews import ReviewRow


def plan(row: PlanRow) -> dict[str, Any]:
    body = row.body.model_dump(mode="json")
    return {
        "id": row.id,
        "source": row.source,
        "target": row.target,
        "target_version": row.target_version,
        "shape": row.shape_id,
        "revision": row.shape_revision,
        "try": row.try_number,
        "state": row.state,
        "bindings": body["bindings"],
        "abstained": body["abstained"],
        "fields": [
            {
                "name": f.name,
                "state": f.state,
                "drawn": f.drawn,
                "audited": f.audited,
                "defects": f.defects,
                "unconfirmed": f.unconfirmed,
                "unsure": f.unsure,
                "misses": f.misses,
            }
            for f in row.fields
        ],
        "refusals": [dict(refusal) for refusal in row.refusals],
        "evidence": dict(row.evidence.get("bindings", {})),
        "shadow": shadow(row.evidence.get("shadow")),
        "drift": list(row.evidence.get("drift", ())),
        "decisions": list(row.evidence.get("decisions", ())),
        "model": row.model,
        "prompt_version": row.prompt_version,
        "predecessor": row.predecessor,
        "created_at": row.created_at,
    }


def replayed(found: Replayed) -> dict[str, Any]:
    """What the installed gate would say otherwise of records that were judged before."""
    return {
        "plan": found.plan_id,
        "gate": found.gate,
        "judged_by": dict(found.judged_by),
        "missing": found.missing,
        "differs": found.shadow.differs,
        **_compared(found.shadow.document()),
    }


def shadow(document: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """How a successor compares with the plan in force; null for a plan that succeeds none."""
    return None if document is None else _compared(document)


def _compared(document: Mapping[str, Any]) -> dict[str, Any]:
    fields = [{"name": name, **one} for name, one in sorted(document["fields"].items())]
    return {**document, "fields": fields}


def rolled_back(found: RolledBack) -> dict[str, Any]:
    """Beside what is rolled back: what that does, and the token that doing it needs."""
    return {
        "assertions": found.what.assertions,
        "rows": found.what.rows,
        "changed": found.what.changed,
        "deleted": found.what.deleted,
        "untouched": found.what.untouched,
        "exact": found.what.exact,
        "done": found.done,
        "confirm": found.confirm,
    }


def recall(counts: Sequence[FaultCounts]) -> dict[str, Any]:
    """What a plan's auditor saw of the known defects that it was shown, in all and by fault; limits at 95 %."""
    whole = FaultCounts("all", sum(one.planted for one in counts), sum(one.seen for one in counts))
    return {**_seen(whole), "faults": [{"fault": one.fault, **_seen(one)} for one in counts]}


def _seen(one: FaultCounts) -> dict[str, Any]:
    low, high = recall_limits(one.seen, one.planted)
    limits = {"at_least": round(low, 4), "at_most": round(high, 4)} if one.planted else {}
    return {"planted": one.planted, "seen": one.seen, **limits}


def review(row: ReviewRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "subject": row.subject,
        "rule": row.rule,
        "source": row.source,
        "target": row.target,
        "state": row.state,
        "question": dict(row.question),
        "answers": dict(answers_to(row)),
        "rows": row.rows,
        "content_hash": row.content_hash,
        "job": row.job_id,
        "shape": row.shape_id,
        "plan": row.plan_id,
        "decision": row.decision,
        "decided_by": row.decided_by,
        "reason": row.reason,
        "created_at": row.created_at,
        "decided_at": row.decided_at,
        "expires_at": row.expires_at,
    }
