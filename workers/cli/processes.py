"""Commands that run one process of the fleet until TERM, and the migration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from workers.cli.invocation import invocation

Host = Annotated[str | None, typer.Option(help="address to listen on; else as configured")]
Port = Annotated[int | None, typer.Option(help="port to listen on; else as configured", min=1, max=65_535)]


def register(app: typer.Typer) -> None:
    app.command("migrate")(migrate)
    app.command("worker")(worker)
    app.command("dispatcher")(dispatcher)
    app.command("api")(api)
    app.command("flower")(flower)


def migrate(
    context: typer.Context,
    *,
    print_sql: Annotated[bool, typer.Option("--print-sql", help="print the statements and change nothing")] = False,
) -> None:
    """Bring the database to this version: tables, rights, targets, sources. Safe to repeat."""
    from enrichment.store import migration
    from workers.addresses import database_url
    from workers.up.preparing import prepare

    if print_sql:
        sys.stdout.write(migration.print_sql())
        return
    settings = invocation(context).settings()
    prepared = prepare(settings, database_url(settings, "owner"))
    typer.echo(f"the database is at revision {prepared.revision}")
    if (remark := prepared.remark()) is not None:
        typer.echo(remark, err=True)


def worker(
    context: typer.Context,
    role: Annotated[
        str, typer.Argument(help="fetch, model, gate, upsert, control, or isolated for all isolation lanes")
    ],
    *,
    isolated: Annotated[
        bool, typer.Option("--isolated", help="serve the isolation lane: one process, one work")
    ] = False,
    node: Annotated[str | None, typer.Option(help="name of this node, the same at every start")] = None,
    ready_file: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run one worker of a role until TERM."""
    from celery.signals import worker_ready

    from schemas.errors import UsageError, nearest
    from tasks.queues import ROLES
    from workers.addresses import addresses_of
    from workers.beginning import begin_process
    from workers.logs import leave_logging_to_us
    from workers.node_names import node_name
    from workers.running import run_worker

    known = (*ROLES, "isolated")
    if role not in known:
        raise UsageError(f"there is no role {role!r}{nearest(role, known)}", hint=f"there are {', '.join(known)}")
    settings = invocation(context).settings()
    begin_process(settings, service=f"{role}.isolated" if isolated else role)
    leave_logging_to_us()
    if ready_file is not None:
        worker_ready.connect(lambda **_: ready_file.touch(), weak=False)
    named = node or node_name(role, isolated=isolated)
    run_worker(settings, addresses_of(settings, role), role, isolated=isolated, node=named)


def dispatcher(context: typer.Context) -> None:
    """Dispatch work, or stand by for it, until TERM."""
    from workers.addresses import addresses_of
    from workers.beginning import begin_process
    from workers.running import run_dispatcher

    settings = invocation(context).settings()
    begin_process(settings, service="dispatcher")
    run_dispatcher(settings, addresses_of(settings, "dispatcher"))


def api(context: typer.Context, *, host: Host = None, port: Port = None) -> None:
    """Serve the HTTP API until TERM."""
    from workers.addresses import addresses_of
    from workers.api.serving import run_api
    from workers.beginning import begin_process

    settings = invocation(context).settings()
    begin_process(settings, service="api")
    run_api(
        settings,
        addresses_of(settings, "api"),
        host=host or settings.api.host,
        port=port or settings.api.port,
    )


def flower(context: typer.Context, *, host: Host = None, port: Port = None) -> None:
    """Run Flower, with a login, until TERM."""
    from workers.addresses import broker_url
    from workers.beginning import begin_process
    from workers.flower import run_flower

    settings = invocation(context).settings()
    begin_process(settings, service="flower")
    run_flower(settings, broker_url(settings), host=host or settings.flower.host, port=port or settings.flower.port)
