from __future__ import annotations

import socket
from pathlib import Path

import psycopg
import pytest

from schemas.errors import ConfigurationError
from workers.embedded import EmbeddedServers, PostgresOptions, RedisOptions, running_postgres, running_redis


def test_both_run_for_the_block_and_no_longer(data_dir: Path) -> None:
    def alive() -> tuple[bool, bool]:
        return servers.postgres.is_alive, servers.redis.is_alive

    with EmbeddedServers(data_dir) as servers:
        assert alive() == (True, True)
        with EmbeddedServers(data_dir, attach=True) as attached:
            assert (attached.postgres.pid, attached.redis.pid) == (servers.postgres.pid, servers.redis.pid)
        assert alive() == (True, True), "whoever attaches does not stop"
    assert alive() == (False, False)


@pytest.mark.parametrize("which", ["postgres", "redis"])
def test_when_one_does_not_start_the_other_is_stopped(data_dir: Path, which: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        servers = EmbeddedServers(
            data_dir,
            postgres=PostgresOptions(port=port) if which == "postgres" else None,
            redis=RedisOptions(port=port) if which == "redis" else None,
        )
        with pytest.raises(ConfigurationError) as refused, servers:
            pytest.fail("it started on a taken port")
    assert refused.value.code == "port_taken"
    assert running_postgres(data_dir) is None
    assert running_redis(data_dir) is None


def test_a_module_has_a_database_of_its_own(database: str) -> None:
    with psycopg.connect(database.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("assay_owner",)
        connection.execute("CREATE TABLE made (id int)")
