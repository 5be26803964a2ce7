"""`assay up`, `down`, `status` and `doctor`: the fleet on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from workers.cli.invocation import invocation

Json = Annotated[bool, typer.Option("--json", help="print JSON")]


def register(app: typer.Typer) -> None:
    app.command("up")(up)


def up(
    context: typer.Context,
    *,
    detach: Annotated[bool, typer.Option("--detach", help="return when every service is ready")] = False,
    ready_fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start the whole fleet on this machine, and the servers that are not configured elsewhere."""
    from workers.up.detached import report_ready, start_detached
    from workers.up.supervisor import Supervisor

    said = invocation(context)
    settings = said.settings()
    if detach:
        raise typer.Exit(start_detached(settings, said.environ))
    supervisor = Supervisor(settings, said.environ, say=typer.echo)
    supervisor.run(on_ready=lambda: report_ready(settings, ready_fd))
