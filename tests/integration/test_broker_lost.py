"""What kombu does as its connection is lost."""

from __future__ import annotations

from kombu import Connection, Queue

from tasks.brokers import settings_of
from workers.embedded import RedisServer


def test_what_was_not_acknowledged_is_given_back_also_where_the_connection_has_let_go_of_its_address(
    redis_server: RedisServer,
) -> None:
    # a database of its own within the server, whose others another process of this run may be using
    url = redis_server.url.removesuffix("/0") + "/8"
    named = str(settings_of(url, visibility=60)["broker_transport"])
    with Connection(url, transport=named) as connection, Connection(url, transport=named) as other:
        channel = connection.channel()
        queue = Queue("lost")(channel)
        queue.declare()
        queue.purge()
        connection.Producer(channel).publish({"id": 1}, routing_key="lost", exchange="")
        assert queue.get() is not None
        # as `kombu.Connection.collect` leaves a channel that it could not close
        channel._disconnect_pools()
        channel.connection.client = None
        channel.close()
        given_back = Queue("lost")(other.channel()).get()
        assert given_back is not None
        given_back.ack()
