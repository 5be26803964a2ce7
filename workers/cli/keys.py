"""`assay keys`: from the database itself, because whoever has no key yet begins here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from schemas.errors import NotFoundError, UsageError
from workers.cli.calling import AsJson
from workers.cli.invocation import invocation

if TYPE_CHECKING:
    from enrichment.store.database import Database

keys = typer.Typer(no_args_is_help=True, help="Keys of the HTTP API.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    app.add_typer(keys, name="keys")


@contextmanager
def _database(context: typer.Context, role: str) -> Iterator[Database]:
    from enrichment.store.database import Database
    from workers.addresses import database_url

    database = Database(database_url(invocation(context).settings(), role), application="assay", size=1)
    try:
        yield database
    finally:
        database.close()


@keys.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="whose it is")],
    *,
    role: Annotated[str, typer.Option(help="reader, producer (may submit) or admin (may decide)")] = "producer",
    as_json: AsJson = False,
) -> None:
    """Make a key and show it, this once."""
    from workers.cli.output import print_json
    from workers.keys import Role, make_key

    if not name.strip():
        raise UsageError("a key without a name", hint="say whose it is: assay keys create NAME")
    if role not in get_args(Role):
        raise UsageError(f"there is no role {role!r}", hint=f"one of: {', '.join(get_args(Role))}")
    with _database(context, "owner") as database, database.transaction() as tx:
        made = make_key(tx, name=name, role=role)  # type: ignore[arg-type] # one of them, as was just asked
    if as_json:
        print_json({**asdict(made.row), "key": made.text})
    else:
        typer.echo(made.text)


@keys.command("list")
def listing(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List keys, without the keys themselves."""
    from enrichment.store import fleet
    from workers.cli.output import print_page, print_table

    with _database(context, "owner") as database, database.transaction() as tx:
        rows = [asdict(row) for row in fleet.keys(tx)]
    if as_json:
        print_page(rows)
    else:
        shown = [{name: value if value is None else str(value) for name, value in row.items()} for row in rows]
        print_table(shown, ("id", "name", "role", "prefix", "created_at", "revoked_at"), empty="no keys yet")


@keys.command("revoke")
def revoke(context: typer.Context, key: int) -> None:
    """Revoke a key by its number; it is refused from then on."""
    from enrichment.store import fleet

    with _database(context, "owner") as database, database.transaction() as tx:
        if not fleet.revoke_key(tx, key):
            raise NotFoundError(f"there is no key {key} that could be revoked", hint="see: assay keys list")
    typer.echo(f"key {key} is revoked")
