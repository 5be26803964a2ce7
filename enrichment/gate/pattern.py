"""Rule `pattern`: a text matches the field's regular expression, which no text can make run for ever."""

from __future__ import annotations

import re
from collections.abc import Callable

from enrichment.gate.linear_pattern import UnsupportedPatternError, compile_linear
from enrichment.gate.pattern_tree import is_straight, parse, repeats
from enrichment.gate.rule import Check, FieldContext
from schemas.errors import ConfigurationError
from schemas.json_types import Cell, Record

#: Longer texts are refused unread: no column with a pattern holds them.
_LINEAR_LIMIT = 20_000
#: For patterns that look around or back, which only a backtracking engine can match: two repeats over so many
#: characters are a few ten thousand steps.
_BACKTRACKING_LIMIT = 500
_BACKTRACKING_REPEATS = 2


def compile_search(pattern: str, field: str) -> tuple[Callable[[str], object], int]:
    """Give a search that cannot run away, and the longest text that it may be given.

    Raises:
        ConfigurationError: not a regular expression, or one that could run for ever on some text.
    """
    try:
        compiled = re.compile(pattern)
        linear = compile_linear(pattern)
        # The common case, as of codes; the end is then the very end, as it is for the automaton.
        return (compiled.fullmatch if is_straight(parse(pattern)) else linear), _LINEAR_LIMIT
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigurationError(
            f"field {field!r}: its pattern is no regular expression: {error}", hint="mend the target's pattern"
        ) from error
    except UnsupportedPatternError:
        depths = list(repeats(parse(pattern)))
    if len(depths) > _BACKTRACKING_REPEATS or any(depths):
        raise ConfigurationError(
            f"field {field!r}: its pattern could run for ever on some text",
            hint="a pattern with look-around, back-references or flags may hold two repeats, none inside another",
        )
    return compiled.search, _BACKTRACKING_LIMIT


def compile_pattern(context: FieldContext) -> Check | None:
    if context.field.pattern is None:
        return None
    search, limit = compile_search(context.field.pattern, context.field.name)

    def check(value: Cell, _record: Record, _winner: int | None) -> str | None:
        if type(value) is not str:
            return None
        if len(value) > limit:
            return f"longer than {limit} characters, too long for the pattern"
        return None if search(value) else "does not match the pattern"

    return check
