"""`assay submit --estimate`: what a job would cost. Read from a sample here; no job is opened, nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import typer

from schemas.errors import AssayError, UsageError
from workers.cli.invocation import invocation

if TYPE_CHECKING:
    from enrichment.connectors.pages import Page
    from enrichment.estimating import Bounds, Known
    from schemas.source import Source
    from schemas.target import Target
    from workers.settings import Settings

_COLUMNS = (
    "source",
    "target",
    "sampled.records",
    "sampled.complete",
    "shapes",
    "planned",
    "calls.planning.expected",
    "calls.planning.most",
    "calls.audit.expected",
    "calls.audit.most",
    "tokens.expected.input",
    "tokens.expected.output",
    "cost.expected",
    "cost.most",
)


def show_estimate(
    context: typer.Context,
    source: str,
    target: str,
    *,
    records: Iterable[object] | None,
    limit: int | None,
    ids: Sequence[str] | None,
    as_json: bool,
) -> None:
    """Print it.

    Raises:
        UsageError: no such source or target here, or an inline source without records.
        AssayError: the source cannot be read.
    """
    from enrichment.estimating import Bounds, estimate
    from workers.cli.output import print_fields, print_json
    from workers.composition import models_of
    from workers.targets import load_targets

    settings = invocation(context).settings()
    targets = load_targets(settings)
    for name, known, what in ((source, settings.sources, "source"), (target, targets, "target")):
        if name not in known:
            hint = f"an estimate reads assay.toml; it knows: {', '.join(sorted(known)) or 'none'}"
            raise UsageError(f"there is no {what} {name!r}", hint=hint)
    bounds = Bounds(limit=limit, rows_per_audit=settings.work.rows_per_audit_request)
    pages = _pages(settings, settings.sources[source], records, ids, bounds)
    chosen, filled = settings.sources[source], targets[target]
    found = estimate(chosen, filled, pages, models_of(settings), bounds=bounds, known=_known(settings, chosen, filled))
    if as_json:
        print_json(found)
    else:
        print_fields(found, _COLUMNS)


def _known(settings: Settings, source: Source, target: Target) -> Known | None:
    """What the fleet knows of the source; null where its database cannot be asked from here."""
    from enrichment.estimating import known_of
    from enrichment.store import observing
    from enrichment.store.database import Database
    from workers.addresses import database_url

    try:
        database = Database(database_url(settings, "owner"), application="assay estimate", size=1)
        with database.direct() as connection:
            return known_of(connection, source, target) if observing.is_migrated(connection) else None
    except AssayError:
        return None


def _pages(
    settings: Settings, source: Source, records: Iterable[object] | None, ids: Sequence[str] | None, bounds: Bounds
) -> Iterable[Page]:
    import os

    from enrichment.connectors.inline import read_values
    from enrichment.connectors.opening import open_items, open_pages
    from enrichment.connectors.pages import Page
    from schemas.source import InlineSource
    from workers.composition import secret_of

    if isinstance(source, InlineSource):
        if records is None:
            raise UsageError(f"source {source.name} has no records of its own", hint="name them with --records")
        some = list(islice(records, bounds.records + 1))
        found, refused = read_values(some, source)
        return [Page(found, refused)]
    secrets, roots = secret_of(os.environ), tuple(settings.files.roots)
    if ids is not None:
        return open_items(source, list(ids), cursor=None, secrets=secrets, roots=roots)
    return open_pages(source, cursor=None, secrets=secrets, roots=roots)
