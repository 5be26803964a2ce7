"""Listings of real servers on the loopback, in every style."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from enrichment.connectors.opening import open_pages
from enrichment.connectors.pages import Page
from schemas.errors import TerminalError, TransientError, UsageError
from schemas.source import Auth, HttpSource

Serve = Callable[..., Any]
Query = Mapping[str, str]


def source(url: str, **settings: Any) -> HttpSource:
    return HttpSource(name="s", connector="http", url=url, allow_private=True, **settings)


def read(configured: HttpSource, cursor: Any = None, most: int = 60) -> list[Page]:
    pages = open_pages(configured, cursor=cursor, secrets=lambda _: "s3cret\n")
    return [page for _, page in zip(range(most), pages, strict=False)]


def ids(pages: list[Page]) -> list[str]:
    return [record.record_id for page in pages for record in page.records]


def codes(pages: list[Page]) -> list[tuple[str, str]]:
    return [(refusal.record_id, str(refusal.code)) for page in pages for refusal in page.refused]


def body(*numbers: int, **beside: Any) -> bytes:
    return json.dumps({"data": [{"id": n} for n in numbers], **beside}).encode()


def resumed(configured: HttpSource) -> list[Page]:
    """Read with a fresh reading for every page, its cursor through JSON, as chunks do."""
    pages, cursor = [], None
    for _ in range(60):
        page = next(iter(read(configured, cursor, most=1)))
        pages.append(page)
        if page.cursor is None:
            return pages
        cursor = json.loads(json.dumps(page.cursor))
    raise AssertionError("the listing does not end")


CURSOR = {"records": "/data", "pagination": {"style": "cursor", "next": "/paging/next", "param": "after"}}
LINK = {"records": "/data", "pagination": {"style": "link"}}
LINK_IN_BODY = {"records": "/data", "pagination": {"style": "link", "next": "/next"}}
PAGE = {"records": "/data", "pagination": {"style": "page", "param": "p"}}
OFFSET = {"records": "/data", "pagination": {"style": "offset", "param": "skip", "size_param": "n", "size": 2}}


def by_cursor(asked: Any) -> Any:
    following = {"": "a b&c", "a b&c": 7, "7": None}[asked.query.get("after", "")]
    first = {"": 1, "a b&c": 3, "7": 5}[asked.query.get("after", "")]
    return 200, {}, body(first, first + 1, paging={"next": following})


def by_link(asked: Any) -> Any:
    n = int(asked.query.get("p", "0"))
    links = {"link": f'</x?p=0>; rel="first", </x?p={n + 1}>; title="a, b"; rel="last next"'} if n < 2 else {}
    return 200, links, body(2 * n + 1, 2 * n + 2)


def by_link_in_body(asked: Any) -> Any:
    n = int(asked.query.get("p", "0"))
    return 200, {}, body(2 * n + 1, 2 * n + 2, next=f"?p={n + 1}" if n < 2 else "")


def by_page(asked: Any) -> Any:
    n = int(asked.query["p"])
    return 200, {}, body(2 * n - 1, 2 * n) if n < 4 else body()


def by_offset(asked: Any) -> Any:
    skip = int(asked.query["skip"])
    assert asked.query["n"] == "2"
    return 200, {}, body(*range(skip + 1, min(skip + 2, 6) + 1))


@pytest.mark.parametrize("reading", [read, resumed])
@pytest.mark.parametrize(
    ("reply", "settings"),
    [(by_cursor, CURSOR), (by_link, LINK), (by_link_in_body, LINK_IN_BODY), (by_page, PAGE), (by_offset, OFFSET)],
    ids=["cursor", "link", "link in body", "page", "offset"],
)
def test_every_style_reads_everything_once(
    serve: Serve, reply: Any, settings: dict[str, Any], reading: Callable[[HttpSource], list[Page]]
) -> None:
    server = serve(reply)
    pages = reading(source(f"{server.url}/x?fixed=%20y", **settings))
    assert ids(pages) == ["1", "2", "3", "4", "5", "6"]
    assert codes(pages) == []
    assert pages[-1].cursor is None
    assert server.asked[0].query["fixed"] == " y"
    assert len(server.asked) == len(pages) <= 4


def test_one_page(serve: Serve) -> None:
    server = serve(lambda _: (200, {}, b'[{"id":1}]'))
    pages = read(source(server.url))
    assert (ids(pages), pages[0].cursor, len(server.asked)) == (["1"], None, 1)


@pytest.mark.parametrize(
    ("status", "said", "partly"),
    [
        (206, "items 0-1/200", True),
        (200, "orders 0-1/3", True),
        (206, "items 0-1/2", False),
        (206, "items 0-1/*", False),
        (206, "bytes 0-19/200", False),
        (200, "nonsense", False),
    ],
)
def test_one_page_that_says_it_is_a_part_is_told(serve: Serve, status: int, said: str, *, partly: bool) -> None:
    answered = serve(lambda _: (status, {"content-range": said}, body(1, 2)))
    pages = read(source(answered.url, records="/data"))
    assert ids(pages) == ["1", "2"]
    assert codes(pages) == ([("#p2", "page_malformed")] if partly else [])
    assert all(said.rpartition("/")[2] in refusal.message for page in pages for refusal in page.refused)


def test_no_content_is_an_empty_page(serve: Serve) -> None:
    assert read(source(serve(lambda _: (204, {}, b"")).url)) == [Page((), ())]


def test_credentials_are_sent_with_their_prefix_and_nowhere_else(serve: Serve) -> None:
    server = serve(by_cursor)
    auth = Auth(header="X-Token", env="T", prefix="Token ")
    read(source(server.url, auth=auth, **CURSOR))
    assert {asked.headers["x-token"] for asked in server.asked} == {"Token s3cret"}


class TestLoops:
    @pytest.mark.parametrize("reading", [read, resumed])
    @pytest.mark.parametrize("length", [1, 2, 3, 40])
    def test_a_cursor_that_comes_back(self, serve: Serve, length: int, reading: Any) -> None:
        def reply(asked: Any) -> Any:
            n = int(asked.query.get("after", "-1")) + 1
            return 200, {}, body(n, paging={"next": n % length})

        most = 3 * length + 3
        pages = reading(source(serve(reply).url, **CURSOR), most=200) if reading is read else None
        if pages is None:
            if length > 20:
                pytest.skip("the same, and slow")
            pages = resumed(source(serve(reply).url, **CURSOR))
        assert codes(pages)[-1][1] == "pagination_loop"
        assert pages[-1].cursor is None
        assert len(pages) <= most

    def test_a_link_that_differs_in_its_fragment_alone(self, serve: Serve) -> None:
        """No server hears of it: the same page came for ever."""
        asked = iter(range(100))
        server = serve(lambda _: (200, {}, body(1, next=f"/#{next(asked)}")))
        pages = read(source(server.url, **LINK_IN_BODY))
        assert codes(pages)[-1][1] == "pagination_loop"
        assert len(pages) < 4

    def test_a_link_that_leads_to_the_page_itself(self, serve: Serve) -> None:
        server = serve(lambda _: (200, {}, body(1, next="/x")))
        pages = read(source(f"{server.url}/x", **LINK_IN_BODY))
        assert (ids(pages), codes(pages)) == (["1"], [("#p2", "pagination_loop")])

    @pytest.mark.parametrize("settings", [PAGE, OFFSET])
    def test_a_source_that_ignores_what_page_is_asked_for(self, serve: Serve, settings: dict[str, Any]) -> None:
        pages = read(source(serve(lambda _: (200, {}, body(1, 2))).url, **settings))
        assert (ids(pages), codes(pages)) == (["1", "2"], [("#p2", "pagination_loop")])

    def test_more_pages_than_allowed(self, serve: Serve) -> None:
        pages = read(source(serve(by_page).url, max_pages=2, **PAGE))
        assert (ids(pages), codes(pages)) == (["1", "2", "3", "4"], [("#p3", "pagination_loop")])


class TestOrigin:
    @pytest.mark.parametrize("link", ["http://127.0.0.2/x", "//example.test/x", "http://u:p@127.0.0.1/", "file:///etc"])
    def test_a_link_to_elsewhere_is_refused(self, serve: Serve, link: str) -> None:
        server = serve(lambda _: (200, {}, body(1, next=link)))
        pages = read(source(server.url, **LINK_IN_BODY))
        assert (ids(pages), codes(pages)) == (["1"], [("#p2", "source_refused")])

    def test_a_link_to_another_port_is_refused(self, serve: Serve) -> None:
        other = serve(lambda _: (200, {}, body(2)))
        server = serve(lambda _: (200, {}, body(1, next=other.url)))
        assert codes(read(source(server.url, **LINK_IN_BODY))) == [("#p2", "source_refused")]
        assert other.asked == []


class TestBadPages:
    @pytest.mark.parametrize("bad", [b"<html>", b'{"data":7}', b'{"data":[{"id":"' + b"x" * 3_000 + b'"}]}'])
    @pytest.mark.parametrize("settings", [PAGE, OFFSET])
    def test_numbered_listings_go_on_behind_them(self, serve: Serve, settings: dict[str, Any], bad: bytes) -> None:
        genuine = by_page if settings is PAGE else by_offset

        def reply(asked: Any) -> Any:
            second = asked.query.get("p") == "2" or asked.query.get("skip") == "2"
            return (200, {}, bad) if second else genuine(asked)

        pages = read(source(serve(reply).url, max_page_bytes=2_000, **settings))
        assert ids(pages) == ["1", "2", "5", "6"]
        assert codes(pages) == [("#p2", "page_too_large" if len(bad) > 2_000 else "page_malformed")]

    def test_a_page_that_is_too_large_names_its_place(self, serve: Serve) -> None:
        pages = read(source(serve(lambda _: (200, {}, body(*range(500)))).url, max_page_bytes=100, **PAGE))
        assert "1" in pages[0].refused[0].message

    @pytest.mark.parametrize("settings", [PAGE, OFFSET])
    def test_a_source_that_gives_nothing_else_is_given_up(self, serve: Serve, settings: dict[str, Any]) -> None:
        server = serve(lambda _: (200, {}, b"<html>"))
        pages = resumed(source(server.url, **settings))
        assert len(server.asked) == 5
        assert {code for _, code in codes(pages)} == {"page_malformed"}

    def test_an_offset_without_a_known_step_ends(self, serve: Serve) -> None:
        server = serve(lambda _: (200, {}, b"<html>"))
        settings = {"records": "/data", "pagination": {"style": "offset"}}
        assert codes(read(source(server.url, **settings))) == [("#p1", "page_malformed")]

    def test_a_cursor_listing_ends_with_them(self, serve: Serve) -> None:
        pages = read(source(serve(lambda _: (200, {}, b"<html>")).url, **CURSOR))
        assert (codes(pages), pages[0].cursor) == ([("#p1", "page_malformed")], None)

    def test_a_cursor_is_found_beside_bad_records(self, serve: Serve) -> None:
        def reply(asked: Any) -> Any:
            status, headers, content = by_cursor(asked)
            return status, headers, content.replace(b'{"id": 3}', b'{"id": 3, "a": NaN}')

        pages = read(source(serve(reply).url, **CURSOR))
        assert ids(pages) == ["1", "2", "4", "5", "6"]
        assert codes(pages) == [("#p2/0", "record_malformed")]

    @pytest.mark.parametrize("pointed", [{"a": 1}, [1], True, 1.5])
    def test_a_cursor_that_is_none(self, serve: Serve, pointed: object) -> None:
        pages = read(source(serve(lambda _: (200, {}, body(1, paging={"next": pointed}))).url, **CURSOR))
        assert (ids(pages), codes(pages)) == (["1"], [("#p2", "page_malformed")])

    def test_unknown_compression_is_a_bad_page(self, serve: Serve) -> None:
        pages = read(source(serve(lambda _: (200, {"content-encoding": "br"}, b"x")).url))
        assert codes(pages) == [("#p1", "page_malformed")]


class TestExpiry:
    @pytest.mark.parametrize("status", [400, 404, 410])
    def test_an_expired_cursor_begins_again_once(self, serve: Serve, status: int) -> None:
        gone: list[int] = [1]

        def reply(asked: Any) -> Any:
            if asked.query.get("after") == "7" and gone:
                gone.pop()
                return status, {}, b""
            return by_cursor(asked)

        pages = resumed(source(serve(reply).url, **CURSOR))
        assert ids(pages) == ["1", "2", "3", "4", "1", "2", "3", "4", "5", "6"]
        assert codes(pages) == []

    def test_one_that_expires_again_is_an_error(self, serve: Serve) -> None:
        def reply(asked: Any) -> Any:
            return (410, {}, b"") if asked.query.get("after") else by_cursor(asked)

        with pytest.raises(TerminalError) as caught:
            resumed(source(serve(reply).url, **CURSOR))
        assert caught.value.code == "not_found"

    @pytest.mark.parametrize("settings", [CURSOR, PAGE])
    def test_a_first_page_that_is_not_there_is_an_error(self, serve: Serve, settings: dict[str, Any]) -> None:
        with pytest.raises(TerminalError):
            read(source(serve(lambda _: (404, {}, b"")).url, **settings))

    def test_a_number_behind_the_last_page_may_not_exist(self, serve: Serve) -> None:
        server = serve(lambda asked: by_page(asked) if asked.query["p"] < "4" else (404, {}, b""))
        pages = read(source(server.url, **PAGE))
        assert ids(pages) == ["1", "2", "3", "4", "5", "6"]
        assert codes(pages) == []


def test_a_pointer_can_end_a_numbered_listing(serve: Serve) -> None:
    server = serve(lambda asked: (200, {}, body(int(asked.query["page"]), more=asked.query["page"] != "2")))
    settings = {"records": "/data", "pagination": {"style": "page", "next": "/more"}}
    assert ids(read(source(server.url, **settings))) == ["1", "2"]
    assert len(server.asked) == 2


class TestAnEmptyPageThatSaysThereIsMore:
    """Servers filter what they have cut into pages already; some pages are then empty, and the listing goes on."""

    def test_does_not_end_a_listing_by_page(self, serve: Serve) -> None:
        def reply(asked: Any) -> tuple[int, dict[str, str], bytes]:
            n = int(asked.query["page"])
            return 200, {}, body(*([n] if n in {1, 4} else []), more=n < 4)

        settings = {"records": "/data", "pagination": {"style": "page", "next": "/more"}}
        assert ids(resumed(source(serve(reply).url, **settings))) == ["1", "4"]

    @pytest.mark.parametrize("size", [None, 5])
    def test_leaves_nothing_out_of_a_listing_by_offset(self, serve: Serve, size: int | None) -> None:
        def reply(asked: Any) -> tuple[int, dict[str, str], bytes]:
            at = int(asked.query["offset"])  # two to a page, however many are asked for
            return 200, {}, body(*(n for n in range(at, min(at + 2, 9)) if n < 2 or n > 5), more=at + 2 < 9)

        rules = {"style": "offset", "next": "/more"} | ({} if size is None else {"size_param": "n", "size": size})
        read_ids = ids(resumed(source(serve(reply).url, records="/data", pagination=rules)))
        assert sorted(set(read_ids)) == ["0", "1", "6", "7", "8"]

    def test_the_first_of_them_goes_on_by_the_size_asked_for(self, serve: Serve) -> None:
        replies = {"0": body(more=True), "3": body(3, more=False)}
        server = serve(lambda asked: (200, {}, replies[asked.query["offset"]]))
        rules = {"style": "offset", "next": "/more"}
        pages = read(source(server.url, records="/data", pagination={**rules, "size_param": "n", "size": 3}))
        assert (ids(pages), codes(pages)) == (["3"], [])
        assert codes(read(source(server.url, records="/data", pagination=rules))) == [("#p2", "page_malformed")]

    def test_is_not_believed_for_ever(self, serve: Serve) -> None:
        settings = {"records": "/data", "pagination": {"style": "page", "next": "/more"}}
        pages = read(source(serve(lambda _: (200, {}, body(more=True))).url, **settings), most=400)
        assert codes(pages) == [("#p101", "pagination_loop")]


@pytest.mark.parametrize(("status", "error"), [(503, TransientError), (429, TransientError), (401, TerminalError)])
def test_what_was_read_before_a_failure_stands(serve: Serve, status: int, error: type[Exception]) -> None:
    server = serve(lambda asked: by_page(asked) if asked.query["p"] == "1" else (status, {"retry-after": "9"}, b""))
    pages = open_pages(source(server.url, **PAGE), cursor=None, secrets=lambda _: "")
    assert ids([next(pages)]) == ["1", "2"]
    with pytest.raises(error) as caught:
        next(pages)
    assert getattr(caught.value, "retry_after", 9.0) == 9.0


def test_a_deadline_that_has_passed_costs_no_request(serve: Serve) -> None:
    server = serve(lambda _: (200, {}, b"[]"))
    with pytest.raises(TransientError):
        next(open_pages(source(server.url), cursor=None, secrets=lambda _: "", deadline=0.0))
    assert server.asked == []


def test_private_addresses_need_the_sources_word(serve: Serve) -> None:
    server = serve(lambda _: (200, {}, b"[]"))
    closed = source(server.url).model_copy(update={"allow_private": False})
    with pytest.raises(TerminalError) as caught:
        read(closed)
    assert caught.value.code == "source_refused"
    assert server.asked == []


def test_a_foreign_cursor_is_refused() -> None:
    with pytest.raises(UsageError):
        read(source("http://x.test"), {"size": 1, "modified": 2})


@pytest.mark.parametrize("last", [None, False, "", [], {}])
@pytest.mark.parametrize("style", ["cursor", "link", "page"])
def test_nothing_of_any_type_ends_a_listing(style: str, last: object, serve: Serve) -> None:
    server = serve(lambda _: (200, {}, body(1, next=last)))
    rules = {"style": style, "next": "/next", "param": "p"}
    pages = read(source(server.url, records="/data", pagination=rules))
    assert (ids(pages), codes(pages), len(server.asked)) == (["1"], [], 1)


def test_a_bad_record_beside_a_link_ends_no_numbered_listing(serve: Serve) -> None:
    def reply(asked: Any) -> Any:
        n = int(asked.query["p"])
        bad = b'{"id": 9, "x": NaN},' if n == 1 else b""
        following = b'{"href": "/p", "meta": {"n": 1}}' if n < 3 else b"null"
        return 200, {}, b'{"data": [%s{"id": %d}], "next": %s}' % (bad, n, following)

    rules = {"style": "page", "next": "/next", "param": "p"}
    pages = read(source(serve(reply).url, records="/data", pagination=rules))
    assert (ids(pages), codes(pages)) == (["1", "2", "3"], [("#p1/0", "record_malformed")])


def test_credentials_in_a_link_are_in_no_refusal(serve: Serve) -> None:
    def reply(asked: Any) -> Any:
        if "key" in asked.query:
            return 200, {}, b"x" * 3_000
        return 200, {}, body(1, next="/x?p=1&key=s3cret")

    server = serve(reply)
    pages = read(
        source(server.url, records="/data", max_page_bytes=2_000, pagination={"style": "link", "next": "/next"})
    )
    (refusal,) = (one for page in pages for one in page.refused)
    assert (refusal.code, "/x" in refusal.message, "s3cret" in refusal.message) == ("page_too_large", True, False)
