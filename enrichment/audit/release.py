"""Release and condemnation of a field of a plan, by counts of audited filled cells and of confirmed defects."""

from __future__ import annotations

from typing import Final, Literal

Decision = Literal["probation", "released", "condemned", "review"]

#: Confirmed defects that condemn a field.
DEFECTS: Final = 2
#: Audited filled cells without a confirmed defect that release one.
CLEAN: Final = 100
#: Unconfirmed unsupported cells among so many audited that send a field to a person.
UNCONFIRMED: Final = 3
UNCONFIRMED_OF: Final = 40
#: Share of unsure verdicts, of at least so many, that sends a field to a person.
UNSURE_SHARE: Final = 0.2
UNSURE_OF: Final = 20


def decide(*, audited: int, defects: int, unconfirmed: int, unsure: int) -> Decision:
    """What the counts of one field say. Plan errors are systematic, so a wrong field falls after few rows."""
    if defects >= DEFECTS:
        return "condemned"
    # More than that never releases the field, so past the sample only a person can.
    if unconfirmed >= UNCONFIRMED and (audited <= UNCONFIRMED_OF or audited >= CLEAN):
        return "review"
    looked = audited + unsure
    if looked >= UNSURE_OF and unsure > UNSURE_SHARE * looked:
        return "review"
    if audited >= CLEAN + defects * CLEAN and unconfirmed < UNCONFIRMED:
        return "released"
    return "probation"


def needed(*, defects: int, drawn: int) -> int:
    """Filled cells of a field that are still to be drawn until it can be decided."""
    return max(CLEAN * (1 + defects) - drawn, 0)
