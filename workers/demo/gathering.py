"""Read the figures of a report, from the HTTP API and by counting in the target's table."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from enrichment.client import Client, Job
from enrichment.door import call_own_api
from enrichment.store import figures, shapes, target_table
from enrichment.store.database import Database
from enrichment.store.figures import EmptyCells
from schemas.errors import NotFoundError
from schemas.target import Target
from workers.demo.configuration import SOURCE, companies_url
from workers.demo.report import Document, LetterGroup, Next, Report, Seconds
from workers.up.status import FleetStatus, masked

_EXPLAINED: Final = ("Oracle Corporation", "employee_count")
_TRY: Final = "DoorDash:/metadata/employees=40,000 (2026)"


def gather(
    client: Client,
    job: Job,
    database: Database,
    target: Target,
    status: FleetStatus,
    *,
    seconds: Seconds,
    port: int,
    changed: Sequence[str],
    command: str,
) -> Report:
    """Put the report of a job together. `port` is that of the demo's API of companies."""
    with database.transaction() as tx:
        fill = figures.fill(tx, target_table.resolve(tx, target))
        empty = figures.empty_cells(tx, target.name)
        known = len(shapes.of_source(tx, SOURCE))
    letters = client.dead_letters.list(job=job.id, limit=None)
    return Report(
        job=job.document,
        fill=fill,
        empty=empty,
        shapes=known,
        plans=client.plans.list(source=SOURCE, target=target.name),
        letters=_grouped(letters),
        explained=_explained(client, target, empty),
        urls=_urls(status, port),
        login=f"user {status.flower_user}, password {status.flower_password}",
        model=f"{status.model_name} at {status.model} (offline: rules, no language model)",
        changed=changed,
        seconds=seconds,
        next=_next(command, has_letters=bool(letters)),
    )


def _grouped(letters: Sequence[Document]) -> list[LetterGroup]:
    ordered = sorted(letters, key=lambda letter: (letter["code"], letter["id"]))
    groups = [(code, list(group)) for code, group in groupby(ordered, lambda letter: letter["code"])]
    return [LetterGroup(str(code), len(group), group[0]) for code, group in groups]


def _explained(client: Client, target: Target, empty: Sequence[EmptyCells]) -> list[Document]:
    """One filled cell, and one whose text has more than one reading."""
    doubtful = max((one for one in empty if one.reason == "ambiguous"), key=lambda one: one.cells, default=None)
    found: list[Document] = []
    for key, field in (_EXPLAINED, *([] if doubtful is None else [(doubtful.key, doubtful.field)])):
        try:
            found.append(client.explain(target.name, key, field))
        except NotFoundError:
            continue  # the record is among the dead letters
    return found


def _urls(status: FleetStatus, port: int) -> dict[str, str]:
    flower = next((one.url for one in status.services if one.name == "flower"), None)
    docs = "/docs" if call_own_api("GET", status.api or "", "/docs").status == 200 else "/openapi.json"
    return {
        "API docs": f"{status.api}{docs}",
        "Flower": flower or "-",
        "database": masked(status.database),
        "companies (demo only)": companies_url(port),
    }


def _next(command: str, *, has_letters: bool) -> list[Next]:
    key, field = _EXPLAINED
    letters = Next(f"{command} dlq list", "what was given up on, and why")
    plans = Next(f"{command} plans list", "how each field is read, and what the audit found")
    return [
        Next(f"{command} up --detach", f"serve all of this again at the addresses above; `{command} down` stops it"),
        Next(f"{command} explain company {shlex.quote(key)} {field}", "where a cell came from"),
        letters if has_letters else plans,
        Next(f"{command} demo --set {shlex.quote(_TRY)}", "change a company at its API and run again: one row changes"),
    ]


def command_line(data_dir: Path) -> str:
    """How a user calls this program from here, with the data directory where it is not the usual one."""
    program = Path(sys.argv[0])
    found = shutil.which("assay")
    if found is not None and Path(found).resolve() == program.resolve():
        said = "assay"
    elif program.name == "assay":
        here = Path.cwd()
        said = str(program.resolve().relative_to(here)) if program.resolve().is_relative_to(here) else str(program)
    else:
        said = "python -m workers"
    usual = data_dir == Path(".assay").absolute()
    return said if usual else f"{said} --data-dir {shlex.quote(str(data_dir))}"
