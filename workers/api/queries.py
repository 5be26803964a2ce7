"""Queries: a parameter that a route does not know is refused, since ignored it would show what nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from workers.api.problems import InvalidError


def require_known(request: Request) -> None:
    """
    Raises:
        InvalidError: a parameter of the query is none of this route's.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    known = sorted(_named(route))
    listed = f"there are: {', '.join(known)}" if known else "there are none"
    unknown = [name for name in dict.fromkeys(request.query_params.keys()) if name not in known]
    if unknown:
        raise InvalidError(
            [
                {
                    "field": name[:100],
                    "message": f"there is no such parameter; {listed}",
                    "rule": "extra_forbidden",
                }
                for name in unknown[:10]
            ]
        )


def _named(route: APIRoute) -> Iterator[str]:
    for parameter in route.dependant.query_params:
        kind = parameter.field_info.annotation
        # a model stands for all of its members
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield parameter.alias
