"""The demo from beginning to end: serve the companies, run the fleet, submit a job, watch it, report, stop."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from enrichment.client import Client
from enrichment.store.database import Database
from workers.addresses import database_url
from workers.demo.changes import parse_change, read_changes, write_changes
from workers.demo.companies import load_companies
from workers.demo.companies_process import serving_companies
from workers.demo.configuration import SOURCE, TARGET, DemoFolder
from workers.demo.fleet import own_environment, running_fleet
from workers.demo.gathering import command_line, gather
from workers.demo.live import Progress
from workers.demo.report import Report, Seconds
from workers.demo.watching import watch
from workers.settings import load_settings
from workers.targets import load_targets


def run_demo(
    data_dir: Path,
    environ: Mapping[str, str],
    progress: Progress,
    *,
    changes: Sequence[str],
    on_report: Callable[[Report], None],
) -> Report:
    """Run one job of the demo over an absolute data directory, and stop whatever was started for it.

    `changes` are written into the demo's API first. `on_report` is called while the fleet still runs.

    Raises:
        AssayError: anything that keeps it from ending; nothing is left running.
    """
    begun = time.monotonic()
    folder = DemoFolder.make(data_dir)
    write_changes(folder.changes, [parse_change(text) for text in changes], load_companies())
    with _ended_by_term(), contextlib.ExitStack() as running:
        port = running.enter_context(serving_companies(folder))
        progress.say(f"{'companies-api':<14} http://127.0.0.1:{port}")
        own = {**own_environment(environ), "ASSAY_DATA_DIR": str(data_dir)}
        is_new = folder.write_configuration(port)
        settings = load_settings(folder.configuration, own)
        status = running.enter_context(running_fleet(settings, own, is_new=is_new, say=progress.say))
        database = Database(database_url(settings, "api"), application="assay demo", size=1)
        running.callback(database.close)
        ready = time.monotonic()
        client = Client.local(data_dir)
        job = client.submit(source=SOURCE, target=TARGET)
        with progress:
            watch(job, database, progress, begun=ready)
        report = gather(
            client,
            job,
            database,
            load_targets(settings)[TARGET],
            status,
            seconds=Seconds(ready - begun, time.monotonic() - ready),
            port=port,
            changed=_changed(folder),
            command=command_line(data_dir),
        )
        on_report(report)
        return report


def _changed(folder: DemoFolder) -> list[str]:
    return [
        f"{company} {pointer} = {value}"
        for company, places in read_changes(folder.changes).items()
        for pointer, value in places.items()
    ]


@contextlib.contextmanager
def _ended_by_term() -> Iterator[None]:
    """Take TERM as Ctrl-C, so that nothing stays behind."""

    def told(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, told)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
