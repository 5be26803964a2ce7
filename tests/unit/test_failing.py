"""What is noted of a failure beside the work that is tried again."""

from __future__ import annotations

from enrichment.failing import note_of
from schemas.errors import ConfigurationError


def test_what_would_mend_a_failure_is_noted_while_the_work_waits_for_it() -> None:
    note = note_of(ConfigurationError("the credential 'BREW_KEY' is not set", hint="export it before `assay up`"))
    assert note["message"] == "the credential 'BREW_KEY' is not set; export it before `assay up`"


def test_what_is_not_ours_is_told_by_its_name_only() -> None:
    assert note_of(ValueError("jane@example.org")) == {"code": "ValueError", "message": "ValueError"}
