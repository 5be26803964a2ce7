"""`assay up`, `down`, `status` and `doctor`: the fleet on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from schemas.errors import AssayError, ConfigurationError
from workers.cli.calling import client_of
from workers.cli.exits import Exit
from workers.cli.invocation import invocation

AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


def register(app: typer.Typer) -> None:
    app.command("up")(up)
    app.command("down")(down)
    app.command("status")(status)
    app.command("doctor")(doctor)


def up(
    context: typer.Context,
    *,
    detach: Annotated[bool, typer.Option("--detach", help="return when every service is ready")] = False,
    ready_fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start the whole fleet on this machine, and the servers that are not configured elsewhere."""
    from workers.beginning import begin_process
    from workers.up.detached import report_ready, start_detached
    from workers.up.supervisor import Supervisor

    said = invocation(context)
    settings = said.settings()
    # Once: in the background it is the same command again, on the same terminal.
    if settings.file is None and not settings.sources and ready_fd is None:
        typer.echo(f"there is no assay.toml in {settings.base}: no source, no target, nothing to submit yet", err=True)
    if detach:
        raise typer.Exit(start_detached(settings, said.environ))
    begin_process(settings, service="up")
    supervisor = Supervisor(settings, said.environ, say=typer.echo)
    supervisor.run(on_ready=lambda: report_ready(settings, ready_fd))


def down(context: typer.Context) -> None:
    """Stop the fleet of the data directory; what is committed stays."""
    from workers.up.ending import end_fleet

    settings = invocation(context).standing()
    if not end_fleet(settings, say=typer.echo):
        typer.echo(f"nothing runs over {settings.data_dir}")


def status(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show every service, and where it can be reached."""
    from workers.cli.output import print_json, print_table, short_time
    from workers.targets import load_targets
    from workers.up.configuration import REMEDY, advice
    from workers.up.status import fleet_status, masked

    settings, is_read = invocation(context).standing_read()
    found = fleet_status(settings, is_read=is_read)
    frozen = _frozen(settings.data_dir) if found.serves else []
    if as_json:
        print_json({**found.document(), "frozen": frozen})
    else:
        services = [one for one in found.document()["services"] if isinstance(one, dict)]  # type: ignore[union-attr]
        typer.echo(f"{settings.data_dir}: {found.state}")
        print_table(services, ["name", "state", "pid", "restarts", "url"], empty="no services are recorded here")
        offline = " (the offline model: rules, no language model)" if found.offline else ""
        typer.echo(
            f"\ndatabase  {masked(found.database)}\nbroker    {masked(found.broker)}\napi       {found.api or '-'}"
        )
        typer.echo(f"model     {found.model_name} at {found.model or '-'}{offline}")
        for one in frozen:
            what, since = one["source"] or "the whole fleet", short_time(one["since"])
            typer.echo(f"FROZEN    {what} since {since} UTC by {one['by']}: {one['reason']}")
        if found.changed:
            typer.echo(f"CHANGED   {settings.file or 'the configuration'} {advice(found.changed)}; use it: {REMEDY}")
        if found.flower_password is not None:
            typer.echo(f"flower    user {found.flower_user}, password {found.flower_password}")
    # a fleet can be looked at whatever its configuration is by now; that `up` would refuse it is said all the same
    try:
        load_targets(settings)
    except ConfigurationError as error:
        if not found.serves:
            raise
        typer.echo(f"the next `assay up` will be refused: {error.message}", err=True)
    if not found.serves:
        raise typer.Exit(Exit.TRY_AGAIN if found.state in {"starting", "running"} else Exit.UNAVAILABLE)


def _frozen(data_dir: Path) -> list[Mapping[str, Any]]:
    """What the fleet says is frozen; nothing where it cannot be asked, since `doctor` says why it cannot."""
    try:
        return [*client_of(data_dir).freezes.list()]
    except AssayError:
        return []


def doctor(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Check what the fleet needs, and name a remedy for everything that is wrong."""
    from workers.cli.output import print_json
    from workers.doctor import examine

    findings = examine(invocation(context))
    if as_json:
        print_json({"items": [finding.document() for finding in findings], "next": None})
    else:
        for finding in findings:
            typer.echo(finding.line())
    if any(finding.level == "wrong" for finding in findings):
        raise typer.Exit(Exit.FAILED)
