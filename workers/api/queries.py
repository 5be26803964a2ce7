"""Queries: a parameter that a route does not know is refused, since ignored it would show what nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from enrichment.store import letter_filter, registry
from enrichment.store.database import Tx
from schemas.codes import Code
from schemas.errors import nearest
from workers.api.problems import InvalidError

#: Whatever is read may be asked for page by page; what is given whole has one page.
_PAGING: Final = ("cursor", "limit")
#: How alike two codes are of which one is the other misspelt.
_MISSPELT: Final = 0.8


def require_known(request: Request) -> None:
    """
    Raises:
        InvalidError: a parameter of the query is none of this route's; or one, or a part of the path, cannot be looked
            for.
    """
    _require_text(request)
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    listing = request.method in {"GET", "HEAD"}
    known = sorted({*_named(route), *(_PAGING if listing else ())})
    listed = f"there are: {', '.join(known)}" if known else "there are none"
    if not listing:
        listed += "; what this is about is sent in the body"
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


def _require_text(request: Request) -> None:
    """PostgreSQL holds no U+0000: it cannot even be asked whether there is such a text."""
    given = [*request.path_params.items(), *request.query_params.multi_items()]
    wrong = [
        {"field": name[:100], "message": "holds U+0000, which no text here has", "rule": "unknown"}
        for name, value in given
        if "\x00" in str(value)
    ]
    if wrong:
        raise InvalidError(wrong[:10])


def require_code(tx: Tx, code: str | None) -> None:
    """As `require_names`, of the code of a letter. Errors of a user's own source may bring other codes than ours:
    refused is only what looks like one of ours and no letter has.

    Raises:
        InvalidError: it is a misspelt code.
    """
    if code is None or code in set(Code) or not (meant := nearest(code, map(str, Code), cutoff=_MISSPELT)):
        return
    if not letter_filter.have_code(tx, code):
        raise InvalidError([{"field": "code", "message": f"there is no code {code[:100]!r}{meant}", "rule": "unknown"}])


def require_names(tx: Tx, *, source: str | None = None, target: str | None = None) -> None:
    """A misspelt name would list nothing, which looks as if there were nothing.

    Raises:
        InvalidError: no source, or target, of this name is configured, or ever was.
    """
    if source is None and target is None:
        return
    wrong = [
        {"field": field, "message": f"there is no {field} {name[:100]!r}{nearest(name, known)}", "rule": "unknown"}
        for field, name, known in zip(("source", "target"), (source, target), registry.names(tx), strict=True)
        if name is not None and name not in known
    ]
    if wrong:
        raise InvalidError(wrong)


def _named(route: APIRoute) -> Iterator[str]:
    for parameter in route.dependant.query_params:
        kind = parameter.field_info.annotation
        # a model stands for all of its members
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield parameter.alias
