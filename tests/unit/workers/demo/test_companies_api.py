from __future__ import annotations

import json
import os
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workers.demo.companies import load_companies
from workers.demo.companies_api import Catalogue, CompaniesServer

NAMES = [f"Company {i:03d}" for i in range(250)] + ["M/I Homes, Inc.", "Größe // 100 %?#"]
COMPANIES = {name: {"name": name, "metadata": {"employees": "3"}} for name in NAMES}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[str]:
    with CompaniesServer(0, Catalogue(COMPANIES, tmp_path / "changes.json")) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def get(url: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - the test's own server
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_the_listing_gives_every_company_once_in_pages(api: str) -> None:
    names: list[str] = []
    sizes: list[int] = []
    url: str | None = f"{api}/v1/companies"
    while url is not None:
        _, body = get(url)
        names += [company["name"] for company in body["data"]]
        sizes.append(len(body["data"]))
        following = body["paging"]["next"]
        url = f"{api}/v1/companies?cursor={following}" if following else None
    assert names == NAMES
    assert sizes == [100, 100, 52]


def test_a_page_that_ends_with_the_last_company_has_no_next(api: str) -> None:
    assert get(f"{api}/v1/companies?limit=252")[1]["paging"] == {"next": None}


@pytest.mark.parametrize("name", ["Company 007", "M/I Homes, Inc.", "Größe // 100 %?#"])
def test_a_company_is_found_by_its_name(api: str, name: str) -> None:
    assert get(f"{api}/v1/companies/{urllib.request.quote(name)}") == (200, COMPANIES[name])
    assert get(f"{api}/v1/companies/{urllib.parse.quote(name, safe='')}") == (200, COMPANIES[name])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/companies/Nobody", 404),
        ("/v1/other", 404),
        ("/v1/companies?limit=0", 400),
        ("/v1/companies?limit=ten", 400),
        ("/v1/companies?cursor=bm90aGluZw", 400),
        ("/v1/companies?cursor=%FF", 400),
    ],
)
def test_wrong_requests_are_answered_with_what_is_wrong(api: str, path: str, status: int) -> None:
    given, body = get(api + path)
    assert given == status
    assert body["error"]["detail"]


def test_changes_are_served_from_the_moment_they_are_written(api: str, tmp_path: Path) -> None:
    url = f"{api}/v1/companies/Company%20007"
    assert get(url)[1]["metadata"]["employees"] == "3"
    file = tmp_path / "changes.json"
    file.write_text('{"Company 007": {"/metadata/employees": "4"}}')
    assert get(url)[1]["metadata"]["employees"] == "4"
    assert get(f"{api}/v1/companies")[1]["data"][7]["metadata"]["employees"] == "4"
    file.write_text("{")
    os.utime(file, (1, 1))
    status, body = get(url)
    assert status == 503
    assert "changes.json" in body["error"]["detail"]
    file.unlink()
    assert get(url)[1]["metadata"]["employees"] == "3"


def test_the_server_says_that_it_is_well(api: str) -> None:
    assert get(f"{api}/healthz") == (200, {"status": "ok", "pid": os.getpid()})


def test_the_package_gives_companies_with_unique_names() -> None:
    companies = load_companies()
    assert len(companies) == 1837
    assert companies["M/I Homes, Inc."]["name"] == "M/I Homes, Inc."
