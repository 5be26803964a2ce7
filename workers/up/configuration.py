"""Which configuration a fleet was started with: digests of its parts, from which changes show and nothing can be read.

Processes read `assay.toml` when they start. What is edited later is in force after a restart only, and somebody has to
say so.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from pydantic import BaseModel, SecretStr

from workers.settings import Settings
from workers.settings.sections import TargetSettings

#: Where a configuration lies and what it fills says nothing of what it does.
_PLACES: Final = frozenset({"base", "file", "data_dir"})
#: Parts whose entries are told one by one.
_NAMED: Final = ("sources", "targets")


@dataclass(frozen=True, slots=True)
class Noted:
    """`digests`: part -> digest, under a salt of this start, so that equal passwords of two starts are not seen."""

    salt: str = field(repr=False)
    digests: Mapping[str, str]

    @classmethod
    def of(cls, settings: Settings, salt: str | None = None) -> Self:
        chosen = salt or secrets.token_hex(16)
        return cls(chosen, {part: _digest(content, chosen) for part, content in _parts(settings)})

    def changed(self, settings: Settings) -> tuple[str, ...]:
        """The parts that differ, came or went since: `sources.crm`, `model`."""
        now = Noted.of(settings, self.salt).digests
        return tuple(sorted(part for part in {*now, *self.digests} if now.get(part) != self.digests.get(part)))

    def document(self) -> dict[str, Any]:
        return {"salt": self.salt, "digests": dict(self.digests)}


def noted(document: object) -> Noted | None:
    """What a record holds; null where an older release wrote it."""
    if not isinstance(document, dict) or not isinstance(document.get("digests"), dict):
        return None
    return Noted(str(document.get("salt")), {str(part): str(digest) for part, digest in document["digests"].items()})


def advice(changed: tuple[str, ...]) -> str:
    return f"differs in {', '.join(changed)} from what the running fleet was started with"


#: What brings a changed configuration into force.
REMEDY: Final = "assay down && assay up --detach"


def _parts(settings: Settings) -> Iterator[tuple[str, str]]:
    for name in type(settings).model_fields:
        if name in _PLACES:
            continue
        value = getattr(settings, name)
        if name in _NAMED:
            yield from ((f"{name}.{entry}", _text(one)) for entry, one in value.items())
        else:
            yield name, _text(value)


def _text(value: object) -> str:
    plain = value.model_dump() if isinstance(value, BaseModel) else value
    text = json.dumps(plain, sort_keys=True, default=_revealed)
    if isinstance(value, TargetSettings) and value.json_schema is not None:
        try:
            text += value.json_schema.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            text += "unreadable"
    return text


def _revealed(value: object) -> object:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return sorted(map(str, value)) if isinstance(value, set | frozenset) else str(value)


def _digest(content: str, salt: str) -> str:
    return hashlib.blake2b(content.encode(), key=salt.encode()[:64], digest_size=8).hexdigest()
