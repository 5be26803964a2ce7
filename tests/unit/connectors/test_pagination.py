"""Addresses, links and loops, without a server."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.connectors.pagination import Trail, header_link, same_origin, with_parameter


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://x/a", "http://x/a?p=v%26%20w"),
        ("http://x/a?", "http://x/a?p=v%26%20w"),
        ("http://x/a?b=c%20d&p=1&p=2#f", "http://x/a?b=c%20d&p=v%26%20w"),
        ("http://x/a?%70=1&pp=2", "http://x/a?pp=2&p=v%26%20w"),
    ],
)
def test_a_parameter_is_set_and_the_others_are_left(url: str, expected: str) -> None:
    assert with_parameter(url, "p", "v& w") == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("<a>; rel=next", "a"),
        ('<a>; rel="prev", <b>; REL="Next"', "b"),
        ('<a,b;c>; title="x; rel=next"; rel="next"', "a,b;c"),
        ('<a>; rel="first next"', "a"),
        ("< a >;rel=next", "a"),
        ('<a>; title="the \\"other\\" one, ; rel=prev"; rel="next"', "a"),
        ('<a>; title="; rel=next"; rel="last"', None),
        ('<a>; rel="last"; rel="next"', None),
        ('<a>; rel="nextish"', None),
        ("<a>", None),
        ("", None),
        ("rel=next", None),
    ],
)
def test_link_headers(header: str, expected: str | None) -> None:
    assert header_link(header) == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("http://x.test/a", "http://X.test:80/b", True),
        ("https://x.test", "https://x.test:443/", True),
        ("http://x.test", "https://x.test/b", True),
        ("https://x.test", "http://x.test/", False),
        ("http://x.test", "http://y.test", False),
        ("http://x.test", "http://x.test.evil", False),
        ("http://x.test", "http://x.test:81", False),
        ("http://x.test", "http://x.test@evil/", False),
        ("http://x.test", "http://u@x.test/", False),
        ("http://x.test", "http://[", False),
        ("http://x.test", "http://x.test:bad/", False),
        ("http://x.test", "/relative", False),
    ],
)
def test_origins(ours: str, theirs: str, same: bool) -> None:
    assert same_origin(ours, theirs) is same


@settings(derandomize=True, max_examples=60)
@given(st.integers(0, 100), st.integers(1, 150))
def test_every_cycle_is_met_and_nothing_else_is(before: int, length: int) -> None:
    trail: Trail | None = Trail()
    for n in range(before + length):
        assert trail is not None
        trail = trail.step(str(n))
    assert trail is not None
    for n in range(3 * (before + length)):
        trail = trail.step(str(before + n % length))
        if trail is None:
            assert n == 0 or length > 32
            return
    raise AssertionError("the cycle was not met")
