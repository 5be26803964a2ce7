"""The mathematics of the audit: what counts of looked-at cells allow to be decided and to be said. Pure.

Sources:
  Wald, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16 (1945): the test of a field.
  Clopper and Pearson, "The use of confidence or fiducial limits", Biometrika 26 (1934): limits of a recall.
  Robbins, "Statistical methods related to the law of the iterated logarithm", Annals of Mathematical Statistics 41
    (1970), and Ville (1939): limits of a share that hold however often one looks.
  Rogan and Gladen, "Estimating prevalence from the results of a screening test", American Journal of Epidemiology 107
    (1978): the share of wrong cells behind what an imperfect auditor found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, exp, inf, lgamma, log, log1p
from typing import Final, Literal

_STEPS: Final = 34


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


def chance_of_at_most(found: int, looked: int, share: float) -> float:
    """The chance (0 to 1) of at most `found` among `looked`, each with probability `share`."""
    return exp(_log_at_most(found, looked, share))


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


# --- how wrong what stands can be, looked at as often as anybody likes (Robbins, Ville)


@dataclass(frozen=True, slots=True)
class Looks:
    """What was seen of one field of one plan.

    `cells` of it stand. Of those that were written `audited` were looked at and `defects` found wrong, and withdrawn,
    by an auditor that finds a wrong cell with probability `recall`. `whole`: every cell was looked at before it was
    written, as on probation.
    """

    cells: int
    audited: int
    defects: int
    recall: float
    whole: bool


#: What the share of wrong cells may be instead, each with its weight: mostly none, else anything from few to half.
_NONE: Final = 0.6
_OTHERS: Final = tuple(0.5 / 2**n for n in range(12))


def wrong_at_most(looks: Sequence[Looks], confidence: float, *, tried: int) -> float | None:
    """Upper limit (0 to 1) of the share of wrong cells among all that stand; null where none was looked at.

    Per field of a plan the weight of the evidence against a share p is a mixture of likelihood ratios, other shares
    against p. It is a martingale under p: however often and whenever one looks, and whatever one does then, it exceeds
    1/(1 - confidence) with no more chance than 1 - confidence. The mean of such weights, each taken by the share of the
    cells that it speaks for, is another, also where fields fail together in the same rows; the limit is the largest
    mean of shares that it does not exceed. `tried` fields were tested: those that fell are not among `looks`, and who
    remains was chosen by what was seen, so the test is made stricter by their number. `audited` are found defects, of
    which `recall` of all wrong ones become one: it stretches each share.
    """
    stand = Counter(look for look in looks if look.cells > 0)
    cells = sum(look.cells * count for look, count in stand.items())
    if not cells or all(look.audited == 0 for look in stand):
        return None
    evidence = [
        (look.cells * count / cells, _whole(look) if look.whole else _sampled(look)) for look, count in stand.items()
    ]
    allowed = max(tried / stand.total(), 1.0) / (1.0 - confidence)

    def against(slope: float) -> tuple[float, float]:
        """Mean weight of evidence and mean share, where each field's evidence rises with this slope (logarithm)."""
        shares = [(weight, one, one.where(slope)) for weight, one in evidence]
        heavy = sum(weight * exp(min(one.log_weight(share), 700.0)) for weight, one, share in shares)
        return heavy, sum(weight * share for weight, _, share in shares)

    if against(700.0)[0] <= allowed:
        return 1.0
    steep = _first(lambda slope: against(slope)[0] > allowed, -50.0, 700.0)
    return min(against(steep)[1], 1.0)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Logarithm of the weight against a share, convex, and its derivative; least at `low`; shares end at `high`."""

    log_weight: Callable[[float], float]
    slope: Callable[[float], float]
    low: float
    high: float

    def where(self, slope: float) -> float:
        """The share above the least weight from which on the weight itself rises faster than exp(`slope`)."""

        def steeper(share: float) -> bool:
            here = self.slope(share)
            return here > 0 and self.log_weight(share) + log(here) >= slope

        return _first(steeper, self.low, self.high) if self.low < self.high else self.high


def _sampled(look: Looks) -> _Evidence:
    """Of a share p of wrong cells p * recall are found: each look at a cell is one throw."""
    n, k, recall = look.audited, look.defects, look.recall
    if n == 0 or recall <= 0.0:
        return _Evidence(lambda _: 0.0, lambda _: 0.0, 1.0, 1.0)
    throws = [k * log(q) + (n - k) * log1p(-q) + log((1 - _NONE) / len(_OTHERS)) for q in _OTHERS]
    mixed = _log_sum([*throws, *([log(_NONE)] if k == 0 else [])])
    top = 1.0 - 1e-12

    def log_weight(share: float) -> float:
        p = min(share * recall, top)
        return mixed - (k * log(p) if k else 0.0) - (n - k) * log1p(-p)

    def slope(share: float) -> float:
        p = min(share * recall, top)
        return recall * ((n - k) / (1 - p) - k / p)

    return _Evidence(log_weight, slope, min(k / n / recall, 1.0), 1.0)


def _whole(look: Looks) -> _Evidence:
    """Every cell was looked at, so only those stand wrong that were overlooked: W - defects, of W wrong ones.

    The numbers of wrong cells weighed against W are geometric, 1/2, 1/4, …, beginning at none.
    """
    n, k, recall = look.audited, look.defects, min(look.recall, 1.0 - 1e-9)
    most = n - k
    if recall <= 0.0 or most <= 0:
        return _Evidence(lambda _: 0.0, lambda _: 0.0, 1.0, 1.0)
    mixed = -(k + 1) * (log(2) + log1p(-(1 - recall) / 2))

    def log_weight(share: float) -> float:
        over = share * look.cells
        return mixed - _log_choose(k + over, k) - over * log1p(-recall)

    def slope(share: float) -> float:
        step = 1e-6 * (1.0 + share)
        return (log_weight(share + step) - log_weight(share)) / step

    low = _first(lambda share: slope(share) > 0, 0.0, 1.0) if slope(0.0) <= 0 else 0.0
    return _Evidence(log_weight, slope, low, min(most / look.cells, 1.0))


def _log_sum(logs: Sequence[float]) -> float:
    top = max(logs)
    return top + log(sum(exp(one - top) for one in logs))


def share_wrong(defects: int, audited: int, *, recall: float, false_alarms: float) -> float | None:
    """The likeliest share of wrong cells (Rogan and Gladen); null where it cannot be told.

    `false_alarms` is the chance that a correct cell counts as a confirmed defect: that of one look, squared, where two
    independent ones must agree.
    """
    told = recall - false_alarms
    if audited <= 0 or told <= 0:
        return None
    return min(max((defects / audited - false_alarms) / told, 0.0), 1.0)
