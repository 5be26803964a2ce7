"""What the descriptions of the API show."""

from __future__ import annotations

from typing import Any, Final

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
    "calls": {"planning": 3, "audit": 12},
    "tokens": {"input": 41250, "output": 3310},
    "cost": "0.0169",
    "cost_per_written": "0.0001778947",
    "scope": {"limit": 100},
    "dry_run": False,
    "replay": False,
    "priority": 0,
    "batches": 0,
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
