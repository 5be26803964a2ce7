"""What the descriptions of the API show."""

from __future__ import annotations

from typing import Any, Final

from enrichment.replaying import EXPLANATIONS

JOB: Final[dict[str, Any]] = {
    "id": 17,
    "source": "listed_companies",
    "target": "company",
    "state": "partial",
    "counts": {
        "accepted": 100,
        "in_flight": 0,
        "held": 0,
        "written": 95,
        "unchanged": 0,
        "dead": 5,
        "review": 0,
        "withdrawn": 0,
        "discarded": 0,
        "cancelled": 0,
    },
    "counted_at": "2026-07-01T09:31:13+00:00",
    "waits": [],
    "not_found": None,
    "letters": {"replay": 5, "refetch": 0, "resubmit": 0},
    "refused_counts": {"out_of_range": 3, "identity_missing": 2},
    "questions": 0,
    "unfilled": [{"field": "founded_year", "reasons": ["absent"]}],
    "unread": [],
    "goes_on": {},
    "calls": {"planning": 3, "audit": 12},
    "tokens": {"input": 41250, "output": 3310},
    "cost": "0.0169",
    "cost_per_written": "0.0001778947",
    "scope": {"limit": 100},
    "dry_run": False,
    "replay": False,
    "priority": 0,
    "batches": 0,
    "batches_digest": None,
    "target_version": "6f2c1d9a0b3e4f58",
    "error": None,
    "created_at": "2026-07-01T09:30:00+00:00",
    "finished_at": "2026-07-01T09:31:12+00:00",
}

PROBLEM: Final[dict[str, Any]] = {
    "type": "urn:assay:problem:not_found",
    "title": "Not Found",
    "status": 404,
    "detail": "there is no job 18",
    "code": "not_found",
    "hint": "list them with: assay jobs",
    "instance": "/v1/jobs/18",
    "request_id": "5b0c5f0d8f0a4d6f9c3a1e2b7d6c8f90",
}

_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "hint"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable; for programs."},
        "hint": {"type": "string", "description": "What would mend it."},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                    "rule": {"type": "string"},
                },
            },
        },
    },
}

PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "A problem document (RFC 9457).",
        "content": {"application/problem+json": {"schema": _SCHEMA, "example": PROBLEM}},
    }
}

LETTER: Final[dict[str, Any]] = {
    "id": 41,
    "job": 17,
    "source": "listed_companies",
    "target": "company",
    "record_id": "1&1",
    "stage": "gate",
    "code": "identity_missing",
    "issues": [
        {
            "field": "name",
            "rule": "identity_missing",
            "message": "no key: absent",
            "paths": ["/name"],
            "source_text": [""],
        }
    ],
    "record": {"id": "1&1", "name": "", "metadata": {"employees": "3,167 (average, 2021)"}},
    "text": None,
    "attempts": 1,
    "replays": 0,
    "failed_replays": 0,
    "state": "open",
    "note": None,
    "replay_job": None,
    "observation": 1,
    "payload": 9,
    "shape": 2,
    "plan": 5,
    "gate": 1,
    "target_version": "6f2c1d9a0b3e4f58",
    "fingerprint": "5a1c9e0b7d42",
    "created_at": "2026-07-01T09:30:40+00:00",
    "updated_at": "2026-07-01T09:30:40+00:00",
    "prospect": "futile",
    "prospect_reason": EXPLANATIONS["futile"],
    "changed": [],
}

REPLAYED: Final[dict[str, Any]] = {
    "matched": 3,
    "replayable": 2,
    "refused": [{"id": 41, "code": "futile", "reason": LETTER["prospect_reason"]}],
    "refused_counts": {"futile": 1},
    "jobs": [18],
    "dry_run": False,
    "confirm": None,
}

CELL: Final[dict[str, Any]] = {
    "target": "company",
    "key": "1&1",
    "field": "employee_count",
    "value": 3167,
    "reason": None,
    "issue": None,
    "source_text": "3,167 (average, 2021)",
    "paths": ["/metadata/employees"],
    "ops": [{"op": "parse_integer", "args": []}],
    "plan": 5,
    "model": "small",
    "origin": "small",
    "approximate": False,
    "source": "listed_companies",
    "record_id": "1&1",
    "observation": 1,
    "version": None,
    "job": 17,
    "verdict": "accepted",
    "gate": "1-9f3c2a",
    "audit": {
        "state": "released",
        "audited": 116,
        "defects": 0,
        "verdict": None,
        "auditor": None,
        "judged_at": None,
    },
    "written_at": "2026-07-01T09:31:02+00:00",
    "proposed": None,
    "where": None,
    "history": [],
}

PLAN: Final[dict[str, Any]] = {
    "id": 5,
    "source": "listed_companies",
    "target": "company",
    "target_version": "6f2c1d9a0b3e4f58",
    "shape": 2,
    "revision": 1,
    "try": 1,
    "state": "probation",
    "bindings": [
        {
            "target": "employee_count",
            "alternatives": [{"paths": ["/metadata/employees"], "ops": [{"op": "parse_integer", "args": []}]}],
            "origin": "small",
        }
    ],
    "abstained": [{"target": "lei", "reason": "absent"}],
    "fields": [
        {
            "name": "employee_count",
            "state": "probation",
            "drawn": 40,
            "audited": 20,
            "defects": 0,
            "unconfirmed": 0,
            "unsure": 0,
            "misses": 0,
        }
    ],
    "refusals": [],
    "decisions": [],
    "model": "small",
    "prompt_version": "1",
    "predecessor": None,
    "created_at": "2026-07-01T09:30:20+00:00",
}

REVIEW: Final[dict[str, Any]] = {
    "id": 3,
    "subject": "row:17",
    "rule": "jump",
    "source": "listed_companies",
    "target": "company",
    "state": "open",
    "question": {"record_id": "1&1", "key": "1&1", "cells": {"employee_count": 3167000}},
    "answers": {"approve": "write the row as it is", "reject": "do not write it; its record is discarded"},
    "rows": 1,
    "content_hash": "5d1f0c8e9a7b4c3d2e1f0a9b8c7d6e5f",
    "job": 17,
    "shape": 2,
    "plan": 5,
    "decision": None,
    "decided_by": None,
    "reason": None,
    "created_at": "2026-07-01T09:30:58+00:00",
    "decided_at": None,
    "expires_at": None,
}
COMPENSATION: Final[dict[str, Any]] = {
    "id": 512,
    "target": "company",
    "key": "Acme",
    "change": "updated",
    "before": {"founded": 2024},
    "after": {"founded": None},
    "reason": "condemned",
    "plan": 7,
    "job": None,
    "created_at": "2030-01-01T12:00:00+00:00",
}
