"""What evidence, once it is weighed, says for a source: whether it speaks at all, and in words. Pure."""

from __future__ import annotations

from typing import Final

from enrichment.evidence.signals import SIGNALS, WEIGHTS, Weighed
from schemas.target import TargetField

#: What names must have to say for a rival where nothing speaks for the bound source.
FAIRLY_NAMED: Final = 0.6
#: What names must have to say on both sides of an exchange of which one side is not bound, or that robs it.
SOMEHOW_NAMED: Final = 0.35
#: What telling words that agree are worth beside names.
_AGREEING: Final = 0.5
#: Signals that a refusal tells of.
_TOLD: Final = 2


def possible(would: Weighed, field: TargetField) -> bool:
    """Say whether neither the values nor telling words rule a source out.

    What a field is by its name alone is a guess, and beside a source of the very name a wrong one: a `capital` that is
    a city is no amount of money.
    """
    guessed = field.kind is None and bears_its_name(would)
    return (guessed or would.value("kind_by_values") != -1.0) and would.value("qualifiers") != -1.0


def spelt(seen: Weighed) -> float:
    """How alike the two names are spelt, 0..1."""
    return seen.value("spelling") or 0.0


def bears_its_name(seen: Weighed) -> bool:
    """Say whether a source is spelt as the field is."""
    return spelt(seen) >= 1.0


def told(would: Weighed) -> float:
    """Say what names say for a source in all, 0..1; that telling words agree is worth something by itself."""
    return max(would.named, _AGREEING if (would.value("qualifiers") or 0.0) > 0 else 0.0)


def speaks(would: Weighed, least: float) -> bool:
    """Say whether the rival has something for it, rather than the bound field something against it."""
    return would.named >= least or (would.value("trusted_rows") or 0.0) > 0


def why(now: Weighed, then: Weighed) -> str:
    """Name the signals that differ most, strongest first."""
    differing: list[tuple[float, str]] = []
    for signal in SIGNALS:
        before, after = now.value(signal.name) or 0.0, then.value(signal.name) or 0.0
        if after > before:
            words = signal.name.replace("_", " ")
            differing.append((WEIGHTS[signal.group] * (after - before), f"{words} {after:.2f} against {before:.2f}"))
    most = [words for _, words in sorted(differing, key=lambda one: (-one[0], one[1]))[:_TOLD]]
    return f" ({', '.join(most)})" if most else ""
