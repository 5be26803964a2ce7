"""Dead letters as they are shown. A listing holds nothing of a record; the single view shows what has to be mended.

A cursor is never shown: it may hold what nobody should read.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Any

from enrichment import lost_records, shown_records
from enrichment.connectors.pages import CLIP
from enrichment.lost_records import Lost
from enrichment.producing import Producer
from enrichment.replaying import EXPLANATIONS, prospect
from enrichment.store import letters, replays
from enrichment.store.database import Tx
from enrichment.store.letter_filter import Filter
from enrichment.store.letters import Letter


def view(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "job": letter.job_id,
        "source": letter.source,
        "target": letter.target,
        "record_id": letter.record_id,
        "stage": letter.stage,
        "code": letter.code,
        "issues": [dict(issue) for issue in letter.issues],
        "attempts": letter.attempts,
        "replays": letter.replays,
        "failed_replays": letter.failed_replays,
        "state": letter.state,
        "note": letter.note,
        "replay_job": letter.replay_job_id,
        "observation": letter.observation,
        "payload": letter.payload_id,
        "shape": letter.shape_id,
        "plan": letter.plan_id,
        "gate": letter.gate_id,
        "target_version": letter.target_version,
        "fingerprint": letter.fingerprint,
        "created_at": letter.created_at,
        "updated_at": letter.updated_at,
    }


def shown(producer: Producer, tx: Tx, letter_id: int) -> dict[str, Any]:
    """One letter: the record, what stands where its issues arose, what has changed since, what a replay would come to.

    Raises:
        NotFoundError: there is no such letter.
    """
    lost = lost_records.lost(tx, letter_id)
    letter = lost.letter
    versions = {name: target.version for name, target in producer.targets.items()}
    (candidate,) = replays.candidates(tx, Filter(ids=[letter_id]), versions=versions, after=0, limit=1, lock=False)
    word = prospect(
        candidate,
        producer.sources.get(letter.source),
        target_known=letter.target in producer.targets,
        refetch=False,
    )
    return {
        **view(letter),
        "payload_stored": candidate.member is not None,
        "prospect": word,
        "prospect_reason": EXPLANATIONS.get(word),
        "changed": sorted(candidate.changed),
        "issues": [_with_source(lost, issue) for issue in letter.issues],
        "record": None if lost.record is None else shown_records.cut(lost.record),
        "text": _text(letters.body(tx, letter_id)),
    }


def _text(body: bytes | None) -> str | None:
    """What stood where no record could be read: bytes that are not UTF-8 by their number, and `…` where it was cut."""
    if body is None:
        return None
    cut = len(body) >= CLIP
    # a character that the cut went through is left out
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    return decoder.decode(body, final=not cut) + ("…" if cut else "")


def _with_source(lost: Lost, issue: Mapping[str, Any]) -> dict[str, Any]:
    """An issue of a field beside the pointers that its binding read, and what stands there."""
    if (field := issue.get("field")) is None:
        return dict(issue)
    binding = lost.binding_of(field)
    if binding is None:
        return {**issue, "paths": [], "source_text": []}
    texts = [] if lost.record is None else shown_records.texts_of(lost.record, binding)
    return {**issue, "paths": shown_records.paths_of(binding), "source_text": texts}
