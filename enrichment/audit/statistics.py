"""The mathematics of the audit: what counts of looked-at cells allow to be decided and to be said. Pure.

Sources:
  Wald, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16 (1945): the test of a field.
  Clopper and Pearson, "The use of confidence or fiducial limits", Biometrika 26 (1934): limits of a recall.
  Robbins, "Statistical methods related to the law of the iterated logarithm", Annals of Mathematical Statistics 41
    (1970), and Ville (1939): limits of a share that hold however often one looks.
  Rogan and Gladen, "Estimating prevalence from the results of a screening test", American Journal of Epidemiology 107
    (1978): the share of wrong cells behind what an imperfect auditor found.
  ISO 2859-1:1999 (sample sizes by lot, level II; switching scores) and MIL-STD-1916 (switching with acceptance number
    zero): what is looked at after release.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, exp, inf, lgamma, log, log1p
from typing import Final, Literal

_STEPS: Final = 60


# --- limits of a proportion, looked at once (Clopper and Pearson)


def upper_limit(found: int, looked: int, confidence: float) -> float:
    """Upper limit (0 to 1) of a share of which `found` among `looked` were seen, at one-sided `confidence`."""
    if found >= looked:
        return 1.0
    left = log(1.0 - confidence)
    return _first(lambda share: _log_at_most(found, looked, share) <= left, found / looked, 1.0)


def lower_limit(found: int, looked: int, confidence: float) -> float:
    """Lower limit (0 to 1) of a share of which `found` among `looked` were seen, at one-sided `confidence`."""
    return 0.0 if looked <= 0 else 1.0 - upper_limit(looked - found, looked, confidence)


def recall_limits(seen: int, planted: int, *, confidence: float = 0.975) -> tuple[float, float]:
    """Limits of an auditor's recall that `seen` of `planted` known defects allow, at `confidence` a side.

    `seen` are planted cells that ended as real defects do: found by the first look and confirmed by the second where
    there is one. (0, 1) where none was planted.
    """
    if planted <= 0:
        return 0.0, 1.0
    return lower_limit(seen, planted, confidence), upper_limit(seen, planted, confidence)


def _log_at_most(k: int, n: int, share: float) -> float:
    """Logarithm of the chance of at most k among n, each with probability `share`."""
    if share <= 0.0:
        return 0.0
    if share >= 1.0:
        return 0.0 if k >= n else -inf
    terms = [_log_choose(n, i) + i * log(share) + (n - i) * log1p(-share) for i in range(k + 1)]
    top = max(terms)
    return top + log(sum(exp(term - top) for term in terms))


def _log_choose(n: float, k: float) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _first(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The smallest number above `low` where `holds`, which stays so up to `high`; by bisection, from above."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high


# --- the sequential test of a field (Wald)

#: Shares of wrong cells that a field may have, and must not have.
P0: Final = 0.005
P1: Final = 0.03
#: Chances to condemn at P0 and to release at P1.
ALPHA: Final = 0.05
BETA: Final = 0.05
#: Cells after which the test ends by the sign of its sum: three times the most that it needs on average (at about
#: 1.4 % wrong, where it needs 190).
LAST: Final = 570

_DEFECT: Final = log(P1 / P0)
_CLEAN: Final = log((1 - P1) / (1 - P0))
_CONDEMN: Final = log((1 - BETA) / ALPHA)
_RELEASE: Final = log(BETA / (1 - ALPHA))

Outcome = Literal["released", "condemned", "go on"]


def sequential_test(audited: int, defects: int) -> Outcome:
    """What `defects` confirmed ones among `audited` filled cells say of a field; about 116 clean ones release it."""
    score = defects * _DEFECT + (audited - defects) * _CLEAN
    if score >= _CONDEMN:
        return "condemned"
    if score <= _RELEASE:
        return "released"
    if audited >= LAST:
        return "condemned" if score > 0 else "released"
    return "go on"


def cells_needed(defects: int) -> int:
    """Filled cells, those with `defects` among them, after which a field without further ones is released."""
    return min(defects + ceil((_RELEASE - defects * _DEFECT) / _CLEAN), LAST)
