"""The demo's configuration: an `assay.toml` like any user's, and the schema of its target beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from workers.demo.companies_api import COMPANIES, PAGE
from workers.embedded.files import make_directory, read_json, write_json, write_text
from workers.embedded.ports import HOST, free_port, is_free

SOURCE: Final = "listed_companies"
TARGET: Final = "company"
#: Where the API of companies listens, unless something else does.
USUAL_PORT: Final = 8484
_SCHEMA: Final = "company.schema.json"

_TEXT: Final = """\
# Written by `assay demo`, and again at each of its runs; copy it to change it.
data_dir = ".."

[targets.{target}]
json_schema = "{schema}"     # identity: name
table = "{target}"
create = true

[sources.{source}]
connector = "http"
url = "{url}"
item_url = "{url}/{{id}}"
records = "/data"
key = "/name"
pagination = {{ style = "cursor", next = "/paging/next", param = "cursor", size_param = "limit", size = {page} }}
allow_private = true         # this API is on the loopback interface; others are refused there
"""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """What the demo keeps in `demo` below the data directory."""

    path: Path

    @classmethod
    def make(cls, data_dir: Path) -> DemoFolder:
        """
        Raises:
            ConfigurationError: it cannot be written (`not_writable`).
            TerminalError: the disk is full (`disk_full`).
        """
        # started as root, the fleet's PostgreSQL runs as another user, who has to pass through
        make_directory(data_dir, mode=0o711 if os.geteuid() == 0 else 0o700)
        make_directory(data_dir / "demo", mode=0o700)
        return cls(data_dir / "demo")

    @property
    def configuration(self) -> Path:
        return self.path / "assay.toml"

    @property
    def changes(self) -> Path:
        return self.path / "changes.json"

    @property
    def log(self) -> Path:
        return self.path / "companies-api.log"

    @property
    def pid_file(self) -> Path:
        return self.path / "companies-api.pid"

    def companies_port(self) -> int:
        """The port of the run before, so that the source keeps its address; else a free one. Recorded."""
        record = self.path / "port.json"
        last = read_json(record).get("port")
        candidates = [port for port in (last, USUAL_PORT) if isinstance(port, int)]
        port = next(filter(is_free, candidates), None) or free_port()
        write_json(record, {"port": port})
        return port

    def write_configuration(self, companies_port: int) -> bool:
        """Write `assay.toml` and the target's schema; False where they stood there already."""
        written = {
            self.configuration: _TEXT.format(
                schema=_SCHEMA, source=SOURCE, target=TARGET, url=companies_url(companies_port), page=PAGE
            ),
            self.path / _SCHEMA: files(__package__).joinpath(_SCHEMA).read_text(encoding="utf-8"),
        }
        new = {path: text for path, text in written.items() if not path.exists() or path.read_text() != text}
        for path, text in new.items():
            write_text(path, text)
        return bool(new)


def companies_url(port: int) -> str:
    return f"http://{HOST}:{port}{COMPANIES}"
