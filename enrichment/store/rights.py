"""What each role of the deployment may do in the database: exactly this, written again by every migration.

A process that is led astray by what a source or a model wrote can then do no more than its role's own work asks for.
Rights on a table are named by letters: S SELECT, I INSERT, U UPDATE, D DELETE, L for "may lock its rows", which
PostgreSQL grants as UPDATE of a column, here one that says nothing, and C for "may close", an UPDATE of the columns
that say that nobody needs to answer, or to write, any more, without those that an answer or a value is written to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from enrichment.store.roles import REFOLD
from schemas.tables import metadata

#: Of an embedded fleet only: its one process that serves every isolation lane.
ISOLATED: Final = "assay_isolated"
CONTROL: Final = "assay_control"
#: Retention makes and drops partitions, and takes what was withdrawn from the ledger, by the rights of who migrated.
RETAINING: Final = (
    "assay.extend_payload(bigint, integer)",
    "assay.drop_empty_payload(bigint)",
    "assay.remove_withdrawn(integer, integer)",
)
WORDS: Final = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}
#: Where L is granted: a moment that nobody reads to decide anything.
LOCKED_BY: Final = {
    "breaker": "updated_at",
    "staged": "created_at",
    "job": "finished_at",
    "source": "updated_at",
    "plan": "decided_at",
    "plan_field": "decided_at",
}
CLOSED_BY: Final = {
    "review": ("state", "reason", "decided_at"),
    "staged": ("state",),
    # that its rows are right in columns that were made again
    "target": ("columns",),
}

_Rights = Mapping[str, str]

#: What claiming, leasing, handing on and giving up need, whatever the stage.
_STAGE: Final[_Rights] = {
    "artifact": "SIUD",
    "dead_letter": "SIU",
    "freezing": "S",
    "gate": "S",
    "item": "SIU",
    "job": "SU",
    "review": "SI",
    "work": "SIU",
    "worker": "SIU",
}
#: What asking past breakers, and telling them what became of it, needs.
_BREAKER: Final[_Rights] = {"breaker": "SIU", "breaker_event": "I"}
_FETCH: Final[_Rights] = {
    **_STAGE,
    **_BREAKER,
    "job_scope": "S",
    "payload": "SI",
    "rate_use": "SIU",
    "record": "SIU",
    # whether shapes have grown
    "shape": "S",
}
_MODEL: Final[_Rights] = {
    **_STAGE,
    **_BREAKER,
    "assertion": "S",
    "budget": "SIU",
    # which failures a person has set aside by closing a breaker
    "breaker_event": "SI",
    "evaluation": "SI",
    "model_call": "SIU",
    "payload": "S",
    "plan": "SIU",
    "plan_field": "SIU",
    "plan_sketch": "SID",
    "planted": "SIU",
    "rate_use": "SIU",
    "record": "S",
    "released_lot": "SIU",
    # the rows of a plan that falls are not asked about any more
    "review": "SIC",
    "sample": "SIU",
    "secret": "S",
    "shape": "S",
    "source": "S",
    "staged": "SU",
    "target": "S",
    "wrong_cell": "SIUD",
}
_GATE: Final[_Rights] = {
    **_STAGE,
    "assertion": "S",
    "payload": "S",
    "plan": "SL",
    "plan_field": "SU",
    "plan_sketch": "I",
    "planted": "S",
    "record": "SU",
    "released_lot": "SIU",
    "sample": "SI",
    "secret": "S",
    "shape": "SIU",
    "source": "SL",
    "staged": "SIU",
}
_UPSERT: Final[_Rights] = {
    **_STAGE,
    "assertion": "SIU",
    "breaker": "SL",
    "column_history": "S",
    "compensation": "SI",
    "existing_change": "SIU",
    "payload": "S",
    "plan": "SL",
    "plan_field": "SL",
    "planted": "S",
    "record": "S",
    # the rows of a plan that fell are not asked about any more
    "review": "SIC",
    # what waited for a release is merged as a lot, of which a sample is drawn
    "released_lot": "SIU",
    "sample": "SI",
    "secret": "S",
    "source": "S",
    "staged": "SU",
    "target": "SC",
    "target_key": "SIU",
    "wrong_cell": "S",
}
_CONTROL: Final[_Rights] = {
    **_STAGE,
    **_BREAKER,
    "column_history": "SID",
    "dispatcher": "SIU",
    "budget": "SU",
    "model_call": "SU",
    "rate_use": "SIU",
    "plan": "SL",
    "plan_field": "SL",
    # what retention removes, and what it leaves for the sake of
    "payload": "SUD",
    "planted": "S",
    "record": "S",
    "retention": "SIU",
    # questions that nobody answered in time expire
    "review": "SIU",
    "sample": "S",
    "source": "S",
    # what a record that ended its worker has staged is not to be written
    "staged": "SDLC",
    "target": "S",
    "worker": "SIUD",
}


_EVERY_TABLE: Final = tuple(sorted(table.name for table in metadata.tables.values()))
_API: Final[_Rights] = {
    **dict.fromkeys(_EVERY_TABLE, "S"),
    "breaker": "SIU",
    "breaker_event": "SI",
    # what the stages of work left that a person gives up on
    "artifact": "SIUD",
    "budget": "SIU",
    "dead_letter": "SIU",
    "freezing": "SIU",
    "item": "SIU",
    "job": "SIU",
    "job_batch": "SI",
    "job_scope": "SI",
    "payload": "SI",
    "plan": "SIU",
    "plan_field": "SIU",
    "planted": "SU",
    "record": "SIU",
    # a defect that somebody downstream reports counts against the day's lot
    "released_lot": "SIU",
    "review": "SIU",
    # a person may vouch for a row in review, and bring a plan along
    "sample": "SIU",
    "secret": "",
    "shape": "SI",
    "source": "SL",
    "staged": "SU",
    "work": "SIU",
    "wrong_cell": "SIUD",
}


def _all_of(*roles: _Rights) -> _Rights:
    """What all of them together may do."""
    tables = {table for role in roles for table in role}
    return {table: "".join(sorted({letter for role in roles for letter in role.get(table, "")})) for table in tables}


#: Role -> its rights on Assay's own tables.
OWN: Final[Mapping[str, _Rights]] = {
    "assay_fetch": _FETCH,
    "assay_model": _MODEL,
    "assay_gate": _GATE,
    "assay_upsert": _UPSERT,
    REFOLD: {table: rights for table, rights in _UPSERT.items() if table != "secret"},
    CONTROL: _CONTROL,
    "assay_api": _API,
    ISOLATED: _all_of(_FETCH, _MODEL, _GATE, _UPSERT),
}
#: Role -> its rights on the tables that are filled. Roles that are not listed have none.
TARGETS: Final[Mapping[str, str]] = {
    "assay_upsert": "SIU",
    REFOLD: "SIUD",
    # the trusted history of a column is taken from what stands there
    CONTROL: "S",
    "assay_api": "S",
    ISOLATED: "SIU",
}
