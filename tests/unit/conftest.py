"""Loopback servers for what speaks HTTP: one that answers requests, one that holds the bare connection."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; `query` holds the last value of each parameter."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


Reply = tuple[int, Mapping[str, str], bytes]


@dataclass
class Server:
    url: str
    port: int
    asked: list[Asked] = field(default_factory=list)


def _chunks(handler: BaseHTTPRequestHandler) -> bytes:
    body = b""
    while size := int(handler.rfile.readline(), 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    return body


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Asked], Reply]], Server]]:
    """From a function that answers a request to a running server; all are stopped behind the test."""
    running: list[ThreadingHTTPServer] = []

    def start(reply: Callable[[Asked], Reply]) -> Server:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("content-length") or 0)
                body = _chunks(self) if self.headers.get("transfer-encoding") else self.rfile.read(length)
                query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Asked(self.command, parts.path, query, headers, body)
                server.asked.append(request)
                status, given, content = reply(request)
                self.send_response(status)
                for name, value in {"content-length": str(len(content)), **given}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(content)
                except OSError:  # whoever asked has had enough
                    self.close_connection = True

            do_GET = _answer  # noqa: N815 - the library's name
            do_POST = _answer  # noqa: N815 - as above

            def log_message(self, *_: object) -> None:
                pass

        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        http.daemon_threads = False
        running.append(http)
        server = Server(f"http://127.0.0.1:{http.server_port}", http.server_port)
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return server

    yield start
    for http in running:
        http.shutdown()
        http.server_close()


@pytest.fixture
def serve_raw() -> Iterator[Callable[[Callable[[socket.socket, threading.Event], None]], Server]]:
    """From a function that is given a connection, and an event that is set at the end, to a running server."""
    running: list[socketserver.ThreadingTCPServer] = []
    over = threading.Event()

    def start(hold: Callable[[socket.socket, threading.Event], None]) -> Server:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    hold(self.request, over)
                except OSError:  # whoever asked has had enough
                    return

        tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        running.append(tcp)
        threading.Thread(target=tcp.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        port = tcp.server_address[1]
        return Server(f"http://127.0.0.1:{port}", int(port))

    yield start
    over.set()
    for tcp in running:
        tcp.shutdown()
        tcp.server_close()
