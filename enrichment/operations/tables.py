"""A closed table from the source's values to the target's allowed ones."""

from __future__ import annotations

from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import Fault, Outcome
from enrichment.operations.text import as_text, fold
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Json

_NOT_IN_TABLE = Fault(Code.NOT_ALLOWED, "the value is not in the table")


def compile_map_values(args: Arguments, settings: ReadSettings) -> Step:
    if not args:
        raise UsageError("map_values: the table is empty", hint="give one argument per value of the source")
    allowed = None if settings.allowed is None else {as_text(value): value for value in settings.allowed}
    table: dict[str, str | int | bool] = {}
    for name, value in args.items():
        given, meant = fold(name), fold(str(value))
        if allowed is not None and meant not in allowed:
            raise UsageError(f"map_values: {meant!r} is not allowed in the target", hint=f"allowed: {settings.allowed}")
        if given in table:
            raise UsageError(f"map_values: {given!r} stands twice in the table", hint="white space does not count")
        table[given] = meant if allowed is None else allowed[meant]

    def map_value(value: Json) -> Outcome:
        text = as_text(value)
        return table.get(text, _NOT_IN_TABLE) if isinstance(text, str) else text

    return map_value
