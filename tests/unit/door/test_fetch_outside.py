"""The guarded way out, against real servers on the loopback."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpcore2
import pytest

from enrichment.door import Caps, StatusError, call_own_api, client, fetch_outside, names
from schemas.errors import TerminalError, TransientError, UsageError

CERTIFICATE = Path(__file__).with_name("example_test.pem")  # of a throw-away authority, for example.test
Serve = Callable[..., Any]
TlsServer = tuple[int, list[str | None]]
OK = (200, {}, b"{}")


def answers(*given: Sequence[str]) -> Callable[[str, int, float], Sequence[str]]:
    """A resolver that gives these answers in turn, and no further one."""
    left = iter(given)
    return lambda _host, _port, _seconds: next(left)


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that connections were opened to; all of them lead to the loopback."""
    opened: list[str] = []
    genuine = httpcore2.SyncBackend.connect_tcp

    def connect(self: httpcore2.SyncBackend, host: str, *rest: object) -> httpcore2.NetworkStream:
        opened.append(host)
        return genuine(self, "127.0.0.1", *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
    return opened


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:127.0.0.1]/",
        "http://[fd00:ec2::254]/",
        "http://100.64.0.1/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://0x7f000001/",
        "http://127.1/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://127.0.0.1/",
        "http://127。0。0。1/",
        "http://user:pass@example.com/",
        "http://user@example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "ftp://example.com/",
        "//example.com/",
        "example.com",
        "",
        "http://",
        "http:///x",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://a\nb/",
    ],
)
class TestRefusedAddresses:
    def test_directly(self, url: str, connected: list[str]) -> None:
        with pytest.raises(TerminalError) as caught:
            fetch_outside(url, resolve=answers())
        assert caught.value.code == "source_refused"
        assert connected == []

    def test_behind_a_redirect(self, url: str, connected: list[str], serve: Serve) -> None:
        if "://" not in url or "\n" in url or url in {"http://", "http:///x"}:
            pytest.skip("relative to the page, or not sendable")
        server = serve(lambda _: (302, {"location": url.encode().decode("latin-1")}, b""))
        with pytest.raises(TerminalError) as caught:
            fetch_outside(f"http://example.test:{server.port}/", resolve=answers(["93.184.216.34"]))
        assert caught.value.code == "source_refused"
        assert connected == ["93.184.216.34"]


@pytest.mark.parametrize("second", [["127.0.0.1"], ["10.0.0.1", "93.184.216.34"], ["93.184.216.34", "fd00::1"]])
def test_a_name_that_turns_private_between_two_requests_is_refused(
    second: Sequence[str], connected: list[str], serve: Serve
) -> None:
    server = serve(lambda _: (302, {"location": "/again"}, b""))
    with pytest.raises(TerminalError) as caught:
        fetch_outside(f"http://example.test:{server.port}/", resolve=answers(["93.184.216.34"], second))
    assert caught.value.code == "source_refused"
    assert not any(address in f"{caught.value} {caught.value.hint}" for address in second)
    assert connected == ["93.184.216.34"]


def test_what_was_checked_is_what_is_connected_to(connected: list[str], serve: Serve) -> None:
    server = serve(lambda _: OK)
    response = fetch_outside(f"http://example.test:{server.port}/a?b=c", resolve=answers(["93.184.216.34"]))
    assert response.url == f"http://example.test:{server.port}/a?b=c"
    assert connected == ["93.184.216.34"]
    assert server.asked[0].headers["host"] == f"example.test:{server.port}"


def test_the_next_address_is_tried_where_one_does_not_answer(serve: Serve) -> None:
    server = serve(lambda _: OK)
    url = f"http://example.test:{server.port}/"
    assert fetch_outside(url, allow_private=True, resolve=answers(["::1", "127.0.0.1"])).status == 200


@pytest.fixture
def tls_server() -> Iterator[tuple[int, list[str | None]]]:
    """A TLS server of example.test, with the server names it was asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with plain:
                try:
                    with context.wrap_socket(plain, server_side=True) as secure:
                        secure.recv(4096)
                        secure.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                except OSError:
                    continue

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield listener.getsockname()[1], asked
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


class TestCertificates:
    def test_the_name_is_what_is_verified_and_asked_for(self, tls_server: TlsServer) -> None:
        port, asked = tls_server
        trusted = ssl.create_default_context(cafile=str(CERTIFICATE))
        response = fetch_outside(
            f"https://example.test:{port}/", allow_private=True, resolve=answers(["127.0.0.1"]), tls=trusted
        )
        assert response.body == b"{}"
        assert asked == ["example.test"]

    @pytest.mark.parametrize(("name", "trusts"), [("other.test", True), ("example.test", False)])
    def test_another_name_or_authority_is_refused(self, tls_server: TlsServer, name: str, trusts: bool) -> None:
        port, _ = tls_server
        context = ssl.create_default_context(cafile=str(CERTIFICATE)) if trusts else None
        with pytest.raises(TerminalError) as caught:
            fetch_outside(f"https://{name}:{port}/", allow_private=True, resolve=answers(["127.0.0.1"]), tls=context)
        assert caught.value.code == "source_refused"
        assert "certificate" in caught.value.message

    @pytest.mark.parametrize("text", [None, "no certificate"])
    def test_certificates_that_cannot_be_read_are_told(
        self, text: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "own.pem"
        if text is not None:
            file.write_text(text)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        client._trusted.cache_clear()
        with pytest.raises(TerminalError) as caught:
            fetch_outside("https://127.0.0.1:9/", allow_private=True)
        assert (caught.value.code, "SSL_CERT_FILE" in caught.value.hint) == ("source_refused", True)

    def test_an_authority_of_ones_own_is_named_by_the_environment(
        self, tls_server: TlsServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port, _ = tls_server
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        client._trusted.cache_clear()
        try:
            url = f"https://example.test:{port}/"
            assert fetch_outside(url, allow_private=True, resolve=answers(["127.0.0.1"])).body == b"{}"
        finally:
            client._trusted.cache_clear()


class TestRedirects:
    def test_relative_ones_are_joined_to_the_name(self, serve: Serve) -> None:
        server = serve(lambda asked: OK if asked.path == "/b/d" else (302, {"location": "d?x=1"}, b""))
        response = fetch_outside(
            f"http://example.test:{server.port}/b/c",
            allow_private=True,
            resolve=answers(["127.0.0.1"], ["127.0.0.1"]),
        )
        assert response.url == f"http://example.test:{server.port}/b/d?x=1"
        assert response.redirected == (f"http://example.test:{server.port}/b/c",)

    def test_five_are_followed_and_a_sixth_is_not(self, serve: Serve) -> None:
        def reply(asked: Any) -> Any:
            left = int(asked.path[1:])
            return OK if left == 0 else (307, {"location": f"/{left - 1}"}, b"")

        server = serve(reply)
        assert fetch_outside(f"{server.url}/5", allow_private=True).status == 200
        with pytest.raises(TerminalError) as caught:
            fetch_outside(f"{server.url}/6", allow_private=True)
        assert caught.value.code == "source_refused"

    def test_credentials_stay_with_their_origin_for_good(self, serve: Serve) -> None:
        home = serve(lambda asked: OK if asked.path == "/end" else (302, {"location": f"{away.url}/"}, b""))
        away = serve(lambda _: (302, {"location": f"{home.url}/end"}, b""))
        headers = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "Accept": "application/json"}
        fetch_outside(f"{home.url}/", headers=headers, allow_private=True)
        assert home.asked[0].headers["authorization"] == "Bearer s3cret"
        for request in (away.asked[0], home.asked[1]):
            assert request.headers["accept"] == "application/json"
            assert not {"authorization", "x-api-key"} & set(request.headers)

    def test_a_refusal_after_they_were_withheld_says_so(self, serve: Serve) -> None:
        away = serve(lambda _: (401, {}, b""))
        home = serve(lambda _: (302, {"location": f"{away.url}/"}, b""))
        for headers, says in (({"Authorization": "Bearer s3cret"}, "a redirect led there"), ({}, "check the source's")):
            with pytest.raises(StatusError) as caught:
                fetch_outside(f"{home.url}/", headers=headers, allow_private=True)
            assert caught.value.hint.startswith(says)

    def test_credentials_go_along_within_the_origin(self, serve: Serve) -> None:
        server = serve(lambda asked: OK if asked.path == "/end" else (302, {"location": "/end"}, b""))
        fetch_outside(f"{server.url}/", headers={"X-Api-Key": "k"}, allow_private=True)
        assert server.asked[1].headers["x-api-key"] == "k"

    def test_https_never_becomes_http(self) -> None:
        with pytest.raises(TerminalError) as caught:
            client._redirected(client._parsed("https://example.test/"), "http://example.test/")
        assert caught.value.code == "source_refused"


class TestCaps:
    def test_a_declared_size_beyond_the_cap_is_refused_before_it_arrives(self, serve_raw: Serve) -> None:
        def hold(connection: socket.socket, over: threading.Event) -> None:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n")
            over.wait(10)

        server = serve_raw(hold)
        with pytest.raises(TerminalError) as caught:
            fetch_outside(server.url, allow_private=True, caps=Caps(body_bytes=1000, total_seconds=5))
        assert caught.value.code == "page_too_large"

    def test_an_undeclared_size_beyond_the_cap_is_cut_off(self, serve_raw: Serve) -> None:
        def hold(connection: socket.socket, over: threading.Event) -> None:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not over.is_set():
                connection.sendall(bytes(1000))

        server = serve_raw(hold)
        with pytest.raises(TerminalError) as caught:
            fetch_outside(server.url, allow_private=True, caps=Caps(body_bytes=50_000, total_seconds=5))
        assert caught.value.code == "page_too_large"

    def test_a_gzip_bomb_is_refused(self, serve: Serve) -> None:
        bomb = gzip.compress(bytes(5_000_000))
        server = serve(lambda _: (200, {"content-encoding": "gzip"}, bomb))
        with pytest.raises(TerminalError) as caught:
            fetch_outside(server.url, allow_private=True, caps=Caps(body_bytes=100_000))
        assert caught.value.code == "page_too_large"
        assert len(fetch_outside(server.url, allow_private=True).body) == 5_000_000

    def test_bytes_on_the_wire_are_counted_apart(self, serve: Serve) -> None:
        server = serve(lambda _: (200, {"x-padding": "x" * 3_000}, b"{}"))
        with pytest.raises(TerminalError) as caught:
            fetch_outside(server.url, allow_private=True, caps=Caps(wire_bytes=2_000))
        assert caught.value.code == "page_too_large"

    @pytest.mark.parametrize(
        "opening", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n"], ids=["headers", "body"]
    )
    def test_a_source_that_drips_runs_out_of_time(self, opening: bytes, serve_raw: Serve) -> None:
        def hold(connection: socket.socket, over: threading.Event) -> None:
            connection.recv(4096)
            connection.sendall(opening or b"HTTP/1.1 200 OK\r\nx: ")
            while not over.wait(0.02):
                connection.sendall(b"x")

        server = serve_raw(hold)
        began = time.monotonic()
        with pytest.raises(TransientError) as caught:
            fetch_outside(server.url, allow_private=True, caps=Caps(total_seconds=0.3))
        assert time.monotonic() - began < 3
        assert caught.value.code == "source_unreachable"

    def test_a_source_that_is_silent_runs_out_of_time(self, serve_raw: Serve) -> None:
        server = serve_raw(lambda _, over: over.wait(10))
        with pytest.raises(TransientError):
            fetch_outside(server.url, allow_private=True, caps=Caps(read_seconds=0.1))

    def test_a_look_up_that_hangs_runs_out_of_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        over = threading.Event()
        monkeypatch.setattr(names.socket, "getaddrinfo", lambda *_, **__: [over.wait(10)][:0])
        with pytest.raises(TransientError):
            names.resolve_name("example.test", 80, 0.05)
        over.set()


class TestFailures:
    def test_a_connection_that_is_closed_at_once(self, serve_raw: Serve) -> None:
        server = serve_raw(lambda connection, _: connection.close())
        with pytest.raises(TransientError):
            fetch_outside(server.url, allow_private=True)

    def test_a_body_that_breaks_off(self, serve: Serve) -> None:
        server = serve(lambda _: (200, {"content-length": "100", "connection": "close"}, b"{}"))
        with pytest.raises(TransientError):
            fetch_outside(server.url, allow_private=True, caps=Caps(read_seconds=1))

    def test_a_port_where_nobody_listens_without_a_word_of_the_address(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(TransientError) as caught:
            fetch_outside(f"http://example.test:{port}/", allow_private=True, resolve=answers(["127.0.0.1"]))
        assert "127.0.0.1" not in f"{caught.value} {caught.value.hint}"

    def test_a_name_that_nobody_knows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        monkeypatch.setattr(names.socket, "getaddrinfo", unknown)
        with pytest.raises(TransientError):
            fetch_outside("http://example.test/")

    def test_messages_keep_queries_and_secrets_to_themselves(self, serve: Serve) -> None:
        server = serve(lambda _: (403, {}, b""))
        with pytest.raises(StatusError) as caught:
            fetch_outside(f"{server.url}/a?api_key=s3cret", allow_private=True)
        assert "s3cret" not in str(caught.value)
        with pytest.raises(TerminalError) as refused:
            fetch_outside(server.url, headers={"Authorization": "s3cret\nX: y"}, allow_private=True)
        assert "s3cret" not in str(refused.value)
        with pytest.raises(TerminalError):
            fetch_outside(server.url, headers={"Authorization": "sécret"}, allow_private=True)

    def test_proxies_of_the_environment_are_not_used(self, monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert fetch_outside(serve(lambda _: OK).url, allow_private=True).status == 200


class TestOwnApi:
    def test_a_body_is_streamed_and_any_status_is_an_answer(self, serve: Serve) -> None:
        server = serve(lambda asked: (409, {"content-type": "application/problem+json"}, asked.body))
        response = call_own_api(
            "POST", f"{server.url}/", "/v1/jobs?x=1", headers={"Idempotency-Key": "k"}, body=iter([b"ab", b"cd"])
        )
        assert (response.status, response.body) == (409, b"abcd")
        assert server.asked[0].headers["transfer-encoding"] == "chunked"
        assert (server.asked[0].path, server.asked[0].query) == ("/v1/jobs", {"x": "1"})

    def test_a_body_that_is_known_declares_its_size(self, serve: Serve) -> None:
        server = serve(lambda asked: (200, {}, asked.body))
        assert call_own_api("POST", server.url, "/", body=b"abc").body == b"abc"
        assert server.asked[0].headers["content-length"] == "3"

    @pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://x", "http://user:pass@x"])
    def test_an_address_that_cannot_be_used(self, url: str) -> None:
        with pytest.raises(UsageError):
            call_own_api("GET", url, "/healthz")
