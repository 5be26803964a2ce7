"""`python -m benchmarks.stream`: a million records submitted by stream, what that takes, and what comes behind it.

A fleet as `assay up` starts it; a producer in a process of its own, which makes one record after the other and hands
them to `Client.submit`. Measured are the time until all were accepted, the most memory that producer, API and
dispatcher held, and how long small jobs took that were submitted while the stream came in, and behind it. Plans are
released before. The large job is cancelled at the end, or with `--drain` waited for.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.fleet import Fleet, running
from benchmarks.records import TARGET, invented
from enrichment.client import Client, Job
from workers.embedded import discard_postgres

_SHAPES: Final = 2
#: Seconds that a producer tries on while the fleet says that too much is waiting.
_PATIENCE: Final = 3_600.0
_SERVICES: Final = ("api", "dispatcher")
_CONFIGURATION: Final = (
    'data_dir = "data"',
    '[targets.firm]\njson_schema = "firm.schema.json"\nidentity = ["name"]\ncreate = true',
    '[sources.firms]\nconnector = "inline"\nkey = "/id"',
)


def _resident() -> float:
    """Megabytes that this process held at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def produce(data_dir: Path, records: int) -> None:
    """The producer's process: stream, and say on standard output what it took."""
    client = Client.local(data_dir, patience=_PATIENCE)
    # as much as one request of any size needs, so that growth is what the number of records costs
    before = _resident()
    begun = time.monotonic()
    job = client.submit(source="firms", target="firm", records=invented(records=records, shapes=_SHAPES, seed=2))
    said = {"job": job.id, "seconds": time.monotonic() - begun, "before_mb": before, "peak_mb": _resident()}
    sys.stdout.write(json.dumps(said) + "\n")


def _small(client: Client, *, records: int, seed: int) -> float:
    """Seconds from submitting a small job of the same source until all of it is written."""
    begun = time.monotonic()
    sent = list(invented(records=records, shapes=_SHAPES, seed=seed))
    job = client.submit(source="firms", target="firm", records=sent).wait(timeout=1_800, poll=0.1)
    if job.state != "done":
        raise RuntimeError(f"the small job ended {job.state}: {job.counts}")
    return round(time.monotonic() - begun, 2)


def _large(client: Client) -> Job | None:
    return next((job for job in client.jobs(limit=5) if job.state == "receiving"), None)


def measure(fleet: Fleet, options: argparse.Namespace) -> dict[str, Any]:
    data_dir = fleet.folder / "data"
    client = Client.local(data_dir)
    first = list(invented(records=2_000, shapes=_SHAPES, seed=1))
    client.submit(source="firms", target="firm", records=first).wait(timeout=600)
    alone = _small(client, records=options.small, seed=3)
    stop = threading.Event()
    watching = threading.Thread(target=fleet.watch, args=(stop,))
    watching.start()
    while not set(_SERVICES) <= set(fleet.peaks):
        time.sleep(0.2)
    before = dict(fleet.peaks)
    command = [sys.executable, "-m", "benchmarks.stream", "--produce", str(data_dir), "--records", str(options.records)]
    producer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        during: list[float] = []
        while (large := _large(client)) is None and producer.poll() is None:
            time.sleep(0.1)
        while large is not None and large.refresh().state == "receiving" and producer.poll() is None:
            if large.counts["accepted"] > options.records * (len(during) + 1) / 4:
                during.append(_small(client, records=options.small, seed=10 + len(during)))
            time.sleep(0.5)
        said, _ = producer.communicate(timeout=options.bound)
        if producer.returncode:
            raise RuntimeError("the producer failed")
    finally:
        producer.kill()
    told = json.loads(said)
    job = client.job(told["job"])
    behind = [_small(client, records=options.small, seed=20 + n) for n in range(3)]
    counts = dict(job.refresh().counts)
    sealed, drained = time.monotonic(), None
    if options.drain:
        job.wait(timeout=options.bound, poll=1.0)
        counts, drained = dict(job.counts), round(time.monotonic() - sealed, 1)
    elif not job.is_final:
        job.cancel()
    stop.set()
    watching.join()
    return {
        "records": options.records,
        "accepted": counts["accepted"],
        "accepted_seconds": round(told["seconds"], 1),
        "accepted_per_second": round(options.records / told["seconds"]),
        "producer_mb": {"before": round(told["before_mb"]), "peak": round(told["peak_mb"])},
        "services_mb": {
            name: {"before": round(before.get(name, 0)), "peak": round(fleet.peaks.get(name, 0))} for name in _SERVICES
        },
        "small_job_records": options.small,
        "small_job_seconds": {"alone": alone, "while_streaming": during, "behind": behind},
        "large_job_then": counts,
        "lost": counts["accepted"] - sum(n for name, n in counts.items() if name != "accepted"),
        "drained_seconds": drained,
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stream", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=50, help="records of a small job")
    parser.add_argument("--bound", type=float, default=3_600.0, help="seconds after which to give up")
    parser.add_argument("--drain", action="store_true", help="wait until the large job has ended")
    parser.add_argument("--produce", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.produce is not None:
        produce(options.produce, options.records)
        return 0
    with tempfile.TemporaryDirectory(prefix="assay-stream-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "firm.schema.json").write_text(json.dumps(TARGET))
        try:
            with running(folder, _CONFIGURATION) as fleet:
                found = measure(fleet, options)
        finally:
            discard_postgres(folder / "data")
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0 if found["lost"] == 0 and found["accepted"] == options.records else 1


if __name__ == "__main__":
    raise SystemExit(main())
