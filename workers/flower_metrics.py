"""Flower shows its `/metrics` to anybody: here to callers of this machine, as the API does, else with the login."""

from __future__ import annotations

import ipaddress
from collections.abc import Container
from typing import Final

from flower.views.monitor import Metrics

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")


def is_local(address: str, headers: Container[str]) -> bool:
    """Whether a request comes from this machine itself and was not passed on by a proxy."""
    try:
        return ipaddress.ip_address(address).is_loopback and not any(name in headers for name in _FORWARDED)
    except ValueError:
        return False


class GuardedMetrics(Metrics):  # type: ignore[misc] # the package has no types
    """Names of workers and tasks, with times: where Flower listens for other machines, they are not for everybody."""

    async def get(self) -> None:
        if not is_local(self.request.remote_ip, self.request.headers):
            # answers 401 where the login is missing or wrong
            self.get_current_user()
        await super().get()
