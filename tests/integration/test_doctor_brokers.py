"""What the doctor says of brokers that would lose queues or limits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from workers.doctor import rabbit, servers
from workers.embedded import RedisServer


@pytest.fixture
def evicting(redis_server: RedisServer) -> Iterator[str]:
    client = redis.Redis.from_url(redis_server.url)
    client.config_set("maxmemory-policy", "allkeys-lru")
    yield redis_server.url
    client.config_set("maxmemory-policy", "noeviction")
    client.close()


@pytest.mark.parametrize("check", ["broker", "limits"])
def test_a_redis_that_evicts_is_wrong(evicting: str, check: str) -> None:
    found = list(servers.redis_server(check, evicting))
    (finding,) = [one for one in found if one.level == "wrong"]
    assert finding.check == check
    assert "allkeys-lru" in finding.message
    assert "noeviction" in finding.remedy


def test_a_rabbitmq_that_is_away_is_wrong() -> None:
    (finding,) = rabbit.broker("amqp://guest:guest@127.0.0.1:1//")
    assert (finding.level, finding.check) == ("wrong", "broker")
