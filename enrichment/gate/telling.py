"""One field made ready: its binding is read, every rule on its cell asked, and what many records say is told once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from enrichment.execution import Reading
from enrichment.gate.ordinary import Look
from enrichment.gate.rule import Check
from schemas.codes import Code
from schemas.json_types import Cell, Record
from schemas.plan import Binding
from schemas.pointer import compile_pointer
from schemas.verdict import Issue

#: (code, check, whether it only reports), in the order in which they are asked.
Checks = tuple[tuple[str, Check, bool], ...]
#: Texts that are remembered of one field, and characters that such a text has at most.
_REMEMBERED: Final = 512
_LONGEST: Final = 100
#: Records after which it is seen whether remembering pays: one text in so many has to be met again.
_TRIED: Final = 1024
_PAYS: Final = 4


class Told(NamedTuple):
    """What one record says of one field.

    value:       null where the cell stays empty, then `reason` is its code
    winner:      index of the alternative that gave the value
    noted:       findings that empty nothing
    fault:       the finding that emptied the cell; null where it is merely absent
    """

    value: Cell
    reason: str
    winner: int | None
    approximate: bool
    noted: tuple[Issue, ...]
    fault: Issue | None


Tell = Callable[[Record], Told]
# A named tuple's own constructor is Python code, and takes longer than many a check.
_made = tuple.__new__


_ABSENT: Final = Told(None, Code.ABSENT.value, None, False, (), None)  # noqa: FBT003 - fields of a tuple


def compile_telling(
    name: str,
    read: Callable[[Record], Reading],
    checks: Checks,
    faults: frozenset[str],
    *,
    ordinary: Look | None = None,
    for_ordinary: Checks = (),
) -> Tell:
    """The first rule that objects names the reason.

    faults:       codes of operations that count as faults of a cell
    ordinary:     the look at a text after which only the checks `for_ordinary` are asked
    """

    def tell(record: Record) -> Told:
        value, reason, winner, approximate, message = read(record)
        if value is None:
            code = reason or Code.ABSENT.value
            if code in faults:
                return Told(None, code, None, False, (), Issue(name, code, message))  # noqa: FBT003 - as above
            return _ABSENT if code == Code.ABSENT else Told(None, code, None, False, (), None)  # noqa: FBT003
        spared = ordinary is not None and type(value) is str and ordinary(value)
        noted: tuple[Issue, ...] = ()
        for code, check, reports in for_ordinary if spared else checks:
            wrong = check(value, record, winner)
            if wrong is None:
                continue
            if not reports:
                return Told(None, code, None, False, noted, Issue(name, code, wrong))  # noqa: FBT003
            noted = (*noted, Issue(name, code, wrong))
        return _made(Told, (value, "", winner, approximate, noted, None))

    return tell


def remembering(tell: Tell, pointer: str) -> Tell:
    """What the text at `pointer`, the only one that `tell` looks at, was found to say is not found out again.

    Countries, units and categories are few; of names and amounts nearly each is another, and they are left alone after
    a while.
    """
    resolve = compile_pointer(pointer)
    known: dict[str, Told] = {}
    tried = met = 0
    pays = True

    def remember(record: Record) -> Told:
        nonlocal tried, met, pays
        if not pays:
            return tell(record)
        text = resolve(record)
        if type(text) is not str or len(text) > _LONGEST:
            return tell(record)
        tried += 1
        told = known.get(text)
        if told is not None:
            met += 1
            return told
        told = tell(record)
        if tried >= _TRIED and met * _PAYS < tried:
            pays = False
            known.clear()
        elif len(known) < _REMEMBERED:
            known[text] = told
        return told

    return remember


def only_pointer(binding: Binding) -> str | None:
    """The pointer of a binding that looks at one alone."""
    paths: Sequence[str] = [path for alternative in binding.alternatives for path in alternative.paths]
    return paths[0] if len(paths) == 1 else None
