"""One client for all commands of a channel, and a new one where its connections are new."""

from __future__ import annotations

import redis
from kombu import Connection

from tasks.brokers import settings_of
from tasks.redis_transport import Channel


def test_commands_share_a_client_until_the_pool_is_another_one() -> None:
    channel = Channel.__new__(Channel)
    channel.Client, channel._pool = redis.Redis, redis.ConnectionPool()
    first = channel._create_client()
    assert channel._create_client() is first
    channel._pool = redis.ConnectionPool()
    second = channel._create_client()
    assert second is not first
    assert second.connection_pool is channel._pool


def test_it_is_the_transport_of_a_redis_address() -> None:
    named = str(settings_of("redis://localhost/0", visibility=60)["broker_transport"])
    with Connection("redis://localhost/0", transport=named) as connection:
        assert connection.transport.Channel is Channel
        assert connection.transport.driver_type == "redis"


def test_an_address_with_tls_keeps_the_transport_that_sees_it() -> None:
    assert "broker_transport" not in settings_of("rediss://localhost/0", visibility=60)
