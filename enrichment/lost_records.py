"""A record that was given up on, beside the plan that judged it: what its fields are, and why they came to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from enrichment import shown_records
from enrichment.members import Member
from enrichment.shown_records import source_text
from enrichment.store import letters, plans
from enrichment.store.database import Tx
from enrichment.store.letters import Letter
from enrichment.store.plans import PlanRow
from schemas.json_types import Json
from schemas.plan import Alternative, Binding

#: Why a cell is empty that nothing is wrong with: the whole record was rejected, for the sake of another field.
RECORD_REJECTED: Final = "record_rejected"


@dataclass(frozen=True, slots=True)
class Lost:
    """A dead letter.

    plan:   that judged the record; none where it never came so far
    record: as it was given up on, as far as its payload is still stored
    """

    letter: Letter
    plan: PlanRow | None
    record: Json

    def binding_of(self, field: str) -> Binding | None:
        return None if self.plan is None else self.plan.body.binding_of(field)

    def issue_of(self, field: str) -> Mapping[str, Any] | None:
        """What was found wrong with a field, else what the record was rejected for: the issue that rejects is first."""
        own = (issue for issue in self.letter.issues if issue.get("field") == field)
        return next(own, next(iter(self.letter.issues), None))

    def reason_of(self, field: str) -> str:
        issue = self.issue_of(field)
        if issue is None or issue.get("field") is None:
            # it concerns the record as a whole, and with it every field
            return self.letter.code
        return str(issue["rule"]) if issue["field"] == field else RECORD_REJECTED

    def alternative_of(self, field: str) -> Alternative | None:
        """The first alternative that finds anything in the record, which is the one that its value came from."""
        binding = self.binding_of(field)
        if binding is None:
            return None
        found = (one for one in binding.alternatives if source_text(self.record, one) is not None)
        return next(found, binding.alternatives[0])


def lost(tx: Tx, letter_id: int) -> Lost:
    """
    Raises:
        NotFoundError: there is no such letter.
    """
    letter = letters.get(tx, letter_id)
    plan = None if letter.plan_id is None else plans.get(tx, letter.plan_id)
    return Lost(letter, plan, _record(tx, letter))


def _record(tx: Tx, letter: Letter) -> Json:
    if letter.payload_id is None or letter.ordinal is None:
        return None
    member = Member(letter.record_id, letter.observation or 0, letter.payload_id, letter.ordinal)
    return shown_records.stored(tx, {letter.id: member}).get(letter.id)
