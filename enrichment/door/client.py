"""The two requests that Assay makes over HTTP. Proxies and credentials of the environment are never used."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

import httpcore2
import httpx2

from enrichment.door import decoding
from enrichment.door.addresses import literal_address, refused
from enrichment.door.answers import Caps, Response, require_success
from enrichment.door.budget import Budget
from enrichment.door.names import Resolver, allowed_addresses, resolve_name
from enrichment.door.network import Network
from enrichment.door.trust import CERTIFICATE_HINT, is_distrusted
from schemas.codes import Code
from schemas.errors import TerminalError, TransientError, UsageError

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Headers that say nothing of who asks, and may follow a redirect to another origin.
_HARMLESS = frozenset({"accept", "accept-language"})
_AGENT = "assay"


def fetch_outside(
    url: str,
    *,
    headers: Mapping[str, str] = _NO_HEADERS,
    allow_private: bool = False,
    caps: Caps | None = None,
    resolve: Resolver = resolve_name,
    tls: ssl.SSLContext | None = None,
    now: Callable[[], float] = time.time,
) -> Response:
    """GET one address of a source, wherever it leads, and give its 2xx answer with the body decompressed.

    Every hop is checked anew; headers are dropped for good when a redirect leaves the origin. `tls` replaces the
    system's certificates; `resolve` and `now` are there to be handed in by tests.

    Raises:
        TerminalError: `source_refused` (address, scheme, certificate, too many redirects), `page_too_large`,
            `page_malformed`; as `StatusError` for a status that says no.
        TransientError: `source_unreachable` (timeouts, resets, 5xx, 429), with `retry_after` where one was named.
    """
    limits = caps or Caps()
    budget = Budget(limits)
    target = _outside(url)
    sent = dict(headers)
    redirected: list[str] = []

    def allowed(host: str, port: int) -> Sequence[str]:
        return allowed_addresses(host, port, budget.left(), allow_private=allow_private, resolve=resolve)

    for _ in range(limits.redirects + 1):
        with _exchange("GET", target, sent, None, limits, budget, Network(allowed, budget), tls) as answer:
            received = _headers(answer)
            if answer.status in _REDIRECTS and "location" in received:
                following = _redirected(target, received["location"])
            else:
                withheld = len(sent) < len(headers)
                require_success(answer.status, received, _shown(target), now=now(), withheld=withheld)
                body = _body(answer, received, limits)
                return Response(answer.status, received, body, str(target), tuple(redirected))
        redirected.append(str(target))
        if _origin(following) != _origin(target):
            sent = {name: value for name, value in sent.items() if name.lower() in _HARMLESS}
        target = following
    raise refused(f"{_shown(target)} redirects more than {limits.redirects} times")


def require_outside(
    url: str, *, allow_private: bool = False, seconds: float = 5.0, resolve: Resolver = resolve_name
) -> None:
    """Look at an address as `fetch_outside` does before it connects to anything.

    Raises:
        TerminalError: `source_refused`, it would not be asked.
        TransientError: `source_unreachable`, its host cannot be looked up within these seconds.
    """
    target = _outside(url)
    _, host, port = _origin(target)
    allowed_addresses(host.decode("ascii"), port, seconds, allow_private=allow_private, resolve=resolve)


def call_own_api(
    method: str,
    base_url: str,
    path: str,
    *,
    headers: Mapping[str, str] = _NO_HEADERS,
    body: bytes | Iterable[bytes] | None = None,
    caps: Caps | None = None,
    tls: ssl.SSLContext | None = None,
) -> Response:
    """Send one request to Assay's own HTTP API, wherever its user says that it is; no redirect is followed.

    `path` starts with a slash and carries its query; a `body` that is iterated is streamed in chunks. The answer is
    given whatever its status.

    Raises:
        UsageError: `base_url` is no HTTP address.
        TransientError: `source_unreachable`, the API cannot be reached or did not answer in time.
        TerminalError: the certificate is not trusted, or the answer is larger than the caps.
    """
    try:
        target = _parsed(base_url.rstrip("/") + path)
    except TerminalError as error:
        bare = base_url and "://" not in base_url and "@" not in base_url
        hint = error.hint or f"write it like {f'http://{base_url}' if bare else 'http://127.0.0.1:8383'}"
        raise UsageError(f"the API's address cannot be used: {error.message}", hint=hint) from None
    limits = caps or Caps()
    budget = Budget(limits)
    network = Network(lambda host, _port: (host,), budget)
    with _exchange(method, target, headers, body, limits, budget, network, tls) as answer:
        received = _headers(answer)
        return Response(answer.status, received, _body(answer, received, limits), str(target))


@contextlib.contextmanager
def _exchange(
    method: str,
    target: httpx2.URL,
    headers: Mapping[str, str],
    body: bytes | Iterable[bytes] | None,
    caps: Caps,
    budget: Budget,
    network: Network,
    tls: ssl.SSLContext | None,
) -> Iterator[httpcore2.Response]:
    address = httpcore2.URL(
        scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path or b"/"
    )
    timeouts = {"connect": caps.connect_seconds, "read": caps.read_seconds, "write": caps.read_seconds, "pool": None}
    where = _shown(target)
    try:
        with (
            httpcore2.ConnectionPool(
                ssl_context=_trusted() if tls is None and target.scheme == "https" else tls,
                network_backend=network,
                max_connections=1,
            ) as pool,
            pool.stream(
                method,
                address,
                headers=_sendable(target, headers),
                content=body if body is None or isinstance(body, bytes) else iter(body),
                extensions={"timeout": timeouts},
            ) as answer,
        ):
            yield answer
    except httpcore2.LocalProtocolError:
        raise TerminalError(f"{where}: a header cannot be sent", code=Code.SOURCE_REFUSED, hint=_HEADER_HINT) from None
    except httpcore2.TimeoutException:
        budget.left()
        raise TransientError(f"{where} does not answer in time", code=Code.SOURCE_UNREACHABLE) from None
    except (httpcore2.NetworkError, httpcore2.RemoteProtocolError) as error:
        if is_distrusted(error):
            raise refused(f"{where} has a certificate that is not trusted", hint=CERTIFICATE_HINT) from None
        raise TransientError(
            f"{where} cannot be reached, or broke off",
            code=Code.SOURCE_UNREACHABLE,
            hint="check the address, and that it can be reached from here",
        ) from None


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Load the system's certificates, once: it takes longer than most requests."""
    try:
        return httpx2.create_ssl_context()
    except OSError as error:
        hint = "mend SSL_CERT_FILE or SSL_CERT_DIR in the environment of whoever fetches"
        raise refused("the certificates to trust cannot be read", hint=hint) from error


_HEADER_HINT = "the credential may hold a line break or a character outside ASCII"


def _sendable(target: httpx2.URL, headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    given = {"user-agent": _AGENT, **{name.lower(): value for name, value in headers.items()}}
    given |= {"accept-encoding": decoding.ACCEPTED, "connection": "close"}
    try:
        return [(b"host", target.netloc), *((n.encode("ascii"), v.encode("ascii")) for n, v in given.items())]
    except UnicodeEncodeError:
        raise httpcore2.LocalProtocolError from None


def _headers(answer: httpcore2.Response) -> dict[str, str]:
    received: dict[str, str] = {}
    for raw_name, raw_value in answer.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        received[name] = f"{received[name]}, {value}" if name in received else value
    return received


def _body(answer: httpcore2.Response, headers: Mapping[str, str], caps: Caps) -> bytes:
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared[:18]) > caps.body_bytes:
        raise decoding.too_large(caps.body_bytes)
    return decoding.read_body(answer.iter_stream(), headers.get("content-encoding", ""), limit=caps.body_bytes)


def _parsed(url: str) -> httpx2.URL:
    try:
        target = httpx2.URL(url)
    except httpx2.InvalidURL:
        raise refused("the address is not a URL") from None
    if target.scheme not in {"http", "https"}:
        raise refused("the address is neither http nor https")
    if target.userinfo:
        raise refused("the address carries a user name or password", hint="put credentials into auth")
    if not target.raw_host or (target.port is not None and not 0 < target.port < 65_536):
        raise refused("the address names no host, or a port that does not exist")
    return target


def _outside(url: str) -> httpx2.URL:
    target = _parsed(url)
    literal_address(target.raw_host.decode("ascii"))
    return target


def _redirected(target: httpx2.URL, location: str) -> httpx2.URL:
    try:
        joined = str(target.join(location))
    except (httpx2.InvalidURL, ValueError):
        raise refused(f"{_shown(target)} redirects to what is not a URL") from None
    following = _outside(joined)
    if target.scheme == "https" and following.scheme == "http":
        raise refused(f"{_shown(target)} redirects from https to http")
    return following


def _origin(url: httpx2.URL) -> tuple[str, bytes, int]:
    return url.scheme, url.raw_host, url.port or (443 if url.scheme == "https" else 80)


def _shown(url: httpx2.URL) -> str:
    """Give an address as messages may show it: a query can carry credentials."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"[:200]
