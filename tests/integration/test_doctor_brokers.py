"""What the doctor says of brokers that would lose queues or limits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from tasks import broker_memory
from tasks.celery_app import create_app
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


def test_two_fleets_on_one_redis_database_are_wrong(redis_server: RedisServer) -> None:
    # a database of its own within the server, whose others another process of this run may be using
    url = redis_server.url.removesuffix("/0") + "/6"
    app = create_app(url)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        for fleet in ("one at 127.0.0.1:5432", "one at 127.0.0.1:5432"):
            broker_memory.show(app, fleet)
        assert list(servers.fleets(url)) == []
        # whoever left it long ago shares it no more
        client.hset(broker_memory.FLEETS_KEY, "gone at 127.0.0.1:5432", "1700000000")
        assert list(servers.fleets(url)) == []
        broker_memory.show(app, "two at 127.0.0.1:5432")
        (finding,) = servers.fleets(url)
        assert finding.level == "wrong"
        assert "one at 127.0.0.1:5432; two at 127.0.0.1:5432" in finding.message
        client.flushdb()
    app.close()


def test_a_rabbitmq_that_is_away_is_wrong() -> None:
    (finding,) = rabbit.broker("amqp://guest:guest@127.0.0.1:1//")
    assert (finding.level, finding.check) == ("wrong", "broker")
