"""The application: routes, errors, and what OpenAPI says of them."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from workers.api import metrics, problems, queries
from workers.api.context import ApiContext
from workers.api.guard import Guard
from workers.api.routes import (
    audits,
    breakers,
    budgets,
    compensations,
    dead_letters,
    freezes,
    health,
    jobs,
    plans,
    reviews,
    rows,
)

_ROUTES = (jobs, dead_letters, plans, reviews, audits, budgets, breakers, freezes, rows, compensations, health)
_DESCRIPTION = """
Submit jobs, watch them, replay what was given up on, decide what only a person can, and ask where a value came from.

Every request carries `Authorization: Bearer <key>`. A key's role is reader, producer or admin. Errors are problem
documents (RFC 9457) with a `code` for programs and a `hint` for people. Listings are `{"items": [...], "next": ...}`;
pass `next` on as `cursor`. Numbers that must not lose digits are strings.
"""


def create_app(context: ApiContext, *, version: str = "1") -> FastAPI:
    """The API over one context; it holds no other state, so that any number of processes can serve it."""
    # The page at /docs comes from this server whole: a fleet may have no way out.
    app = FastAPIOffline(
        title="Assay",
        version=version,
        description=_DESCRIPTION,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.context = context
    app.state.metrics = metrics.text(context.producer.database, seconds=context.metrics_seconds)
    app.add_middleware(Guard)
    problems.install(app)
    app.state.routes = []
    for module in _ROUTES:
        # whoever only asks whether this process lives may add what they like
        checks = [] if module is health else [Depends(queries.require_known)]
        app.include_router(module.router, dependencies=checks)
        app.state.routes += [route for route in module.router.routes if isinstance(route, APIRoute)]
    return app
