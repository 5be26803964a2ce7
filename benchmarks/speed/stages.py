"""Where the time of a job went, by stage, as the workers' logs tell it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

#: Every record of a job passes these; other work is counted by the piece.
OF_EVERY_RECORD = ("fetch", "map", "gate", "audit", "upsert")


def events(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Every line that is a JSON object, of every log of a fleet."""
    for path in sorted(folder.glob("*.log")):
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("{"):
                    try:
                        found = json.loads(line)
                    except ValueError:
                        continue  # a line that was cut off when its process was stopped
                    yield found


def by_stage(told: Iterable[Mapping[str, Any]], *, job: int, records: int) -> list[dict[str, Any]]:
    """Seconds and seconds of processor time in Python of each stage, in the order of the path, for one job.

    The rest of the seconds a stage waited: for the database, for a model, or for a processor on a busy machine. Stages
    of one job run side by side: their seconds add up to more than the job took.
    """
    found: dict[str, dict[str, Any]] = {}
    for event in told:
        if event.get("event") != "stage.done" or event.get("job") != job or "seconds" not in event:
            continue
        one = found.setdefault(event["stage"], {"stage": event["stage"], "runs": 0, "seconds": 0.0, "cpu": 0.0})
        one["runs"] += 1
        one["seconds"] += event["seconds"]
        one["cpu"] += event["cpu"]
    order = {name: place for place, name in enumerate(OF_EVERY_RECORD)}
    stages = sorted(found.values(), key=lambda one: (order.get(one["stage"], len(order)), one["stage"]))
    for one in stages:
        one["seconds"], one["cpu"] = round(one["seconds"], 3), round(one["cpu"], 3)
        passed = records if one["stage"] in order else None
        one["records"] = passed
        one["records_per_second"] = round(passed / one["seconds"], 1) if passed and one["seconds"] else None
        one["us_per_record"] = round(1e6 * one["seconds"] / records, 1) if records else None
    return stages
