"""What the doctor says of a Redis that answers and lets nobody in."""

from __future__ import annotations

import pytest
import redis

from workers.doctor import servers


def test_a_password_that_is_refused_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def info(*_: object, **__: object) -> None:
        raise redis.AuthenticationError("invalid username-password pair")

    monkeypatch.setattr(redis.Redis, "info", info)
    (found,) = servers.redis_server("broker", "redis://127.0.0.1:1/0")
    assert (found.level, found.message) == ("wrong", "refuses the password")
