from __future__ import annotations

import pytest

from enrichment.connectors.pages import FetchedRecord, RefusedRecord
from schemas.source import InlineSource
from workers.api.problems import BodyError
from workers.api.sent_records import Sent, batch

SOURCE = InlineSource(name="pushed", connector="inline", key="/id", records="/elsewhere", max_depth=8)


def split(found: object) -> tuple[list[str], list[str]]:
    assert isinstance(found, list | tuple)
    kept = [one.record_id for one in found if isinstance(one, FetchedRecord)]
    return kept, [str(one.code) for one in found if isinstance(one, RefusedRecord)]


def test_the_same_body_has_the_same_digest_however_it_is_ordered() -> None:
    one = Sent(b'{"source": "a", "records": [{"id": 1, "x": 2}]}')
    assert one.digest == Sent(b'{"records":[{"x":2,"id":1}],"source":"a"}').digest
    assert one.digest != Sent(b'{"records":[{"x":3,"id":1}],"source":"a"}').digest


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b'{"id": 2, "n": NaN}', "record_malformed"),
        (b'{"id": 2, "n": "\\ud800"}', "record_malformed"),
        (b'{"id": 2, "n": "\\u0000"}', "record_malformed"),
        (b'{"id": 2, "n": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "record_too_deep"),
        (b'{"id": 2, "n": [[[[[[[[1]]]]]]]]}', "record_too_deep"),
        (b'{"n": 2}', "key_missing"),
        (b'{"id": 2, "n": 1, "n": 2}', "record_malformed"),
        (b"17", "record_malformed"),
    ],
)
def test_one_bad_record_sinks_nobody_but_itself(bad: bytes, code: str) -> None:
    sent = Sent(b'{"records": [{"id": 1}, ' + bad + b', {"id": 3}], "source": "pushed"}')
    assert sent.has_records
    assert sent.members["source"] == "pushed"
    assert split(sent.records(SOURCE)) == (["1", "3"], [code])
    lines = b'{"id": 1}\n' + bad + b'\n{"id": 3}'
    assert split(batch(lines, 1, SOURCE)) == (["1", "3"], [code])
    array = b'[{"id": 1}, ' + bad + b', {"id": 3}]'
    assert split(batch(array, 1, SOURCE)) == (["1", "3"], [code])


def test_places_differ_from_batch_to_batch() -> None:
    first, second = batch(b"1", 1, SOURCE), batch(b"1", 2, SOURCE)
    assert first[0].record_id != second[0].record_id


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"records": [{"id": 1}', b'{"records": [{"id": 1}]', b'{"source": "a" "b"}', b"\xff"],
)
def test_a_body_that_is_no_object_or_breaks_off_is_refused_whole(body: bytes) -> None:
    with pytest.raises(BodyError):
        Sent(body).records(SOURCE)


def test_a_batch_that_breaks_off_is_refused_whole() -> None:
    with pytest.raises(BodyError):
        batch(b'[{"id": 1}, {"id": 2', 1, SOURCE)


def test_no_records_are_not_an_empty_list_of_them() -> None:
    assert Sent(b'{"source": "a"}').records(SOURCE) is None
    assert Sent(b'{"records": []}').records(SOURCE) == []
    with pytest.raises(BodyError):
        Sent(b'{"records": 5}').records(SOURCE)


def test_blank_lines_and_a_mark_at_the_start_are_nothing() -> None:
    assert split(batch(b'\xef\xbb\xbf{"id": 1}\r\n\r\n{"id": 2}\n', 1, SOURCE)) == (["1", "2"], [])


def test_a_body_that_says_something_else_twice_is_refused_whole() -> None:
    for body in (
        b'{"records": [{"id": 1}], "source": "a", "source": "b"}',
        b'{"records": [{"id": 1}], "records": [{"id": 2}]}',
    ):
        with pytest.raises(BodyError, match="more than once") as refused:
            Sent(body).records(SOURCE)
        assert "records" in str(refused.value) or "source" in str(refused.value)
    assert split(Sent(b'{"records": [{"id": 1}], "source": "a", "source": "a"}').records(SOURCE)) == (["1"], [])
