"""Yes and no."""

from __future__ import annotations

from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import Fault, Outcome
from enrichment.operations.text import folded
from schemas.codes import Code
from schemas.json_types import Json

_MEANINGS = {
    **dict.fromkeys(("true", "yes", "1", "t", "y"), True),
    **dict.fromkeys(("false", "no", "0", "f", "n"), False),
}
_NEITHER = Fault(Code.TYPE, "neither yes nor no")


def _parse(value: Json) -> Outcome:
    if isinstance(value, bool):
        return value
    text = folded(value)
    return _MEANINGS.get(text.lower(), _NEITHER) if isinstance(text, str) else text


def compile_parse_boolean(_args: Arguments, _settings: ReadSettings) -> Step:
    return _parse
