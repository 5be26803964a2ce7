"""Who asks, and what the role of their key allows."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from enrichment.store import access
from enrichment.store.fleet import ApiKeyRow
from workers.api.context import ApiContext
from workers.api.problems import ForbiddenError, UnauthorizedError
from workers.keys import digest_of

#: A role may do all that stands before it.
_RANKS = {"reader": 0, "producer": 1, "admin": 2}
#: Characters of a key that are kept with it.
_SHOWN = 12
#: No key is longer; what is longer is not hashed.
_LONGEST = 200
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")

#: Told to whoever reads what OpenAPI says; what a request presents is read below, also where it is none.
bearer = HTTPBearer(auto_error=False, description="An API key: made with `assay keys create`, shown once.")


def context_of(request: Request) -> ApiContext:
    context: ApiContext = request.app.state.context
    return context


def presented(request: Request) -> str | None:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    text = text.strip()
    return text if scheme.lower() == "bearer" and 0 < len(text) <= _LONGEST else None


def authenticate(context: ApiContext, text: str | None) -> ApiKeyRow:
    """
    Raises:
        UnauthorizedError: no key, or none that is known and stands.
    """
    if text is not None and text.isascii():
        with context.producer.database.transaction() as tx:
            found = access.key_of(tx, prefix=text[:_SHOWN], digest=digest_of(text))
        if found is not None:
            return found
    raise UnauthorizedError(
        "an API key is needed" if text is None else "the API key is not known, or was revoked",
        hint="send Authorization: Bearer <key>; make one with: assay keys create",
    )


class Allows:
    """A dependency that lets keys of a role, or a higher one, pass."""

    def __init__(self, role: str) -> None:
        self._role = role

    async def __call__(
        self, request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]
    ) -> ApiKeyRow:
        caller = await run_in_threadpool(authenticate, context_of(request), presented(request))
        if _RANKS[caller.role] < _RANKS[self._role]:
            raise ForbiddenError(
                f"a key of role {caller.role} may not do this", hint=f"it takes a key of role {self._role}"
            )
        request.state.caller = caller
        return caller


def is_local(request: Request) -> bool:
    """Whether the request comes from this machine itself and was not passed on by a proxy."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


Context = Annotated[ApiContext, Depends(context_of)]
Reader = Annotated[ApiKeyRow, Depends(Allows("reader"))]
ProducerKey = Annotated[ApiKeyRow, Depends(Allows("producer"))]
Admin = Annotated[ApiKeyRow, Depends(Allows("admin"))]
