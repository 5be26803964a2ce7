"""What pydantic finds, in the words of this program. Values are never quoted: one of them may be a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from schemas.errors import Problem, nearest


class Wrong(NamedTuple):
    """`what` is wrong with a value, and what is `wanted` instead of it or else would `mend` it."""

    what: str
    wanted: str = ""
    mend: str = "correct the value"

    @property
    def remedy(self) -> str:
        return f"write {self.wanted}" if self.wanted else self.mend


_Context = Mapping[str, Any]

_TEXT: Final = Wrong("is no text", "a text in quotes")
_WHOLE: Final = Wrong("is no whole number", "a whole number")
_NUMBER: Final = Wrong("is no number", "a number")
_FLAG: Final = Wrong("is neither true nor false", "true or false")
_LIST: Final = Wrong("is no list", 'a list: ["...", "..."]')
_OBJECT: Final = Wrong("is no object", "an object: { ... }")
_PATH: Final = Wrong("is no path", "a path in quotes")

_KINDS: Final[Mapping[str, Wrong]] = {
    "missing": Wrong("is missing", mend="set it"),
    "extra_forbidden": Wrong("is not known here", mend="leave it out"),
    "string_type": _TEXT,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "bool_type": _FLAG,
    "bool_parsing": _FLAG,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "path_type": _PATH,
}
_LIMITS: Final[Mapping[str, Callable[[_Context], Wrong]]] = {
    "greater_than": lambda c: Wrong("is too small", f"a number above {c['gt']:g}"),
    "greater_than_equal": lambda c: Wrong("is too small", f"a number of at least {c['ge']:g}"),
    "less_than": lambda c: Wrong("is too large", f"a number below {c['lt']:g}"),
    "less_than_equal": lambda c: Wrong("is too large", f"a number of at most {c['le']:g}"),
    "string_too_short": lambda c: Wrong(
        "is empty" if c["min_length"] == 1 else "is too short", f"at least {_characters(c['min_length'])}"
    ),
    "too_short": lambda c: Wrong("is too short", f"at least {c['min_length']}"),
    "too_long": lambda c: Wrong("is too long", f"at most {c['max_length']}"),
    "string_too_long": lambda c: Wrong("is too long", f"at most {_characters(c['max_length'])}"),
    "union_tag_invalid": lambda c: Wrong(f"has an unknown {_bare(c['discriminator'])}", f"one of {c['expected_tags']}"),
    "union_tag_not_found": lambda c: Wrong(f"has no {_bare(c['discriminator'])}", mend="set it"),
    "string_pattern_mismatch": lambda c: Wrong("is of another form", f"what matches {c['pattern']}"),
}


def findings(error: ValidationError) -> list[Mapping[str, Any]]:
    """What was found, each with the value that was given: only `worded` may look at that."""
    return [dict(found) for found in error.errors(include_url=False)]


def worded(found: Mapping[str, Any]) -> Wrong:
    """One finding of pydantic."""
    kind, context = str(found["type"]), found.get("ctx") or {}
    if kind in {"literal_error", "enum"}:
        expected = str(context["expected"])
        known = expected.replace(" or ", ", ").replace("'", "").split(", ")
        given = found.get("input")
        near = nearest(given, known) if isinstance(given, str) else ""
        return Wrong(f"is nothing that may stand here{near}", f"one of {expected}" if len(known) > 1 else expected)
    if kind in _LIMITS:
        return _LIMITS[kind](context)
    return _KINDS.get(kind) or Wrong(str(found["msg"]).removeprefix("Value error, "))


def alternatives(found: Sequence[Wrong]) -> Wrong:
    """What is wrong with a value that may be of several kinds, and is of none of them."""
    if len(found) == 1:
        return found[0]
    near = "".join(one.what[at:] for one in found if (at := one.what.find(", did you mean")) >= 0)
    return Wrong(f"is nothing that may stand here{near}", " or ".join(dict.fromkeys(one.wanted for one in found)))


def _bare(name: str) -> str:
    return name.strip("'")


def _characters(number: int) -> str:
    return f"{number} character{'' if number == 1 else 's'}"


def validation_problems(error: ValidationError, where: str = "") -> list[Problem]:
    """Say pydantic's findings with the key they stand at, without quoting the value."""
    return [
        Problem(".".join([*([where] if where else []), *(str(p) for p in found["loc"])]), wrong.what, wrong.remedy)
        for found in findings(error)
        for wrong in (worded(found),)
    ]
