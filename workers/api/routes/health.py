"""Whether this process serves, whether the fleet can work, and what it is doing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from enrichment import freezing
from enrichment.breaking import forcing
from enrichment.store import breakers, fleet, freezes, observing
from enrichment.store.freezes import Freeze
from schemas.errors import TransientError
from workers.api.access import Context, Reader, authenticate, is_local, presented
from workers.api.answers import ExactJSON
from workers.api.context import ApiContext
from workers.api.examples import PROBLEMS

router = APIRouter(tags=["health"], responses=PROBLEMS)

#: Seconds without a sign of life after which a dispatcher, or a worker, does not count.
_SILENT_DISPATCHER = 10.0
_SILENT_WORKER = 15.0


@router.get("/healthz", summary="Whether this process answers")
def healthz() -> Response:
    """Needs no key and asks nobody else."""
    return ExactJSON({"status": "ok"})


@router.get(
    "/readyz",
    summary="Whether the fleet can take work on",
    responses={503: {"description": "Something is missing; `checks` says what."}},
)
def readyz(context: Context) -> Response:
    """Needs no key. 503 where the database, its tables, the broker or the dispatcher is missing; not for a freeze."""
    checks = _checks(context)
    ready = all(word in {"ok", "unknown"} for name, word in checks.items() if name != "frozen")
    return ExactJSON({"status": "ok" if ready else "not_ready", "checks": checks}, status_code=200 if ready else 503)


def _checks(context: ApiContext) -> dict[str, str]:
    checks = {"database": "ok", "tables": "unknown", "dispatcher": "unknown"}
    try:
        with context.producer.database.transaction() as tx:
            migrated = observing.is_migrated(tx)
            checks["tables"] = "ok" if migrated else "of another version; run: assay migrate"
            if migrated:
                age = observing.seat_age(tx)
                alive = age is not None and age < _SILENT_DISPATCHER
                checks["dispatcher"] = "ok" if alive else "gives no sign of life"
                # Whoever froze it wants it to stand still, not to be started again.
                checks["frozen"] = _frozen(freezes.listing(tx))
    except TransientError:
        checks["database"] = "cannot be reached"
    answers = context.broker_answers()
    checks["broker"] = "unknown" if answers is None else "ok" if answers else "cannot be reached"
    return checks


def _frozen(found: Sequence[Freeze]) -> str:
    """Without reasons, which are for those who have a key."""
    if not found:
        return "no"
    return "the fleet" if not found[0].source else f"sources: {len(found)}"


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    responses={200: {"description": "The text format of Prometheus, version 0.0.4."}},
)
def metrics(request: Request, context: Context) -> Response:
    """From this machine without a key, from elsewhere or through a proxy with one of any role."""
    if not is_local(request):
        authenticate(context, presented(request))
    text: bytes = request.app.state.metrics()
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/v1/status", tags=["status"], summary="What runs, where, and how much it has to do")
def status(context: Context, _: Reader) -> Response:
    """`services` are processes that show signs of life; addresses are told without passwords."""
    with context.producer.database.transaction() as tx:
        alive = fleet.alive(tx, seconds=_SILENT_WORKER)
        age = observing.seat_age(tx)
        found = observing.figures(tx)
        frozen = [freezing.view(one) for one in freezes.listing(tx)]
        stopped = [forcing.view(one) for one in breakers.listing(tx, open_only=True)]
    seated = age is not None and age < _SILENT_DISPATCHER
    services: list[dict[str, Any]] = [
        {"name": "dispatcher", "pid": None, "state": "running" if seated else "silent", "url": None},
        {"name": "api", "pid": None, "state": "running", "url": (context.described.get("api") or {}).get("url")},
    ]
    services += [
        {
            "name": one["role"],
            "pid": one["pid"],
            "state": "running",
            "url": None,
            "node": one["node"],
            "started_at": one["started_at"],
        }
        for one in alive
    ]
    return ExactJSON(
        {
            "services": services,
            **{name: context.described.get(name) for name in ("database", "broker", "api", "model")},
            "checks": _checks(context),
            "jobs": {row["state"]: row["n"] for row in found["jobs"]},
            "work": found["works"],
            "records": found["open_items"],
            "frozen": frozen,
            "breakers": stopped,
            "failovers": {row["model"]: row["n"] for row in found["failovers"]},
            "retention": [
                {"what": r["what"], "removed": r["n"], "kept": r["kept"], "passed_at": r["passed_at"]}
                for r in found["retention"]
            ],
            "dead_letters": sum(row["n"] for row in found["letters"] if row["state"] == "open"),
            "reviews": sum(row["n"] for row in found["reviews"]),
        }
    )
