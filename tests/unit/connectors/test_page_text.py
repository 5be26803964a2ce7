"""Pages with good and bad records in them."""

from __future__ import annotations

import pytest

from enrichment.connectors.page_text import item_text, read_page
from schemas.source import HttpSource

SOURCE = HttpSource(
    name="s", connector="http", url="http://x.test", records="/data/items", max_depth=5, max_record_bytes=500
)
GOOD = b'{"id":"a","n":1.10}'


def page(*items: bytes, head: bytes = b'"next":"n1",', tail: bytes = b"") -> bytes:
    return b'{"meta":{' + head + b'"x":[1]},"data":{"items":[' + b",".join(items) + b"]}" + tail + b"}"


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b'{"id":1,"a":NaN}', "record_malformed"),
        (b'{"id":1,"a":"\\ud800"}', "record_malformed"),
        (b'{"id":1,"a":"\\u0000"}', "record_malformed"),
        (b'{"id":1,"a":"\xff"}', "record_malformed"),
        (b'{"id":1,"a":1]', "record_malformed"),
        (b'{"id":1 "a":2}', "record_malformed"),
        (b"", "record_malformed"),
        (b'"text"', "record_malformed"),
        (b"{}", "key_missing"),
        (b'{"id":1,"a":"' + b"x" * 600 + b'"}', "record_too_large"),
        (b'{"id":1,"a":"' + b"x" * 30_000_000 + b'"}', "record_too_large"),
        (b'{"id":1,"a":' + b"[" * 10 + b"]" * 10 + b"}", "record_too_deep"),
        (b'{"id":1,"a":' + b"[" * 200 + b"]" * 200 + b"}", "record_too_deep"),
        (b'{"id":1,"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "record_too_large"),
    ],
)
def test_one_bad_record_sinks_nobody_but_itself(bad: bytes, code: str) -> None:
    content = read_page(page(GOOD, bad, GOOD), "#p3", SOURCE)
    assert [record.body for record in content.records] == [GOOD, GOOD]
    assert [(refusal.record_id, refusal.code) for refusal in content.refused] == [("#p3/1", code)]
    assert (content.elements, content.sound) == (3, True)
    assert content.look_up("/meta/next") == "n1"
    assert all(len(refusal.body or b"") <= 4_096 for refusal in content.refused)


def test_a_record_of_ten_thousand_levels_is_too_deep_where_it_is_small_enough() -> None:
    roomy = SOURCE.model_copy(update={"max_record_bytes": 1_000_000})
    content = read_page(page(GOOD, b'{"id":1,"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"), "#p1", roomy)
    assert [refusal.code for refusal in content.refused] == ["record_too_deep"]
    assert len(content.records) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b'{"data":{"items":{}}}',
        b'{"data":{}}',
        b"[]",
        b'{"data":[]}',
        b'{"data":',
        b"{" * 50_000,
    ],
)
def test_a_page_without_its_list_is_one_refusal(body: bytes) -> None:
    content = read_page(body, "#p3", SOURCE)
    assert content.records == ()
    assert [(refusal.record_id, refusal.code) for refusal in content.refused] == [("#p3", "page_malformed")]
    assert not content.sound


def test_null_is_how_some_servers_write_an_empty_list() -> None:
    content = read_page(b'{"data":{"items":null},"next":"n"}', "#p1", SOURCE)
    assert (content.records, content.refused, content.sound) == ((), (), True)


def test_a_page_that_breaks_off_gives_what_is_whole_and_says_so() -> None:
    content = read_page(page(GOOD, GOOD)[:-10], "#p3", SOURCE)
    assert len(content.records) == 1
    assert [refusal.code for refusal in content.refused] == ["record_malformed", "page_malformed"]
    assert not content.sound


def test_a_bare_list_that_breaks_off_says_so_too() -> None:
    content = read_page(b'[{"id":1}', "#p1", SOURCE.model_copy(update={"records": ""}))
    assert [refusal.code for refusal in content.refused] == ["page_malformed"]


def test_a_record_that_is_not_held_is_still_measured() -> None:
    (refusal,) = read_page(page(b'{"id":"' + b"x" * 99_991 + b'"}', b"NaN"), "#p1", SOURCE).refused[:1]
    assert "100000 bytes" in refusal.message


def test_what_is_broken_beside_the_records_is_told() -> None:
    content = read_page(page(GOOD, tail=b',"next": tru'), "#p3", SOURCE)
    assert len(content.records) == 1
    assert [refusal.code for refusal in content.refused] == ["page_malformed"]


def test_a_byte_order_mark_is_no_part_of_a_page() -> None:
    assert len(read_page(b"\xef\xbb\xbf" + page(GOOD), "#p1", SOURCE).records) == 1


def test_a_pointer_beside_the_records_that_leads_nowhere() -> None:
    for body in (page(GOOD), page(GOOD, b"NaN")):
        assert read_page(body, "#p1", SOURCE).look_up("/meta/none") is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b' {"id":1} ', b'{"id":1}'),
        (b'{"data":{"items":{"id":1}}}', b'{"id":1}'),
        (b'{"data":{"items":[{"id":1}]}}', b'{"id":1}'),
        (b'{"data":{"items":[1,2]}}', b'{"data":{"items":[1,2]}}'),
        (b'{"data":{"items":7}}', b'{"data":{"items":7}}'),
        (b"", b""),
    ],
)
def test_an_answer_by_id_is_the_record_or_wraps_it(body: bytes, expected: bytes) -> None:
    assert item_text(body, SOURCE) == expected


@pytest.mark.parametrize(
    ("following", "found"),
    [
        (b'{"href":"/p2","meta":{"count":[1]}}', {"href": "/p2", "meta": {"count": [1]}}),
        (b"null", None),
        (b"[NaN]", True),
        (b'"' + b"x" * 70_000 + b'"', True),
    ],
)
def test_what_leads_on_is_found_beside_a_bad_record_too(following: bytes, found: object) -> None:
    body = b'{"meta":{"next":' + following + b'},"data":{"items":[{"id":1,"a":NaN}]}}'
    assert read_page(body, "#p1", SOURCE).look_up("/meta/next") == found
    assert read_page(body, "#p1", SOURCE).look_up("/meta/other") is None


def test_a_record_that_says_a_member_twice_sinks_nobody_but_itself() -> None:
    twice = b'{"id":1,"a":{"b":[{"c/d":1,"c/d":2}]}}'
    content = read_page(page(GOOD, twice, GOOD), "#p3", SOURCE)
    assert [record.body for record in content.records] == [GOOD, GOOD]
    (refusal,) = content.refused
    assert (refusal.record_id, refusal.code, refusal.body) == ("#p3/1", "record_malformed", twice)
    assert refusal.message == "the record has /a/b/0/c~1d more than once, with different values"
    assert (content.elements, content.sound, content.look_up("/meta/next")) == (3, True, "n1")


@pytest.mark.parametrize("head", [b'"next":"n1","next":"n2",', b'"next":"n1","n":{"a":1,"a":[]},'])
def test_what_is_said_twice_beside_the_records_is_told(head: bytes) -> None:
    content = read_page(page(GOOD, head=head), "#p3", SOURCE)
    assert (len(content.records), content.sound) == (1, True)
    (refusal,) = content.refused
    assert (refusal.record_id, refusal.code) == ("#p3", "page_malformed")
    assert "what stands beside the records has /meta/n" in refusal.message


def test_two_lists_of_records_are_not_taken_for_one() -> None:
    body = b'{"items":[{"id":1}],"items":[{"id":2}]}'
    content = read_page(body, "#p1", SOURCE.model_copy(update={"records": "/items"}))
    assert [(refusal.record_id, refusal.code) for refusal in content.refused] == [("#p1", "page_malformed")]


@pytest.mark.parametrize("way", ["", "/data", "/data/0/items"])
@pytest.mark.parametrize(
    "twice",
    [
        b'{"id":2,"a":1,"a":1}',
        b'{"id":2,"t":"\\u003a","a":1}',
        b'{"id":2,"t":"a\\":\\"b, {\\"c\\": 1}" , "u" : ":"}',
    ],
)
def test_what_is_said_once_or_the_same_each_time_is_no_fault(way: str, twice: bytes) -> None:
    body = b"[" + GOOD + b"," + twice + b"]"
    wrapped = {"": b"%b", "/data": b'{"data" : %b,"n":"x:y"}', "/data/0/items": b'{"data":[{"items":%b}, {"x": 1}]}'}
    content = read_page(wrapped[way] % body, "#p1", SOURCE.model_copy(update={"records": way}))
    assert ([record.record_id for record in content.records], content.refused) == (["a", "2"], ())


def test_a_page_is_split_only_where_something_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading it a second time costs as much as reading it."""
    monkeypatch.delattr("enrichment.connectors.page_text._split")
    assert len(read_page(page(GOOD, b'{ "id" : "b:c", "t": "\\u00e9\\":" }'), "#p1", SOURCE).records) == 2
    assert len(read_page(page(GOOD, b"{}", b"[]", b"17"), "#p1", SOURCE).refused) == 3
