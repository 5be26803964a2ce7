"""The HTTP API as commands reach it: a named address and key, else those of the endpoint file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.errors import TransientError, UsageError
from workers.cli.invocation import Invocation, invocation

if TYPE_CHECKING:
    from enrichment.client import Client

AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
Limit = Annotated[int, typer.Option(help="show at most so many", min=1)]
Cursor = Annotated[str | None, typer.Option(help="go on behind an earlier listing: what it gave as next")]
Reason = Annotated[str, typer.Option(help="why; kept with the decision")]
Confirm = Annotated[str | None, typer.Option(help="the token of the dry run: do exactly what that showed")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]

#: A person waits at the terminal: a fleet that is away is told of soon.
_PATIENCE = 8.0


def client(context: typer.Context, *, patience: float = _PATIENCE) -> Client:
    """A client of the API that was named, or of the one that runs here.

    Raises:
        UsageError: an address without a key, or a key without an address.
        TransientError: nothing was named, and no fleet was ever started here or it has ended (`not_running`).
    """
    said = invocation(context)
    if said.url is not None or said.key is not None:
        return _named(said, patience)
    return client_of(said.standing().data_dir, patience=patience)


def client_of(data_dir: Path, *, patience: float = _PATIENCE) -> Client:
    """A client of the API that runs over a data directory.

    Raises:
        TransientError: no fleet was ever started there, or it has ended (`not_running`).
    """
    from enrichment.client import Client
    from workers.up.places import Places
    from workers.up.record import read_record

    record = read_record(Places(data_dir).record)
    # The endpoint file outlives its fleet: whoever has the port by now must not be sent the key.
    if record.has_ended:
        raise _not_running(f"the fleet of {data_dir} is stopped")
    # A fleet that is supervised comes back; for one that is not nobody should wait.
    patience = patience if record.is_supervised else 0.0
    try:
        return Client.local(data_dir, patience=patience)
    except UsageError as error:
        raise _not_running(error.message) from error


def _not_running(message: str) -> TransientError:
    return TransientError(
        message,
        hint="start the fleet with: assay up --detach; or name --data-dir, or --url and ASSAY_API_KEY",
        code="not_running",
    )


def _named(said: Invocation, patience: float) -> Client:
    from enrichment.client import Client

    if said.url is None or said.key is None:
        missing = "--url" if said.url is None else "--key"
        raise UsageError(f"{missing} is missing", hint="an address and a key belong together: ASSAY_URL, ASSAY_API_KEY")
    return Client(said.url, said.key, patience=patience)
