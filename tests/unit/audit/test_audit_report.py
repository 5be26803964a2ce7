from __future__ import annotations

from typing import Any

from enrichment.audit.bounds import at_most
from enrichment.audit.report import FieldCounts, report


def counts(name: str, **changes: Any) -> FieldCounts:
    said = {"released": True, "audited": 100, "defects": 0, "unconfirmed": 0, "unsure": 0, "misses": 0, **changes}
    return FieldCounts("company", "crm", name, **said)


def test_the_bound_of_a_target_is_the_worst_of_its_fields_with_all_of_them_together_at_95_percent() -> None:
    (entry,) = report([counts("a"), counts("b", audited=400, defects=1)], {("company", "crm"): 10})
    assert entry["wrong_at_most"] == round(at_most(100, 0, confidence=0.975) or 0, 6)
    assert (entry["rows"], entry["audited"], entry["defects"]) == (10, 500, 1)


def test_a_released_field_that_was_never_looked_at_makes_it_unknown() -> None:
    (entry,) = report([counts("a"), counts("b", audited=0)], {})
    assert entry["wrong_at_most"] is None
    assert entry["statement"].startswith("unknown")


def test_a_field_on_probation_without_audits_was_not_written_and_says_nothing() -> None:
    (entry,) = report([counts("a"), counts("b", audited=0, released=False)], {})
    assert entry["wrong_at_most"] == round(at_most(100, 0, confidence=0.95) or 0, 6)


def test_rows_without_any_audit_are_unknown() -> None:
    (entry,) = report([], {("company", "crm"): 3})
    assert (entry["rows"], entry["wrong_at_most"]) == (3, None)
