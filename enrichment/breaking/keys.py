"""What a breaker stands for: the planner of one source and target, one model, or one host of sources."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from enrichment.store.plans import PlanRow
from schemas.plan import Origin
from schemas.source import HttpSource, Source, SqlSource

#: Bindings that no model proposed: they have keys of their own, which no prompt is part of.
_OWN: Final = frozenset({Origin.MATCHER, Origin.PERSON, Origin.IMPORT, Origin.STORED})
#: Rules that speak of the source's data, not of who planned for it.
SOURCE_FAULTS: Final = frozenset({"type", "out_of_range", "ambiguous", "identity_missing"})


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """kind: quality, model or source. `source` of a source's breaker is its host."""

    kind: str
    source: str = ""
    model: str = ""
    prompt: str = ""
    target: str = ""
    target_version: str = ""

    @property
    def text(self) -> str:
        """As it is listed and stored."""
        if self.kind == "quality":
            return f"quality:{self.source}:{self.model}:{self.prompt}:{self.target}@{self.target_version}"
        return f"infra:{self.kind}:{self.model or self.source}"

    @property
    def waits_on(self) -> str:
        return f"breaker:{self.text}"


def of_model(name: str) -> Key:
    return Key("model", model=name)


def of_source(source: Source) -> Key | None:
    """The host that an http or sql source asks; other sources have none."""
    host = urlsplit(source.url).netloc.rpartition("@")[2] if isinstance(source, HttpSource | SqlSource) else ""
    return Key("source", source=host.lower()) if host else None


def of_planner(source: str, target: str, target_version: str, *, model: str, prompt: str) -> Key:
    return Key("quality", source, model, prompt, target, target_version)


def of_origin(source: str, target: str, target_version: str, origin: Origin) -> Key:
    """Of the matcher's, a person's or an imported binding."""
    return of_planner(source, target, target_version, model=str(origin), prompt="-")


def of_field(plan: PlanRow, field: str) -> Key | None:
    """Whoever proposed the binding of a field; null where the plan does not bind it."""
    binding = plan.body.binding_of(field)
    if binding is None:
        return None
    if binding.origin in _OWN:
        return of_origin(plan.source, plan.target, plan.target_version, binding.origin)
    # The name that was asked for; a server may answer under a longer one.
    asked = plan.evidence.get("models", {}).get(binding.origin) or plan.model or str(binding.origin)
    return of_planner(plan.source, plan.target, plan.target_version, model=asked, prompt=plan.prompt_version or "-")


def of_plan(plan: PlanRow) -> frozenset[Key]:
    """Everybody whose bindings the plan still uses."""
    return of_fields(plan, (f.name for f in plan.fields if f.name not in plan.condemned))


def of_fields(plan: PlanRow, names: Iterable[str]) -> frozenset[Key]:
    found = (of_field(plan, name) for name in names)
    return frozenset(key for key in found if key is not None)
