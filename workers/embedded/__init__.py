"""PostgreSQL and Redis as `assay up`, the demo and the tests run them: started, found again and stopped by Assay."""

from workers.embedded.locks import DirectoryLock
from workers.embedded.managed import ManagedProcess, Program
from workers.embedded.postgresql import running_postgres, start_postgres
from workers.embedded.preparation import PostgresOptions, discard_postgres
from workers.embedded.redis_server import RedisOptions, running_redis, start_redis
from workers.embedded.servers import DATABASE, OWNER, ROLES, PostgresServer, RedisServer, Server
from workers.embedded.together import EmbeddedServers

__all__ = [
    "DATABASE",
    "OWNER",
    "ROLES",
    "DirectoryLock",
    "EmbeddedServers",
    "ManagedProcess",
    "PostgresOptions",
    "PostgresServer",
    "Program",
    "RedisOptions",
    "RedisServer",
    "Server",
    "discard_postgres",
    "running_postgres",
    "running_redis",
    "start_postgres",
    "start_redis",
]
