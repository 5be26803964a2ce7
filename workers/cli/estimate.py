"""`assay submit --estimate`: what a job would cost. Read from a sample here; no job is opened, nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import typer

from schemas.errors import UsageError
from workers.cli.invocation import invocation

if TYPE_CHECKING:
    from enrichment.connectors.pages import Page
    from enrichment.estimating import Bounds
    from schemas.source import Source
    from workers.settings import Settings

_COLUMNS = (
    "source",
    "target",
    "sampled.records",
    "sampled.complete",
    "shapes",
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
    found = estimate(settings.sources[source], targets[target], pages, models_of(settings), bounds=bounds)
    if as_json:
        print_json(found)
    else:
        print_fields(found, _COLUMNS)


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
