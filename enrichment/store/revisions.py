"""Which tables this code knows, without the machinery that makes them: every process asks when it starts.

Tables only ever grow, and rows of a newer format are left in place one by one, so that what runs may go on beside a
newer release. What starts anew on tables of a newer release is of the wrong one.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from enrichment.store.database import Tx
from schemas.errors import ConfigurationError
from schemas.states import SCHEMA

_NAMED = re.compile(r"r(\d{4})_\w+\.py")


@cache
def known() -> frozenset[str]:
    """The revisions that this code comes with."""
    versions = Path(__file__).parent / "migrations" / "versions"
    return frozenset(found[1] for file in versions.iterdir() if (found := _NAMED.fullmatch(file.name)))


def newest() -> str:
    """The revision that this code's tables are at."""
    return max(known(), default="")


def refuse(found: str | None) -> None:
    """
    Raises:
        ConfigurationError: `database_newer`: the tables are of a release that this code does not know.
    """
    if found is not None and found not in known():
        raise ConfigurationError(
            f"the database is at revision {found}, which this version of Assay does not know",
            hint="install the newer Assay that migrated it, or restore a backup",
            code="database_newer",
        )


def refuse_newer(tx: Tx) -> None:
    """The same for the database at hand; one that was never migrated is somebody else's to report.

    Raises:
        ConfigurationError: `database_newer`.
    """
    there = tx.execute("SELECT to_regclass(%s) IS NOT NULL AS is", (f"{SCHEMA}.alembic_version",)).fetchone()
    if there is None or not there["is"]:
        return
    row = tx.execute("SELECT version_num AS revision FROM alembic_version").fetchone()
    refuse(None if row is None else row["revision"])
