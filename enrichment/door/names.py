"""Look names up within a time limit, which the system's resolver does not know."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Sequence
from typing import TypeAlias

from enrichment.door.addresses import literal_address, require_allowed
from schemas.codes import Code
from schemas.errors import TransientError

#: (host, port, seconds) -> addresses as text; raises `TransientError` when there is no answer.
Resolver: TypeAlias = Callable[[str, int, float], Sequence[str]]


def resolve_name(host: str, port: int, seconds: float) -> Sequence[str]:
    """Ask the system's resolver. A look-up that hangs is left to its daemon thread, which the system ends.

    Raises:
        TransientError: `source_unreachable`, no answer, or none within `seconds`.
    """
    answers: queue.SimpleQueue[Sequence[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answers.put(error)
        else:
            answers.put([str(address[0]) for *_, address in found])

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TransientError("looking the host up takes too long", code=Code.SOURCE_UNREACHABLE) from None
    if isinstance(answer, Exception):
        raise TransientError(
            f"the host {host} cannot be looked up", code=Code.SOURCE_UNREACHABLE, hint="check the source's address"
        ) from None
    return answer


def allowed_addresses(
    host: str, port: int, seconds: float, *, allow_private: bool, resolve: Resolver = resolve_name
) -> Sequence[str]:
    """Addresses of a host, every one of which may be connected to.

    Raises:
        TerminalError: `source_refused`, one of them may not.
        TransientError: `source_unreachable`, the name cannot be looked up.
    """
    address = literal_address(host)
    answers = [str(address)] if address is not None else resolve(host, port, seconds)
    return require_allowed(answers, allow_private=allow_private)
