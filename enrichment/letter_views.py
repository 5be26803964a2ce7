"""Dead letters as they are shown. Never the record itself, nor a cursor: either may hold what nobody should read."""

from __future__ import annotations

from typing import Any

from enrichment.producing import Producer
from enrichment.replaying import EXPLANATIONS, prospect
from enrichment.store import letters, replays
from enrichment.store.database import Tx
from enrichment.store.letters import Filter, Letter


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
    """One letter, with what has changed since, and what would become of a replay.

    Raises:
        NotFoundError: there is no such letter.
    """
    letter = letters.get(tx, letter_id)
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
    }
