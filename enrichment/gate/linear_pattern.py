"""Regular expressions matched in linear time, so that no value can make a target's `pattern` run for ever.

The pattern becomes a nondeterministic automaton that is simulated with sets of states (K. Thompson, "Regular expression
search algorithm", CACM 11(6), 1968); the sets met are kept as a deterministic automaton that grows as values need it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from enrichment.gate.pattern_tree import Item, Items, parse, sre

#: Automata beyond this are refused; a repeat of 1,000 characters still fits.
MAX_STATES = 5_000
#: Sets kept at once; reaching it starts the collection anew, which costs time, never memory.
MAX_SETS = 2_000


class UnsupportedPatternError(Exception):
    """The pattern looks around or back, or is too large: no automaton of this kind can match it."""


_Accepts = Callable[[str], bool]


@dataclass(slots=True)
class _Step:
    """One instruction: takes a character (`accepts`), asserts a position (`at`), or only branches."""

    accepts: _Accepts | None = None
    at: str | None = None
    then: list[int] = field(default_factory=list)


class _Set:
    """A set of automaton states, with the sets that follow it, character by character."""

    __slots__ = ("at_end", "follow", "now", "states")

    def __init__(self, states: frozenset[int], *, now: bool, at_end: bool) -> None:
        self.states = states
        self.now = now
        self.at_end = at_end
        self.follow: dict[str, _Set] = {}


_BEGIN = {sre.AT_BEGINNING, sre.AT_BEGINNING_STRING}
_END = {sre.AT_END, sre.AT_END_STRING}
_CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}


def _member(items: Items) -> _Accepts:
    literals: set[str] = set()
    ranges: list[tuple[str, str]] = []
    categories: list[re.Pattern[str]] = []
    negated = False
    for op, value in items:
        if op is sre.NEGATE:
            negated = True
        elif op is sre.LITERAL and isinstance(value, int):
            literals.add(chr(value))
        elif op is sre.RANGE and isinstance(value, tuple):
            ranges.append((chr(value[0]), chr(value[1])))
        elif op is sre.CATEGORY and value in _CATEGORIES:
            categories.append(re.compile(_CATEGORIES[value]))
        else:
            raise UnsupportedPatternError

    def accepts(char: str) -> bool:
        found = (
            char in literals
            or any(low <= char <= high for low, high in ranges)
            or any(c.match(char) is not None for c in categories)
        )
        return found is not negated

    return accepts


def _character(op: Any, value: Any) -> _Accepts:  # noqa: ANN401 - as above
    if op is sre.LITERAL:
        return chr(value).__eq__
    if op is sre.NOT_LITERAL:
        return chr(value).__ne__
    if op is sre.ANY:
        return "\n".__ne__
    if op is sre.IN:
        return _member(value)
    raise UnsupportedPatternError


class _Builder:
    """Turns a parse tree into steps, from the end to the beginning; step 0 is the match."""

    def __init__(self) -> None:
        self.steps = [_Step()]

    def add(self, step: _Step) -> int:
        if len(self.steps) >= MAX_STATES:
            raise UnsupportedPatternError
        self.steps.append(step)
        return len(self.steps) - 1

    def sequence(self, items: Items, then: int) -> int:
        for op, value in reversed(items):
            then = self.item(op, value, then)
        return then

    def item(self, op: Any, value: Any, then: int) -> int:  # noqa: ANN401 - the parse tree has no types
        if op is sre.BRANCH:
            return self.add(_Step(then=[self.sequence(branch, then) for branch in value[1]]))
        if op is sre.SUBPATTERN and not (value[1] or value[2]):
            return self.sequence(value[3], then)
        if op in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
            low, high, inner = value
            return self.repeat(low, None if high is sre.MAXREPEAT else high, inner, then)
        if op is sre.AT and value in _BEGIN | _END:
            return self.add(_Step(at="begin" if value in _BEGIN else "end", then=[then]))
        return self.add(_Step(accepts=_character(op, value), then=[then]))

    def repeat(self, low: int, high: int | None, inner: Items, then: int) -> int:
        if high is None:
            loop = self.add(_Step(then=[then]))
            self.steps[loop].then.append(self.sequence(inner, loop))
            then = loop
        else:
            end = then
            for _ in range(high - low):
                then = self.add(_Step(then=[self.sequence(inner, then), end]))
        for _ in range(low):
            then = self.sequence(inner, then)
        return then


class LinearPattern:
    """An automaton for one parse tree. `$` means the end, not before a last line break.

    Raises:
        UnsupportedPatternError: look-around, back-references, inline flags, or too large.
    """

    def __init__(self, items: Items) -> None:
        builder = _Builder()
        self._start = builder.sequence(items, 0)
        self._steps = builder.steps
        self._sets: dict[frozenset[int], _Set] = {}
        self._first = self._set_of({self._start}, begin=True)

    def _closure(self, states: Iterable[int], *, begin: bool, end: bool) -> frozenset[int]:
        seen: set[int] = set()
        todo = list(states)
        while todo:
            state = todo.pop()
            if state in seen:
                continue
            seen.add(state)
            step = self._steps[state]
            passes = step.at is None or (step.at == "begin" and begin) or (step.at == "end" and end)
            if step.accepts is None and passes:
                todo.extend(step.then)
        return frozenset(seen)

    def _set_of(self, states: Iterable[int], *, begin: bool) -> _Set:
        closed = self._closure(states, begin=begin, end=False)
        if not begin and closed in self._sets:
            return self._sets[closed]
        found = _Set(closed, now=0 in closed, at_end=0 in self._closure(closed, begin=begin, end=True))
        if not begin:
            if len(self._sets) >= MAX_SETS:
                self._sets = {}
                self._first.follow = {}
            self._sets[closed] = found
        return found

    def _after(self, current: _Set, char: str) -> _Set:
        reached = {self._start}
        for state in current.states:
            accepts = self._steps[state].accepts
            if accepts is not None and accepts(char):
                reached.update(self._steps[state].then)
        following = self._set_of(reached, begin=False)
        current.follow[char] = following
        return following

    def search(self, text: str) -> bool:
        """Whether the pattern matches anywhere in `text`."""
        current = self._first
        for char in text:
            if current.now:
                return True
            following = current.follow.get(char)
            current = following if following is not None else self._after(current, char)
        return current.now or current.at_end


def _conjuncts(items: Items) -> Iterator[tuple[list[Item], bool]]:
    """Split `^(?=A)(?!B)C` into `^A`, not `^B`, and `^C`: what looks ahead from the very beginning needs no engine that
    can look ahead.
    """
    if not items or items[0][0] is not sre.AT or items[0][1] not in _BEGIN:
        yield list(items), True
        return
    begin, rest = items[0], list(items[1:])
    while rest and rest[0][0] in {sre.ASSERT, sre.ASSERT_NOT}:
        op, value = rest.pop(0)
        direction, ahead = value if isinstance(value, tuple) else (0, ())
        if direction != 1:
            raise UnsupportedPatternError
        yield from _signed(_conjuncts([begin, *ahead]), holds=op is sre.ASSERT)
    yield [begin, *rest], True


def _signed(parts: Iterator[tuple[list[Item], bool]], *, holds: bool) -> Iterator[tuple[list[Item], bool]]:
    found = list(parts)
    if holds:
        yield from found
    elif len(found) == 1 and found[0][1]:
        yield found[0][0], False
    else:
        raise UnsupportedPatternError


def compile_linear(pattern: str) -> Callable[[str], bool]:
    """Give a search whose time is in proportion to the length of the text.

    Raises:
        re.error: not a regular expression.
        UnsupportedPatternError: look-around elsewhere than at the beginning, back-references, inline flags, too large.
    """
    tree = parse(pattern)
    if tree.state.flags & ~re.UNICODE:
        raise UnsupportedPatternError
    parts = tuple((LinearPattern(items).search, holds) for items, holds in _conjuncts(list(tree)))
    if len(parts) == 1 and parts[0][1]:
        return parts[0][0]
    return lambda text: all(search(text) is holds for search, holds in parts)
