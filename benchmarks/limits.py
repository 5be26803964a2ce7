"""`make bench-limits`: do rates and budgets hold, and are they used, when many processes ask one model at once?

Worker processes ask a counting model through the fleet's own guards, over a PostgreSQL and a Redis of their own. First
50 planners meet a budget with room for 10 calls; then the rate is used as fast as it may be, and Redis is flushed in
mid-run.
"""

from __future__ import annotations

import argparse
import bisect
import json
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import redis
import structlog

from enrichment.account import Account
from enrichment.asking import Asking, Guard, Models, Price
from enrichment.model.client import Model
from enrichment.model.tokens import most_tokens
from enrichment.rates.model_guard import ModelRates
from enrichment.rates.redis_limiter import RedisLimiter
from enrichment.store import migration
from enrichment.store.database import Database
from enrichment.store.rates import NotedUses
from enrichment.store.work import Claimed
from schemas.budget import Cap, Caps
from schemas.errors import WaitingError
from schemas.rate import Rate
from workers.embedded import EmbeddedServers
from workers.embedded.servers import OWNER

_OUTPUT = 500
_PRICE = Price(Decimal(1), Decimal(4))


@dataclass(frozen=True)
class Question:
    name: str = "map_fields"
    schema: Any = field(default_factory=dict)
    system: str = "You map fields."
    user_json: str = '{"task": "map_fields"}'


def _work(number: int) -> Claimed:
    return Claimed(
        id=number,
        kind="plan",
        stage="plan",
        fence=1,
        lane="normal",
        job_id=1,
        source=f"source-{number % 2}",
        target="firm",
        position=None,
        args={},
        counts={},
        shape_id=None,
        plan_id=None,
        attempts=0,
        starts=0,
        worker="bench",
    )


class CountingModel:
    """A model server that notes when it was asked."""

    def __init__(self) -> None:
        self.times: list[float] = []
        outer = self
        tokens = most_tokens(Question().system, Question().user_json, str(Question().schema))

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer.times.append(time.monotonic())
                self.rfile.read(int(self.headers["content-length"]))
                usage = {"prompt_tokens": tokens, "completion_tokens": _OUTPUT, "total_tokens": tokens + _OUTPUT}
                message = {"role": "assistant", "content": "{}"}
                body = json.dumps(
                    {
                        "id": "1",
                        "object": "chat.completion",
                        "created": 0,
                        "model": "m",
                        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                        "usage": usage,
                    }
                ).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"


@dataclass(frozen=True)
class Noting:
    """Stands last among the guards: notes when a request leaves, so that its way to the model can be told apart."""

    path: Path

    def admit(self, _: object) -> Noting:
        return self

    def sent(self) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{time.monotonic()}\n")

    def answered(self, _: object) -> None:
        """Nothing is left to note."""

    def failed(self, _: Exception, *, sent: bool) -> None:
        """Nothing is left to note."""


def _asking(options: argparse.Namespace, database: Database, caps: Caps) -> Asking:
    log = structlog.get_logger()
    models = Models("m", "m", "m", prices={"m": _PRICE}, max_output_tokens=_OUTPUT, timeout=30.0)
    rate = Rate(options.limit, seconds=options.window)
    limiter = RedisLimiter(options.redis, NotedUses(database), log)
    noting = Noting(Path(options.notes))
    guards: list[Guard] = [Account(database, caps, models.prices), ModelRates(limiter, rate, log), noting]
    model = Model(options.model, "")
    model.prepare()
    return Asking(model, models, guards)


def work(options: argparse.Namespace) -> None:
    """One worker process: asks until its time is over; a long wait puts the work back, and it comes again."""
    with closing(Database(options.database, application="bench", size=4)) as database:
        asking = _asking(options, database, Caps())
        ends = time.monotonic() + options.seconds
        while time.monotonic() < ends:
            try:
                asking.ask(_work(options.number), Question(), purpose="planning", model="m")
            except WaitingError as error:
                time.sleep(max(min(error.seconds or 1.0, ends - time.monotonic()), 0.0))


def _budget(options: argparse.Namespace, model: CountingModel) -> dict[str, Any]:
    """50 concurrent planners, room for 10."""
    texts = (Question().system, Question().user_json, str(Question().schema))
    cap = Cap(money=10 * _PRICE.of(most_tokens(*texts), _OUTPUT))
    with closing(Database(options.database, application="bench", size=16)) as database:
        free = argparse.Namespace(**{**vars(options), "limit": 100_000})
        asking = _asking(free, database, Caps(job=cap))

        def plan(number: int) -> bool:
            try:
                asking.ask(_work(1_000 + number), Question(), purpose="planning", model="m")
            except WaitingError:
                return False
            return True

        with ThreadPoolExecutor(50) as planners:
            passed = sum(planners.map(plan, range(50)))
        with database.transaction() as tx:
            row = tx.execute("SELECT used_money, reserved_money FROM budget WHERE scope = 'job'").fetchone() or {}
    return {
        "planners": 50,
        "room": 10,
        "calls": len(model.times),
        "passed": passed,
        "over_cap": str(max(row["used_money"] - (cap.money or 0), Decimal(0))),
        "left_reserved": str(row["reserved_money"]),
    }


def _most(times: list[float], seconds: float) -> int:
    """Requests in the fullest window, wherever it begins."""
    return max((bisect.bisect_left(times, at + seconds) - place for place, at in enumerate(times)), default=0)


def _rate(options: argparse.Namespace, model: CountingModel, *, flush: bool) -> dict[str, Any]:
    model.times.clear()
    notes = Path(options.notes)
    notes.write_text("", encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.limits", "--worker", "--seconds", str(options.seconds)]
    same = ("database", "redis", "model", "limit", "window", "notes")
    command += [part for name in same for part in (f"--{name}", str(getattr(options, name)))]
    workers = [subprocess.Popen([*command, "--number", str(n)]) for n in range(options.workers)]
    flushed: float | None = None
    if flush:
        time.sleep(options.seconds / 2)
        flushed = time.monotonic()
        with redis.Redis.from_url(options.redis) as client:
            client.flushall()
    for worker in workers:
        worker.wait()
    times = sorted(model.times)
    span = times[-1] - times[0] if times else 0.0
    # What may be used in so long a time: a full window at once, and from then on as the window moves.
    full = options.limit * max(span / options.window, 1.0)
    left = sorted(float(line) for line in notes.read_text(encoding="utf-8").split())
    found = {
        "workers": options.workers,
        "limit": options.limit,
        "window_seconds": options.window,
        "calls": len(times),
        "seconds": round(span, 1),
        "most_in_any_window": _most(times, options.window),
        "most_sent_in_any_window": _most(left, options.window),
        "longest_transit": round(max((b - a for a, b in zip(left, times, strict=False)), default=0.0), 2),
        "used": round(len(times) / full, 4) if full else 0.0,
    }
    if flushed is not None:
        after = [flushed, *(at for at in times if at > flushed)]
        found["longest_pause_after_flush"] = round(max((b - a for a, b in pairwise(after)), default=0.0), 1)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.limits", description=__doc__)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--window", type=float, default=60.0, help="seconds")
    parser.add_argument("--seconds", type=float, default=245.0, help="of each run")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", help=argparse.SUPPRESS, action="store_true")
    for name in ("number", "database", "redis", "model", "notes"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        options.number = int(options.number)
        work(options)
        return 0
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedServers(folder) as servers:
            options.database = servers.postgres.url_for(OWNER)
            options.redis = servers.redis.url
            options.notes = folder / "notes"
            migration.migrate(options.database)
            model = CountingModel()
            options.model = model.url
            found = {
                "budget": _budget(options, model),
                # The key was used just now: as far as the limiter knows, by whoever had it before.
                "rate": _rate(options, model, flush=False),
                "rate_with_flush": _rate(options, model, flush=True),
            }
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    budget = found["budget"]
    good = budget["calls"] == 10 and Decimal(budget["over_cap"]) <= 0 and Decimal(budget["left_reserved"]) == 0
    for one in (found["rate"], found["rate_with_flush"]):
        # What a request takes to arrive is the machine's; on a busy one that is more than the one that is allowed for.
        good = good and one["most_sent_in_any_window"] <= options.limit
        good = good and one["most_in_any_window"] <= options.limit + 1
    return 0 if good and found["rate"]["used"] >= 0.95 else 1


if __name__ == "__main__":
    raise SystemExit(main())
