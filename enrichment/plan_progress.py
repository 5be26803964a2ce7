"""How far the search for a plan has come: what it found, what was refused, and whom it has asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import TypeAdapter

from enrichment.members import packed, unpacked
from enrichment.second_opinion import Word
from schemas.plan import Abstention, Binding, Refusal

_BINDINGS: TypeAdapter[list[Binding]] = TypeAdapter(list[Binding])
_ABSTENTIONS: TypeAdapter[list[Abstention]] = TypeAdapter(list[Abstention])
_REFUSALS: TypeAdapter[list[Refusal]] = TypeAdapter(list[Refusal])
_WORDS: TypeAdapter[list[Word]] = TypeAdapter(list[Word])


@dataclass(slots=True)
class Progress:
    """How far a search has come; stored after every answered call.

    heard: with a second opinion, what the small model said of fields that the large one has not agreed to yet
    tried: fields that this search bound, and whose binding was refused; what was condemned before, and is only said
           again, is no try
    unread: part -> answers that were refused as a whole
    denied: of the lost fields of a plan that serves on, those whose every answer was refused, where they were tried
            or no answer could be read; seen anew at every start
    """

    bindings: dict[str, Binding] = field(default_factory=dict)
    abstained: dict[str, Abstention] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    answered: dict[str, int] = field(default_factory=dict)
    model: str | None = None
    prompt_version: str | None = None
    heard: dict[str, Word] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    unread: dict[str, int] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()

    @classmethod
    def load(cls, artifact: bytes | None) -> Progress:
        if artifact is None:
            return cls()
        document = unpacked(artifact)
        return cls(
            bindings={b.target: b for b in _BINDINGS.validate_python(document["bindings"], strict=False)},
            abstained={a.target: a for a in _ABSTENTIONS.validate_python(document["abstained"], strict=False)},
            refusals=_REFUSALS.validate_python(document["refusals"], strict=False),
            answered=document["answered"],
            model=document["model"],
            prompt_version=document["prompt_version"],
            heard={w.target: w for w in _WORDS.validate_python(document.get("heard", []), strict=False)},
            tried=set(document.get("tried", [])),
            unread=document.get("unread", {}),
        )

    def dump(self) -> bytes:
        return packed(
            {
                "bindings": _BINDINGS.dump_python(list(self.bindings.values()), mode="json"),
                "abstained": _ABSTENTIONS.dump_python(list(self.abstained.values()), mode="json"),
                "refusals": _REFUSALS.dump_python(self.refusals, mode="json"),
                "answered": self.answered,
                "model": self.model,
                "prompt_version": self.prompt_version,
                "heard": _WORDS.dump_python(list(self.heard.values()), mode="json"),
                "tried": sorted(self.tried),
                "unread": self.unread,
            }
        )
