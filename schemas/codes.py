"""Reason codes: the closed vocabulary in which anything refused, emptied or given up on is explained."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    # why a cell is empty without anyone having erred
    ABSENT = "absent"
    ABSTAINED = "abstained"
    NOT_RELEASED = "not_released"
    CONDEMNED = "condemned"
    WITHDRAWN = "withdrawn"
    # plan rules
    OVERSIZE = "oversize"
    REPETITION = "repetition"
    REFUSAL = "refusal"
    MALFORMED = "malformed"
    INVENTED = "invented"
    KIND_MISMATCH = "kind_mismatch"
    UNIT_MISMATCH = "unit_mismatch"
    RIVAL_SOURCE = "rival_source"
    SOURCE_REUSED = "source_reused"
    # cell rules
    TYPE = "type"
    OUT_OF_RANGE = "out_of_range"
    PATTERN = "pattern"
    NOT_ALLOWED = "not_allowed"
    AMBIGUOUS = "ambiguous"
    SECRET = "secret"  # noqa: S105 - the name of a rule, not a credential
    INJECTION = "injection"
    # record rules
    IDENTITY_MISSING = "identity_missing"
    INVARIANT_BROKEN = "invariant_broken"
    # state rules and the merge
    IDENTITY_CONFLICT = "identity_conflict"
    JUMP = "jump"
    TAMPERED = "tampered"
    TARGET_REFUSED = "target_refused"
    # fetching
    RECORD_MALFORMED = "record_malformed"
    RECORD_TOO_LARGE = "record_too_large"
    RECORD_TOO_DEEP = "record_too_deep"
    KEY_MISSING = "key_missing"
    DUPLICATE_KEY = "duplicate_key"
    PAGE_MALFORMED = "page_malformed"
    PAGE_TOO_LARGE = "page_too_large"
    PAGINATION_LOOP = "pagination_loop"
    SOURCE_CHANGED = "source_changed"
    SOURCE_REFUSED = "source_refused"
    SOURCE_UNREACHABLE = "source_unreachable"
    NOT_FOUND = "not_found"
    # the fleet
    PAYLOAD_GONE = "payload_gone"
    POISON = "poison"
    POISON_PAGE = "poison_page"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"


#: Codes of a failing surrounding: a replay may succeed though nothing of the record changed.
INFRASTRUCTURE_CODES = frozenset({Code.SOURCE_UNREACHABLE, Code.ATTEMPTS_EXHAUSTED})
#: Codes whose cause is not deterministic, so that a replay of the same content is never futile.
NON_DETERMINISTIC_CODES = INFRASTRUCTURE_CODES | {Code.POISON, Code.POISON_PAGE}
#: Codes of a page that could not be read, in whole or from some place on: what stood there nobody knows.
OF_PAGES = frozenset({Code.PAGE_MALFORMED, Code.PAGE_TOO_LARGE, Code.PAGINATION_LOOP})
