"""A paginated HTTP API of listed companies, in a process of its own: an API like any other to the fleet.

    GET /v1/companies?limit=100&cursor=…   {"data": [company, …], "paging": {"next": cursor or null}}
    GET /v1/companies/{name}               one company
    GET /healthz

It listens on the loopback interface only. Changes (`changes.json`) are read anew whenever their file was written.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import os
import sys
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from schemas.errors import AssayError
from workers.demo.changes import Changes, changed, read_changes
from workers.demo.companies import load_companies
from workers.embedded.ports import HOST

COMPANIES: Final = "/v1/companies"
HEALTH: Final = "/healthz"
#: Companies on a page, unless `limit` asks for another number.
PAGE: Final = 100
LARGEST_PAGE: Final = 500


class _ProblemError(Exception):
    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Catalogue:
    """The companies with the changes of a file applied."""

    def __init__(self, companies: Mapping[str, Mapping[str, Any]], changes: Path) -> None:
        self._companies = companies
        self._path = changes
        self._read: tuple[int | None, Mapping[str, Mapping[str, Any]]] = (0, companies)

    def current(self) -> Mapping[str, Mapping[str, Any]]:
        """Every company by its name, as it is served now.

        Raises:
            AssayError: the file of changes cannot be applied.
        """
        written = self._path.stat().st_mtime_ns if self._path.exists() else None
        seen, companies = self._read
        if seen != written:
            companies = self._applied(read_changes(self._path))
            self._read = (written, companies)
        return companies

    def _applied(self, changes: Changes) -> Mapping[str, Mapping[str, Any]]:
        served = ((name, changed(one, changes.get(name, {}))) for name, one in self._companies.items())
        return {str(one.get("name", name)): one for name, one in served}


def page(companies: Mapping[str, Mapping[str, Any]], query: Mapping[str, list[str]]) -> dict[str, Any]:
    """One page of the listing; `next` is null on the last one."""
    limit = query.get("limit", [str(PAGE)])[-1]
    if not limit.isdecimal() or not 1 <= int(limit) <= LARGEST_PAGE:
        raise _ProblemError(HTTPStatus.BAD_REQUEST, f"limit is a number from 1 to {LARGEST_PAGE}")
    start = _start(query["cursor"][-1]) if "cursor" in query else 0
    end = start + int(limit)
    following = _cursor(end) if end < len(companies) else None
    return {"data": list(companies.values())[start:end], "paging": {"next": following}}


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode().rstrip("=")


def _start(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    word, _, number = text.partition(":")
    if word != "from" or not number.isdecimal():
        raise _ProblemError(HTTPStatus.BAD_REQUEST, "the cursor is not one that this API gave")
    return int(number)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: CompaniesServer

    def do_GET(self) -> None:
        try:
            status, body = HTTPStatus.OK, self._answer()
        except _ProblemError as problem:
            status, body = problem.status, {"error": {"status": problem.status, "detail": problem.detail}}
        except AssayError as error:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            body = {"error": {"status": status, "detail": f"{error.message}; {error.hint}"}}
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def _answer(self) -> Mapping[str, Any]:
        # urlsplit would take a name that begins with two slashes for a host
        path, _, query = self.path.partition("?")
        if path == HEALTH:
            return {"status": "ok", "pid": os.getpid()}
        companies = self.server.catalogue.current()
        if path == COMPANIES:
            return page(companies, parse_qs(query, keep_blank_values=True))
        if path.startswith(f"{COMPANIES}/"):
            name = unquote(path.removeprefix(f"{COMPANIES}/"))
            if name in companies:
                return companies[name]
            raise _ProblemError(HTTPStatus.NOT_FOUND, f"there is no company {name!r}")
        raise _ProblemError(HTTPStatus.NOT_FOUND, f"there is nothing at {urlsplit(path).path}; try {COMPANIES}")


class CompaniesServer(ThreadingHTTPServer):
    """`parent`: the process that this server ends with; none where it may stay on."""

    daemon_threads = True

    def __init__(self, port: int, catalogue: Catalogue, parent: int | None = None) -> None:
        self.catalogue = catalogue
        self._parent = parent
        super().__init__((HOST, port), _Handler)

    def server_bind(self) -> None:
        # the library's own looks the host's name up, which takes long where no name server answers
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def service_actions(self) -> None:
        if self._parent is not None and os.getppid() != self._parent:
            raise SystemExit(0)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="workers.demo.companies_api", description="Serve the demo's companies.")
    parser.add_argument("--port", type=int, required=True, help="port of the loopback interface")
    parser.add_argument("--changes", type=Path, required=True, help="file of changes to what is served")
    parser.add_argument("--parent", type=int, help="end with this process")
    args = parser.parse_args(argv)
    try:
        catalogue = Catalogue(load_companies(), args.changes)
        with CompaniesServer(args.port, catalogue, args.parent) as server:
            server.serve_forever()
    except (AssayError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
