import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.gate.linear_pattern import UnsupportedPatternError, compile_linear
from enrichment.gate.pattern import compile_search
from enrichment.gate.pattern_tree import is_straight, parse
from schemas.errors import ConfigurationError
from tests.timing import within

_ATOM = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", "^", "$", "[a-c1]"])
_PATTERN = st.recursive(
    _ATOM,
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "*?"])),
    ),
    max_leaves=6,
)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(pattern=_PATTERN, texts=st.lists(st.text("abc1", max_size=6), min_size=1, max_size=8))
def test_the_automaton_agrees_with_the_engine(pattern: str, texts: list[str]) -> None:
    search = compile_linear(pattern)
    for text in texts:
        assert search(text) == (re.search(pattern, text) is not None)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^[a-z0-9]+(-[a-z0-9]+)*$", "a-b-c9", True),
        ("^[a-z0-9]+(-[a-z0-9]+)*$", "a--b", False),
        ("^(?=.{3,5}$)[a-z]+$", "abcd", True),
        ("^(?=.{3,5}$)[a-z]+$", "abcdef", False),
        ("^(?!-)[a-z-]+$", "-a", False),
        ("^(?!-)[a-z-]+$", "a-", True),
        ("^(?=[\\s\\S]{2,})(?=[\\s\\S]*(?:b+))", "ab", True),
        ("^(?=[\\s\\S]{2,})(?=[\\s\\S]*(?:b+))", "b", False),
        ("a$", "a\n", False),
        ("^\\w+$", "größe", True),
    ],
)
def test_usual_patterns(pattern: str, text: str, *, found: bool) -> None:
    search, _ = compile_search(pattern, "f")
    assert bool(search(text)) is found


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^(a|aa)+$", "(x?){30}x{30}$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*=.*"]
)
def test_no_text_makes_a_pattern_run_for_ever(pattern: str) -> None:
    search, limit = compile_search(pattern, "f")
    with within(5):
        search("a" * (limit - 1) + "!")


@pytest.mark.parametrize("pattern", ["(", "[z-a]", "*a", "(?P<n>", "a{99999999999999}", r"\p{L}"])
def test_a_wrong_pattern_refuses_to_start(pattern: str) -> None:
    with pytest.raises(ConfigurationError, match="field 'f'"):
        compile_search(pattern, "f")


@pytest.mark.parametrize("pattern", [r"(a+)+\1", r"a(?=b*c*d*e)", r"(?i)(a+)+"])
def test_a_pattern_that_could_run_for_ever_refuses_to_start(pattern: str) -> None:
    with pytest.raises(ConfigurationError, match="for ever"):
        compile_search(pattern, "f")


@pytest.mark.parametrize("pattern", [r"^(a)\1$", r"x(?=y)", "(?i)^abc$", r"\bword\b"])
def test_a_harmless_pattern_goes_to_the_engine_with_short_texts(pattern: str) -> None:
    with pytest.raises(UnsupportedPatternError):
        compile_linear(pattern)
    assert compile_search(pattern, "f")[1] == 500


@settings(derandomize=True, max_examples=300, deadline=None)
@given(pattern=st.text(max_size=20))
def test_compiling_is_total_but_for_its_refusal(pattern: str) -> None:
    try:
        search, _ = compile_search(pattern, "f")
    except ConfigurationError:
        return
    search("some text 123")


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    pattern=st.sampled_from(
        [
            "^[A-Z]{2}[A-Z0-9]{9}[0-9]$",
            "^[A-Z]{2}$",
            r"^\d{5}$",
            "^a.c$",
            "^[^0-9]+$",
            "^a[bc]{2,3}$",
            "^x*$",
            r"^\w-\w?$",
        ]
    ),
    text=st.text(alphabet="aAbcxZ09-\n\u00e9\u0665", max_size=13),
)
def test_a_straight_pattern_gives_what_the_automaton_gives(pattern: str, text: str) -> None:
    assert is_straight(parse(pattern))
    search, _ = compile_search(pattern, "f")
    assert bool(search(text)) is compile_linear(pattern)(text)


@pytest.mark.parametrize(
    "pattern",
    ["^a*b$", "^(ab)$", "^a|b$", "a$", "^a", "", "^", "$", "^(?=a)a$", "^a??$", "^(?:ab){2}$", "^a$b$", r"^a\b$"],
)
def test_other_patterns_are_left_to_the_automaton(pattern: str) -> None:
    assert not is_straight(parse(pattern))
