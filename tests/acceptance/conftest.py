"""Which broker the fleets of this suite use: the Redis that each brings along, or with `--broker rabbitmq` a RabbitMQ.

The fleets are told by variables, which lie over their files, so that no test knows. RabbitMQ is started anew for each
module: messages of one fleet are none of another's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import pytest
from rabbit_server import MISSING, is_installed, rabbit_server

from workers.embedded import RedisServer

#: Modules that say themselves what they run on: the demo brings everything along, and the other is about RabbitMQ.
_OF_THEIR_OWN = frozenset({"test_demo", "test_brokers"})

#: Modules that write it into their fleet's file, because the limiter's Redis has to be one that they may hurt.
_ASKING = frozenset({"test_chaos"})


@pytest.fixture(scope="module")
def outside_broker(request: pytest.FixtureRequest) -> Iterator[Mapping[str, str]]:
    """Settings of a broker outside of the fleets, in force while the module runs; none where they bring their own."""
    if request.config.getoption("broker") == "redis" or request.module.__name__ in _OF_THEIR_OWN:
        yield {}
        return
    if not is_installed():
        pytest.fail(MISSING)
    limits: RedisServer = request.getfixturevalue("redis_server")
    with rabbit_server() as rabbit:
        said = {"ASSAY_BROKER__URL": rabbit.url, "ASSAY_LIMITS__URL": limits.url}
        told = {} if request.module.__name__ in _ASKING else said
        os.environ.update(told)
        try:
            yield said
        finally:
            for name in told:
                del os.environ[name]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, outside_broker: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("ASSAY_") and name not in outside_broker]:
        monkeypatch.delenv(name)
