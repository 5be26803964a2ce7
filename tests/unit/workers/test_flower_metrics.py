from base64 import b64encode

import pytest
from flower.app import Flower
from flower.options import options
from tornado.testing import AsyncHTTPTestCase

from workers.flower_metrics import GuardedMetrics, is_local


@pytest.mark.parametrize(
    ("address", "headers", "local"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("192.0.2.7", {}, False),
        ("172.18.0.1", {}, False),
        ("127.0.0.1", {"x-forwarded-for": "192.0.2.7"}, False),
        ("", {}, False),
    ],
)
def test_who_asks_from_this_machine(address: str, headers: dict[str, str], local: bool) -> None:
    assert is_local(address, headers) is local


class Console(AsyncHTTPTestCase):
    """The console behind its login."""

    def get_app(self) -> Flower:
        options.basic_auth = ["assay:secret"]
        app = Flower(options=options, cookie_secret="x")
        app.add_handlers(".*", [("/metrics", GuardedMetrics)])
        return app

    def status(self, path: str, *, passed_on: bool = False, login: str | None = None) -> int:
        headers = {"X-Forwarded-For": "192.0.2.7"} if passed_on else {}
        if login is not None:
            headers["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
        return int(self.fetch(path, headers=headers).code)

    def test_metrics_are_for_this_machine_and_for_whoever_has_the_login(self) -> None:
        assert self.status("/metrics") == 200
        assert self.status("/metrics", passed_on=True) == 401
        assert self.status("/metrics", passed_on=True, login="assay:wrong") == 401
        assert self.status("/metrics", passed_on=True, login="assay:secret") == 200

    def test_the_rest_is_as_it_was(self) -> None:
        assert self.status("/healthcheck", passed_on=True) == 200
        assert self.status("/api/workers") == 401
