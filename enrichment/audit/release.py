"""Release and condemnation of a field of a plan, by counts of audited filled cells and of confirmed defects."""

from __future__ import annotations

from typing import Final, Literal

from enrichment.audit.statistics import cells_needed, chance_of_at_most, recall_limits, sequential_test

Decision = Literal["probation", "released", "condemned", "review"]

#: Unconfirmed unsupported cells among so many audited that send a field to a person; of more, the same share.
UNCONFIRMED: Final = 3
UNCONFIRMED_OF: Final = 40
#: Share of unsure verdicts, of at least so many, that sends a field to a person.
UNSURE_SHARE: Final = 0.2
UNSURE_OF: Final = 20
#: An auditor that may see less than this share of planted defects releases nothing.
BLIND: Final = 0.5
#: Planted defects of which less than that share was seen: enough to call an auditor blind before its first release.
PLANTED: Final = 20
#: Planted defects after which its recall has to be *known* to be above that share.
PLANTED_ENOUGH: Final = 150
#: The newest planted defects, and swaps among them, by which an auditor is called blind after its first release,
#: whatever it saw before. In twenty days of full samples, each plant the last of one more window, fewer than 20 of 40,
#: or than 8 of 20 swaps, are seen with a chance of less than one in a million by one that sees 95 %, one in a thousand
#: by one that sees 90 %, and one in six by one that sees 80 % (binomial; the sum over all windows, which is too much).
NEWEST: Final = 40
NEWEST_SWAPS: Final = 20
#: What two looks that each see 80 % see together.
EXPECTED: Final = 0.8 * 0.8
#: The chance that what an auditor so good supports has to wait, and that it is called blind to one class of defects.
DOUBTED: Final = 0.14
CALLED_BLIND: Final = 0.01


def known_recall(seen: int, planted: int) -> float | None:
    """The lower limit of the auditor's recall; null while what was planted does not tell blind from sighted.

    Two looks that each see 80 % see 64 % together. Among 20 that is told from blindness by the share that was seen; its
    lower limit alone would call half of such auditors blind.
    """
    lower, upper = recall_limits(seen, planted)
    blind = upper < BLIND or (planted >= PLANTED and seen < BLIND * planted)
    return lower if blind or lower >= BLIND or planted >= PLANTED_ENOUGH else None


def in_doubt(seen: int, planted: int) -> bool:
    """Whether an auditor of which that is expected would seldom have seen so few: what it supports does not count yet.

    Two planted defects of which none was seen are enough, long before its recall is known.
    """
    return chance_of_at_most(seen, planted, EXPECTED) < DOUBTED


def overlooks(seen: int, planted: int) -> bool:
    """Whether an auditor is as good as blind to a class of defects: none of five seen, one of eight."""
    return chance_of_at_most(seen, planted, EXPECTED) < CALLED_BLIND


def decide(*, audited: int, defects: int, unconfirmed: int, unsure: int, recall_lower: float | None = None) -> Decision:
    """What the counts of one field say. Plan errors are systematic, so a wrong field falls after few rows.

    `recall_lower` is null where the auditor's recall was not measured. A blind auditor condemns (what it finds was
    confirmed) but does not release.
    """
    outcome = sequential_test(audited, defects)
    if outcome == "condemned":
        return "condemned"
    if unconfirmed >= max(UNCONFIRMED, UNCONFIRMED * audited / UNCONFIRMED_OF):
        return "review"
    if audited + unsure >= UNSURE_OF and mostly_unsure(audited=audited, unsure=unsure):
        return "review"
    if outcome == "released" and (recall_lower is None or recall_lower >= BLIND):
        return "released"
    return "probation"


def mostly_unsure(*, audited: int, unsure: int) -> bool:
    """Whether more looks than may be ended without a verdict, however few there were."""
    return unsure > UNSURE_SHARE * (audited + unsure)


def needed(*, defects: int, drawn: int) -> int:
    """Filled cells of a field that are still to be drawn until it can be decided."""
    return max(cells_needed(defects) - drawn, 0)
