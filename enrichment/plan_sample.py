"""The records that a plan is sought with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from enrichment import members as chunk_members
from enrichment import shapes
from enrichment.context import Context
from enrichment.json_text import loads
from enrichment.members import Member
from enrichment.store import records
from enrichment.store.database import Tx
from schemas.json_types import Record
from schemas.shape import ShapeView
from schemas.source import Source

#: Looks, each at as many structures as a plan is sought with records, for pointers that the newest records do not have.
_LOOKS: Final = 5
#: Of the newest records, one in so many has to be enough of those with pointers that these do not have: more would make
#: what is rare look common.
_PART: Final = 4


def newest(context: Context, tx: Tx, source: Source, shape_id: int) -> list[Record]:
    """The newest records of a shape, as many as a plan is sought with."""
    most = context.tuning.plan_sample_records
    found = records.of_shape(tx, source=source.name, shape_id=shape_id, since_revision=0, limit=most)
    return [record for _, record in _read(tx, source, found)]


def plan_sample(context: Context, tx: Tx, source: Source, view: ShapeView, *, oldest: bool) -> list[Record]:
    """The newest records of a shape and, where these do not have all of its pointers, a quarter as many that do. With
    `oldest` as many of the first ones: what a plan has lost is filled anew in these as well.

    A source that is in any order has what is new, or rare, in one place. What nobody is shown nobody can bind, and a
    pointer is asked about once. Records whose payloads are gone are left out.
    """
    most = context.tuning.plan_sample_records
    recent = records.of_shape(tx, source=source.name, shape_id=view.id, since_revision=0, limit=most)
    found = dict(_read(tx, source, recent))
    if oldest:
        first = records.first_of_shape(tx, source=source.name, shape_id=view.id, since_revision=0, limit=most // _PART)
        found |= dict(_read(tx, source, first))
    missing = set(view.pointers).difference(*(shapes.structure(record).pointers for record in found.values()))
    wanted: list[bytes] = []
    for look in range(_LOOKS):
        if not missing:
            break
        others = records.one_of_each_structure(tx, source=source.name, shape_id=view.id, after=look * most, limit=most)
        for _, record in _read(tx, source, others):
            if new := missing & shapes.structure(record).pointers:
                missing -= new
                wanted.append(shapes.mark(record))
        if len(others) < most:
            break
    if wanted:
        each = -(-most // (_PART * len(wanted)))
        having = records.of_structures(tx, source=source.name, shape_id=view.id, structures=wanted, each=each)
        found |= dict(_read(tx, source, having))
    return list(found.values())


def _read(tx: Tx, source: Source, found: Iterable[records.Member]) -> Sequence[tuple[str, Record]]:
    members = [Member(m.record_id, m.observation, m.payload_id, m.ordinal) for m in found]
    return [
        # fetch lets only objects through
        (member.record_id, loads(raw.body, max_depth=source.max_depth))  # type: ignore[misc]
        for member, raw in chunk_members.read(tx, members, skip_gone=True)
    ]
