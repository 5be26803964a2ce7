"""The Python client against the API on loopback: one request, streams, cuts, refusals, waiting."""

from __future__ import annotations

import datetime as dt
import socket
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from api_fixtures import Api, records, total

from enrichment.client import Client, wire
from enrichment.client.encoding import BATCH_RECORDS
from schemas.errors import ConflictError, NotFoundError, TransientError, UsageError


@pytest.fixture(scope="module")
def api(database: str, url_for: Callable[[str], str]) -> Iterator[Api]:
    made = Api(database, url_for("assay_api"), chunk_size=500)
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(api: Api) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(api.app, log_level="warning", lifespan="off", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def client(api: Api, address: str) -> Client:
    return Client(address, api.keys["producer"], patience=5)


def test_a_list_goes_in_one_request_and_a_bad_record_is_a_dead_letter(client: Client) -> None:
    sent = [
        {"name": "a", "founded": dt.date(1988, 1, 2), "revenue": Decimal("1.10")},
        {"name": "b", "revenue": float("nan")},
        {"name": "c", "tags": {1, 2}},
        {"nothing": "to name it by"},
    ]
    job = client.submit(source="pushed", target="company", records=sent)
    assert job.state == "running"
    assert (job.counts["in_flight"], job.counts["dead"]) == (1, 3)
    assert job.counts["accepted"] == total(job.counts)


def test_an_iterator_is_streamed_in_batches_and_sealed(client: Client, api: Api) -> None:
    count = 2 * BATCH_RECORDS + 7
    job = client.submit(source="pushed", target="company", records=iter(records(count, first=10_000)))
    assert job.state == "running"
    assert job.counts["accepted"] == job.counts["in_flight"] == count
    assert job.batches == 3
    assert len(api.rows("SELECT 1 FROM work WHERE job_id = %(id)s", id=job.id)) == 3


def test_a_stream_that_was_cut_goes_on_where_it_ended(client: Client, api: Api) -> None:
    count = 3 * BATCH_RECORDS

    def cut() -> Iterator[dict[str, Any]]:
        yield from records(2 * BATCH_RECORDS + 1, first=20_000)
        raise ConnectionError("the producer died")

    with pytest.raises(ConnectionError):
        client.submit(source="pushed", target="company", records=cut(), idempotency_key="cut")
    (open_job,) = api.rows("SELECT id, state, batches FROM job WHERE idempotency_key = 'cut'")
    assert (open_job["state"], open_job["batches"]) == ("receiving", 2)
    for others in (records(count, first=20_001), records(BATCH_RECORDS, first=20_000), []):
        with pytest.raises(ConflictError, match="of other records"):
            client.submit(source="pushed", target="company", records=iter(others), idempotency_key="cut")
    job = client.submit(
        source="pushed", target="company", records=iter(records(count, first=20_000)), idempotency_key="cut"
    )
    assert job.id == open_job["id"]
    assert job.counts["accepted"] == count
    again = client.submit(source="pushed", target="company", records=iter([]), idempotency_key="cut")
    assert again.id == job.id


def test_other_records_under_the_key_of_a_stream_that_was_sealed_are_refused(client: Client) -> None:
    count = 2 * BATCH_RECORDS + 1

    def streamed(sent: list[dict[str, Any]]) -> int:
        job = client.submit(source="pushed", target="company", records=iter(sent), idempotency_key="sealed")
        assert job.counts["accepted"] == count
        return job.id

    first = streamed(records(count, first=40_000))
    assert streamed(records(count, first=40_000)) == first
    for start, many in ((40_001, count), (40_000, count + BATCH_RECORDS), (40_000, BATCH_RECORDS), (50_000, 3)):
        with pytest.raises(ConflictError, match="of other records") as caught:
            streamed(records(many, first=start))
        assert caught.value.hint == "take another key for other records"


def test_more_records_than_a_sealed_stream_had_are_refused_though_it_began_with_them(client: Client) -> None:
    def streamed(count: int) -> int:
        sent = iter(records(count, first=60_000))
        return client.submit(source="pushed", target="company", records=sent, idempotency_key="whole batches").id

    first = streamed(2 * BATCH_RECORDS)
    with pytest.raises(ConflictError, match="of other records"):
        streamed(2 * BATCH_RECORDS + 1)
    assert streamed(2 * BATCH_RECORDS) == first


def test_a_stream_without_a_key_that_breaks_leaves_no_open_job(client: Client, api: Api) -> None:
    def cut() -> Iterator[dict[str, Any]]:
        yield from records(BATCH_RECORDS + 1, first=30_000)
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        client.submit(source="pushed", target="company", records=cut())
    (job,) = api.rows("SELECT state FROM job ORDER BY id DESC LIMIT 1")
    assert job["state"] == "cancelled"


def test_other_content_under_the_same_key_is_refused_however_it_is_sent(client: Client) -> None:
    for count in (3, BATCH_RECORDS + 1):
        key = f"same {count}"
        first = client.submit(source="pushed", target="company", records=records(count), idempotency_key=key)
        again = client.submit(source="pushed", target="company", records=records(count), idempotency_key=key)
        assert first.id == again.id
        with pytest.raises(ConflictError):
            client.submit(source="pushed", target="company", records=records(count, first=1), idempotency_key=key)


def test_an_answer_that_is_lost_does_not_submit_twice(
    client: Client, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = wire.call_own_api
    lost = 0

    def lossy(*args: Any, **kwargs: Any) -> Any:
        nonlocal lost
        answer = real(*args, **kwargs)
        if args[0] != "GET" and lost < 2:
            lost += 1
            raise TransientError("the answer was lost", code="source_unreachable")
        return answer

    monkeypatch.setattr(wire, "call_own_api", lossy)
    before = api.rows("SELECT count(*) AS n FROM job")[0]["n"]
    job = client.submit(source="pushed", target="company", records=records(5, first=40_000))
    assert lost == 2
    assert api.rows("SELECT count(*) AS n FROM job")[0]["n"] == before + 1
    assert job.counts["accepted"] == 5


def test_refusals_are_errors_with_a_hint(client: Client, api: Api, address: str) -> None:
    with pytest.raises(NotFoundError) as missing:
        client.job(10**9)
    assert missing.value.hint
    with pytest.raises(UsageError) as unknown:
        Client(address, "assay_nobody", patience=0).job(1)
    assert unknown.value.code == "unauthorized"
    with pytest.raises(TransientError):
        Client("http://127.0.0.1:9", api.keys["reader"], patience=0).job(1)
    with pytest.raises(UsageError, match="no source"):
        client.submit(source="nobody", target="company")


def test_waiting_ends_with_the_job_or_with_the_time(client: Client) -> None:
    job = client.submit(source="pushed", target="company", records=records(2, first=50_000))
    with pytest.raises(TransientError) as late:
        job.wait(timeout=0.1, poll=0.02)
    assert late.value.code == "timeout"
    job.pause()
    assert job.state == "paused"
    job.resume().cancel()
    assert job.wait(timeout=5).state == "cancelled"
    assert [one.id for one in client.jobs(limit=1)] == [job.id]
    first = client.list_jobs(limit=1)
    assert [one["id"] for one in first] == [job.id]
    assert client.list_jobs(limit=1, cursor=first.next)[0]["id"] < job.id
    for listing in (lambda: list(client.jobs(bogus=1)), lambda: client.list_jobs(bogus=1)):
        with pytest.raises(UsageError, match="bogus: there is no such parameter"):
            listing()


def test_the_endpoint_file_names_the_api_and_a_missing_one_says_so(api: Api, address: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as missing:
        Client.local(tmp_path)
    assert "assay up" in missing.value.hint
    (tmp_path / "endpoint.json").write_text(f'{{"url": "{address}", "api_key": "{api.keys["reader"]}"}}')
    local = Client.local(tmp_path)
    assert api.keys["reader"] not in repr(local)
    assert list(local.jobs(limit=1))
