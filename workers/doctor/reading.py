"""What sources read, as far as it can be looked at without reading any of it; and whose cells would stand by a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from enrichment.connectors.file_bytes import open_below
from enrichment.connectors.sql_connecting import require_file
from enrichment.door import require_outside
from schemas.errors import AssayError, TransientError
from schemas.source import FileSource, HttpSource, Source, SqlSource
from workers.doctor.finding import Finding, odd, unknown, well, wrong
from workers.settings import Settings

#: For looking up the name of one host.
_SECONDS = 2.0


def sources(settings: Settings) -> Iterator[Finding]:
    """Files and addresses. A file may be put there later, so that it is no fault yet; an address stays as it is."""
    files = missing = 0
    for name, source in sorted(settings.sources.items()):
        try:
            files += _reads_a_file(source, settings)
        except AssayError as error:
            missing += 1
            said = error.message.removeprefix(f"source {name}: ")
            remedy = error.hint or "let the fleet read it, or mend path or url of the source"
            yield odd("sources", f"{name}: {said}", remedy)
        if isinstance(source, HttpSource):
            yield from _asked(name, source)
    if files and not missing:
        yield well("sources", "every file that a source reads is there")


def _reads_a_file(source: Source, settings: Settings) -> bool:
    if isinstance(source, FileSource):
        with open_below(source.path, settings.files.roots):
            return True
    return isinstance(source, SqlSource) and require_file(source, settings.files.roots)


def _asked(name: str, source: HttpSource) -> Iterator[Finding]:
    """What the way out says of an address, before anything is sent there."""
    for key, url in (("url", source.url), ("item_url", source.item_url)):
        if url is None:
            continue
        try:
            require_outside(url, allow_private=source.allow_private, seconds=_SECONDS)
        except TransientError as error:
            yield unknown("sources", f"{name}: {key}: {error.message} here", error.hint)
        except AssayError as error:
            yield wrong("sources", f"{name}: {key}: {error.message}", error.hint or "mend it in the configuration")


def precedences(settings: Settings, filling: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """Sources of one target between which only their names decide. `filling`: target -> its sources."""
    for target, names in sorted(filling.items()):
        alike: dict[int, list[str]] = defaultdict(list)
        for name in sorted(set(names) & settings.sources.keys()):
            alike[settings.sources[name].precedence].append(name)
        for precedence, equal in sorted(alike.items()):
            if len(equal) > 1:
                said = f"{', '.join(equal)} all fill {target} with precedence {precedence}: where they differ, the last"
                remedy = "give each a precedence of its own: the highest wins a cell"
                yield odd("sources", f"{said} name in the alphabet wins", remedy)
