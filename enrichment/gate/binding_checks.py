"""Checks on one proposed binding: it names only what was offered, and has the form that a binding has.

Each check gives what is wrong, or null. A server that enforces the response schema leaves little for them to find; they
do not rely on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from enrichment.execution import GATHERING, compile_alternative
from enrichment.gate.offer import Offer
from enrichment.gate.wire import WireAlternative, WireBinding
from enrichment.operations import ReadSettings
from schemas.errors import UsageError
from schemas.plan import Alternative, OpArg, OpCall

BindingCheck: TypeAlias = Callable[[WireBinding, Offer], str | None]
_QUOTED = 120
#: A code of a country, a currency or a language, with its script or region.
_CODE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{2,4})?")
_DEFAULTS = ReadSettings()


def _alternatives(binding: WireBinding, _offer: Offer) -> str | None:
    return None if 1 <= len(binding.alternatives) <= 3 else "a binding has 1 to 3 alternatives"


def _paths(binding: WireBinding, _offer: Offer) -> str | None:
    fits = all(1 <= len(a.paths) <= 4 for a in binding.alternatives)
    return None if fits else "an alternative has 1 to 4 pointers"


def _operations(binding: WireBinding, _offer: Offer) -> str | None:
    return None if all(len(a.ops) <= 4 for a in binding.alternatives) else "an alternative has at most 4 operations"


def _offered_paths(binding: WireBinding, offer: Offer) -> str | None:
    for path in (p for a in binding.alternatives for p in a.paths):
        if path not in offer.paths:
            return f"pointer was not offered: {path[:_QUOTED]}"
    return None


def _offered_operations(binding: WireBinding, offer: Offer) -> str | None:
    for call in (c for a in binding.alternatives for c in a.ops):
        if call.op not in offer.operations:
            return f"operation was not offered: {call.op[:_QUOTED]}"
    return None


def _gathering(binding: WireBinding, _offer: Offer) -> str | None:
    for alternative in binding.alternatives:
        if len(alternative.paths) > 1 and not (alternative.ops and alternative.ops[0].op in GATHERING):
            return "several pointers need `first` or `join` as the first operation"
        if any(call.op in GATHERING for call in alternative.ops[1:]):
            return "`first` and `join` can only be the first operation"
    return None


def alternative_of(wire: WireAlternative) -> Alternative:
    """Raises ValidationError where the numbers of pointers or operations are not those of an alternative."""
    return Alternative(
        paths=tuple(wire.paths),
        ops=tuple(
            OpCall(op=call.op, args=tuple(OpArg(name=a.name, value=a.value) for a in call.args)) for call in wire.ops
        ),
    )


def _arguments(binding: WireBinding, offer: Offer) -> str | None:
    settings = offer.settings.get(binding.target, _DEFAULTS)
    for alternative in binding.alternatives:
        if any(call.op not in offer.operations for call in alternative.ops):
            continue  # what is not offered is the concern of another check
        try:
            compile_alternative(alternative_of(alternative), settings)
        except UsageError as error:
            return f"{error.message}; {error.hint}"[: 2 * _QUOTED]
    return None


def _words_of_its_own(binding: WireBinding, offer: Offer) -> str | None:
    """What a plan says itself would stand in cells that no record says: text between pieces, values of a table."""
    for alternative in binding.alternatives:
        for call in alternative.ops:
            given = [arg.value for arg in call.args]
            if call.op == "join" and any(mark.isalnum() for text in given for mark in text):
                return "the separator of `join` is of marks and spaces: no record says what else it puts between"
            if call.op == "map_values" and not _listed(binding.target, given, alternative, offer):
                return "`map_values` gives what the target lists, and it lists nothing; read what is there or abstain"
    return None


def _listed(name: str, given: Sequence[str], alternative: WireAlternative, offer: Offer) -> bool:
    """Whether a table's values are out of a list: the target's, to which the operation holds them, or a known one."""
    if offer.settings.get(name, _DEFAULTS).allowed is not None:
        return True
    if alternative.ops[-1].op == "parse_boolean":
        return True
    return name in offer.coded and all(_CODE.fullmatch(text.strip()) for text in given)


BINDING_CHECKS: Final[tuple[BindingCheck, ...]] = (
    _alternatives,
    _paths,
    _operations,
    _offered_paths,
    _offered_operations,
    _gathering,
    _arguments,
    _words_of_its_own,
)
