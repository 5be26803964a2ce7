"""The second opinion: two models must agree on a binding before its probation starts.

The small model's word is set aside and the large one asked for the same fields, without hearing it. Where they differ
the large one is told, once; only then may it take the small one's side or leave the field empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from enrichment.asking import Models
from schemas.errors import ConfigurationError
from schemas.plan import Abstention, Alternative, Binding, OpCall, Refusal

#: What one model says of one field.
Word: TypeAlias = Binding | Abstention
#: The rule under which a disagreement is refused. It blames neither model.
DISAGREED: Final = "second_opinion"

HINT: Final = "name another model as model.large, or leave second_opinion out"


@dataclass(frozen=True, slots=True)
class Compared:
    """Of the fields that both were asked about: what stands, and what is open again, with the reason."""

    agreed: tuple[Word, ...]
    refusals: tuple[Refusal, ...]


def require_two(models: Models, source: str) -> None:
    """
    Raises:
        ConfigurationError: one model would give both opinions.
    """
    if models.small == models.large:
        raise ConfigurationError(
            f"source {source} asks for a second opinion, but {models.small!r} is the small model and the large one",
            hint=HINT,
        )


def compare(first: dict[str, Word], second: Sequence[Word], *, last: bool, needed: frozenset[str]) -> Compared:
    """Hold the large model's words against the small one's.

    Two bindings agree where pointers and operations of their first alternatives are the same; of further alternatives
    those stand that both name. A field is left empty where both would, and where the small one's binding was refused
    already. In the last answer, which has heard of the disagreement, the large model may leave it empty by itself: no
    binding starts then that only one proposed. Fields in `needed`, without which no row can be written, may not.

    first: by target field; a field of which the small model said nothing that stood is left out
    """
    agreed: list[Word] = []
    refusals: list[Refusal] = []
    for word in second:
        other = first.get(word.target)
        if isinstance(word, Binding) and isinstance(other, Binding):
            if (shared := _shared(other, word)) is not None:
                agreed.append(shared)
                continue
        elif isinstance(word, Abstention) and (not isinstance(other, Binding) or (last and word.target not in needed)):
            agreed.append(word)
            continue
        refusals.append(_refusal(other, word))
    return Compared(tuple(agreed), tuple(refusals))


def _shared(first: Binding, second: Binding) -> Binding | None:
    """The second binding with the alternatives that the first names too; null where their first ones differ."""
    named = [_spelt(a) for a in first.alternatives]
    if named[0] != _spelt(second.alternatives[0]):
        return None
    return second.model_copy(update={"alternatives": tuple(a for a in second.alternatives if _spelt(a) in named)})


def _spelt(alternative: Alternative) -> tuple[tuple[str, ...], tuple[object, ...]]:
    """Equal for alternatives that do the same: a lone `copy` is no operation, and arguments have no order."""
    ops = [(call.op, tuple(sorted((a.name, a.value) for a in call.args))) for call in alternative.ops]
    return alternative.paths, () if ops == [("copy", ())] else tuple(ops)


def _refusal(first: Word | None, second: Word) -> Refusal:
    """Refuse the large model's pointers; those of the small one it may still take."""
    other = _paths(first)
    return Refusal(
        target=second.target,
        paths=tuple(path for path in _paths(second) if path not in other),
        rule=DISAGREED,
        message=f"two models disagree: one {_told(first)}, the other {_told(second)}; bind what is certain or abstain",
    )


def _paths(word: Word | None) -> tuple[str, ...]:
    return word.alternatives[0].paths if isinstance(word, Binding) else ()


def _told(word: Word | None) -> str:
    if word is None:
        return "gave no answer that passed the checks"
    if isinstance(word, Abstention):
        return f"leaves it empty as {word.reason}"
    first = word.alternatives[0]
    return f"binds {', '.join(first.paths)} by {_ops(first.ops)}"


def _ops(calls: Sequence[OpCall]) -> str:
    named = [
        call.op + (f"({', '.join(f'{a.name}={a.value}' for a in call.args)})" if call.args else "") for call in calls
    ]
    return " then ".join(named) or "copy"
