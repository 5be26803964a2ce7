"""Raw records, and what stands at pointers of theirs, for people to look at: as far as stored, and cut."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from enrichment import members as chunk_members
from enrichment.json_text import dumps, loads
from enrichment.members import Member
from enrichment.store.database import Tx
from schemas.errors import TerminalError
from schemas.json_types import Json
from schemas.plan import Alternative, Binding
from schemas.pointer import MISSING, resolve

#: Bytes of a record that is shown; of a larger one only its size.
SHOWN_BYTES: Final = 32_768
#: Characters of a source's text that are shown.
LONGEST_TEXT: Final = 2_000
_DEPTH: Final = 500


def stored(tx: Tx, members: Mapping[int, Member]) -> dict[int, Json]:
    """Raw records under the names of their members, as far as their payloads are still stored."""
    names: dict[Member, list[int]] = {}
    for name, member in members.items():
        names.setdefault(member, []).append(name)
    by_payload: dict[int, list[Member]] = {}
    for member in names:
        by_payload.setdefault(member.payload_id, []).append(member)
    found: dict[int, Json] = {}
    for wanted in by_payload.values():
        try:
            for member, record in chunk_members.read(tx, wanted):
                found.update(dict.fromkeys(names[member], loads(record.body, max_depth=_DEPTH)))
        except TerminalError:
            continue
    return found


def cut(record: Json) -> Json:
    size = len(json.dumps(record, default=str).encode())
    return record if size <= SHOWN_BYTES else {"too_large_to_show": size}


def paths_of(binding: Binding) -> list[str]:
    """The pointers of a binding, alternative by alternative, each once."""
    return list(dict.fromkeys(path for alternative in binding.alternatives for path in alternative.paths))


def texts_of(record: Json, binding: Binding) -> list[Json]:
    """What stands at the pointers of a binding, in the order of `paths_of`."""
    values = [resolve(record, path) for path in paths_of(binding)]
    return [cut(None if value is MISSING else value) for value in values]  # type: ignore[arg-type]  # MISSING is gone


def source_text(record: Json, alternative: Alternative) -> str | None:
    """What stands at the pointers: text as it is, anything else as JSON; of several pointers a JSON array."""
    found = [resolve(record, path) for path in alternative.paths]
    if all(one is MISSING for one in found):
        return None
    raw: list[Json] = [None if one is MISSING else one for one in found]  # type: ignore[misc]  # MISSING is gone
    only = raw[0] if len(raw) == 1 else raw
    text = only if isinstance(only, str) else dumps(only).decode()
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
