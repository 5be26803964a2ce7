"""What lies outside of the fleet: sources of invented companies, and a model; both fail when they are told to."""

from __future__ import annotations

import http.client
import json
import random
import socket
import struct
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

PAGE: Final = 40
_COUNTRIES: Final = {"Germany": "DE", "France": "FR", "Japan": "JP", "Brazil": "BR", "Norway": "NO"}
#: Source -> what it knows of a company; those that are not named know all.
_KNOWS: Final[Mapping[str, frozenset[str]]] = {
    "left": frozenset({"name", "country", "founded", "employees", "version"}),
    "right": frozenset({"name", "revenue", "website", "version"}),
}
_FILLS: Final = {
    "name": ("name",),
    "country": ("country",),
    "founded": ("founded_year",),
    "employees": ("employee_count",),
    "revenue": ("revenue_amount", "revenue_currency"),
    "website": ("website",),
}


def fields_of(source: str) -> tuple[str, ...]:
    """The target's fields that a source fills."""
    return tuple(f for name, fields in _FILLS.items() if name in _KNOWS.get(source, _FILLS) for f in fields)


@dataclass(frozen=True)
class Company:
    """One record with the row that it means."""

    record: Mapping[str, Any]
    row: Mapping[str, Any]


def company(name: str, edition: int) -> Company:
    """The same for the same arguments, in every process and at every run."""
    chance = random.Random(f"{name} {edition}")
    country = chance.choice(sorted(_COUNTRIES))
    founded = chance.randint(1850, 2020)
    thousands, rest = chance.randint(12, 90), chance.randint(100, 999)
    tenths = chance.randint(11, 909)
    site = name.lower().replace(" ", "-")
    record = {
        "name": name,
        "country": country,
        "founded": str(founded),
        "employees": f"{thousands},{rest} (2023)",
        "revenue": f"€{tenths // 10}.{tenths % 10} million (2023)",
        "website": f"www.{site}.example",
        "version": edition,
    }
    row = {
        "name": name,
        "country": _COUNTRIES[country],
        "founded_year": founded,
        "employee_count": thousands * 1000 + rest,
        "revenue_amount": Decimal(tenths) * 100_000,
        "revenue_currency": "EUR",
        "website": f"https://www.{site}.example",
    }
    return Company(record, row)


@dataclass
class Listing:
    """What a source lists now. `switch_at`: from this page on, once it was asked for, the next edition is served."""

    names: list[str] = field(default_factory=list)
    edition: int = 1
    switch_at: int | None = None
    fail_page: int | None = None
    fail_times: int = 0
    fail_how: str = "500"


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Whoever asked was killed, which is what happens here."""


class Outside:
    """One HTTP server: `/source/<name>?page=n`, and `/v1/...`, which is handed on to a model at `model_port`."""

    def __init__(self) -> None:
        self.listings: dict[str, Listing] = defaultdict(Listing)
        self.served: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        self.model_faults: list[str] = []
        self.model_calls: Counter[str] = Counter()
        #: When each request to a model came, in seconds of a clock that never jumps.
        self.asked: list[tuple[str, float]] = []
        #: The same in seconds since 1970, as the database tells them; nothing is ever taken out of it.
        self.reached: list[tuple[str, float]] = []
        #: Set by each request to a model, before it is answered.
        self.called = threading.Event()
        self.release = threading.Event()
        self.model_port = 0
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.page(self)

            def do_POST(self) -> None:
                outer.ask(self)

            def log_message(self, *_: object) -> None:
                """Say nothing: the schedule is what is printed."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="outside", daemon=True).start()

    def page(self, request: BaseHTTPRequestHandler) -> None:
        split = urlsplit(request.path)
        source, number = split.path.rpartition("/")[2], int(parse_qs(split.query).get("page", ["1"])[0])
        with self._lock:
            listing = self.listings[source]
            failing = listing.fail_page == number and listing.fail_times > 0
            if failing:
                listing.fail_times -= 1
            if listing.switch_at is not None and number >= listing.switch_at:
                listing.edition, listing.switch_at = listing.edition + 1, None
            names = listing.names[(number - 1) * PAGE : number * PAGE]
            edition = listing.edition
            if not failing:
                for name in names:
                    self.served[source][name].add(edition)
        if failing:
            _fail(request, listing.fail_how, self.release)
            return
        records = [company(name, edition).record for name in names]
        if (known := _KNOWS.get(source)) is not None:
            records = [{name: value for name, value in record.items() if name in known} for record in records]
        body = {"data": records}
        _answer(request, 200, json.dumps(body).encode())

    def ask(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length", 0)))
        with self._lock:
            fault = self.model_faults.pop(0) if self.model_faults else ""
            self.model_calls[fault or "answered"] += 1
            model = str(json.loads(body)["model"])
            self.asked.append((model, time.monotonic()))
            self.reached.append((model, time.time()))
        self.called.set()
        if fault and fault != "late":
            _fail(request, fault, self.release)
            return
        if fault == "late":
            self.release.wait(2.0)
        connection = http.client.HTTPConnection("127.0.0.1", self.model_port, timeout=60)
        try:
            connection.request("POST", request.path, body, {"content-type": "application/json"})
            answer = connection.getresponse()
            _answer(request, answer.status, answer.read())
        except OSError:
            _answer(request, 502, b"{}")
        finally:
            connection.close()


def _fail(request: BaseHTTPRequestHandler, how: str, release: threading.Event) -> None:
    if how == "hang":
        release.wait(30.0)
        how = "reset"
    if how == "reset":
        raw = request.connection
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()
        request.close_connection = True
        return
    headers = {"retry-after": "1"} if how == "429" else {}
    _answer(request, int(how), b'{"error": {"message": "no", "code": "busy"}}', headers)


def _answer(
    request: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str] | None = None
) -> None:
    try:
        request.send_response(status)
        for name, value in {**(headers or {}), "content-type": "application/json"}.items():
            request.send_header(name, value)
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
    except OSError:
        # whoever asked was killed
        request.close_connection = True
