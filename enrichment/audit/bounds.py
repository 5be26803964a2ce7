"""How wrong what was written can be at most, given what was looked at. Pure.

The bound is the one of Clopper and Pearson (1934): the largest share of wrong cells under which as few defects as were
found, or fewer, still come up with the probability that is left. It holds for every share, without approximation.
"""

from __future__ import annotations

from math import exp, inf, lgamma, log, log1p

_STEPS = 80


def at_most(audited: int, defects: int, *, confidence: float) -> float | None:
    """Upper limit (0 to 1) of the share of wrong cells at one-sided `confidence`; null where nothing was audited."""
    if audited <= 0:
        return None
    if defects >= audited:
        return 1.0
    low, high = defects / audited, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _log_at_most(defects, audited, middle) > log(1.0 - confidence):
            low = middle
        else:
            high = middle
    return high


def _log_at_most(k: int, n: int, share: float) -> float:
    """Logarithm of the chance of at most k among n, each with probability `share`."""
    if share <= 0.0:
        return 0.0
    if share >= 1.0:
        return 0.0 if k >= n else -inf
    terms = [
        lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) + i * log(share) + (n - i) * log1p(-share)
        for i in range(k + 1)
    ]
    top = max(terms)
    return top + log(sum(exp(term - top) for term in terms))
